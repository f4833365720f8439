"""WGAN-GP of fully connected layers, as the GAN collections write it (E. Linder-Noren's
PyTorch-GAN, ``wgan_gp.py``; Gulrajani et al. 2017): five critic steps a generator step, the penalty
at random points between real and fake.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import networks
from benchmarks.peers.common import mnist_loader

BATCH, Z, LR, BETAS, N_CRITIC, WEIGHT = 64, 100, 2e-4, (0.5, 0.999), 5, 10.0


def train(data_root: Path, device: torch.device, batch: int = BATCH) -> Iterator[int]:
    """Trains for ever; yields the number of real pictures of each critic step."""
    loader = mnist_loader(data_root, 28, batch)
    generator, critic = networks.GanGenerator().to(device), networks.GanDiscriminator().to(device)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=LR, betas=BETAS)
    optimizer_d = torch.optim.Adam(critic.parameters(), lr=LR, betas=BETAS)
    step = 0
    while True:
        for pictures, _ in loader:
            real = pictures.to(device)

            optimizer_d.zero_grad()
            z = torch.randn(len(real), Z, device=device)
            fake = generator(z)
            loss_d = (
                -critic(real).mean()
                + critic(fake).mean()
                + WEIGHT * penalty(critic, real.data, fake.data)
            )
            loss_d.backward()
            optimizer_d.step()

            optimizer_g.zero_grad()
            if step % N_CRITIC == 0:
                loss_g = -critic(generator(z)).mean()
                loss_g.backward()
                optimizer_g.step()
                _line = f"[D loss: {loss_d.item():f}] [G loss: {loss_g.item():f}]"
            step += 1
            yield len(real)


def penalty(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """E (||dD/dx|| - 1)^2 at random points between ``real`` and ``fake``."""
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    points = (share * real + (1 - share) * fake).requires_grad_(True)
    verdict = critic(points)
    input_grad = torch.autograd.grad(
        verdict, points, torch.ones_like(verdict), create_graph=True, retain_graph=True
    )[0]
    return ((input_grad.view(len(input_grad), -1).norm(2, dim=1) - 1) ** 2).mean()
