"""Convolutions of few channels on tensor cores.

cuDNN's TF32 kernels want the channels of both sides in whole fours. A picture has three: its first
and its last convolution, and their gradients, would be taken in full fp32 by kernels many times
slower. A channel of zeros changes no value.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ganviz.accel import private_apis as private
from ganviz.accel.precision import takes_tf32

ALIGNED = 4


class ConvOptions(NamedTuple):
    """How a kernel moves over a map; as torch's layers name it."""

    stride: private.Size2d
    padding: private.Size2d
    dilation: private.Size2d
    transposed: bool
    output_padding: private.Size2d
    groups: int


def is_narrow(x: Tensor, into: int, out: int, groups: int) -> bool:
    """Whether a convolution of ``x`` [N, C, H, W] from ``into`` to ``out`` channels would miss the
    tensor cores for want of channels."""
    odd = into % ALIGNED > 0 or out % ALIGNED > 0
    return odd and groups == 1 and _wants_tensor_cores(x)


def _wants_tensor_cores(x: Tensor) -> bool:
    # Of bf16 cuDNN fills up the channels itself.
    return x.is_cuda and x.dtype == torch.float32 and takes_tf32()


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, options: ConvOptions) -> Tensor:
    """The convolution, as torch differentiates it."""
    if is_narrow(x, weight.shape[0], weight.shape[1], options.groups):
        out = weight.shape[1 if options.transposed else 0]
        grown_bias = None if bias is None else F.pad(bias, (0, -out % ALIGNED))
        grown = _convolve(_grown(x), _grown(weight, first=True), grown_bias, options)
        return _first_channels(grown, out)
    return _convolve(x, weight, bias, options)


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, options: ConvOptions) -> Tensor:
    stride, padding, dilation, transposed, output_padding, groups = options
    if transposed:
        return F.conv_transpose2d(
            x, weight, bias, stride, padding, output_padding, groups, dilation
        )
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


def convolution_gradients(
    output_grad: Tensor,
    x: Tensor,
    weight: Tensor,
    options: ConvOptions,
    wants_input: bool,
    wants_weight: bool,
) -> tuple[Tensor, Tensor]:
    """The gradients of `convolve` at its input and at its weight, those that are wanted."""
    wanted = wants_input, wants_weight
    if not is_narrow(x, weight.shape[0], weight.shape[1], options.groups):
        return private.convolution_gradients(output_grad, x, weight, options, *wanted)
    to_x, to_weight = private.convolution_gradients(
        _grown(output_grad), _grown(x), _grown(weight, first=True), options, *wanted
    )
    channels, (rows, columns) = x.shape[1], weight.shape[:2]
    return (
        _first_channels(to_x, channels) if wants_input else to_x,
        to_weight[:rows, :columns].clone() if wants_weight else to_weight,
    )


def _grown(maps: Tensor, first: bool = False) -> Tensor:
    """``maps`` with channels of zeros up to whole fours, along the ``first`` dimension as well."""
    rows, columns = maps.shape[:2]
    more_rows = -rows % ALIGNED if first else 0
    more_columns = -columns % ALIGNED
    if not more_rows and not more_columns:
        return maps
    return F.pad(maps, (0, 0, 0, 0, 0, more_columns, 0, more_rows))


def _first_channels(maps: Tensor, channels: int) -> Tensor:
    """Tensors of their own: what a function of autograd gives must be no view of something else,
    or nobody may change it in place."""
    return maps if maps.shape[1] == channels else maps[:, :channels].clone()
