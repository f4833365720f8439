"""Configs, data specs and inputs for the tests of quicker ways; 8 px digits through small
networks."""

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.data.source import DataSpec
from ganviz.engine.trainer import Trainer

CLASSES = ("a", "b", "c")


@pytest.fixture
def spec():
    """A function that makes the spec of pictures of ``size`` px, or of points (size 0)."""

    def make(size=0, channels=1):
        shape = (channels, size, size) if size else (2,)
        return DataSpec("made up", "images" if size else "points", shape, 100, CLASSES)

    return make


@pytest.fixture
def config():
    """A function that makes a narrow config for ``size`` px, or for points (size 0)."""

    def make(size=0, **changes):
        data = (
            {"data": "glyphs", "image_size": size}
            if size
            else {"data": "ring8", "generator": "mlp", "discriminator": "mlp"}
        )
        narrow = {
            "latent_dim": 5,
            "g_width": 3,
            "d_width": 3,
            "g_hidden": (8, 8),
            "d_hidden": (8, 8),
        }
        norm = "none" if "resnet-free" in changes.values() else "batch"
        return RunConfig.parse({**data, **narrow, "g_norm": norm, "batch_size": 16, **changes})

    return make


@pytest.fixture
def draw():
    """A function that draws a seeded normal tensor."""
    return lambda *shape, seed=0: torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


TINY = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (16,),
    "d_hidden": (16,),
    "g_norm": "none",
    "latent_dim": 4,
    "batch_size": 16,
    "steps": 40,
    "tick_seconds": 0.02,
    "sample_seconds": 0.05,
}


@pytest.fixture
def tiny():
    """A function that makes a tiny config with changes."""
    return lambda **changes: RunConfig.parse({**TINY, **changes})


@pytest.fixture
def tiny_trainer(tmp_path):
    """A function that makes a trainer of a tiny config with changes."""

    def make(**changes):
        config = RunConfig.parse(
            {**TINY, "g_hidden": (32,), "d_hidden": (32,), "batch_size": 32, **changes}
        )
        return Trainer(config, load_data(config, "cpu", tmp_path), torch.device("cpu"))

    return make
