"""Residual networks: in the style of SNGAN (Miyato et al. 2018), and without any norm, for recipes
with R1 + R2. (R3GAN's own networks stand in `ganviz.models.r3gan`.)"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

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

SIZES = (16, 28, 32, 64, 128, 256)
# Times the narrow end's channels.
WIDEST = 8
# How much of its usual size the last convolution of a norm-free branch starts with.
NEAR_ZERO = 0.1


def _widths(narrow: int, doublings: int) -> list[int]:
    """Channels of the maps from the picture's end inwards: doubling at each stage, up to
    `WIDEST`."""
    return [narrow * min(2**i, WIDEST) for i in range(doublings + 1)]


def _conv(into: int, out: int, kernel: int = 3, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(into, out, kernel, padding=kernel // 2, bias=bias)


class Block(nn.Module):
    """skip(x) + branch(x); a 1x1 convolution on the skip where the channels change, ``resize`` on
    both ways."""

    homogeneous = True

    def __init__(
        self, into: int, out: int, branch: list[nn.Module], resize: nn.Module, shrink: bool
    ):
        super().__init__()
        self.branch = nn.Sequential(*branch)
        adapt = _conv(into, out, 1) if into != out else nn.Identity()
        # The 1x1 convolution and the resizing commute: convolve where the map is small.
        self.skip = nn.Sequential(resize, adapt) if shrink else nn.Sequential(adapt, resize)

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.branch(x)


def _up_block(into: int, out: int, norm: str) -> Block:
    """norm, ReLU, convolve, double, norm, ReLU, convolve. (SNGAN doubles before it convolves, at
    four times the cost.)"""
    up = nn.Upsample(scale_factor=2)
    return Block(
        into,
        out,
        [
            norm2d(norm, into),
            nn.ReLU(),
            _conv(into, out, bias=shifts(norm)),
            up,
            norm2d(norm, out),
            nn.ReLU(),
            _conv(out, out),
        ],
        up,
        shrink=False,
    )


def _down_block(into: int, out: int, norm: str, resize: nn.Module, first: bool = False) -> Block:
    """norm, ReLU, convolve, norm, ReLU, convolve, halve; the first block starts at the picture with
    its convolution."""
    start = [] if first else [norm2d(norm, into), nn.ReLU()]
    inner = "none" if first else norm
    return Block(
        into,
        out,
        [
            *start,
            _conv(into, out, bias=shifts(inner)),
            norm2d(inner, out),
            nn.ReLU(),
            _conv(out, out),
            resize,
        ],
        resize,
        shrink=True,
    )


class SumPixels(nn.Module):
    """[N, C, H, W] -> [N, C], summed over the map as in SNGAN."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        return x.sum((2, 3))


def build_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """z -> small map -> residual blocks that each double it -> picture."""
    side, doublings = stages(spec.shape[-1])
    widths = _widths(config.g_width, doublings)[::-1]
    blocks = [_up_block(into, out, config.g_norm) for into, out in pairwise(widths)]
    body = nn.Sequential(
        ToMap(widths[0], side),
        *blocks,
        norm2d(config.g_norm, widths[-1]),
        nn.ReLU(),
        _conv(widths[-1], spec.shape[0]),
        nn.Tanh(),
    )
    network = Generator(
        config.latent_dim, conditional_classes(config, spec), widths[0] * side * side, body
    )
    return initialise(network, config.init)


def build_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """Picture -> residual blocks that each halve it, one that does not -> sum over the map ->
    logit."""
    n_classes = conditional_classes(config, spec)
    channels, height, width = spec.shape
    widths = _widths(config.d_width, stages(height)[1])[1:]
    sizes = [channels + (config.conditioning == "concat"), *widths]
    layers: list[nn.Module] = [
        _down_block(into, out, config.d_norm, nn.AvgPool2d(2), first=stage == 0)
        for stage, (into, out) in enumerate(pairwise(sizes))
    ]
    if config.minibatch_std:
        layers.append(MinibatchStd())
    layers += [
        _down_block(widths[-1] + config.minibatch_std, widths[-1], config.d_norm, nn.Identity()),
        nn.ReLU(),
        SumPixels(),
    ]
    labels = LabelMap(n_classes, height, width)
    network = Discriminator(
        nn.Sequential(*layers), widths[-1], config.conditioning, n_classes, labels
    )
    return initialise(network, config.init)


