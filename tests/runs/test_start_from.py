"""A new run that begins with a trained one's networks: what fits is the parent's, what changed
begins as the same function, and nothing of the parent is needed afterwards."""

import shutil

import pytest
import torch
from torch import nn

from ganviz.algorithms import build
from ganviz.config import RunConfig
from ganviz.data.source import Batch, DataSpec
from ganviz.engine import checkpoint
from ganviz.errors import CheckpointError, ConfigError
from ganviz.models import build_discriminator, build_generator
from ganviz.models.first_layers import first_layers, freeze_first_layers
from ganviz.models.transfer import Side, transfer
from ganviz.runs.manager import RunManager
from ganviz.runs.resume import resumed
from ganviz.runs.start_from import updates_to_full_decay
from tests.tiny import DIGITS, OFTEN

CPU = torch.device("cpu")
COUNT = 6
GREY, COLOUR = (1, 16, 16), (3, 16, 16)
NETWORKS = {
    "dcgan": {"generator": "dcgan", "discriminator": "dcgan"},
    "resnet": {"generator": "resnet", "discriminator": "resnet"},
    "r3gan": {"generator": "r3gan", "discriminator": "r3gan"},
    "mlp": {"generator": "mlp", "discriminator": "mlp", "g_hidden": (8,), "d_hidden": (8, 8)},
}
SMALL = {"image_size": 16, "g_width": 2, "d_width": 2, "latent_dim": 5, "g_norm": "none"}


def side(shape=GREY, classes=(), **settings):
    config = RunConfig.parse({**SMALL, **settings})
    return Side(config, DataSpec("pictures", "images", shape, 100, classes))


def networks(one, seed=0):
    """G and D of `side` ``one``, with weights that no initialisation makes equal."""
    found = (build_generator(one.config, one.spec), build_discriminator(one.config, one.spec))
    random = torch.Generator().manual_seed(seed)
    for network in found:
        for weight in network.parameters():
            weight.data = 0.3 * torch.randn(weight.shape, generator=random)
    return found


def handed_on(old, new):
    """The parent's G and D, and those of a run that starts from it, with what each took over."""
    parents, fresh = networks(old), networks(new, seed=1)
    taken = []
    for parent, own in zip(parents, fresh, strict=True):
        found = transfer(own.state_dict(), parent.state_dict(), old, new)
        own.load_state_dict(found.weights)
        taken.append(found)
    return parents, fresh, taken


def latents():
    return torch.randn(COUNT, 5, generator=torch.Generator().manual_seed(2))


def pictures(shape):
    return torch.rand((COUNT, *shape), generator=torch.Generator().manual_seed(3)) * 2 - 1


@pytest.mark.parametrize("family", NETWORKS)
@pytest.mark.parametrize("conditioning", ["none", "concat", "projection", "auxiliary"])
def test_the_same_settings_take_everything(family, conditioning):
    old = side(classes=("a", "b", "c"), conditioning=conditioning, **NETWORKS[family])
    parents, fresh, taken = handed_on(old, old)
    for parent, own, one in zip(parents, fresh, taken, strict=True):
        assert one.taken == one.total == sum(p.numel() for p in own.parameters())
        theirs = parent.state_dict()
        assert all(torch.equal(value, theirs[name]) for name, value in own.state_dict().items())


@pytest.mark.parametrize("family", NETWORKS)
def test_colour_begins_as_grey_did(family):
    old, new = side(GREY, **NETWORKS[family]), side(COLOUR, **NETWORKS[family])
    (g, d), (own_g, own_d), taken = handed_on(old, new)
    torch.testing.assert_close(own_g(latents()), g(latents()).expand(-1, 3, -1, -1))
    x = pictures(GREY)
    torch.testing.assert_close(own_d(x.expand(-1, 3, -1, -1)), d(x), rtol=1e-4, atol=1e-5)
    assert not any(one.fresh for one in taken)


