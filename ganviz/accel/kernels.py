"""Layers that compute what torch's own do, to rounding, by a way that was measured to be quicker on
a CPU.

What was measured, on an AMD EPYC with AVX-512 and one thread:

- torch multiplies fp32 matrices through Intel's MKL, which takes its AVX-512 code on Intel
  processors only. oneDNN, which torch brings along and uses for convolutions, is 2.1 times as fast
  there.
- Upsampling a map and convolving it 3 x 3 sees each of its numbers up to four times. It is the same
  linear map as one transposed convolution of the small map, with a kernel of sums of weights: 4
  products in place of 9, and no large map.
- oneDNN works on 16 channels at a time, so a convolution from or to a single channel is one matrix
  product and a sum of shifted maps instead.

Layers whose double backward is cheaper stand in `ganviz.accel.second_order` and
`ganviz.accel.double_backward_conv`; those are for every device.

The choice depends on the network and the machine alone, so the same run on the same machine stays
the same bit for bit. The layers only change their class: weights, names and copies stay those of
torch's layers.
"""

from __future__ import annotations

import contextlib
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from ganviz.accel import is_enabled
from ganviz.accel import private_apis as private
from ganviz.accel.choices import Choices, current
from ganviz.accel.double_backward_conv import CpuDoubleBackwardConv2d, double_backward_class
from ganviz.accel.second_order import (
    FLAT_DERIVATIVE,
    first_row_wanted,
    is_plain_fp32,
    pair,
    weight_gradients_wanted,
)

# Weights of a linear layer; below, the call costs more than the product.
MIN_WEIGHTS = 16_384


def optimize_layers(
    network: nn.Module, on_cpu: bool = True, choices: Choices | None = None
) -> nn.Module:
    """Give the plain layers of ``network`` their optimised class: on CPUs also those that are
    quicker there alone, as far as ``choices`` (default: the thread's) want them."""
    if not is_enabled():
        return network
    choices = choices or current()
    for module in list(network.modules()) if on_cpu and choices.optimized_convolutions else ():
        if isinstance(module, nn.Sequential):
            _fuse_upsampling(module)
    for module in network.modules():
        by_device = _cpu_class(module, choices) if on_cpu else double_backward_class(module)
        optimized = FLAT_DERIVATIVE.get(type(module)) or by_device
        if optimized is None:
            continue
        module.__class__ = (
            _with_parametrized_weights(type(module), optimized)
            if is_parametrized(module)
            else optimized
        )
    return network


def _with_parametrized_weights(own: type[nn.Module], optimized: type[nn.Module]) -> type[nn.Module]:
    """``optimized`` with what spectral norm put into ``own``, the class that it made for one
    layer."""
    inside = {k: v for k, v in vars(own).items() if k not in ("__dict__", "__weakref__")}
    return type(own.__name__, (optimized,), inside)


def _cpu_class(module: nn.Module, choices: Choices) -> type[nn.Module] | None:
    if type(module) is nn.Linear:
        wanted = choices.optimized_linear
        if wanted is None:
            wanted = onednn_multiplies_faster()
        large = module.weight.numel() >= MIN_WEIGHTS
        return OneDnnLinear if large and wanted and private.has_onednn_linear() else None
    return _cpu_conv_class(module) if choices.optimized_convolutions else None


def _cpu_conv_class(module: nn.Module) -> type[nn.Module] | None:
    # exactly these: a subclass may compute something else
    if type(module) is nn.ConvTranspose2d and _is_simple(module):
        fits = module.out_channels == 1 and module.output_padding == (0, 0)
        return SingleOutputConvTranspose2d if fits else None
    if type(module) is not nn.Conv2d or not _is_simple(module):
        grouped = type(module) is nn.Conv2d and module.groups > 1
        return CpuDoubleBackwardConv2d if grouped and double_backward_class(module) else None
    if module.out_channels == 1 and module.stride == (1, 1):
        return SingleOutputConv2d
    return SingleInputConv2d if module.in_channels == 1 else CpuDoubleBackwardConv2d


