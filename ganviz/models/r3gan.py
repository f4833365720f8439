"""The networks of R3GAN as the paper has them (Huang et al. 2024, arXiv 2501.05441).

Both are chains of stages, one for each size of the map: residual blocks that expand their channels
twofold and convolve 3x3 in groups, bilinear resampling between stages, and at the small end a
learned basis of the whole map. No normalisation, no weight scaling at run time, no tanh: depth is
tamed by the initial weights alone.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from ganviz.accel.channel_padding import ConvOptions
from ganviz.accel.double_backward_conv import convolve_fixed
from ganviz.models.parts import (
    NEGATIVE_SLOPE,
    WEIGHTED,
    Discriminator,
    Generator,
    LabelMap,
    MinibatchStd,
    Network,
    Weighted,
    conditional_classes,
    fan_in,
    full,
    initialise,
    stages,
)
from ganviz.registry import DISCRIMINATORS, GENERATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec

SIZES = (8, 16, 28, 32, 64, 128, 256)
# Maps up to this side are as wide as each other; beyond, each doubling halves the channels.
WIDE_UP_TO = 32
# How many times a block's channels its 3x3 convolution has, and how many of those are a group.
EXPANSION, GROUP = 2, 16
# Of LeakyReLU: what keeps the mean square from layer to layer (He et al. 2015).
GAIN = math.sqrt(2 / (1 + NEGATIVE_SLOPE**2))


def channels_at(width: int, side: int, size: int) -> int:
    """Channels of a map of ``side`` pixels in a network for pictures of ``size`` px, which has
    ``width`` of them at the picture."""
    return width * max(size, WIDE_UP_TO) // max(side, WIDE_UP_TO)


def groups_of(channels: int) -> int:
    """Into how many equal groups of about `GROUP` channels ``channels`` part."""
    return max(
        (count for count in range(1, channels // GROUP + 1) if channels % count == 0), default=1
    )


# -- layers ----------------------------------------------------------------------------------------
def _conv1x1(into: int, out: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(into, out, 1, bias=bias)


class GroupedBlock(nn.Module):
    """x + W3 act(W2 act(W1 x)): 1x1 to twice the channels, grouped 3x3, 1x1 back. The biases stand
    before the activations, so the last layer has none."""

    homogeneous = True

    def __init__(self, channels: int):
        super().__init__()
        inner = EXPANSION * channels
        self.branch = nn.Sequential(
            _conv1x1(channels, inner, bias=True),
            nn.LeakyReLU(NEGATIVE_SLOPE),
            nn.Conv2d(inner, inner, 3, padding=1, groups=groups_of(inner)),
            nn.LeakyReLU(NEGATIVE_SLOPE),
            _conv1x1(inner, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class _Resampling(nn.Module):
    """Bilinear resampling by 2, with zeros beyond the edge. ``kernel`` is [1, 2, 1] * [1, 1] in
    both directions, with a sum of 1; being fixed, it is no weight and in no checkpoint."""

    homogeneous = True
    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(line, line)[None, None], persistent=False)

    def of_each_channel(self, x: Tensor, scale: int, transposed: bool) -> Tensor:
        """Every channel of ``x`` on its own, convolved with ``scale`` times the kernel."""
        channels = x.shape[1]
        kernel = (scale * self.kernel).to(x.dtype).expand(channels, 1, 4, 4)
        options = ConvOptions((2, 2), (1, 1), (1, 1), transposed, (0, 0), channels)
        return convolve_fixed(x, kernel, options)


class Downsample(_Resampling):
    """[N, C, H, W] -> [N, C, H / 2, W / 2]."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        return self.of_each_channel(x, 1, transposed=False)


class Upsample(_Resampling):
    """[N, C, H, W] -> [N, C, 2 H, 2 W]: four times the transpose of `Downsample`."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        return self.of_each_channel(x, 4, transposed=True)


class Basis(nn.Module):
    """[N, C] -> [N, C, side, side]: each channel's number times a learned map of its own."""

    def __init__(self, channels: int, side: int):
        super().__init__()
        # Channels last, which convolves faster.
        self.maps = nn.Parameter(torch.empty(side, side, channels).normal_())

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, None, None] * self.maps).permute(0, 3, 1, 2)


