"""D on reals and fakes: its logits, its input gradients and the way back to its weights, in as few
passes as stay exact.

- Where D takes each sample on its own, reals and fakes share one pass.
- R1 and R2 penalise dD/dx at the very samples whose logits the loss needs: one pass gives both.
- Where D is homogeneous as well, loss and penalty share one double backward
  (`HomogeneousDoubleBackward`).

All give what separate passes give, to rounding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, overload

import torch
from torch import Tensor, nn

from ganviz.accel import private_apis as private
from ganviz.accel.homogeneous import HomogeneousDoubleBackward
from ganviz.accel.precision import bf16_products
from ganviz.accel.second_order import gradients_from, no_sample_gradients, no_weight_gradients


class Judgement(NamedTuple):
    """What D says of samples: ``logits`` [N], and the class loss of an auxiliary classifier (else
    0)."""

    logits: Tensor
    class_loss: Tensor | float = 0.0


# (samples, their classes, whether the input gradient will be differentiated) -> Judgement
Judge = Callable[[Tensor, "Tensor | None", bool], Judgement]


@overload
def add_up(first: Tensor, /, *rest: Tensor | float) -> Tensor: ...


@overload
def add_up(*parts: Tensor | float) -> Tensor | float: ...


def add_up(*parts: Tensor | float) -> Tensor | float:
    """The sum of those parts that are tensors: adding a plain 0 costs as much as adding a loss."""
    tensors = [part for part in parts if isinstance(part, Tensor)]
    return sum(tensors[1:], start=tensors[0]) if tensors else 0.0


# The least that a fake's logit is given on the way back, so that what comes to the fake tells of
# the input gradient there, also where D's loss wants nothing of it. It moves no weight: 1e-20 is
# far below what fp32 keeps beside the other samples' share, and below Adam's epsilon.
LEAST_GIVEN = 1e-20


def _per_sample(values: Tensor, like: Tensor) -> Tensor:
    """``values`` [N], to be multiplied with ``like`` [N, ...]."""
    return values.view(-1, *[1] * (like.dim() - 1))


class DiscriminatorPass(ABC):
    """D's ``real_logits`` and ``fake_logits``, the ``class_loss`` over both, and its input
    gradients."""

    real_logits: Tensor
    fake_logits: Tensor
    class_loss: Tensor | float = 0.0

    @property
    @abstractmethod
    def input_gradients(self) -> tuple[Tensor | None, Tensor | None]:
        """dD/dx at the reals and at the fakes, each shaped as they are; None where nobody asked
        for it."""

    @abstractmethod
    def backward(self, loss: Tensor, penalty: Tensor | float, weights: list[Tensor]) -> None:
        """Add the gradients of ``loss`` and ``penalty``, computed from this pass, at D's
        ``weights``. Once only."""

    def backward_for_both(
        self, loss: Tensor, penalty: Tensor | float, weights: list[Tensor], to_logits: Tensor
    ) -> Tensor:
        """`backward`; returns the gradient at the fakes of a loss whose gradient at their logits is
        ``to_logits`` [N]. D takes each sample on its own here."""
        at_fake = self.input_gradients[1]
        assert at_fake is not None, "it was wanted"
        at_fake = at_fake.detach()
        self.backward(loss, penalty, weights)
        return at_fake * _per_sample(to_logits, at_fake)


@dataclass(frozen=True)
class PassOptions:
    """``independent``: D takes each sample on its own. ``penalised_real``, ``penalised_fake``: the
    input gradients there are part of a penalty. ``homogeneous``: loss and penalty may share a
    double backward. ``bf16``: backward passes take their products in bf16, unless they are
    second-order. ``joint``: independent samples share a batch."""

    independent: bool
    penalised_real: bool
    penalised_fake: bool
    homogeneous: bool = False
    bf16: bool = False
    joint: bool = True

    @property
    def penalised(self) -> bool:
        """Whether an input gradient is part of a penalty."""
        return self.penalised_real or self.penalised_fake

    def products(self) -> AbstractContextManager[None]:
        """The precision of a backward pass of first order."""
        return bf16_products() if self.bf16 else nullcontext()


def discriminator_pass(
    options: PassOptions,
    discriminator: nn.Module,
    judge: Judge,
    augment: Callable[[Tensor], Tensor],
    real: Tensor,
    fake: Tensor,
    y: Tensor | None,
    wants_input_gradients: bool = False,
    precision: AbstractContextManager[None] | None = None,
) -> DiscriminatorPass:
    """The shortest exact pass of ``discriminator`` on ``real`` and ``fake`` of the classes ``y``.

    ``judge`` augments by itself, and has a precision of its own; ``augment`` is what it does to
    samples, ``precision`` what a penalised pass is computed in.
    """
    # In one batch, those that are not penalised would go the long way as well.
    one_sided = options.penalised_real != options.penalised_fake and not wants_input_gradients
    apart = not options.joint or one_sided
    if not options.independent or (apart and not options.homogeneous):
        return SeparatePasses(options, judge, real, fake, y, wants_input_gradients)
    samples = torch.cat([real, fake])
    y = None if y is None else torch.cat([y, y])
    if options.homogeneous:
        return HomogeneousPass(discriminator, samples, y, augment, precision)
    return JointPass(options, judge, samples, y, wants_input_gradients)


class _AutogradPass(DiscriminatorPass):
    """What autograd differentiates by itself. ``_samples``: what the logits were computed from."""

    _samples: tuple[Tensor, ...]

    def __init__(self, options: PassOptions):
        self._options = options

    def _differentiate(self) -> tuple[Tensor, ...]:
        penalised = self._options.penalised
        total = self.real_logits.sum() + self.fake_logits.sum()
        with no_weight_gradients(), nullcontext() if penalised else self._options.products():
            return torch.autograd.grad(
                total, self._samples, create_graph=penalised, retain_graph=True
            )

    def backward(self, loss: Tensor, penalty: Tensor | float, weights: list[Tensor]) -> None:
        with no_sample_gradients():
            if isinstance(penalty, Tensor) and self._options.bf16 and not self._options.penalised:
                # bf16 is too coarse for a second derivative.
                penalty.backward(inputs=weights)
                penalty = 0.0
            if isinstance(penalty, Tensor):
                (loss + penalty).backward(inputs=weights)
            else:
                with self._options.products():
                    loss.backward(inputs=weights)


class JointPass(_AutogradPass):
    """Reals and fakes, one behind the other in one batch."""

    def __init__(
        self,
        options: PassOptions,
        judge: Judge,
        samples: Tensor,
        y: Tensor | None,
        wants_input_gradients: bool,
    ):
        super().__init__(options)
        samples.requires_grad_(wants_input_gradients or options.penalised)
        self._samples = (samples,)
        # Of the reals, a penalty alone wants input gradients.
        skips_reals = wants_input_gradients and not options.penalised
        with gradients_from(len(samples) // 2 if skips_reals else 0, samples):
            self._logits, class_loss = judge(samples, y, options.penalised)
        self.real_logits, self.fake_logits = self._logits.chunk(2)
        # A mean over both halves is half the sum of their means.
        self.class_loss = 2 * class_loss if isinstance(class_loss, Tensor) else class_loss

    @cached_property
    def input_gradients(self) -> tuple[Tensor | None, Tensor | None]:
        real, fake = self._differentiate()[0].chunk(2)
        return real if self._options.penalised else None, fake

    def backward_for_both(
        self, loss: Tensor, penalty: Tensor | float, weights: list[Tensor], to_logits: Tensor
    ) -> Tensor:
        """One way back serves D's weights and G: what comes to a fake is what its logit was given,
        times the input gradient there, and G's loss gives it something else."""
        if self._options.penalised:
            return super().backward_for_both(loss, penalty, weights, to_logits)
        assert not isinstance(self.class_loss, Tensor), "it would reach the fakes as well"
        if isinstance(penalty, Tensor):
            # Taken at samples of its own.
            with no_sample_gradients():
                penalty.backward(inputs=weights)
        given = torch.autograd.grad(loss, self._logits)[0]
        of_fakes = given.chunk(2)[1]
        too_small = of_fakes.abs() < LEAST_GIVEN
        of_fakes.masked_fill_(too_small, LEAST_GIVEN)
        samples = self._samples[0]
        with self._options.products():
            private.backward_from([self._logits], [given], [*weights, samples])
        assert samples.grad is not None
        at_fake, samples.grad = samples.grad.chunk(2)[1], None
        return at_fake * _per_sample(to_logits / of_fakes, at_fake)


