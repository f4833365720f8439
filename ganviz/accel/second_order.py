"""Second-order gradients: what a backward pass is for, and layers whose double backward is cheap.

A gradient penalty differentiates dD/dx once more. Two things are then cheaper than torch's own
way:

- The derivative of a ReLU or of a mean has no derivative of its own. Torch gives zeros for it, and
  where nothing else travels back through a pass whose input gradient is penalised, those zeros do,
  through all of it. Here they are left out.
- Differentiating the input gradient of a convolution, torch takes the part at the weights for a
  convolution whose kernel is a whole map (`ganviz.accel.double_backward_conv`).

What is said here of a pass, its backward passes must hear, too: on CUDA torch takes those in a
thread of its own, unless told otherwise (`ganviz.device.prepare_training_thread`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganviz.accel import private_apis as private


# -- what a pass is for ----------------------------------------------------------------------------
class _Scope(threading.local):
    """What this thread said of the passes that it makes."""

    no_weight_gradients = False
    no_sample_gradients = False
    double_backward = False
    input_grad_only = False
    # Convolutions to maps of this side or smaller keep fp32 under autocast.
    full_up_to = 0
    # Samples of which a gradient is asked for from some row on, and that row.
    samples: Tensor | None = None
    first_row = 0


_scope = _Scope()


def no_weight_gradients() -> contextlib.AbstractContextManager[None]:
    """Within: a backward pass of this thread asks for gradients at inputs only, so those at weights
    are not computed.

    Autograd says so to torch's own operations, but not to those written in Python.
    """
    return _within("no_weight_gradients")


def no_sample_gradients() -> contextlib.AbstractContextManager[None]:
    """Within: a backward pass of this thread asks for gradients at weights only, so those at the
    samples that D was given are not computed."""
    return _within("no_sample_gradients")


def double_backward() -> contextlib.AbstractContextManager[None]:
    """Within: the input gradient of what this thread computes will be differentiated as well."""
    return _within("double_backward")


def input_grad_only() -> contextlib.AbstractContextManager[None]:
    """Within: of what this thread computes, only the input gradient will be differentiated."""
    return _within("input_grad_only")


@contextlib.contextmanager
def full_numbers_up_to(side: int) -> Iterator[None]:
    """Within: under autocast, convolutions of this thread to maps of ``side`` pixels or fewer keep
    fp32, as the lowest resolution of R3GAN's D does (Huang et al. 2024)."""
    before, _scope.full_up_to = _scope.full_up_to, side
    try:
        yield
    finally:
        _scope.full_up_to = before


@contextlib.contextmanager
def gradients_from(first_row: int, samples: Tensor) -> Iterator[None]:
    """For a forward pass of this thread: of ``samples`` [N, ...], of which no gradient is asked for
    before ``first_row``."""
    _scope.samples, _scope.first_row = samples, first_row
    try:
        yield
    finally:
        _scope.samples, _scope.first_row = None, 0


def first_row_wanted(x: Tensor) -> int:
    """The row of a layer's input ``x`` [N, ...] from which on a gradient is asked for: 0, but where
    ``x`` is the samples themselves, in whatever shape."""
    samples, row = _scope.samples, _scope.first_row
    if not row or samples is None or len(samples) != len(x) or samples.numel() != x.numel():
        return 0
    same = samples.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    return row if same else 0


def keeps_full_numbers(side: int) -> bool:
    """Whether a convolution to a map of ``side`` pixels keeps fp32 under autocast."""
    return side <= _scope.full_up_to


def weight_gradients_wanted() -> bool:
    """Whether a backward pass of this thread asks for gradients at weights."""
    return not _scope.no_weight_gradients


def sample_gradients_wanted() -> bool:
    """Whether a backward pass of this thread asks for gradients at D's samples."""
    return not _scope.no_sample_gradients


def is_input_grad_only() -> bool:
    """Whether this thread computes in `input_grad_only`."""
    return _scope.input_grad_only


def differentiated_again() -> bool:
    """Whether the input gradient of what this thread computes will be differentiated."""
    return (_scope.double_backward or _scope.input_grad_only) and torch.is_grad_enabled()


