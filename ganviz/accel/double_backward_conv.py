"""Convolutions whose input gradient is cheap to differentiate: strided, grouped, dilated,
transposed, 1 x 1, in full or in short numbers, on every device.

A convolution is linear in its input and in its weights, and so is its input gradient. Torch takes
the derivative of the input gradient at the weights for a convolution whose kernel is a whole map,
for which no library has a good kernel: on an H100 it made penalised games 10 to 100 times slower
than the rest. It is a weight gradient like any other, with the two factors exchanged, and taken by
the kernels of weight gradients here.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import type_before_parametrizations

from ganviz.accel import is_enabled, second_order
from ganviz.accel import private_apis as private
from ganviz.accel.channel_padding import ConvOptions, convolution_gradients, convolve, is_narrow


class DoubleBackwardConv2d(nn.Conv2d):
    """`nn.Conv2d`, cheaper where its input gradient is differentiated as well, and where it has
    few channels."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        if not _is_ours() and not _is_narrow(self, x):
            return super().forward(x)
        return _convolve(x, self.weight, self.bias, _options_of(self))


class DoubleBackwardConvTranspose2d(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d`, cheaper where its input gradient is differentiated as well, and where
    it has few channels."""

    homogeneous = True

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if output_size is not None or not (_is_ours() or _is_narrow(self, x)):
            return super().forward(x, output_size)
        return _convolve(x, self.weight, self.bias, _options_of(self))


class CpuDoubleBackwardConv2d(nn.Conv2d):
    """The same for CPUs. In fp32, a layer that sees the samples themselves is left to torch, which
    takes no gradient there that nobody asks for."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        if not _is_ours():
            return super().forward(x)
        if _is_autocast(x):
            return _convolve(x, self.weight, self.bias, _options_of(self))
        if (x.is_leaf and not second_order.is_input_grad_only()) or not second_order.is_plain_fp32(
            x, self.weight
        ):
            return super().forward(x)
        return _Convolution.apply(x, self.weight, self.bias, _options_of(self), _is_sample(x))


def double_backward_class(module: nn.Module) -> type[nn.Module] | None:
    """The class that computes what ``module`` does, also where its weights are parametrised (as by
    spectral norm); None where it is no convolution of torch's own, or pads with something else than
    zeros."""
    kinds: dict[type[nn.Module], type[nn.Module]] = {
        nn.Conv2d: DoubleBackwardConv2d,
        nn.ConvTranspose2d: DoubleBackwardConvTranspose2d,
    }
    ours = kinds.get(type_before_parametrizations(module))
    padded: Any = module
    if ours and padded.padding_mode == "zeros" and isinstance(padded.padding, tuple):
        return ours
    return None


def _is_ours() -> bool:
    return second_order.differentiated_again() and not _is_transformed()


def _is_narrow(layer: nn.Conv2d | nn.ConvTranspose2d, x: Tensor) -> bool:
    # Not of the weight: reading one that is parametrised computes it anew.
    narrow = is_narrow(x, layer.in_channels, layer.out_channels, layer.groups)
    return narrow and not _is_autocast(x) and not _is_transformed()


def _is_transformed() -> bool:
    return private.in_function_transform() or torch.compiler.is_compiling()


def _is_autocast(x: Tensor) -> bool:
    # The meta device knows none.
    return x.device.type != "meta" and torch.is_autocast_enabled(x.device.type)


def _options_of(module: nn.Conv2d | nn.ConvTranspose2d) -> ConvOptions:
    layer: Any = module
    return ConvOptions(
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.transposed,
        layer.output_padding,
        layer.groups,
    )


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, options: ConvOptions) -> Tensor:
    """Under autocast in its numbers: autograd takes the conversion back by itself."""
    is_sample = _is_sample(x)
    if not _is_autocast(x):
        return _Convolution.apply(x, weight, bias, options, is_sample)
    kind = x.device.type
    numbers = torch.get_autocast_dtype(kind)
    if second_order.keeps_full_numbers(_side(x, weight, options)):
        numbers = torch.float32
    bias = None if bias is None else bias.to(numbers)
    with torch.autocast(kind, enabled=False):
        return _Convolution.apply(x.to(numbers), weight.to(numbers), bias, options, is_sample)


def _is_sample(x: Tensor) -> bool:
    """Whether a layer's input is what the network was given: once converted it would be no leaf. A
    weight that a layer takes for its input is none."""
    return x.is_leaf and not isinstance(x, nn.Parameter)


def _side(x: Tensor, weight: Tensor, options: ConvOptions) -> int:
    """Columns of the map that comes out."""
    if options.transposed:
        return x.shape[-1] * options.stride[1]
    kernel = options.dilation[1] * (weight.shape[-1] - 1) + 1
    return (x.shape[-1] + 2 * options.padding[1] - kernel) // options.stride[1] + 1


def convolve_fixed(x: Tensor, kernel: Tensor, options: ConvOptions) -> Tensor:
    """A convolution with a ``kernel`` that is no weight, as resampling is: torch would take the
    derivative at it all the same where the input gradient is differentiated."""
    if is_enabled() and _is_ours():
        return _convolve(x, kernel, None, options)
    return convolve(x, kernel, None, options)


class _Convolution(torch.autograd.Function):
    """A convolution. Differentiated as torch's own, and its input gradient with the kernels of
    first derivatives. ``is_sample``: whether ``x`` is what the network was given."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        options: ConvOptions,
        is_sample: bool,
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.options = options
        ctx.is_sample = is_sample
        return convolve(x, weight, bias, options)

    @staticmethod
    def backward(ctx: Any, output_grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad[:3]
        if not second_order.weight_gradients_wanted():
            wants_weight = wants_bias = False
        if ctx.is_sample and not second_order.sample_gradients_wanted():
            wants_x = False
        x_grad: Tensor | None = None
        weight_grad: Tensor | None = None
        if torch.is_grad_enabled():
            if wants_x:
                x_grad = _InputGrad.apply(output_grad, x.detach(), weight, ctx.options)
            if wants_weight:
                weight_grad = convolution_gradients(
                    output_grad, x, weight, ctx.options, False, True
                )[1]
        elif wants_x or wants_weight:
            x_grad, weight_grad = convolution_gradients(
                output_grad, x, weight, ctx.options, wants_x, wants_weight
            )
        bias_grad = output_grad.sum((0, 2, 3)) if wants_bias else None
        return x_grad, weight_grad, bias_grad, None, None


class _InputGrad(torch.autograd.Function):
    """The gradient of a convolution at its input: linear in ``output_grad`` and in the weights."""

    @staticmethod
    def forward(
        ctx: Any, output_grad: Tensor, x: Tensor, weight: Tensor, options: ConvOptions
    ) -> Tensor:
        ctx.save_for_backward(output_grad, weight)
        ctx.options = options
        return convolution_gradients(output_grad, x, weight, options, True, False)[0]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        output_grad, weight = ctx.saved_tensors
        wants_output_grad, _, wants_weight = ctx.needs_input_grad[:3]
        to_output_grad: Tensor | None = None
        if wants_output_grad and torch.is_grad_enabled():
            to_output_grad = _Convolution.apply(grad, weight, None, ctx.options, _is_sample(grad))
        elif wants_output_grad:
            to_output_grad = convolve(grad, weight, None, ctx.options)
        to_weight: Tensor | None = None
        if wants_weight:
            to_weight = convolution_gradients(output_grad, grad, weight, ctx.options, False, True)[
                1
            ]
        return to_output_grad, None, to_weight, None