@pytest.mark.parametrize("family", NETWORKS)
def test_grey_begins_as_colour_did(family):
    old, new = side(COLOUR, **NETWORKS[family]), side(GREY, **NETWORKS[family])
    (g, d), (own_g, own_d), _ = handed_on(old, new)
    x = pictures(GREY)
    torch.testing.assert_close(own_d(x), d(x.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-5)
    # before the last tanh the colours are mixed as they look
    before, mixed = g(latents()).atanh(), own_g(latents()).atanh()
    weights = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    torch.testing.assert_close(mixed, (before * weights).sum(1, keepdim=True), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("conditioning", ["concat", "projection"])
@pytest.mark.parametrize("family", NETWORKS)
def test_classes_keep_their_weights_by_name_and_new_ones_begin_as_the_mean(family, conditioning):
    settings = {"conditioning": conditioning, **NETWORKS[family]}
    old, new = side(classes=("a", "b", "c"), **settings), side(classes=("c", "x", "a"), **settings)
    (g, d), (own_g, own_d), _ = handed_on(old, new)
    z, x = latents(), pictures(GREY)
    for own, theirs in ((0, 2), (2, 0)):
        mine, parents = (torch.full((COUNT,), index) for index in (own, theirs))
        torch.testing.assert_close(own_g(z, mine), g(z, parents))
        torch.testing.assert_close(own_d(x, mine), d(x, parents))
    # the first layer is linear, so that the mean of its inputs is that of the classes
    mean = g.of_mixture(z, torch.full((COUNT, 3), 1 / 3))
    torch.testing.assert_close(own_g(z, torch.full((COUNT,), 1)), mean)
    if conditioning == "projection":
        ours = torch.stack([own_d(x, torch.full((COUNT,), 1))])
        mean = torch.stack([d(x, torch.full((COUNT,), y)) for y in range(3)]).mean(0)
        torch.testing.assert_close(ours[0], mean, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("conditioning", ["concat", "projection"])
@pytest.mark.parametrize("family", NETWORKS)
def test_classes_told_to_networks_that_knew_none_change_nothing_yet(family, conditioning):
    old = side(**NETWORKS[family])
    new = side(classes=("a", "b"), conditioning=conditioning, **NETWORKS[family])
    (g, d), (own_g, own_d), _ = handed_on(old, new)
    for y in (torch.zeros(COUNT, dtype=torch.int64), torch.ones(COUNT, dtype=torch.int64)):
        torch.testing.assert_close(own_g(latents(), y), g(latents()))
        # R3GAN's projection has no part without classes
        if (family, conditioning) != ("r3gan", "projection"):
            torch.testing.assert_close(own_d(pictures(GREY), y), d(pictures(GREY)))


def test_classes_given_up_become_their_mean():
    old = side(classes=("a", "b"), conditioning="concat", **NETWORKS["mlp"])
    (g, _), (own_g, _), _ = handed_on(old, side(**NETWORKS["mlp"]))
    first = g.first(torch.cat([latents(), torch.full((COUNT, 2), 0.5)], 1))
    torch.testing.assert_close(own_g.first(latents()), first)


def test_a_head_of_another_meaning_is_not_taken():
    old = side(classes=("a", "b"), conditioning="projection", **NETWORKS["dcgan"])
    new = side(classes=("a", "b"), conditioning="auxiliary", **NETWORKS["dcgan"])
    _, _, taken = handed_on(old, new)
    assert taken[1].fresh == ["classes.weight", "classes.bias"]


@pytest.mark.parametrize("family", ["dcgan", "resnet"])
def test_of_another_size_the_stages_next_to_the_picture_are_taken(family):
    settings = {**NETWORKS[family], "g_width": 4, "d_width": 4}
    old, new = side(**settings), side((1, 32, 32), **{**settings, "image_size": 32})
    (g, _), (own_g, _), taken = handed_on(old, new)
    convolutions = [m for m in g.modules() if isinstance(m, nn.Conv2d)]
    ours = [m for m in own_g.modules() if isinstance(m, nn.Conv2d)]
    for theirs, own in zip(reversed(convolutions), reversed(ours), strict=False):
        if theirs.weight.shape == own.weight.shape:
            assert torch.equal(theirs.weight, own.weight)
    assert torch.equal(own_g.state_dict()[taken[0].fresh[0]], own_g.first.weight)
    assert 0 < taken[0].taken < taken[0].total and 0 < taken[1].taken < taken[1].total


# -- frozen layers ---------------------------------------------------------------------------------
GAMES = {
    "batch norm": {"d_norm": "batch", **NETWORKS["dcgan"]},
    "spectral": {"d_norm": "spectral", "objective": "hinge", **NETWORKS["resnet"]},
    "penalised": {
        "penalty": "r1+r2",
        "objective": "relativistic",
        "update": "simultaneous",
        "generator": "resnet-free",
        "discriminator": "resnet-free",
    },
    "packs": {"pac": 2, **NETWORKS["mlp"]},
}


@pytest.mark.parametrize("game", GAMES)
def test_frozen_layers_stay_bit_identical(game):
    one = side(batch_size=4, freeze_d=1, **GAMES[game])
    algorithm = build(one.config, one.spec, CPU)
    layers = first_layers(algorithm.discriminator)
    frozen = [part.state_dict() for part in layers[0]]
    before = [{name: value.clone() for name, value in part.items()} for part in frozen]
    last = [value.clone() for value in algorithm.discriminator.parameters()][-1]
    for _ in range(2):
        algorithm.step(lambda: Batch(pictures(GREY)[:4], None))
    for part, kept in zip(layers[0], before, strict=True):
        assert all(torch.equal(value, kept[name]) for name, value in part.state_dict().items())
    assert not torch.equal(list(algorithm.discriminator.parameters())[-1], last)
    with pytest.raises(ConfigError, match="freeze at most"):
        build(one.config.but(freeze_d=len(layers)), one.spec, CPU)


@pytest.mark.parametrize(
    ("layers", "words"), [(1, "has one layer before"), (2, "has 2 layers bef")]
)
def test_a_d_that_would_not_learn_is_refused_in_its_number(layers, words):
    d = nn.Sequential(*(nn.Linear(2, 2) for _ in range(layers)))
    with pytest.raises(ConfigError, match=words):
        freeze_first_layers(d, layers)


# -- runs ------------------------------------------------------------------------------------------
TINY = {**DIGITS, **OFTEN, "steps": 12, "ema_decay": 0.9}


@pytest.fixture
def manager(tmp_path):
    manager = RunManager(tmp_path / "runs", tmp_path / "data", CPU)
    yield manager
    assert manager.close(60)


def finished(run):
    assert run.join(120) and run.state == "finished", run.error
    return run


def notes_of(run):
    return [event.data["sentence"] for event in run.events.since(0, ("note",))]


def test_a_run_begins_with_another_ones_networks_and_needs_it_no_more(manager):
    parent = finished(manager.start(RunConfig.parse(TINY)))
    theirs = {name: value.clone() for name, value in parent.trainer.weights().items()}
    changed = RunConfig.parse({**TINY, "seed": 5, "d_lr": 1e-3, "steps": 4, "freeze_d": 0})
    run = finished(manager.start(changed, begin_with=f"{parent.id}@12"))
    config, start = checkpoint.load(run.store.folder / "checkpoints" / "step-000000000")
    assert config.seed == 5 and start.step == 0
    assert all(torch.equal(start.weights[name], value) for name, value in theirs.items())
    # the moving average begins at its full decay
    updates = start.training["algorithm"]["ema_updates"]
    ema = run.trainer.algorithm.ema
    assert updates == updates_to_full_decay(ema) and ema.decay_at(updates) == ema.decay
    total = sum(value.numel() for name, value in theirs.items() if name.startswith("generator/"))
    assert f"G {total:,} of {total:,} weights" in " ".join(notes_of(run))
    after = {name: value.clone() for name, value in run.trainer.weights().items()}
    # as it was after its first checkpoint, without its parent
    shutil.rmtree(parent.store.folder)
    shutil.rmtree(run.store.folder / "checkpoints" / "step-000000004")
    again = resumed(run.store.folder, None, CPU, manager.data_root)
    finished(again.start())
    assert all(torch.equal(value, after[name]) for name, value in again.trainer.weights().items())
    again.store.close()


def test_what_does_not_fit_at_all_is_refused_and_leaves_nothing(manager, tmp_path):
    parent = finished(manager.start(RunConfig.parse({**TINY, "steps": 2})))
    others = RunConfig.parse({**TINY, "image_size": 8, **NETWORKS["dcgan"]})
    with pytest.raises(ConfigError, match=r"Nothing of .* fits .* 'mlp' and the new"):
        manager.start(others, begin_with=parent.id)
    points = RunConfig.parse({**TINY, "data": "ring8"})
    with pytest.raises(ConfigError, match="nothing in common"):
        manager.start(points, begin_with=parent.id)
    weights = next((parent.store.folder / "checkpoints").glob("*/weights.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="damaged"):
        manager.start(RunConfig.parse(TINY), begin_with=parent.id)
    assert [path.name for path in manager.runs_root.iterdir()] == [parent.id]
