"""Private training: gradients of single pictures against closed forms and against Opacus, epsilon
against Opacus' own accountant, and what may not be combined."""

from importlib.util import find_spec
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from ganviz import registry
from ganviz.algorithms import dp_sgd
from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.dp_sgd import check_accountant, clipped_sum
from ganviz.api import train
from ganviz.config import RunConfig
from ganviz.data.poisson import PoissonSampler
from ganviz.data.source import Batch, DataSource, DataSpec, Sampler
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.models import build_discriminator, seeded
from ganviz.objectives import build
from ganviz.probes.step_recorder import StepRecorder
from ganviz.runs.start_from import started_from
from tests.algorithms.conftest import TINY

# found, not imported: that takes seconds, which every worker would spend while it collects
pytestmark = pytest.mark.skipif(
    find_spec("opacus") is None, reason="private training is optional: pip install ganviz[private]"
)
CPU = torch.device("cpu")
PLANE = {
    "data": "ring8",
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (8,),
    "d_hidden": (),
    "g_norm": "none",
    "latent_dim": 2,
    "batch_size": 4,
    "optimizer": "sgd",
    "private": True,
    "noise_multiplier": 0.7,
    "clip_norm": 0.5,
}
PICTURES = DataSpec("digits", "images", (1, 16, 16), 64, tuple("0123456789"))


def private_trainer(**changes):
    config = RunConfig.parse({**PLANE, **changes})
    source = DataSource(DataSpec("ring8", "points", (2,), 64), torch.randn(64, 2))
    return Trainer(config, source, CPU)


def shortened(gradients, norm):
    """Each row scaled down to ``norm``, with what Opacus adds to its divisor."""
    return gradients * (norm / (gradients.norm(dim=1, keepdim=True) + 1e-6)).clamp(max=1)


def test_one_step_of_d_is_the_sum_of_clipped_gradients_and_noise():
    trainer = private_trainer(d_lr=0.1)
    game, config = trainer.algorithm, trainer.config
    weight, bias = game.discriminator.parameters()
    before = torch.cat([weight.detach().flatten(), bias.detach()])
    # three reals where four come on average, one of them far outside
    real = torch.tensor([[0.1, -0.2], [30.0, 40.0], [0.5, 0.5]])
    fake = torch.tensor([[1.0, 2.0], [-3.0, 0.1], [0.0, 0.0], [0.2, 0.1]])
    game._noise.manual_seed(11)
    game.learn(Batch(real, None), Batch(fake, None))
    after = torch.cat([weight.detach().flatten(), bias.detach()])

    def ones(x):
        return torch.cat([x, torch.ones(len(x), 1)], 1)

    # L_D = softplus(-D(x)) + softplus(D(G(z))), and D is linear
    at_real = -(-(ones(real) @ before)).sigmoid()[:, None] * ones(real)
    at_fake = (ones(fake) @ before).sigmoid()[:, None] * ones(fake)
    random = torch.Generator().manual_seed(11)
    noise = torch.cat([torch.randn(1, 2, generator=random)[0], torch.randn(1, generator=random)])
    total = shortened(at_real, 0.5).sum(0) + 0.7 * 0.5 * noise + shortened(at_fake, 0.5).sum(0)
    assert (at_real.norm(dim=1) > 0.5).sum() >= 1, "something is clipped"
    assert torch.allclose(after, before - 0.1 * total / config.batch_size, atol=1e-6)


DISCRIMINATORS = [
    (name, norm, conditioning)
    for name, entry in registry.DISCRIMINATORS
    for conditioning in ("projection", "concat")
    for norm in (("none",) if entry.norm_free or not entry.maps else ("none", "layer", "spectral"))
]


@pytest.mark.parametrize(("name", "norm", "conditioning"), DISCRIMINATORS)
def test_every_discriminator_gives_the_gradients_of_one_picture_at_a_time(name, norm, conditioning):
    config = RunConfig.parse(
        {
            "private": True,
            "generator": "mlp",
            "discriminator": name,
            "d_norm": norm,
            "image_size": 16,
            "d_width": 4,
            "d_hidden": (8,),
            "conditioning": conditioning,
        }
    )
    with seeded(0):
        network = build_discriminator(config, PICTURES)
    network.eval()
    x, y = torch.randn(3, 1, 16, 16), torch.tensor([1, 7, 7])
    objective = build(config)

    def loss(logit):
        return objective.d(logit, logit.detach())

    sums, logits = clipped_sum(network, loss, x, y, 0.3)
    expected = 0
    for i in range(3):
        network.zero_grad()
        loss(network(x[i : i + 1], y[i : i + 1])).backward()
        expected = expected + shortened(flat(p.grad for p in network.parameters())[None], 0.3)[0]
    assert torch.allclose(flat(sums), expected, atol=1e-5)
    assert torch.allclose(logits, network(x, y), atol=1e-5)


def flat(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors])


def test_opacus_clips_the_same():
    from opacus import GradSampleModule

    network = nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.LeakyReLU(0.2), nn.Flatten())
    network.append(nn.Linear(4 * 3 * 3, 1)).append(nn.Flatten(0))
    x = torch.randn(5, 1, 8, 8, requires_grad=True)
    sums, _ = clipped_sum(_Unlabelled(network), lambda logit: logit.square(), x.detach(), None, 0.8)
    theirs = GradSampleModule(network, loss_reduction="sum")
    theirs(x).square().sum().backward()
    each = torch.cat([p.grad_sample.flatten(1) for p in theirs.parameters()], 1)
    assert torch.allclose(flat(sums), shortened(each, 0.8).sum(0), atol=1e-4)


