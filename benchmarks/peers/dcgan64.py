"""DCGAN at 64 px, as PyTorch's own tutorial and example write it (pytorch/examples, ``dcgan``;
Radford et al. 2016): ImageFolder with transforms and two loader processes, D's turn on reals and on
fakes, G's on the same fakes, every loss and score read at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from benchmarks import networks
from benchmarks.peers.common import folder_loader

BATCH, Z, LR, BETAS, WORKERS = 64, 100, 2e-4, (0.5, 0.999), 2


def train(folder: Path, device: torch.device, batch: int = BATCH) -> Iterator[int]:
    """Trains for ever; yields the number of real pictures of each step."""
    torch.backends.cudnn.benchmark = True
    loader = folder_loader(folder, 64, batch, WORKERS)
    generator, discriminator = (
        networks.Dcgan64Generator().to(device),
        networks.Dcgan64Discriminator().to(device),
    )
    criterion = nn.BCELoss()
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=LR, betas=BETAS)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=LR, betas=BETAS)

    def judge(pictures: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(discriminator(pictures))

    while True:
        for pictures, _ in loader:
            discriminator.zero_grad()
            real = pictures.to(device)
            label = torch.ones(len(real), device=device)
            output = judge(real)
            loss_real = criterion(output, label)
            loss_real.backward()
            d_x = output.mean().item()

            fake = generator(torch.randn(len(real), Z, device=device))
            label.fill_(0)
            output = judge(fake.detach())
            loss_fake = criterion(output, label)
            loss_fake.backward()
            d_g_z1 = output.mean().item()
            loss_d = loss_real + loss_fake
            optimizer_d.step()

            generator.zero_grad()
            label.fill_(1)
            output = judge(fake)
            loss_g = criterion(output, label)
            loss_g.backward()
            d_g_z2 = output.mean().item()
            optimizer_g.step()

            _line = (
                f"Loss_D: {loss_d.item():.4f} Loss_G: {loss_g.item():.4f} "
                f"D(x): {d_x:.4f} D(G(z)): {d_g_z1:.4f} / {d_g_z2:.4f}"
            )
            yield len(real)
