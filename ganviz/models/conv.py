"""The small convolutional discriminator of the textbook's minimax GAN (preset `minimax-gan`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from ganviz.models.parts import (
    Discriminator,
    LabelMap,
    MinibatchStd,
    Network,
    ToFeatures,
    activation,
    conditional_classes,
    initialise,
    norm1d,
    norm2d,
    shifts,
)
from ganviz.registry import DISCRIMINATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec

DENSE = 128


def build_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """Two convolutions (kernel 3, stride 2, ``d_width`` channels each), a dense layer of 128, the
    logit."""
    n_classes = conditional_classes(config, spec)
    channels, height, width = spec.shape
    into = channels + (config.conditioning == "concat")
    quarter = (height + 3) // 4 * ((width + 3) // 4)
    layers: list[nn.Module] = [
        nn.Conv2d(into, config.d_width, 3, 2, 1),
        activation(config.activation),
        nn.Conv2d(config.d_width, config.d_width, 3, 2, 1, bias=shifts(config.d_norm)),
        norm2d(config.d_norm, config.d_width),
        activation(config.activation),
        ToFeatures(),
    ]
    features = config.d_width * quarter
    if config.minibatch_std:
        layers.append(MinibatchStd())
        features += 1
    # One number has no spread to divide by.
    dense_norm = "none" if config.d_norm == "instance" else config.d_norm
    layers += [
        nn.Linear(features, DENSE, bias=shifts(dense_norm)),
        norm1d(dense_norm, DENSE),
        activation(config.activation),
    ]
    labels = LabelMap(n_classes, height, width)
    network = Discriminator(nn.Sequential(*layers), DENSE, config.conditioning, n_classes, labels)
    return initialise(network, config.init, config.activation)


DISCRIMINATORS.add(
    "conv",
    Network(
        "Two convolutions",
        "Two strided convolutions and a dense layer, as textbooks draw it; small and quick.",
        ("images",),
        None,
        build_discriminator,
        ("d_width", "activation"),
    ),
)
