"""Multi-layer perceptrons: for points, for the textbook's pictures, and for seeing gradients
against depth."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

from ganviz.models.parts import (
    Discriminator,
    Generator,
    MinibatchStd,
    Network,
    OneHot,
    activation,
    conditional_classes,
    initialise,
    norm1d,
    shifts,
)
from ganviz.registry import DISCRIMINATORS, GENERATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec


class Layer(nn.Module):
    """act(norm(linear(x))), plus x itself where ``residual``."""

    homogeneous = True

    def __init__(self, into: int, out: int, act: str, norm: str, residual: bool = False):
        super().__init__()
        self.linear = nn.Linear(into, out, bias=shifts(norm))
        self.norm = norm1d(norm, out)
        self.act = activation(act)
        self.residual = residual and into == out

    def forward(self, x: Tensor) -> Tensor:
        h = self.act(self.norm(self.linear(x)))
        return x + h if self.residual else h


def _layers(sizes: tuple[int, ...], config: RunConfig, norm: str) -> list[nn.Module]:
    """Hidden layers between neighbouring sizes; a skip around each one of equal width, when the
    config asks for it."""
    return [
        Layer(into, out, config.activation, norm, config.residual) for into, out in pairwise(sizes)
    ]


def build_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """z -> hidden layers -> pictures (tanh) or points (linear). The activation is the config's
    everywhere."""
    out = math.prod(spec.shape)
    widths = (*config.g_hidden, out)
    end = [nn.Unflatten(1, spec.shape), nn.Tanh()] if spec.kind == "images" else []
    if config.g_hidden:
        start = [norm1d(config.g_norm, widths[0]), activation(config.activation)]
        end = [
            *start,
            *_layers(config.g_hidden, config, config.g_norm),
            nn.Linear(config.g_hidden[-1], out),
            *end,
        ]
    network = Generator(
        config.latent_dim,
        conditional_classes(config, spec),
        widths[0],
        nn.Sequential(*end),
        bias=not config.g_hidden or shifts(config.g_norm),
    )
    return initialise(network, config.init, config.activation)


def build_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """Sample -> flat -> hidden layers -> logit. The activation is the config's everywhere."""
    n_classes = conditional_classes(config, spec)
    into = math.prod(spec.shape) + (n_classes if config.conditioning == "concat" else 0)
    sizes = (into, *config.d_hidden)
    layers = [nn.Flatten(), *_layers(sizes[:-1], config, config.d_norm)]
    last, features = sizes[-2:] if config.d_hidden else (into, into)
    # Before the last hidden layer, so that D can weigh it against what it sees.
    if config.minibatch_std:
        layers.append(MinibatchStd())
        last += 1
    if config.d_hidden:
        layers.append(Layer(last, features, config.activation, config.d_norm, config.residual))
    else:
        features = last
    network = Discriminator(
        nn.Sequential(*layers), features, config.conditioning, n_classes, OneHot(n_classes)
    )
    return initialise(network, config.init, config.activation)


GENERATOR_READS = ("g_hidden", "activation", "residual")

GENERATORS.add(
    "mlp",
    Network(
        "MLP",
        "Fully connected layers: every output number sees all of z; simple, and quick on points "
        "and small pictures.",
        ("images", "points"),
        None,
        build_generator,
        GENERATOR_READS,
        maps=False,
    ),
)
DISCRIMINATORS.add(
    "mlp",
    Network(
        "MLP",
        "Fully connected layers on the flat sample: it knows nothing of neighbouring pixels.",
        ("images", "points"),
        None,
        build_discriminator,
        ("d_hidden", "activation", "residual"),
        maps=False,
    ),
)
