"""A GAN of fully connected layers, as the GAN collections write it (E. Linder-Noren's PyTorch-GAN,
``gan.py``; Goodfellow et al. 2014): DataLoader with transforms, G's turn and then D's on the same
fakes, both losses read at every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks import networks
from benchmarks.peers.common import mnist_loader

BATCH, Z, LR, BETAS = 64, 100, 2e-4, (0.5, 0.999)


def train(data_root: Path, device: torch.device, batch: int = BATCH) -> Iterator[int]:
    """Trains for ever; yields the number of real pictures of each step."""
    yield from adversarial(
        networks.GanGenerator(),
        networks.GanDiscriminator(),
        mnist_loader(data_root, 28, batch),
        device,
    )


def adversarial(
    generator: nn.Module, discriminator: nn.Module, loader: Iterable[Any], device: torch.device
) -> Iterator[int]:
    """The loop that the collection's ``gan.py`` and ``dcgan.py`` share."""
    generator, discriminator = generator.to(device), discriminator.to(device)
    criterion = nn.BCELoss()
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=LR, betas=BETAS)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=LR, betas=BETAS)

    def judge(pictures: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(discriminator(pictures))

    while True:
        for pictures, _ in loader:
            real = pictures.to(device)
            valid, invalid = (
                torch.ones(len(real), device=device),
                torch.zeros(len(real), device=device),
            )

            optimizer_g.zero_grad()
            fake = generator(torch.randn(len(real), Z, device=device))
            loss_g = criterion(judge(fake), valid)
            loss_g.backward()
            optimizer_g.step()

            optimizer_d.zero_grad()
            loss_d = (criterion(judge(real), valid) + criterion(judge(fake.detach()), invalid)) / 2
            loss_d.backward()
            optimizer_d.step()

            _line = f"[D loss: {loss_d.item():f}] [G loss: {loss_g.item():f}]"
            yield len(real)
