"""The networks of the published recipes, registered as ``bench-...`` so that ganviz trains the very
ones that the peers do.

Discriminators give logits; a peer whose recipe ends in a sigmoid applies it. Sources: see
`benchmarks.peers`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganviz.models.parts import Network
from ganviz.registry import DISCRIMINATORS, GENERATORS

EPS = 0.8  # the collection passes 0.8 as batch norm's second argument, which is its epsilon


class GanGenerator(nn.Module):
    """z -> 128 -> 256 -> 512 -> 1024 -> picture."""

    latent_dim = 100

    def __init__(self) -> None:
        super().__init__()
        layers = [nn.Linear(self.latent_dim, 128), nn.LeakyReLU(0.2)]
        for into, out in ((128, 256), (256, 512), (512, 1024)):
            layers += [nn.Linear(into, out), nn.BatchNorm1d(out, EPS), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(
            *layers, nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))
        )

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(z)


class GanDiscriminator(nn.Module):
    """Picture -> 512 -> 256 -> logit."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 512),
            nn.LeakyReLU(0.2),
            nn.Linear(512, 256),
            nn.LeakyReLU(0.2),
            nn.Linear(256, 1),
        )

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(x).squeeze(1)


def _start(network: nn.Module) -> nn.Module:
    """Initial weights of the DCGAN recipes: N(0, 0.02) for convolutions, N(1, 0.02) for batch
    norm."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
    return network


class Dcgan32Generator(nn.Module):
    """Doubles first and convolves then, at the full cost of the larger map, as the recipe has
    it."""

    latent_dim = 100

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(self.latent_dim, 128 * 8 * 8)
        self.body = nn.Sequential(
            nn.BatchNorm2d(128),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(128, 128, 3, padding=1),
            nn.BatchNorm2d(128, EPS),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(128, 64, 3, padding=1),
            nn.BatchNorm2d(64, EPS),
            nn.LeakyReLU(0.2),
            nn.Conv2d(64, 1, 3, padding=1),
            nn.Tanh(),
        )
        _start(self)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(self.first(z).view(-1, 128, 8, 8))


class Dcgan32Discriminator(nn.Module):
    """Four halvings with dropout; batch norm in all but the first."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for into, out, norm in ((1, 16, False), (16, 32, True), (32, 64, True), (64, 128, True)):
            layers += [nn.Conv2d(into, out, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
            layers += [nn.BatchNorm2d(out, EPS)] if norm else []
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 2 * 2, 1))
        _start(self)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(x).squeeze(1)


class Dcgan64Generator(nn.Module):
    """z as a 1 x 1 map, then transposed convolutions only."""

    latent_dim = 100

    def __init__(self) -> None:
        super().__init__()
        layers = [
            nn.ConvTranspose2d(self.latent_dim, 512, 4, 1, 0, bias=False),
            nn.BatchNorm2d(512),
            nn.ReLU(),
        ]
        for into, out in ((512, 256), (256, 128), (128, 64)):
            layers += [
                nn.ConvTranspose2d(into, out, 4, 2, 1, bias=False),
                nn.BatchNorm2d(out),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(
            *layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()
        )
        _start(self)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(z[:, :, None, None])


class Dcgan64Discriminator(nn.Module):
    """Strided convolutions only."""

    def __init__(self) -> None:
        super().__init__()
        layers = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for into, out in ((64, 128), (128, 256), (256, 512)):
            layers += [
                nn.Conv2d(into, out, 4, 2, 1, bias=False),
                nn.BatchNorm2d(out),
                nn.LeakyReLU(0.2),
            ]
        self.body = nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False), nn.Flatten(0))
        _start(self)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(x)


class _Up(nn.Module):
    """A residual block of G that doubles the map."""

    def __init__(self, width: int):
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.conv1, self.conv2 = (
            nn.Conv2d(width, width, 3, padding=1),
            nn.Conv2d(width, width, 3, padding=1),
        )
        self.skip = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.interpolate(F.relu(self.norm1(x)), scale_factor=2))
        return self.conv2(F.relu(self.norm2(h))) + self.skip(F.interpolate(x, scale_factor=2))


class SnganGenerator(nn.Module):
    """Three residual doublings from 4 x 4; 256 channels in the recipe."""

    latent_dim = 128

    def __init__(self, width: int = 256):
        super().__init__()
        self.width = width
        self.first = nn.Linear(self.latent_dim, width * 4 * 4)
        self.body = nn.Sequential(
            _Up(width),
            _Up(width),
            _Up(width),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 3, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.body(self.first(z).view(-1, self.width, 4, 4))


class _Down(nn.Module):
    """A residual block of D; ``first``: on the picture itself, without a leading non-linearity."""

    def __init__(self, into: int, width: int, halve: bool, first: bool = False):
        super().__init__()
        self.first, self.halve = first, halve
        self.conv1 = spectral_norm(nn.Conv2d(into, width, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(width, width, 3, padding=1))
        self.skip = spectral_norm(nn.Conv2d(into, width, 1)) if halve else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        if not self.halve:
            return h + x
        if self.first:  # on the narrow picture it is cheaper to halve before the skip's convolution
            return F.avg_pool2d(h, 2) + self.skip(F.avg_pool2d(x, 2))
        return F.avg_pool2d(h, 2) + F.avg_pool2d(self.skip(x), 2)


class SnganDiscriminator(nn.Module):
    """Four residual blocks with spectral norm; 128 channels in the recipe."""

    def __init__(self, width: int = 128):
        super().__init__()
        self.body = nn.Sequential(
            _Down(3, width, True, first=True),
            _Down(width, width, True),
            _Down(width, width, False),
            _Down(width, width, False),
            nn.ReLU(),
        )
        self.last = spectral_norm(nn.Linear(width, 1))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.last(self.body(x).sum((2, 3))).squeeze(1)


class _InFull(nn.Module):
    """The network, its output in fp32 also under autocast, as the engine expects."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.latent_dim = getattr(network, "latent_dim", 0)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return self.network(x, y).to(torch.float32)


PAIRS: dict[str, tuple[Callable, Callable]] = {
    "gan": (lambda config: GanGenerator(), lambda config: GanDiscriminator()),
    "dcgan32": (lambda config: Dcgan32Generator(), lambda config: Dcgan32Discriminator()),
    "dcgan64": (lambda config: Dcgan64Generator(), lambda config: Dcgan64Discriminator()),
    "sngan32": (
        lambda config: SnganGenerator(config.g_width),
        lambda config: SnganDiscriminator(config.d_width),
    ),
}


def _in_full(make: Callable[[Any], nn.Module], config: Any, spec: Any) -> nn.Module:
    return _InFull(make(config))


def register() -> None:
    """Make the pairs known to ganviz as ``bench-...``, once in a process that measures; nobody else
    is to meet them."""
    for name, pair in PAIRS.items():
        for table, make in zip((GENERATORS, DISCRIMINATORS), pair, strict=True):
            table.add(
                f"bench-{name}",
                Network(
                    f"Benchmark {name}",
                    "The network of a published recipe.",
                    ("images",),
                    None,
                    partial(_in_full, make),
                ),
            )
