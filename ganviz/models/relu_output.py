"""Networks with a mistake in them, on purpose; their names say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import nn

from ganviz.models import mlp
from ganviz.models.parts import Network
from ganviz.registry import GENERATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec


def build_relu_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """The MLP generator with ReLU in place of tanh at its end: pictures live in [-1, 1], but it can
    draw nothing below 0."""
    network = mlp.build_generator(config, spec)
    cast(nn.Sequential, network.body)[-1] = nn.ReLU()
    return network


GENERATORS.add(
    "mlp-relu-mistake",
    Network(
        "MLP ending in ReLU (a mistake)",
        "It can draw nothing darker than mid-grey, so D tells its pictures by their background.",
        ("images",),
        None,
        build_relu_generator,
        mlp.GENERATOR_READS,
        maps=False,
        adversarial_only=True,
    ),
)
