"""The limit: the same maths in a loop with nothing around it, written by hand on torch's own
pieces.

No statistics, no pictures, no snapshots, no commands, no files: resident data, the engine's
networks, torch's fused Adam, a moving average of G, and one hand-written step for each game. What
the engine loses against this is what recording costs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from ganviz import device as devices
from ganviz.accel.preparation import prepare_process, prepare_training_thread
from ganviz.accel.second_order import double_backward, input_grad_only, no_weight_gradients


def train(settings: dict[str, Any], data_root: Path, device: torch.device) -> Iterator[int]:
    """Trains ``RunConfig(**settings)`` for ever; yields the number of real pictures of each
    step."""
    from ganviz.config import RunConfig
    from ganviz.data import load_data

    config = RunConfig.parse(settings)
    device = devices.pick_device(str(device))
    prepare_process(device)
    prepare_training_thread(device, config.short_products)
    torch.manual_seed(config.seed)
    loop = _Loop(config, load_data(config, device, data_root), device)
    step = {
        "non-saturating": loop.non_saturating,
        "wasserstein": loop.wgan_gp,
        "relativistic": loop.relativistic_in_turns,
    }[config.objective]
    while True:
        step()
        yield config.batch_size * config.d_steps


class _Loop:
    def __init__(self, config: Any, source: Any, device: torch.device):
        from ganviz.algorithms.base import to_device
        from ganviz.models import build_discriminator, build_generator

        self.config, self.device = config, device
        self.samples = source.samples
        self.generator = to_device(build_generator(config, source.spec), device)
        self.discriminator = to_device(build_discriminator(config, source.spec), device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.g: list[Tensor] = list(self.generator.parameters())
        self.d: list[Tensor] = list(self.discriminator.parameters())
        self.ema: list[Tensor] = list(self.average.parameters())
        self.buffers = list(zip(self.average.buffers(), self.generator.buffers(), strict=True))
        betas = (config.beta1, config.beta2)
        fused = device.type in ("cpu", "cuda")
        self.adam_g = torch.optim.Adam(self.g, config.g_lr, betas, fused=fused)
        self.adam_d = torch.optim.Adam(self.d, config.d_lr, betas, fused=fused)
        self.order, self.position = torch.randperm(len(self.samples), device=device), 0

    # -- games -----------------------------------------------------------------------------
    def non_saturating(self) -> None:
        """D on reals and fakes, then G on the same fakes."""
        with self.autocast():
            fake = self.generator(self.latents())
        seen, real = fake.detach(), self.reals()
        with self.autocast():
            if self.config.d_norm == "batch":
                real_logits, fake_logits = self.discriminator(real), self.discriminator(seen)
            else:
                real_logits, fake_logits = self.discriminator(torch.cat([real, seen])).chunk(2)
        loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        self.optimizer_step(self.adam_d, self.d, loss)
        self.move_generator(lambda logits: softplus(-logits).mean(), fake)

    def wgan_gp(self) -> None:
        """``d_steps`` critic steps with the penalty between real and fake, then G on the last
        fakes."""
        for turn in range(self.config.d_steps):
            last = turn == self.config.d_steps - 1
            with self.autocast(), nullcontext() if last else torch.no_grad():
                fake = self.generator(self.latents())
            seen, real = fake.detach(), self.reals()
            with self.autocast():
                real_logits, fake_logits = self.discriminator(torch.cat([real, seen])).chunk(2)
            share = torch.rand(len(real), 1, 1, 1, device=self.device)
            points = torch.lerp(real, seen, share).requires_grad_()
            with input_grad_only():
                verdict = self.discriminator(points).sum()
            with no_weight_gradients():
                input_grad = torch.autograd.grad(verdict, points, create_graph=True)[0]
            penalty = (torch.linalg.vector_norm(input_grad.flatten(1), dim=1) - 1).square().mean()
            loss = fake_logits.mean() - real_logits.mean() + self.config.penalty_weight * penalty
            self.optimizer_step(self.adam_d, self.d, loss)
        self.move_generator(lambda logits: -logits.mean(), fake)

    def relativistic_in_turns(self) -> None:
        """RpGAN + R1 + R2 as R3GAN's trainer writes it (Huang et al. 2024): each turn has fakes and
        passes of its own."""
        with torch.no_grad(), self.autocast():
            fake = self.generator(self.latents())
        real, fake = self.reals().requires_grad_(), fake.requires_grad_()
        with double_backward():
            real_logits, fake_logits = self.discriminator(real), self.discriminator(fake)
        penalty = real.new_zeros(())
        for logits, points in ((real_logits, real), (fake_logits, fake)):
            with no_weight_gradients():
                input_grad = torch.autograd.grad(logits.sum(), points, create_graph=True)[0]
            penalty = penalty + 0.5 * input_grad.square().flatten(1).sum(1).mean()
        loss = softplus(fake_logits - real_logits).mean() + self.config.penalty_weight * penalty
        self.optimizer_step(self.adam_d, self.d, loss)

        real = self.reals()
        with self.autocast():
            fake = self.generator(self.latents())
            with torch.no_grad():
                real_logits = self.discriminator(real)
        self.move_generator(lambda logits: softplus(real_logits - logits).mean(), fake)

    # -- pieces ----------------------------------------------------------------------------
    def move_generator(self, loss: Callable[[Tensor], Tensor], fake: Tensor) -> None:
        for weight in self.d:  # nobody asks for D's gradients here
            weight.requires_grad_(False)
        with self.autocast():
            logits = self.discriminator(fake)
        for weight in self.d:
            weight.requires_grad_(True)
        self.optimizer_step(self.adam_g, self.g, loss(logits))
        with torch.no_grad():
            torch._foreach_lerp_(self.ema, self.g, 1 - self.config.ema_decay)
            for mine, theirs in self.buffers:
                mine.copy_(theirs)

    @staticmethod
    def optimizer_step(
        optimizer: torch.optim.Optimizer, weights: list[Tensor], loss: Tensor
    ) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward(inputs=weights)
        optimizer.step()

    def reals(self) -> Tensor:
        end = self.position + self.config.batch_size
        if end > len(self.order):
            self.order = torch.randperm(len(self.samples), device=self.device)
            self.position, end = 0, self.config.batch_size
        index, self.position = self.order[self.position : end], end
        return self.samples.index_select(0, index).float().div_(127.5).sub_(1)

    def latents(self) -> Tensor:
        return torch.randn(self.config.batch_size, self.config.latent_dim, device=self.device)

    def autocast(self) -> AbstractContextManager:
        return (
            torch.autocast(self.device.type, torch.bfloat16)
            if self.config.precision == "bf16"
            else nullcontext()
        )
