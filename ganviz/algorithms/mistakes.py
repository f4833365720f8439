"""Mistakes that learners really make, each as one small change to an honest algorithm.

A run makes one only when its config's ``mistake`` names it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, softplus

from ganviz import objectives
from ganviz.accel.discriminator_pass import Judgement
from ganviz.accel.optimizers import make_optimizer
from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.base import NextBatch, Series, to_device
from ganviz.algorithms.vae import Vae
from ganviz.config import RunConfig
from ganviz.data.source import Batch, DataSpec
from ganviz.models import build_discriminator


class BrokenGame(Adversarial):
    """A game with a mistake in it: the losses of an honest equilibrium say nothing here."""

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return {"loss_d": None, "loss_g": None}


class MeanSquared(BrokenGame):
    """G is trained to match an unrelated real picture pixel by pixel; D is trained, but nobody asks
    it.

    The best answer to E (G(z) - x)^2 with x independent of z is the mean of all x, whatever z is.
    """

    def generator_step(self, batch: Batch, fake: Tensor | None = None) -> None:
        if fake is None:
            with self._autocast():
                fake = self.generator(self.latents(len(batch.x)), self.classes_of(batch))
        loss = mse_loss(fake.float(), batch.x)
        self.stats.add("loss_g", loss)
        self.update_generator(loss)


class HiddenLayer(BrokenGame):
    """D hands out its last hidden layer in place of the logit, and the logarithm of that is taken
    as if of a probability.

    A ReLU layer holds zeros and numbers above one: log 0 and log(1 - 2) are not finite at the first
    step already.
    """

    def judge(self, x: Tensor, y: Tensor | None, second_order: bool = False) -> Judgement:
        trunk = cast(nn.Module, self.discriminator.trunk)
        return Judgement(trunk(self.augmented(x)).float())

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        self.stats.add("d_real", real.detach().mean())
        self.stats.add("d_fake", fake.detach().mean())
        loss = -real.log().mean() - (1 - fake).log().mean()
        self.stats.add("loss_d", loss)
        return loss

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        loss = (1 - fake).log().mean()
        self.stats.add("loss_g", loss)
        return loss


class AlwaysReal(BrokenGame):
    """Both terms of D's loss carry the label "real": D learns to say so to everything, and G has
    nothing left to learn."""

    def discriminator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        self.stats.add("d_real", real_logits.detach().sigmoid().mean())
        self.stats.add("d_fake", fake_logits.detach().sigmoid().mean())
        loss = softplus(-real_logits).mean() + softplus(-fake_logits).mean()
        self.stats.add("loss_d", loss)
        return loss


class NoiseAsData(BrokenGame):
    """The critic is given noise where the real samples should be: whatever G learns, it is not the
    data."""

    def discriminator_step(self, batch: Batch, keep_graph: bool = False) -> Tensor:
        noise = torch.randn(batch.x.shape, device=self.device, generator=self.random)
        return super().discriminator_step(Batch(noise, batch.y), keep_graph)


class TurnsApart(BrokenGame):
    """All of D's steps first, then all of G's, against a D that learns no more: each wins its own
    half, and neither learns."""

    @property
    def is_d_at_turn(self) -> bool:
        """Whether the first half is not over."""
        return self.steps_done < self.config.steps // 2

    def structure(self) -> Hashable:
        return (self.is_d_at_turn, super().structure())

    def step(self, next_batch: NextBatch) -> None:
        if self.is_d_at_turn:
            self.discriminator_step(next_batch())
        else:
            self.generator_step(next_batch())
        self.steps_done += 1


class AdversarialVae(Vae):
    """A VAE trained with the GAN's loss: a critic judges what the decoder draws, and nothing
    compares it with the input.

    Without the reconstruction term the picture that comes out need not be the one that went in;
    without the KL term the latents need not follow the prior, so new pictures cannot be drawn from
    it. Both are still streamed.
    """

    series: tuple[Series, ...] = (
        *Vae.series,
        Series("loss_d", "D loss", "other", "d"),
        Series("loss_g", "D's verdict on the reconstructions", "other", "g"),
    )

    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device):
        super().__init__(config, spec, device)
        self.discriminator = to_device(build_discriminator(config, spec), device)
        self.networks["discriminator"] = self.discriminator
        self.optimizers["discriminator"] = make_optimizer(
            config, self.discriminator, config.d_lr, device
        )
        self.objective = objectives.build(config)

    def loss(self, batch: Batch, drawn: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        with torch.no_grad():
            # What an honest VAE would minimise, for the chart.
            super().loss(batch, drawn, mean, log_variance)
        y = batch.y if self.conditional else None
        loss_d = self.objective.d(
            self.discriminator(batch.x, y), self.discriminator(drawn.detach(), y)
        )
        self.optimizers["discriminator"].zero_grad(set_to_none=True)
        loss_d.backward()
        self.average_gradients(list(self.discriminator.parameters()))
        self.optimizers["discriminator"].step()
        loss_g = self.objective.g(
            self.discriminator(batch.x, y).detach(), self.discriminator(drawn, y)
        )
        self.stats.add("loss_d", loss_d)
        self.stats.add("loss_g", loss_g)
        return loss_g