class _Unlabelled(nn.Module):
    """Networks are given classes, too."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x, y):
        return self.body(x)


def test_epsilon_is_that_of_opacus_and_grows():
    from opacus.accountants import RDPAccountant

    trainer = private_trainer(d_steps=2, delta=1e-3)
    theirs, seen = RDPAccountant(), [0.0]
    assert trainer.algorithm.privacy["epsilon"] == 0
    for _ in range(3):
        trainer.step()
        for _ in range(2):
            theirs.step(noise_multiplier=0.7, sample_rate=4 / 64)
        seen.append(trainer.algorithm.privacy["epsilon"])
        assert seen[-1] == pytest.approx(theirs.get_epsilon(delta=1e-3))
    assert seen == sorted(set(seen)) and trainer.algorithm.account.updates == 6
    assert trainer.sampler.rate == trainer.algorithm.account.rate


def test_resumed_is_uninterrupted_noise_and_epsilon_too(tiny):
    settings = {"private": True, "conditioning": "projection", "g_steps": 2}
    whole, first, second = (tiny(**settings) for _ in range(3))
    whole.load(first.weights(), first.training_state())
    for _ in range(6):
        whole.step()
    for _ in range(3):
        first.step()
    second.load(first.weights(), first.training_state())
    for _ in range(3):
        second.step()
    assert all(torch.equal(a, b) for a, b in same_keys(whole.weights(), second.weights()))
    assert whole.algorithm.privacy == second.algorithm.privacy
    # the noise is secret: the settings and their seed do not repeat it
    other = tiny(**settings)
    for _ in range(6):
        other.step()
    assert any(not torch.equal(a, b) for a, b in same_keys(whole.weights(), other.weights()))


def same_keys(one, other):
    assert one.keys() == other.keys()
    return [(one[name], other[name]) for name in one]


def test_g_is_told_nothing_but_what_d_says(tiny):
    """Neither the classes of a batch nor its size reach G."""
    augment = ("translation", "cutout")
    game = tiny(private=True, conditioning="projection", augment=augment).algorithm
    asked = []
    game.generator.register_forward_hook(lambda _, given, out: asked.append(given[1]))
    game.step(lambda: Batch(torch.zeros(3, 1, 8, 8), torch.full((3,), 3)))
    # a batch by chance may be empty: noise and fakes are left
    game.step(lambda: Batch(torch.zeros(0, 1, 8, 8), torch.zeros(0, dtype=torch.int64)))
    assert all(len(y) == 32 and len(y.unique()) > 3 for y in asked)
    assert all(p.isfinite().all() for p in game.discriminator.parameters())
    assert "d_real" in game.stats.read()


def test_without_the_setting_nothing_is_different(tiny):
    trainer = tiny(noise_multiplier=3.0)
    assert type(trainer.algorithm) is Adversarial and type(trainer.sampler) is Sampler
    assert trainer.algorithm.privacy is None
    assert "privacy" not in trainer.training_state()["algorithm"]


def test_batches_are_drawn_by_chance():
    source = DataSource(DataSpec("n", "points", (2,), 50), torch.arange(100.0).view(50, 2))
    sampler = PoissonSampler(source, 10, seed=1)
    saved = sampler.state_dict()
    drawn = [sampler().x[:, 0] for _ in range(400)]
    sizes = torch.tensor([float(len(x)) for x in drawn])
    # a binomial of 50 and 0.2: mean 10, variance 8
    assert abs(sizes.mean() - 10) < 0.6 and abs(sizes.var() - 8) < 2.5
    counts = torch.cat(drawn).long().bincount(minlength=100)[::2]
    assert counts.min() > 40 and counts.max() < 125
    again = PoissonSampler(source, 10, seed=2)
    again.load_state_dict(saved)
    assert all(torch.equal(x, again().x[:, 0]) for x in drawn[:20])
    assert len(PoissonSampler(source, 80, seed=1)().x) == 50


REFUSED = {
    "private": {"algorithm": "vae"},
    "mistake": {"mistake": "always-real"},
    "d_norm": {"d_norm": "batch"},
    "minibatch_std": {"minibatch_std": True},
    "pac": {"pac": 2},
    "penalty": {"penalty": "r1"},
    "objective": {"objective": "relativistic"},
    "augment_strength": {"augment": ("cutout",), "augment_strength": "adaptive"},
    "label_flip": {"label_flip": 0.1},
    "conditioning": {"conditioning": "auxiliary"},
    "update": {"update": "simultaneous"},
    "compiled": {"compiled": True},
    "precision": {"precision": "bf16"},
    "cuda_graphs": {"cuda_graphs": "on"},
}


@pytest.mark.parametrize("field", REFUSED)
def test_what_would_break_the_promise_is_refused(field):
    with pytest.raises(ConfigError, match="Private training") as refused:
        RunConfig.parse({**TINY, "private": True, **REFUSED[field]})
    assert refused.value.field == field
    assert RunConfig.parse({**TINY, **REFUSED[field]})


def test_it_begins_with_fresh_networks_and_is_not_recorded(tiny):
    parent = SimpleNamespace(name="Run of before")
    config = RunConfig.parse({**TINY, "private": True})
    with pytest.raises(ConfigError, match="those of Run of before"):
        started_from(parent, config, None, CPU, None)
    trainer = tiny(private=True)
    assert "privately" in StepRecorder(trainer).why_not
    for player in ("discriminator", "generator"):
        trainer.turn(player)
    assert trainer.algorithm.privacy["updates"] == 1


def test_without_opacus_a_sentence_and_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(dp_sgd, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="--no-index"):
        train({**TINY, "private": True}, out=tmp_path / "run", data_root=tmp_path)
    assert not (tmp_path / "run").exists()
    check_accountant(RunConfig.parse(TINY))
