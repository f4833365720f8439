"""Tiny runs: 8 px digits through small MLPs, so that a step takes a millisecond."""

import pytest

from ganviz.config import RunConfig

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
