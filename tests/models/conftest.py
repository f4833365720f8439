"""Configs, data specs and inputs for the network tests."""

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data.source import DataSpec

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
        free = any(value in ("resnet-free", "r3gan") for value in changes.values())
        norm = "none" if free else "batch"
        return RunConfig.parse({**data, **narrow, "g_norm": norm, "batch_size": 16, **changes})

    return make


@pytest.fixture
def draw():
    """A function that draws a seeded normal tensor."""
    return lambda *shape, seed=0: torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
