"""The adversarial game: D learns to tell real from fake, G learns from D's gradient."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any, ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganviz import objectives, registry
from ganviz.accel import private_apis as private
from ganviz.accel.discriminator_pass import (
    DiscriminatorPass,
    Judgement,
    PassOptions,
    add_up,
    discriminator_pass,
)
from ganviz.accel.homogeneous import is_homogeneous
from ganviz.accel.optimizers import make_optimizer
from ganviz.accel.second_order import double_backward
from ganviz.algorithms.adaptive_augmentation import AdaptiveStrength, signs_of_reals
from ganviz.algorithms.base import Algorithm, NextBatch, Series, to_device
from ganviz.algorithms.scheduled_values import penalty_weight_at
from ganviz.config import RunConfig
from ganviz.data.augment import diff_augment
from ganviz.data.source import Batch, DataSpec
from ganviz.models import build_discriminator, build_generator
from ganviz.models.first_layers import freeze_first_layers
from ganviz.models.parts import Discriminator

OF_STRENGTH = (
    Series(
        "augment_p",
        "p of augmentation",
        "score",
        "",
        "The chance with which each picture is changed before D sees it (ADA): it rises while D is "
        "too sure of the reals.",
    ),
    Series("d_sign", "Mean sign of D on reals", "other", "real"),
)
"""What a chart can draw of an adaptive strength."""


class Adversarial(Algorithm):
    """Alternating or simultaneous updates of a generator and a discriminator (Goodfellow et al.,
    2014)."""

    series: tuple[Series, ...] = (
        Series("loss_d", "D loss", "loss", "d"),
        Series("loss_g", "G loss", "loss", "g"),
        Series("d_real", "D(x), real", "score", "real"),
        Series("d_fake", "D(G(z)), fake", "score", "fake"),
        Series("penalty", "Gradient penalty", "other", "d"),
    )
    owner_of_statistic: ClassVar[dict[str, str]] = {
        "loss_d": "discriminator",
        "d_real": "discriminator",
        "penalty": "discriminator",
        "augment_p": "discriminator",
        "d_sign": "discriminator",
        "d_fake": "generator",
        "loss_g": "generator",
    }
    scheduled = ("noise_level", "penalty_weight", "ada_target", "ada_samples")
    followed_by_captures = Algorithm.followed_by_captures | {
        "penalty_weight",
        "d_steps",
        "ada_target",
        "ada_samples",
    }

    # -- one step of the game ------------------------------------------------------------------
    def step(self, next_batch: NextBatch) -> None:
        """D's steps, then G's (Goodfellow et al. 2014, algorithm 1); or both at once."""
        if self.config.update == "simultaneous":
            self.simultaneous_step(next_batch())
        else:
            for _ in range(self.config.d_steps - 1):
                self.discriminator_step(next_batch())
            batch = next_batch()
            fake = self.discriminator_step(batch, keep_graph=True)
            # G has not moved since: it learns from the same fakes, and a pass through G is saved.
            self.generator_step(batch, fake)
            for _ in range(self.config.g_steps - 1):
                self.generator_step(next_batch())
        self.steps_done += 1

    @property
    def players(self) -> tuple[str, ...]:
        return ("discriminator", "generator")

    def turn(self, player: str, next_batch: NextBatch) -> None:
        if player == "discriminator":
            self.discriminator_step(next_batch())
        else:
            self.generator_step(next_batch())
        self.steps_done += 1

    def discriminator_step(self, batch: Batch, keep_graph: bool = False) -> Tensor:
        """min over D of L_D(D(x), D(G(z))) + gamma * penalty(dD/dx). Returns the fakes, with G's
        graph where ``keep_graph``."""
        y = self.classes_of(batch)
        with torch.set_grad_enabled(keep_graph), self._autocast():
            fake = self.generator(self.latents(len(batch.x)), y).float()
        judged = self.judge_both(batch.x, fake.detach(), y)
        penalty = self.gradient_penalty(judged, batch.x, fake.detach(), y)
        loss = self.discriminator_loss(judged.real_logits, judged.fake_logits)
        self.update_discriminator(judged, loss, penalty)
        return fake

    def generator_step(self, batch: Batch, fake: Tensor | None = None) -> None:
        """min over G of L_G(D(x), D(G(z))), by what the moved D says of ``fake`` (None: fresh
        ones)."""
        y = self.classes_of(batch)
        if fake is None:
            with self._autocast():
                fake = self.generator(self.latents(len(batch.x)), y)
        with _frozen(self._d_params):
            fake_logits, class_loss = self.judge(fake.float(), y)
        real_logits = fake_logits.detach()
        if self.objective.needs_real_in_g:
            with torch.no_grad():
                real_logits = self.judge(batch.x, y).logits
        loss = add_up(self.generator_loss(real_logits, fake_logits), class_loss)
        self.update_generator(loss)

    def simultaneous_step(self, batch: Batch) -> None:
        """Both players move from the same position, with one pass through D.

        D treats samples independently here, so the gradient of any per-sample G loss at a fake is
        dL_G/dlogit times D's own input gradient there; no second pass through D is needed (tests
        hold this against two passes).
        """
        y = self.classes_of(batch)
        with self._autocast():
            fake = self.generator(self.latents(len(batch.x)), y)
        detached = fake.detach().float()
        judged = self.judge_both(batch.x, detached, y, wants_input_gradients=True)
        penalty = self.gradient_penalty(judged, batch.x, detached, y)
        loss_d = self.discriminator_loss(judged.real_logits, judged.fake_logits)

        logits = judged.fake_logits.detach().requires_grad_()
        loss_g = self.generator_loss(judged.real_logits.detach(), logits)
        to_logits = torch.autograd.grad(loss_g, logits)[0]

        to_fake = self.update_discriminator(judged, loss_d, penalty, to_logits)
        self.update_generator(fake, cast(Tensor, to_fake).to(fake.dtype))

    def gradient_penalty(
        self, judged: DiscriminatorPass, real: Tensor, fake: Tensor, y: Tensor | None
    ) -> Tensor | float:
        """gamma times the penalty on dD/dx; R1 is gamma/2 * E ||dD/dx||^2 at the reals (Mescheder
        et al. 2018)."""
        if self.penalty.at is None or self.config.penalty_weight == 0:
            return 0.0
        if self.penalty.at_samples:
            value = self.penalty.of_gradients(*judged.input_gradients, len(judged.real_logits))
        else:
            value = self.penalty.penalty(
                lambda x: self.judge(x, y, second_order=True).logits, real, fake, self.random
            )
        self.stats.add("penalty", value)
        return self.number("penalty_weight") * value

    def discriminator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """L_D of the objective, with label flipping; D's mean scores go to the chart."""
        compared = self.objective.compared(real_logits, fake_logits)
        for name, logits in zip(("d_real", "d_fake"), compared, strict=True):
            self.stats.add(name, logits, self.objective.score)
        if self.strength:
            self.stats.add("augment_p", self.strength.p.clone())
            signs = signs_of_reals(real_logits, fake_logits, self.objective.threshold)
            self.stats.add("d_sign", signs)
            self.strength.observe(signs, self.number("ada_target"), self.number("ada_samples"))
        if self.config.label_flip:
            draw = torch.rand(len(real_logits), device=self.device, generator=self.random)
            flipped = draw < self.config.label_flip
            real_logits, fake_logits = (
                torch.where(flipped, fake_logits, real_logits),
                torch.where(flipped, real_logits, fake_logits),
            )
        loss = self.objective.d(real_logits, fake_logits)
        self.stats.add("loss_d", loss)
        return loss

    def generator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """L_G of the objective."""
        loss = self.objective.g(real_logits, fake_logits)
        self.stats.add("loss_g", loss)
        return loss

    # -- D on samples --------------------------------------------------------------------------
    def judge(self, x: Tensor, y: Tensor | None, second_order: bool = False) -> Judgement:
        """D on augmented ``x``, with the class loss of an auxiliary classifier (AC-GAN).

        ``second_order``: a gradient penalty differentiates twice, for which short numbers are only
        taken where a trial found them near enough.
        """
        with self._differentiated_twice() if second_order else self._autocast():
            if self.config.conditioning == "auxiliary":
                logits, classes = cast(Discriminator, self.discriminator).judge(self.augmented(x))
                return Judgement(logits.float(), F.cross_entropy(classes.float(), cast(Tensor, y)))
            return Judgement(self.discriminator(self.augmented(x), y).float())

    def judge_both(
        self, real: Tensor, fake: Tensor, y: Tensor | None, wants_input_gradients: bool = False
    ) -> DiscriminatorPass:
        """D on reals and fakes, in as few passes as stay exact."""
        return discriminator_pass(
            self._pass_options,
            self.discriminator,
            self.judge,
            self.augmented,
            real,
            fake,
            y,
            wants_input_gradients,
            self.penalty_precision(),
        )

    @contextlib.contextmanager
    def _differentiated_twice(self) -> Iterator[None]:
        with double_backward(), self.penalty_precision():
            yield

    def augmented(self, x: Tensor) -> Tensor:
        """What D sees of ``x``: augmented and noised alike for reals and fakes."""
        if self.config.augment:
            p = self.strength.p if self.strength else None
            x = diff_augment(x, self.config.augment, self.random, p)
        if self.noise_level:
            noise = torch.randn(x.shape, device=x.device, generator=self.random)
            x = x + self.number("noise_level") * noise
        return x

    @property
    def noise_level(self) -> float:
        """Standard deviation of the instance noise, which fades out."""
        faded = max(0.0, 1 - self.steps_done / self.config.instance_noise_steps)
        return self.config.instance_noise * faded

    @property
    def penalty_weight(self) -> float:
        """gamma at this step."""
        return penalty_weight_at(self.config, self.steps_done)

    @property
    def ada_target(self) -> float:
        """The mean sign of D on reals that the strength of augmentation is steered to."""
        return self.config.ada_target

    @property
    def ada_samples(self) -> float:
        """Samples in which the strength could go from 0 to 1."""
        return float(self.config.ada_samples)

    def classes_of(self, batch: Batch) -> Tensor | None:
        """The classes that both networks are told."""
        return batch.y if self.conditional else None

    # -- optimiser steps -----------------------------------------------------------------------
    def update_discriminator(
        self,
        judged: DiscriminatorPass,
        loss: Tensor,
        penalty: Tensor | float,
        to_logits: Tensor | None = None,
    ) -> Tensor | None:
        """One optimiser step of D; clipped weights make the first WGAN's critic Lipschitz. With
        ``to_logits``, the gradient of G's loss at the fakes' logits, returns that at the fakes."""
        total = add_up(loss, judged.class_loss)
        to_fake: Tensor | None = None

        def backward() -> None:
            nonlocal to_fake
            if to_logits is None:
                judged.backward(total, penalty, self._d_params)
            else:
                to_fake = judged.backward_for_both(total, penalty, self._d_params, to_logits)

        self._step_optimizer("discriminator", self._d_params, backward)
        if self.config.weight_clip:
            with torch.no_grad():
                private.clamp_each_(self._d_params, self.config.weight_clip)
        return to_fake

    def update_generator(self, output: Tensor, gradient: Tensor | None = None) -> None:
        """One optimiser step of G and of its moving average. ``output``: a loss, or G's samples
        with the ``gradient`` there."""

        def backward() -> None:
            with self._backward_precision():
                if gradient is None:
                    output.backward(inputs=self._g_params)
                else:
                    private.backward_from([output], [gradient], self._g_params)

        self._step_optimizer("generator", self._g_params, backward)
        self.ema.update()

    def _step_optimizer(
        self, name: str, weights: list[Tensor], backward: Callable[[], None]
    ) -> None:
        self.optimizers[name].zero_grad(set_to_none=True)
        backward()
        self.average_gradients(weights)
        if self.config.grad_clip:
            nn.utils.clip_grad_norm_(weights, self.config.grad_clip, foreach=True)
        self.optimizers[name].step()

    # -- making --------------------------------------------------------------------------------
    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device):
        super().__init__(config, spec, device)
        self.generator, self.discriminator = self.make_networks()
        freeze_first_layers(self.discriminator, config.freeze_d)
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimizers = {
            "generator": make_optimizer(config, self.generator, config.g_lr, device),
            "discriminator": make_optimizer(config, self.discriminator, config.d_lr, device),
        }
        self.ema = self.average_of(self.generator)
        self.objective = objectives.build(config)
        self.strength = AdaptiveStrength(device) if config.adaptive else None
        self.series = self.worded_series()
        self.penalty = registry.PENALTIES.get(config.penalty, "penalty")
        self._g_params: list[Tensor] = [p for p in self.generator.parameters() if p.requires_grad]
        self._d_params: list[Tensor] = [
            p for p in self.discriminator.parameters() if p.requires_grad
        ]
        self._pass_options = self.pass_options()

    def make_networks(self) -> tuple[nn.Module, nn.Module]:
        """G and D, on the device."""
        return (
            to_device(build_generator(self.config, self.spec), self.device),
            to_device(build_discriminator(self.config, self.spec), self.device),
        )

    def worded_series(self) -> tuple[Series, ...]:
        """The series, with what D's verdicts mean under this objective."""
        words = dict(zip(("d_real", "d_fake"), self.objective.score_words, strict=True))
        return tuple(
            one._replace(label=words[one.name][0], why=words[one.name][1])
            if one.name in words
            else one
            for one in (*self.series, *(OF_STRENGTH if self.strength else ()))
        )

    def pass_options(self) -> PassOptions:
        """Which shorter passes through D are exact in this game."""
        independent = self.config.d_norm != "batch" and not self.config.minibatch_std
        penalised = self.penalty.at_samples
        return PassOptions(
            independent,
            penalised_real=self.penalty.at in ("real", "both"),
            penalised_fake=self.penalty.at in ("fake", "both"),
            homogeneous=independent and penalised and is_homogeneous(self.discriminator),
            bf16=self._bf16_in_products,
            joint=self.choices.joint_passes,
        )

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return self.objective.equilibrium

    def training_state(self) -> dict[str, Any]:
        state = super().training_state()
        return state | {"augmentation": self.strength.state.clone()} if self.strength else state

    def load(self, weights: dict[str, Tensor], state: dict[str, Any] | None) -> None:
        super().load(weights, state)
        if self.strength and state and "augmentation" in state:
            self.strength.state.copy_(state["augmentation"])

    def structure(self) -> Hashable:
        return (
            self.config.d_steps,
            self.noise_level > 0,
            self.penalty_weight > 0,
            self.ema.is_network,
        )


@contextlib.contextmanager
def _frozen(parameters: list[Tensor]) -> Iterator[None]:
    """Passes made within ask for no gradient at ``parameters``."""
    for p in parameters:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in parameters:
            p.requires_grad_(True)
