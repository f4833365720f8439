"""DCGAN at 32 px, as the GAN collections write it (E. Linder-Noren's PyTorch-GAN, ``dcgan.py``;
Radford et al. 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks import networks
from benchmarks.peers.common import mnist_loader
from benchmarks.peers.gan import BATCH, adversarial


def train(data_root: Path, device: torch.device, batch: int = BATCH) -> Iterator[int]:
    """Trains for ever; yields the number of real pictures of each step."""
    yield from adversarial(
        networks.Dcgan32Generator(),
        networks.Dcgan32Discriminator(),
        mnist_loader(data_root, 32, batch),
        device,
    )