class SeparatePasses(_AutogradPass):
    """Reals first, then fakes: batch statistics of one must not depend on the other, and where only
    one is penalised, the other goes the short way."""

    def __init__(
        self,
        options: PassOptions,
        judge: Judge,
        real: Tensor,
        fake: Tensor,
        y: Tensor | None,
        wants_input_gradients: bool,
    ):
        super().__init__(options)
        # Of the reals, a penalty alone wants input gradients.
        self._wanted = options.penalised_real, wants_input_gradients or options.penalised_fake
        real = real.clone().requires_grad_(self._wanted[0])
        fake = fake.requires_grad_(self._wanted[1])
        self._samples = tuple(x for x in (real, fake) if x.requires_grad)
        self.real_logits, real_class_loss = judge(real, y, options.penalised_real)
        self.fake_logits, fake_class_loss = judge(fake, y, options.penalised_fake)
        self.class_loss = add_up(real_class_loss, fake_class_loss)

    @cached_property
    def input_gradients(self) -> tuple[Tensor | None, Tensor | None]:
        found = iter(self._differentiate())
        real, fake = (next(found) if wanted else None for wanted in self._wanted)
        return real, fake


class HomogeneousPass(DiscriminatorPass):
    """Reals and fakes in one batch, loss and penalty through one double backward."""

    def __init__(
        self,
        discriminator: nn.Module,
        samples: Tensor,
        y: Tensor | None,
        augment: Callable[[Tensor], Tensor],
        precision: AbstractContextManager[None] | None,
    ):
        self._double_backward = HomogeneousDoubleBackward(
            discriminator, samples, y, augment, precision
        )
        self.real_logits, self.fake_logits = self._double_backward.logits.chunk(2)

    @property
    def input_gradients(self) -> tuple[Tensor, Tensor]:
        real, fake = self._double_backward.input_gradient.chunk(2)
        return real, fake

    def backward(self, loss: Tensor, penalty: Tensor | float, weights: list[Tensor]) -> None:
        self._double_backward.backward(add_up(loss, penalty), weights)