def _free_block(channels: int) -> Block:
    """x + a branch of linear 1x1, 3x3 and 1x1 convolutions with LeakyReLU between (R3GAN, Huang et
    al. 2024, simplified)."""
    branch = [
        _conv(channels, channels, 1),
        nn.LeakyReLU(NEGATIVE_SLOPE),
        _conv(channels, channels),
        nn.LeakyReLU(NEGATIVE_SLOPE),
        _conv(channels, channels, 1, bias=False),
    ]
    return Block(channels, channels, branch, nn.Identity(), shrink=False)


def _start_near_identity(network: nn.Module, init: str) -> nn.Module:
    """Without norms the branches start small, in the spirit of Fixup (Zhang et al. 2019), so depth
    changes no scale.

    Not quite at zero: every weight then has a gradient from the first step on. ``default`` is
    Kaiming with a gain of 1 here, since no non-linearity lies on the way between the blocks.
    """
    initialise(network, "kaiming" if init == "default" else init, "linear")
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, Block):
                cast(nn.Conv2d, module.branch[-1]).weight.mul_(NEAR_ZERO)
    return network


def build_free_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """z -> small map -> (residual block, 1x1 convolution, doubling) for each stage -> residual
    block -> picture."""
    side, doublings = stages(spec.shape[-1])
    widths = _widths(config.g_width, doublings)[::-1]
    layers: list[nn.Module] = [ToMap(widths[0], side)]
    for into, out in pairwise(widths):
        layers += [_free_block(into), _conv(into, out, 1), nn.Upsample(scale_factor=2)]
    layers += [_free_block(widths[-1]), _conv(widths[-1], spec.shape[0]), nn.Tanh()]
    network = Generator(
        config.latent_dim,
        conditional_classes(config, spec),
        widths[0] * side * side,
        nn.Sequential(*layers),
    )
    return _start_near_identity(network, config.init)


def build_free_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """Picture -> convolution -> (residual block, halving, 1x1 convolution) for each stage ->
    residual block -> logit."""
    n_classes = conditional_classes(config, spec)
    channels, height, width = spec.shape
    side, halvings = stages(height)
    widths = _widths(config.d_width, halvings)
    layers: list[nn.Module] = [_conv(channels + (config.conditioning == "concat"), widths[0])]
    for into, out in pairwise(widths):
        layers += [_free_block(into), nn.AvgPool2d(2), _conv(into, out, 1)]
    if config.minibatch_std:
        layers += [MinibatchStd(), _conv(widths[-1] + 1, widths[-1], 1)]
    layers += [_free_block(widths[-1]), ToFeatures()]
    labels = LabelMap(n_classes, height, width)
    network = Discriminator(
        nn.Sequential(*layers), widths[-1] * side * side, config.conditioning, n_classes, labels
    )
    return _start_near_identity(network, config.init)


GENERATORS.add(
    "resnet",
    Network(
        "ResNet",
        "Residual blocks as in SNGAN: deeper than DCGAN, with a short way back for the gradient.",
        ("images",),
        SIZES,
        build_generator,
        ("g_width",),
    ),
)
DISCRIMINATORS.add(
    "resnet",
    Network(
        "ResNet",
        "Residual blocks as in SNGAN; made for spectral norm and the hinge objective.",
        ("images",),
        SIZES,
        build_discriminator,
        ("d_width",),
    ),
)
GENERATORS.add(
    "resnet-free",
    Network(
        "ResNet without norm",
        "After R3GAN, simplified: plain residual blocks without norm. Left out are expansion, "
        "groups, bilinear resampling and learned basis; G ends in tanh.",
        ("images",),
        SIZES,
        build_free_generator,
        ("g_width",),
        norm_free=True,
    ),
)
DISCRIMINATORS.add(
    "resnet-free",
    Network(
        "ResNet without norm",
        "After R3GAN, simplified: plain residual blocks without norm. Left out are expansion, "
        "groups, bilinear resampling and learned basis.",
        ("images",),
        SIZES,
        build_free_discriminator,
        ("d_width",),
        norm_free=True,
    ),
)
