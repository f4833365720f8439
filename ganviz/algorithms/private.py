"""The adversarial game whose D learns by DP-SGD: G, and every picture that it will ever draw, are
then differentially private."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor, nn

from ganviz.accel import private_apis
from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.base import NextBatch, to_device
from ganviz.algorithms.dp_sgd import PrivacyAccount, clipped_sum, secret_seed
from ganviz.config import RunConfig
from ganviz.data.poisson import rate_of
from ganviz.data.source import Batch, DataSpec
from ganviz.device import random_generator, set_random
from ganviz.models import build_discriminator, build_generator


class PrivateAdversarial(Adversarial):
    """D's gradient at each real picture is clipped, and noise is added to their sum (Abadi et al.
    2016; for GANs Xie et al. 2018, Bie et al. 2023).

    Nothing else that moves a weight looks at real pictures: G learns from D alone, and is asked for
    classes that are drawn at random and not taken from the data. Fakes cost no privacy; their
    gradients are clipped as well, so that neither side of D's loss outweighs the other. Batches
    come from a `ganviz.data.poisson.PoissonSampler`.
    """

    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device):
        super().__init__(config, spec, device)
        self.account = PrivacyAccount(
            config.noise_multiplier, rate_of(config.batch_size, spec.count), config.delta
        )
        # not of the run's seed, which its settings tell everybody
        self._noise = random_generator(device, secret_seed())

    # -- one step of the game ------------------------------------------------------------------
    def step(self, next_batch: NextBatch) -> None:
        for _ in range(self.config.d_steps - 1):
            with torch.no_grad():
                fakes = self.fakes()
            self.learn(next_batch(), fakes)
        fakes = self.fakes()
        self.learn(next_batch(), fakes)
        self.generator_step(fakes, fakes.x)
        for _ in range(self.config.g_steps - 1):
            fakes = self.fakes()
            self.generator_step(fakes, fakes.x)
        self.steps_done += 1

    def turn(self, player: str, next_batch: NextBatch) -> None:
        fakes = self.fakes()
        if player == "discriminator":
            self.learn(next_batch(), fakes)
        else:
            self.generator_step(fakes, fakes.x)
        self.steps_done += 1

    def fakes(self) -> Batch:
        """A batch of G's samples, with G's graph, of classes drawn at random."""
        count, y = self.config.batch_size, None
        if self.conditional:
            y = torch.randint(
                self.spec.n_classes, (count,), device=self.device, generator=self.random
            )
        return Batch(self.generator(self.latents(count), y).float(), y)

    def learn(self, real: Batch, fakes: Batch) -> None:
        """One update of D: the mean of clipped gradients at reals, with noise, and at fakes."""
        objective, bound = self.objective, self.config.clip_norm
        discriminator, y = self.discriminator, self.classes_of(real)
        # spectral norm takes its step in the passes of G's turn, for it must not change in vmap
        discriminator.eval()
        at_real, real_logits = clipped_sum(
            discriminator,
            lambda logit: objective.d(logit, logit.detach()),
            self.augmented(real.x),
            y,
            bound,
        )
        at_fake, fake_logits = clipped_sum(
            discriminator,
            lambda logit: objective.d(logit.detach(), logit),
            self.augmented(fakes.x.detach()),
            fakes.y,
            bound,
        )
        discriminator.train()
        self._count(real_logits, fake_logits)
        size = self.config.batch_size

        def backward() -> None:
            for weight, of_real, of_fake in zip(self._d_params, at_real, at_fake, strict=True):
                weight.grad = (of_real + self.noise_like(of_real) + of_fake) / size

        self._step_optimizer("discriminator", self._d_params, backward)
        self.account.spend()
        if self.config.weight_clip:
            with torch.no_grad():
                private_apis.clamp_each_(self._d_params, self.config.weight_clip)

    def noise_like(self, x: Tensor) -> Tensor:
        """Gaussian noise of ``noise_multiplier`` times the clipping norm: the most that one picture
        can move the sum."""
        noise = torch.randn(x.shape, device=x.device, generator=self._noise)
        return self.config.noise_multiplier * self.config.clip_norm * noise

    def _count(self, real_logits: Tensor, fake_logits: Tensor) -> None:
        score = self.objective.score
        self.stats.add("d_fake", score(fake_logits).mean())
        # a batch may be empty
        if len(real_logits):
            self.stats.add("d_real", score(real_logits).mean())
            self.stats.add("loss_d", self.objective.d(real_logits, fake_logits))

    # -- saving, and what is told ----------------------------------------------------------------
    @property
    def privacy(self) -> dict[str, Any]:
        return {**self.account.facts(), "clip_norm": self.config.clip_norm}

    def training_state(self) -> dict[str, Any]:
        saved = {"noise": self._noise.get_state(), "history": self.account.history()}
        return {**super().training_state(), "privacy": saved}

    def load(self, weights: dict[str, Tensor], state: dict[str, Any] | None) -> None:
        super().load(weights, state)
        if state is not None:
            set_random(self._noise, state["privacy"]["noise"])
            self.account.load(state["privacy"]["history"])

    # -- making --------------------------------------------------------------------------------
    def make_networks(self) -> tuple[nn.Module, nn.Module]:
        """G as ever; D with torch's own layers, whose gradients vmap knows."""
        discriminator = build_discriminator(self.config, self.spec).to(self.device)
        return to_device(build_generator(self.config, self.spec), self.device), discriminator

    def why_not_capturable(self) -> str | None:
        return "batches of private training differ in size"

    def structure(self) -> Hashable:
        return self.config.d_steps