@contextlib.contextmanager
def _within(name: str) -> Iterator[None]:
    before = getattr(_scope, name)
    setattr(_scope, name, True)
    try:
        yield
    finally:
        setattr(_scope, name, before)


def is_plain_fp32(x: Tensor, weight: Tensor) -> bool:
    """Whether fp32 numbers on the CPU meet here, and torch does nothing special with what it
    computes from them."""
    return (
        x.dtype == weight.dtype == torch.float32
        and x.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
        and not private.in_function_transform()
        and not torch.compiler.is_compiling()
    )


# -- layers without a second derivative ------------------------------------------------------------
class FlatDerivativeReLU(nn.ReLU):
    """`nn.ReLU`, without a second derivative where it is differentiated again."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        return _LeakyReLU.apply(x, 0.0) if differentiated_again() else super().forward(x)


class FlatDerivativeLeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU`, without a second derivative where it is differentiated again."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        if not differentiated_again():
            return super().forward(x)
        return _LeakyReLU.apply(x, self.negative_slope)


class _LeakyReLU(torch.autograd.Function):
    """max(x, 0) + negative_slope * min(x, 0)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, negative_slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.negative_slope = negative_slope
        return F.leaky_relu(x, negative_slope)

    @staticmethod
    def backward(ctx: Any, output_grad: Tensor) -> tuple[Tensor, None]:
        # Detached: no way back into the pass itself.
        x = ctx.saved_tensors[0].detach()
        return _LeakyReLUInputGrad.apply(output_grad, x, ctx.negative_slope), None


class _LeakyReLUInputGrad(torch.autograd.Function):
    """The gradient of `_LeakyReLU` at its input ``x``: linear in ``output_grad``, and almost
    everywhere constant in ``x``."""

    @staticmethod
    def forward(ctx: Any, output_grad: Tensor, x: Tensor, negative_slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.negative_slope = negative_slope
        return private.leaky_relu_input_grad(output_grad, x, negative_slope)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        return _LeakyReLUInputGrad.apply(grad, x, ctx.negative_slope), None, None


class FlatDerivativeAvgPool2d(nn.AvgPool2d):
    """`nn.AvgPool2d`, without a second derivative where it is differentiated again."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        if not differentiated_again():
            return super().forward(x)
        return _AvgPool2d.apply(
            x,
            (
                self.kernel_size,
                self.stride,
                self.padding,
                self.ceil_mode,
                self.count_include_pad,
                self.divisor_override,
            ),
        )


class _AvgPool2d(torch.autograd.Function):
    """Means of neighbouring pixels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, options: tuple[Any, ...]) -> Tensor:
        ctx.save_for_backward(x)
        ctx.options = options
        return F.avg_pool2d(x, *options)

    @staticmethod
    def backward(ctx: Any, output_grad: Tensor) -> tuple[Tensor, None]:
        x = ctx.saved_tensors[0].detach()
        return _AvgPool2dInputGrad.apply(output_grad, x, ctx.options), None


class _AvgPool2dInputGrad(torch.autograd.Function):
    """The gradient of `_AvgPool2d` at its input, whose shape is that of ``x``: linear in
    ``output_grad``."""

    @staticmethod
    def forward(ctx: Any, output_grad: Tensor, x: Tensor, options: tuple[Any, ...]) -> Tensor:
        ctx.options = options
        kernel, stride, padding, *more = options
        return private.avg_pool2d_input_grad(
            output_grad, x, pair(kernel), pair(stride), pair(padding), *more
        )

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return _AvgPool2d.apply(grad, ctx.options), None, None


FLAT_DERIVATIVE = {
    nn.ReLU: FlatDerivativeReLU,
    nn.LeakyReLU: FlatDerivativeLeakyReLU,
    nn.AvgPool2d: FlatDerivativeAvgPool2d,
}
"""torch's layer -> the same one, without a second derivative; on every device."""


def pair(size: Any) -> tuple[int, int]:
    """One size as two: (rows, columns)."""
    return size if isinstance(size, tuple) else (size, size)