def _is_simple(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    padded = module.padding_mode == "zeros" and isinstance(module.padding, tuple)
    return padded and module.dilation == (1, 1) and module.groups == 1


def _fuse_upsampling(sequence: nn.Sequential) -> None:
    """Let each 3 x 3 convolution right after an upsampling by 2 do both."""
    for first, second in pairwise(list(sequence)):
        if (
            type(first) is nn.Upsample
            and first.mode == "nearest"
            and first.scale_factor == 2
            and type(second) is nn.Conv2d
            and second.kernel_size == (3, 3)
            and second.stride == second.padding == (1, 1)
            and _is_simple(second)
        ):
            first.__class__ = DeferredUpsample
            second.__class__ = UpsampleConv2d


@cache
def onednn_multiplies_faster() -> bool:
    """Whether this machine's linear layers should go through oneDNN."""
    return (
        torch.backends.mkl.is_available()
        and private.has_onednn_linear()
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and not _made_by_intel()
    )


def _made_by_intel() -> bool:
    with contextlib.suppress(OSError):
        return "GenuineIntel" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    # Elsewhere torch's own way stays.
    return True


# -- linear ----------------------------------------------------------------------------------------
class OneDnnLinear(nn.Linear):
    """`nn.Linear`, its fp32 products through oneDNN."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 2 or not is_plain_fp32(x, self.weight):
            return super().forward(x)
        return _OneDnnProduct.apply(x, self.weight, self.bias)


class _OneDnnProduct(torch.autograd.Function):
    """x @ weight.T + bias. Its gradients are products of the same kind, so it can be differentiated
    as often as a penalty needs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.first_row = first_row_wanted(x)
        return private.onednn_linear(x, weight, bias)

    @staticmethod
    def backward(
        ctx: Any, output_grad: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        # Grad mode is on where a graph of the gradients is wanted.
        product = _OneDnnProduct.apply if torch.is_grad_enabled() else private.onednn_linear
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        weights = weight_gradients_wanted()
        x_grad: Tensor | None = None
        if wants_x and ctx.first_row:
            of_rows = product(output_grad[ctx.first_row :], weight.t(), None)
            x_grad = torch.cat([x.new_zeros(ctx.first_row, x.shape[1]), of_rows])
        elif wants_x:
            x_grad = product(output_grad, weight.t(), None)
        return (
            x_grad,
            product(output_grad.t(), x.t(), None) if wants_weight and weights else None,
            output_grad.sum(0) if wants_bias and weights else None,
        )


# -- upsampling and convolving ---------------------------------------------------------------------
class DeferredUpsample(nn.Upsample):
    """An upsampling that the next layer does."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class UpsampleConv2d(nn.Conv2d):
    """A nearest-neighbour upsampling by 2 and a 3 x 3 convolution as one transposed convolution of
    kernel 4 and stride 2."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = upsample_conv_kernel(self.weight)
        if self.out_channels == 1:
            return _conv_transpose_by_fold(x, kernel, self.bias, stride=2, padding=1)
        return F.conv_transpose2d(x, kernel, self.bias, 2, 1)


# Row a of the small kernel: which of w[0], w[1], w[2] meet at distance a between a number of the
# small map and a result.
_OVERLAP = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


def upsample_conv_kernel(weight: Tensor) -> Tensor:
    """The kernel [in, out, 4, 4] of the transposed convolution, from weights [out, in, 3, 3]."""
    out, into = weight.shape[:2]
    with torch.autocast("cpu", enabled=False):
        overlap = torch.tensor(_OVERLAP, dtype=weight.dtype, device=weight.device)
        sums = weight.reshape(out * into, 9) @ torch.kron(overlap, overlap).t()
        return sums.view(out, into, 4, 4).transpose(0, 1)


# -- a single channel ------------------------------------------------------------------------------
class SingleOutputConv2d(nn.Conv2d):
    """A convolution of stride 1 to one channel."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.flip(2, 3).transpose(0, 1)
        rows, columns = self.kernel_size
        above, left = pair(self.padding)
        padding = (rows - 1 - above, columns - 1 - left)
        return _conv_transpose_by_fold(x, kernel, self.bias, 1, padding)


class SingleOutputConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution to one channel."""

    homogeneous = True

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return _conv_transpose_by_fold(x, self.weight, self.bias, self.stride, self.padding)


class SingleInputConv2d(nn.Conv2d):
    """A convolution of one channel, as one matrix product where the input itself asks for a
    gradient."""

    homogeneous = True

    def forward(self, x: Tensor) -> Tensor:
        if not (x.requires_grad and torch.is_grad_enabled()):
            return super().forward(x)
        count, _, *size = x.shape
        paddings = pair(self.padding)
        rows, columns = (
            _output_size(pixels, kernel, stride, padding)
            for pixels, kernel, stride, padding in zip(
                size, self.kernel_size, self.stride, paddings, strict=True
            )
        )
        patches = F.unfold(x, self.kernel_size, padding=paddings, stride=self.stride)
        patches = patches.transpose(1, 2)
        # Of two dimensions: the product then adds the bias as well.
        y = F.linear(patches.reshape(-1, patches.shape[2]), self.weight.flatten(1), self.bias)
        return y.view(count, rows, columns, -1).permute(0, 3, 1, 2)


def _output_size(pixels: int, kernel: int, stride: int, padding: int) -> int:
    return (pixels + 2 * padding - kernel) // stride + 1


def _conv_transpose_by_fold(
    x: Tensor, kernel: Tensor, bias: Tensor | None, stride: Any, padding: Any
) -> Tensor:
    """The transposed convolution of ``x`` with ``kernel`` [in, 1, rows, columns]: one product, then
    a sum of shifted maps."""
    strides, paddings = pair(stride), pair(padding)
    count, into, *pixels = x.shape
    sides = pair(kernel.shape[2:])
    size = tuple(
        (n - 1) * s - 2 * p + k for n, s, p, k in zip(pixels, strides, paddings, sides, strict=True)
    )
    parts = x.permute(0, 2, 3, 1).reshape(count, -1, into) @ kernel.reshape(into, -1)
    y = F.fold(parts.transpose(1, 2).float(), size, sides, padding=paddings, stride=strides)
    return y if bias is None else y + bias.view(1, -1, 1, 1)
