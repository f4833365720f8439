"""The adversarial game: D learns to tell real from fake, G learns from D's gradient."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganviz import objectives, penalties, registry
from ganviz.accel import private_apis as private
from ganviz.accel.homogeneous import HomogeneousDoubleBackward, is_homogeneous
from ganviz.accel.optimizers import make_optimizer
from ganviz.accel.second_order import double_backward, no_weight_gradients
from ganviz.algorithms.base import Algorithm, Draw, Series, place
from ganviz.algorithms.ema import Ema
from ganviz.config import RunConfig
from ganviz.data.augment import diff_augment
from ganviz.data.source import Batch, DataSpec
from ganviz.models import build_discriminator, build_generator


class Judged(NamedTuple):
    """What D says of reals and fakes. ``points``: the samples, with a graph where their slope is
    wanted; ``extra``: the class loss of an auxiliary classifier; ``verdict``: where that slope is
    cut off from D."""

    real: Tensor
    fake: Tensor
    points: Any
    extra: Tensor | float = 0.0
    verdict: HomogeneousDoubleBackward | None = None


class Adversarial(Algorithm):
    """Alternating or simultaneous updates of a generator and a discriminator (Goodfellow et al.,
    2014)."""

    series = (
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
        "d_fake": "generator",
        "loss_g": "generator",
    }

    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device):
        super().__init__(config, spec, device)
        self.generator, self.discriminator = self._make_networks()
        self.networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.optimizers = {
            "generator": make_optimizer(config, self.generator, config.g_lr, device),
            "discriminator": make_optimizer(config, self.discriminator, config.d_lr, device),
        }
        self.ema = Ema(self.generator, config.ema_decay)
        self.objective = objectives.build(config)
        self.penalty = registry.PENALTIES.get(config.penalty, "penalty")
        self._g_params = [p for p in self.generator.parameters() if p.requires_grad]
        self._d_params = [p for p in self.discriminator.parameters() if p.requires_grad]
        # Where D judges each sample on its own, reals and fakes share one pass.
        self._joined = config.d_norm != "batch" and not config.minibatch_std
        # R1 and R2 are taken at the very points whose logits the loss needs: one pass gives both.
        self._penalised_here = self.penalty.at in ("real", "fake", "both")
        self._cut = (
            self._penalised_here
            and self._joined
            and not config.mistaken
            and is_homogeneous(self.discriminator)
        )
        self._classes_judged = config.conditioning == "auxiliary"

    def _make_networks(self) -> tuple[nn.Module, nn.Module]:
        """G and D, on the device."""
        return (
            place(build_generator(self.config, self.spec), self.device),
            place(build_discriminator(self.config, self.spec), self.device),
        )

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return self.objective.equilibrium

    def why_not_capturable(self) -> str | None:
        if self.config.instance_noise:
            return "the instance noise fades"
        if self.config.g_steps > 1:
            return "the moving average follows each of several G steps"
        return super().why_not_capturable()

    def step(self, draw: Draw) -> None:
        if self.config.update == "simultaneous":
            self._both(draw())
        else:
            for _ in range(self.config.d_steps - 1):
                self._discriminator_turn(draw())
            batch = draw()
            self._generator_turn(batch, self._discriminator_turn(batch, keep_graph=True))
            for _ in range(self.config.g_steps - 1):
                self._generator_turn(draw())
        self.steps_done += 1

    # -- the two turns ---------------------------------------------------------------------
    def _discriminator_turn(self, batch: Batch, keep_graph: bool = False) -> Tensor:
        """Move D; returns the fakes that it was shown, with G's graph where the caller will learn
        from them."""
        y = batch.y if self.conditional else None
        with torch.set_grad_enabled(keep_graph), self._autocast():
            made = self.generator(self.latents(len(batch.x)), y).float()
        fake = made.detach()
        judged = self._judge_both(self._join(batch.x, fake), y)
        penalty = self._penalty(judged, batch.x, fake, y)
        loss = _sum(self._discriminator_loss(judged.real, judged.fake), judged.extra)
        self._descend("discriminator", loss, penalty=penalty, verdict=judged.verdict)
        return made

    def _generator_turn(self, batch: Batch, fake: Tensor | None = None) -> None:
        """Move G by what the moved D says of ``fake``: D's last fakes, since G has not moved since
        (Radford et al.'s recipe, and a pass through G less); fresh ones in further G steps."""
        y = batch.y if self.conditional else None
        if fake is None:
            with self._autocast():
                fake = self.generator(self.latents(len(batch.x)), y)
        with _at_rest(self._d_params):
            fake_logits, extra = self._judge(fake.float(), y)
        real_logits = fake_logits.detach()
        if self.objective.needs_real_in_g:
            with torch.no_grad():
                real_logits = self._judge(batch.x, y)[0]
        self._descend("generator", _sum(self._generator_loss(real_logits, fake_logits), extra))
        self.ema.update()

    def _both(self, batch: Batch) -> None:
        """Both players move from the same position, with one pass through D.

        D treats samples independently here, so the gradient of any per-sample G loss at a fake is
        D's own input gradient there times dL_G/dlogit; no second pass through D is needed (tests
        hold this against two passes).
        """
        y, count = (batch.y if self.conditional else None), len(batch.x)
        with self._autocast():
            fake = self.generator(self.latents(count), y)
        shown = fake.detach().float()
        judged = self._judge_both(self._join(batch.x, shown), y, need_input_gradient=True)
        slope = self._slope(judged)
        penalty = self._penalty(judged, batch.x, shown, y, slope)
        loss_d = _sum(self._discriminator_loss(judged.real, judged.fake), judged.extra)

        logits = judged.fake.detach().requires_grad_()
        loss_g = self._generator_loss(judged.real.detach(), logits)
        towards = torch.autograd.grad(loss_g, logits)[0]
        fake_slope = slope[count:].detach() if self._joined else slope[1].detach()
        fake_gradient = fake_slope * towards.view(-1, *[1] * (fake.dim() - 1))

        self._descend("discriminator", loss_d, penalty=penalty, verdict=judged.verdict)
        self._descend("generator", fake, fake_gradient.to(fake.dtype))
        self.ema.update()

    # -- pieces ----------------------------------------------------------------------------
    def _judge(
        self, x: Tensor, y: Tensor | None, exact: bool = False
    ) -> tuple[Tensor, Tensor | float]:
        """D's logits on what it is shown, and the class loss of an auxiliary classifier (else 0).

        ``exact`` keeps fp32: a gradient penalty differentiates twice, which bf16 is too coarse for.
        """
        with double_backward() if exact else self._autocast():
            if self._classes_judged:
                logits, classes = self.discriminator.judge(self._shown(x))
                return logits.float(), F.cross_entropy(classes.float(), y)
            return self.discriminator(self._shown(x), y).float(), 0.0

    def _judge_both(
        self, points: Any, y: Tensor | None, need_input_gradient: bool = False
    ) -> Judged:
        """D's verdict on reals and fakes, in one pass where it may be one."""
        exact = self._penalised_here
        wants = need_input_gradient or exact
        if self._joined:
            y = None if y is None else torch.cat([y, y])
            if self._cut:
                verdict = HomogeneousDoubleBackward(self.discriminator, points, y, self._shown)
                return Judged(*verdict.logits.chunk(2), points, verdict=verdict)
            points = points.requires_grad_(wants)
            logits, extra = self._judge(points, y, exact)
            return Judged(*logits.chunk(2), points, extra)
        real, fake = (part.requires_grad_(wants) for part in points)
        real_logits, real_extra = self._judge(real, y, exact)
        fake_logits, fake_extra = self._judge(fake, y, exact)
        return Judged(real_logits, fake_logits, (real, fake), _sum(real_extra, fake_extra))

    def _join(self, real: Tensor, fake: Tensor) -> Any:
        return torch.cat([real, fake]) if self._joined else (real.clone(), fake)

    def _slope(self, judged: Judged) -> Any:
        """D's input gradient at the judged points, differentiable where a penalty needs it."""
        if judged.verdict:
            return judged.verdict.input_gradient
        total = judged.real.sum() + judged.fake.sum()
        with (
            no_weight_gradients(),
            contextlib.nullcontext() if self._penalised_here else self._backwards(),
        ):
            slopes = torch.autograd.grad(
                total, judged.points, create_graph=self._penalised_here, retain_graph=True
            )
        return slopes[0] if self._joined else slopes

    def _penalty(
        self, judged: Judged, real: Tensor, fake: Tensor, y: Tensor | None, slope: Any = None
    ) -> Tensor | float:
        """The weighted gradient penalty; R1 and R2 reuse the pass that gave the logits."""
        if self.penalty.at is None or self.config.penalty_weight == 0:
            return 0.0
        if self._penalised_here:
            slope = self._slope(judged) if slope is None else slope
            parts = slope.chunk(2) if self._joined else slope
            chosen = {"real": parts[:1], "fake": parts[1:], "both": parts}[self.penalty.at]
            value = self.penalty.factor * sum(
                penalties.squared_norm(part, len(judged.real)).mean() for part in chosen
            )
        else:
            value = self.penalty.penalty(
                lambda x: self._judge(x, y, exact=True)[0], real, fake, self.random
            )
        self.stats.add("penalty", value)
        return self.config.penalty_weight * value

    def _discriminator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        self.stats.add("d_real", real_logits, self.objective.score)
        self.stats.add("d_fake", fake_logits, self.objective.score)
        if self.config.label_flip:
            told_wrong = (
                torch.rand(len(real_logits), device=self.device, generator=self.random)
                < self.config.label_flip
            )
            real_logits, fake_logits = (
                torch.where(told_wrong, fake_logits, real_logits),
                torch.where(told_wrong, real_logits, fake_logits),
            )
        loss = self.objective.d(real_logits, fake_logits)
        self.stats.add("loss_d", loss)
        return loss

    def _generator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        loss = self.objective.g(real_logits, fake_logits)
        self.stats.add("loss_g", loss)
        return loss

    def _descend(
        self,
        network: str,
        loss: Tensor,
        gradient: Tensor | None = None,
        penalty: Tensor | float = 0.0,
        verdict: HomogeneousDoubleBackward | None = None,
    ) -> None:
        """One optimiser step on ``loss`` and a gradient ``penalty``, both of a ``verdict`` where
        there is one; autograd is asked for this network's weights only."""
        params = self._g_params if network == "generator" else self._d_params
        self.optimizers[network].zero_grad(set_to_none=True)
        if verdict:
            verdict.backward(_sum(loss, penalty), params)
        else:
            self._backward(loss, gradient, penalty, params)
        self.average_gradients(params)
        if self.config.grad_clip:
            nn.utils.clip_grad_norm_(params, self.config.grad_clip, foreach=True)
        self.optimizers[network].step()
        if network == "discriminator" and self.config.weight_clip:
            with torch.no_grad():
                private.clamp_each_(params, self.config.weight_clip)

    def _backward(
        self, loss: Tensor, gradient: Tensor | None, penalty: Tensor | float, params: list[Tensor]
    ) -> None:
        """Add up the gradients of ``loss`` and ``penalty``; the penalty's is taken in fp32."""
        penalised = isinstance(penalty, Tensor)
        if penalised and self._bf16_inside and not self._penalised_here:
            penalty.backward(inputs=params)
            penalised, penalty = False, 0.0
        with contextlib.nullcontext() if penalised else self._backwards():
            _sum(loss, penalty).backward(gradient, inputs=params)

    def _shown(self, x: Tensor) -> Tensor:
        """What D gets to see of ``x``: augmented and noised alike for reals and fakes."""
        if self.config.augment:
            x = diff_augment(x, self.config.augment, self.random)
        strength = self.config.instance_noise * max(
            0.0, 1 - self.steps_done / self.config.instance_noise_steps
        )
        if strength:
            x = x + strength * torch.randn(x.shape, device=x.device, generator=self.random)
        return x


def _sum(*parts: Tensor | float) -> Tensor | float:
    """The sum of those parts that are there: adding a plain 0 costs as much as adding a loss."""
    there = [part for part in parts if isinstance(part, Tensor)]
    return sum(there[1:], start=there[0]) if there else 0.0


@contextlib.contextmanager
def _at_rest(parameters: list[Tensor]) -> Iterator[None]:
    """Passes made within ask for no gradient at ``parameters``."""
    for p in parameters:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in parameters:
            p.requires_grad_(True)
