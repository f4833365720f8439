"""DCGAN (Radford et al. 2016): made for up to 64 px, carried on to 128 and 256; grey or colour."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

from ganviz.models.parts import (
    NEGATIVE_SLOPE,
    Discriminator,
    Generator,
    LabelMap,
    MinibatchStd,
    Network,
    ToFeatures,
    ToMap,
    conditional_classes,
    initialise,
    norm2d,
    shifts,
    stages,
)
from ganviz.registry import DISCRIMINATORS, GENERATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec

SIZES = (8, 16, 28, 32, 64, 128, 256)
# Of DCGAN's own 64 px; larger pictures add stages of the widest, not wider ones.
DOUBLINGS = 4


def _widths(narrow: int, stages: int, widening: int) -> list[int]:
    """Channels from the picture's end inwards; the last of ``widening`` stages is the widest."""
    return [narrow * 2 ** min(i, widening - 1) for i in range(stages)]


def build_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """z -> small map -> doublings -> picture. ``g_width`` channels at the picture's end, twice as
    many a stage before, up to the widest of a 64 px network.

    ``nearest`` convolves at the low resolution and doubles afterwards: 1.7 times as fast as the
    other way round on a CPU; its last convolution, at full size, smooths the blocks.
    ``transposed`` is kernel 4, stride 2, the last one straight to the picture. LeakyReLU, so that
    no unit of a fast-learning generator dies.
    """
    side, doublings = stages(spec.shape[-1])
    nearest = config.upsample == "nearest"
    widths = _widths(config.g_width, doublings + nearest, DOUBLINGS + nearest)[::-1]
    layers = [
        ToMap(widths[0], side),
        norm2d(config.g_norm, widths[0]),
        nn.LeakyReLU(NEGATIVE_SLOPE),
    ]
    for into, out in pairwise(widths):
        bias = shifts(config.g_norm)
        grow = (
            nn.Conv2d(into, out, 3, 1, 1, bias=bias)
            if nearest
            else nn.ConvTranspose2d(into, out, 4, 2, 1, bias=bias)
        )
        layers += [grow, norm2d(config.g_norm, out), nn.LeakyReLU(NEGATIVE_SLOPE)]
        # After norm and activation, which cost a quarter there and give the same.
        if nearest:
            layers.append(nn.Upsample(scale_factor=2))
    channels = spec.shape[0]
    last = (
        nn.Conv2d(widths[-1], channels, 3, padding=1)
        if nearest
        else nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1)
    )
    body = nn.Sequential(*layers, last, nn.Tanh())
    network = Generator(
        config.latent_dim, conditional_classes(config, spec), widths[0] * side * side, body
    )
    return initialise(network, config.init, "leaky_relu")


def build_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """Picture -> strided convolutions (kernel 4, LeakyReLU) -> logit. ``d_width`` channels first,
    twice as many a stage, up to the widest of a 64 px network.

    As in DCGAN, the first convolution has no normalisation.
    """
    n_classes = conditional_classes(config, spec)
    channels, height, width = spec.shape
    side, halvings = stages(height)
    widths = [
        channels + (config.conditioning == "concat"),
        *_widths(config.d_width, halvings, DOUBLINGS),
    ]
    layers: list[nn.Module] = []
    for stage, (into, out) in enumerate(pairwise(widths)):
        if config.minibatch_std and stage == halvings - 1:
            layers.append(MinibatchStd())
            into += 1
        norm = config.d_norm if stage else "none"
        layers += [
            nn.Conv2d(into, out, 4, 2, 1, bias=shifts(norm)),
            norm2d(norm, out),
            nn.LeakyReLU(NEGATIVE_SLOPE),
        ]
    trunk = nn.Sequential(*layers, ToFeatures())
    network = Discriminator(
        trunk,
        widths[-1] * side * side,
        config.conditioning,
        n_classes,
        LabelMap(n_classes, height, width),
    )
    return initialise(network, config.init, "leaky_relu")


GENERATORS.add(
    "dcgan",
    Network(
        "DCGAN",
        "Convolutions that grow a small map into a picture: the dependable choice for pictures.",
        ("images",),
        SIZES,
        build_generator,
        ("g_width", "upsample"),
    ),
)
DISCRIMINATORS.add(
    "dcgan",
    Network(
        "DCGAN",
        "Convolutions that shrink a picture into a verdict, the mirror image of the generator.",
        ("images",),
        SIZES,
        build_discriminator,
        ("d_width",),
    ),
)
