"""The relativistic game with R1 + R2, its step as R3GAN's trainer writes it (Huang et al. 2024).

Both penalties through ``autograd.grad`` of torch's own layers, turns with fakes of their own,
ImageFolder with transforms and two loader processes, every loss read at every step. The networks
are ours, so that both sides do the same work.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from benchmarks.peers.common import folder_loader

WORKERS = 2


def train(
    folder: Path, device: torch.device, settings: dict[str, Any], batch: int = 64
) -> Iterator[int]:
    """Trains the networks of ``settings`` for ever; yields the number of real pictures of each
    step."""
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec
    from ganviz.models import build_discriminator, build_generator

    torch.backends.cudnn.benchmark = True
    config = RunConfig.parse(settings)
    spec = DataSpec("pictures", "images", (3, config.image_size, config.image_size), 0)
    generator = build_generator(config, spec).to(device)
    discriminator = build_discriminator(config, spec).to(device)
    betas = (config.beta1, config.beta2)
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=config.d_lr, betas=betas)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=config.g_lr, betas=betas)

    def fakes(count: int) -> Tensor:
        return generator(torch.randn(count, config.latent_dim, device=device))

    while True:
        for pictures, _ in folder_loader(folder, config.image_size, batch, WORKERS):
            real = pictures.to(device).requires_grad_()
            fake = fakes(len(real)).detach().requires_grad_()
            logits, fake_logits = discriminator(real), discriminator(fake)
            r1, r2 = zero_centred(logits, real), zero_centred(fake_logits, fake)
            adversarial = softplus(fake_logits - logits)
            loss_d = (adversarial + config.penalty_weight / 2 * (r1 + r2)).mean()
            discriminator.zero_grad()
            loss_d.backward()
            optimizer_d.step()

            loss_g = softplus(discriminator(real.detach()) - discriminator(fakes(len(real)))).mean()
            generator.zero_grad()
            loss_g.backward()
            optimizer_g.step()
            _line = f"Loss_D: {loss_d.item():.4f} Loss_G: {loss_g.item():.4f}"
            yield len(real)


def zero_centred(logits: Tensor, x: Tensor) -> Tensor:
    """||dD/dx||^2 of each sample."""
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient.square().sum((1, 2, 3))