class R3Discriminator(Discriminator):
    """As every discriminator, with heads that have no bias. ``projection``: the logit is the inner
    product of the features with the class's vector alone; there is no unconditional part."""

    def __init__(
        self,
        trunk: nn.Module,
        features: int,
        conditioning: str,
        n_classes: int,
        labels: nn.Module | None = None,
    ):
        super().__init__(trunk, features, conditioning, n_classes, labels)
        if conditioning == "projection":
            del self.real
        else:
            self.real = nn.Linear(features, 1, bias=False)

    @property
    def homogeneous(self) -> bool:
        """As its base class says."""
        return self.conditioning in ("none", "projection")

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Logits [N]; ``y`` int64 [N] where conditioning is ``concat`` or ``projection``."""
        if self.conditioning != "projection":
            return super().forward(x, y)
        if y is None:
            raise ValueError("this network is conditional: give it the classes y")
        return full((self.classes(y) * self.trunk(x)).sum(1))


# -- networks --------------------------------------------------------------------------------------
def build_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """z (with the class as ``latent_dim`` learned numbers) -> basis -> stages of residual blocks,
    the map doubled between them -> 1x1 convolution to the picture."""
    size = spec.shape[-1]
    side, doublings = stages(size)
    widths = [channels_at(config.g_width, side << i, size) for i in range(doublings + 1)]
    layers: list[nn.Module] = [Basis(widths[0], side), *_blocks(config, widths[0])]
    for into, out in pairwise(widths):
        # A 1x1 convolution and the resampling commute: convolve where the map is small.
        layers += [*_change(into, out), Upsample(), *_blocks(config, out)]
    layers.append(_conv1x1(widths[-1], spec.shape[0]))
    network = Generator(
        config.latent_dim,
        conditional_classes(config, spec),
        widths[0],
        nn.Sequential(*layers),
        bias=False,
        embedding=config.latent_dim,
    )
    return _initialise(network, config.init)


def build_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """Picture -> 1x1 convolution -> stages of residual blocks, the map halved between them ->
    basis -> logit; with projection a linear layer before it."""
    n_classes = conditional_classes(config, spec)
    channels, height, width = spec.shape
    side, halvings = stages(height)
    widths = [channels_at(config.d_width, height >> i, height) for i in range(halvings + 1)]
    layers: list[nn.Module] = [_conv1x1(channels + (config.conditioning == "concat"), widths[0])]
    for into, out in pairwise(widths):
        layers += [*_blocks(config, into), Downsample(), *_change(into, out)]
    last = widths[-1]
    if config.minibatch_std:
        layers += [MinibatchStd(), _conv1x1(last + 1, last)]
    layers += [
        *_blocks(config, last),
        nn.Conv2d(last, last, side, groups=last, bias=False),
        nn.Flatten(),
    ]
    if config.conditioning == "projection":
        layers.append(nn.Linear(last, last, bias=False))
    network = R3Discriminator(
        nn.Sequential(*layers),
        last,
        config.conditioning,
        n_classes,
        LabelMap(n_classes, height, width),
    )
    return _initialise(network, config.init)


def _blocks(config: RunConfig, channels: int) -> list[nn.Module]:
    return [GroupedBlock(channels) for _ in range(config.blocks)]


def _change(into: int, out: int) -> list[nn.Module]:
    return [_conv1x1(into, out)] if into != out else []


@torch.no_grad()
def _initialise(network: nn.Module, init: str) -> nn.Module:
    """``default``: N(0, 1 / fan-in), times GAIN * L^(-1/4) within the L residual branches, whose
    mean square is 1 / L then (Fixup, Zhang et al. 2019). The last layer of every branch starts at
    zero in any case, so that each block starts as the identity."""
    if init == "default":
        for layer in _weighted(network):
            nn.init.normal_(layer.weight, 0.0, 1 / math.sqrt(fan_in(layer)))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        if isinstance(classes := getattr(network, "classes", None), nn.Embedding):
            nn.init.normal_(classes.weight, 0.0, 1 / math.sqrt(classes.weight.numel()))
    else:
        initialise(network, init, "leaky_relu")
    blocks = [module for module in network.modules() if isinstance(module, GroupedBlock)]
    for block in blocks:
        first, _, second, _, last = cast("list[nn.Conv2d]", list(block.branch))
        if init == "default":
            first.weight.mul_(GAIN * len(blocks) ** -0.25)
            second.weight.mul_(GAIN * len(blocks) ** -0.25)
        last.weight.zero_()
    return network


def _weighted(network: nn.Module) -> list[Weighted]:
    return [module for module in network.modules() if isinstance(module, WEIGHTED)]


WHY = (
    "As in the paper: residual blocks that expand and convolve in groups, bilinear resampling, a "
    "learned basis, {end}; for the relativistic loss with R1 + R2."
)
GENERATORS.add(
    "r3gan",
    Network(
        "R3GAN",
        WHY.format(end="no norm and no tanh"),
        ("images",),
        SIZES,
        build_generator,
        ("g_width", "blocks"),
        norm_free=True,
        bounded=False,
    ),
)
DISCRIMINATORS.add(
    "r3gan",
    Network(
        "R3GAN",
        WHY.format(end="no norm"),
        ("images",),
        SIZES,
        build_discriminator,
        ("d_width", "blocks"),
        norm_free=True,
    ),
)
