"""Both sides of a comparison really train: one step each, on small batches, in this process and in
one of its own."""

import copy
import math

import pytest
import torch

from benchmarks import bare, data, networks, sides
from benchmarks.peers import dcgan32, dcgan64, gan, r1r2, sngan32, wgan_gp
from benchmarks.recipes import GAMES, OWN, RECIPES, RELATIVISTIC
from ganviz.algorithms import build
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.data.source import Batch, DataSpec
from ganviz.engine.trainer import Trainer
from ganviz.registry import DISCRIMINATORS, GENERATORS
from tests import fresh

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with 64 drawn digits in both formats."""
    root = tmp_path_factory.mktemp("pictures")
    data.mnist_files(root, 64)
    for size in (32, 64):
        data.image_folder(root, size, 64)
    return root


@pytest.fixture(autouse=True)
def recipes_networks(monkeypatch):
    """ganviz knows the recipes' networks within a test, and forgets them after it."""
    for table in (GENERATORS, DISCRIMINATORS):
        table.names()
        monkeypatch.setattr(table, "_items", dict(table._items))
    networks.register()


def pointed(settings, pictures):
    if settings["data"] == "folder":
        return {**settings, "data_path": str(pictures / f"pictures-{settings['image_size']}")}
    return settings


NARROW = {"g_width": 4, "d_width": 4}
PEERS = {
    "gan": lambda root: gan.train(root, CPU, batch=4),
    "wgan_gp": lambda root: wgan_gp.train(root, CPU, batch=4),
    "dcgan32": lambda root: dcgan32.train(root, CPU, batch=4),
    "dcgan64": lambda root: dcgan64.train(root / "pictures-64", CPU, batch=2),
    "r1r2": lambda root: r1r2.train(
        root / "pictures-64", CPU, {**pointed(GAMES["colour-64"], root), **NARROW}, batch=2
    ),
    "sngan32": lambda root: sngan32.train(root / "pictures-32", CPU, width=4, batch=4),
}


@pytest.mark.parametrize("name", PEERS)
def test_peers_train(pictures, name):
    steps = PEERS[name](pictures)
    assert next(steps) > 0 and next(steps) > 0
    steps.close()


@pytest.mark.parametrize("settings", [*OWN.values(), RELATIVISTIC], ids=[*OWN, "relativistic"])
def test_bare_loops_train(pictures, settings):
    settings = {**pointed(settings, pictures), "batch_size": 4, "g_width": 8, "d_width": 8}
    steps = bare.train(settings, pictures, CPU)
    assert next(steps) == 4 * settings.get("d_steps", 1)
    steps.close()


@pytest.mark.parametrize("recipe", RECIPES)
def test_ganviz_trains_the_recipes_own_networks(pictures, recipe):
    settings = {**pointed(RECIPES[recipe], pictures), "batch_size": 4, "g_width": 4, "d_width": 4}
    config = RunConfig.parse(settings)
    trainer = Trainer(config, load_data(config, CPU, pictures), CPU)
    trainer.step()
    assert all(math.isfinite(value) for value in trainer.read_stats().values())


def test_a_bare_loop_makes_the_moves_of_the_engine(pictures):
    """Same maths: from the same weights, with a batch of everything and no noise left to chance, D
    moves alike."""
    settings = {**OWN["mlp28"], "batch_size": 64, "optimizer": "adam", "holdout": 0.0}
    config = RunConfig.parse(settings)
    source = load_data(config, CPU, pictures)
    trainer, loop = Trainer(config, source, CPU), bare._Loop(config, source, CPU)
    latents = torch.randn(64, 100, generator=torch.Generator().manual_seed(3))
    trainer.algorithm.latents = lambda count: latents
    loop.latents = lambda: latents
    trainer.step()
    loop.non_saturating()
    for ours, theirs in zip(
        trainer.algorithm.discriminator.parameters(), loop.discriminator.parameters(), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)
    for ours, theirs in zip(
        trainer.algorithm.generator.parameters(), loop.generator.parameters(), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)


def test_a_worker_measures_in_a_process_of_its_own(pictures):
    fresh.server()
    worker = sides.Worker(
        sides.engine, settings={**OWN["mlp28"], "batch_size": 8}, data_root=pictures, device="cpu"
    )
    try:
        assert worker.work(0.2) > 0
        worker.take(5)
        now, most = worker.memory()
        assert 0 < now <= 1.01 * most
    finally:
        worker.close()


def test_a_worker_that_fails_says_why(tmp_path):
    fresh.server()
    with pytest.raises(RuntimeError, match="generator"):
        sides.Worker(
            sides.engine, settings={"generator": "no such"}, data_root=tmp_path, device="cpu"
        )


def test_the_recipe_of_gan_py_takes_the_steps_of_gan_py(monkeypatch):
    """It moves G by D as it is, and then D by the fakes of G as it was: both at once."""
    spec = DataSpec("digits", "images", (1, 28, 28), 100, tuple("0123456789"))
    algorithm = build(RunConfig.parse({**RECIPES["gan"], "batch_size": 8}), spec, CPU)
    ours = {"g": algorithm.generator, "d": algorithm.discriminator}
    theirs, before = copy.deepcopy(ours), copy.deepcopy(ours)
    latents, pictures = torch.randn(3, 8, 100), torch.rand(3, 8, 1, 28, 28) * 2 - 1
    drawn = iter(latents)
    monkeypatch.setattr(algorithm, "latents", lambda count: next(drawn))
    for x in pictures:
        algorithm.step(lambda x=x: Batch(x, None))
    again = iter(latents)
    monkeypatch.setattr(torch, "randn", lambda *shape, **options: next(again))
    steps = gan.adversarial(theirs["g"], theirs["d"], [(x, None) for x in pictures], CPU)
    assert [next(steps) for _ in pictures] == [8, 8, 8]
    for name, network in ours.items():
        moved, wanted = (
            torch.cat([(a - b).flatten() for a, b in zip(*both, strict=True)])
            for both in (
                (network.parameters(), before[name].parameters()),
                (theirs[name].parameters(), before[name].parameters()),
            )
        )
        # The script halves D's loss, which Adam's epsilon tells.
        assert (moved - wanted).norm() < 0.03 * wanted.norm(), name
