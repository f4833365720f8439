"""SNGAN with residual networks at 32 px, as the GAN collections write it (K. S. Lee's mimicry,
``sngan_32``; Miyato et al. 2018): hinge loss, five discriminator steps a generator step, fresh
fakes for each, losses and scores read at each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch.nn.functional import relu

from benchmarks import networks
from benchmarks.peers.common import folder_loader

BATCH, Z, LR, BETAS, N_DIS = 64, 128, 2e-4, (0.0, 0.9), 5


def train(folder: Path, device: torch.device, width: int, batch: int = BATCH) -> Iterator[int]:
    """Trains for ever; yields the number of real pictures of each generator step and its five
    discriminator steps."""
    loader = folder_loader(folder, 32, batch, workers=0)
    generator = networks.SnganGenerator(width).to(device)
    discriminator = networks.SnganDiscriminator(width).to(device)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=LR, betas=BETAS)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=LR, betas=BETAS)
    step = seen = 0
    while True:
        for pictures, _ in loader:
            real = pictures.to(device)
            discriminator.zero_grad()
            real_output = discriminator(real)
            fake = generator(torch.randn(len(real), Z, device=device)).detach()
            fake_output = discriminator(fake)
            loss_d = relu(1 - real_output).mean() + relu(1 + fake_output).mean()
            loss_d.backward()
            optimizer_d.step()
            _line = (
                f"{loss_d.item():.4f} {real_output.sigmoid().mean().item():.4f} "
                f"{fake_output.sigmoid().mean().item():.4f}"
            )
            step, seen = step + 1, seen + len(real)
            if step % N_DIS:
                continue

            generator.zero_grad()
            loss_g = -discriminator(generator(torch.randn(len(real), Z, device=device))).mean()
            loss_g.backward()
            optimizer_g.step()
            _line = f"{loss_g.item():.4f}"
            yield seen
            seen = 0
