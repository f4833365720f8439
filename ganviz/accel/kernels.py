"""Layers that compute what torch's own do, to rounding, by a way that was measured to be quicker on
a CPU.

What was measured, on an AMD EPYC with AVX-512 and one thread:

- torch multiplies fp32 matrices through Intel's MKL, which takes its AVX-512 code on Intel
  processors only. oneDNN, which torch brings along and uses for convolutions, is 2.1 times as fast
  there.
- Doubling a map and convolving it 3 x 3 sees each of its numbers up to four times. It is the same
  linear map as one transposed convolution of the small map, with a kernel of sums of weights: 4
  products in place of 9, and no large map.
- oneDNN works on 16 channels at a time, so a convolution from or to a grey picture is one matrix
  product and a sum of shifted maps instead.
- The slope of a ReLU or of a mean has no slope of its own. Torch gives zeros for it, and where
  nothing else travels back through a pass whose slope is penalised, those zeros do, through all of
  it. Here they are left out.
- Differentiating the slope of a convolution, torch takes the part at the weights for a convolution
  whose kernel is a whole map. It is a weight gradient like any other, and oneDNN's takes a half to
  a quarter of the time (on an Intel Xeon).

The choice depends on the network and the machine alone, so the same run on the same machine stays
the same bit for bit. The layers only change their class: weights, names and copies stay those of
torch's layers.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SWITCH = "GANVIZ_QUICK"  # environment: 0 leaves every layer to torch
SMALLEST = 16_384  # weights of a linear layer; below, the call costs more than the product


class _Asked(threading.local):
    """What this thread said of the passes that it makes."""

    inputs_only = False
    twice = False
    slopes_only = False


_asked = _Asked()


def is_on() -> bool:
    """Whether quick ways are wanted."""
    return os.environ.get(SWITCH) != "0"


def quicken(network: nn.Module, on_cpu: bool = True) -> nn.Module:
    """Give the plain layers of ``network`` their quick way: those without weights anywhere, the
    others on the CPU."""
    if not is_on():
        return network
    for module in list(network.modules()) if on_cpu else ():
        if isinstance(module, nn.Sequential):
            _join_doublings(module)
    for module in network.modules():
        quick = FLAT.get(type(module)) or (_quick_class(module) if on_cpu else None)
        if quick:
            module.__class__ = quick
    return network


def _quick_class(module: nn.Module) -> type[nn.Module] | None:
    if type(module) is nn.Linear:
        return (
            QuickLinear
            if module.weight.numel() >= SMALLEST and onednn_multiplies_faster()
            else None
        )
    if type(module) not in (nn.Conv2d, nn.ConvTranspose2d) or not _simple(module):
        return None
    if isinstance(module, nn.ConvTranspose2d):
        return (
            GreyTransposed if module.out_channels == 1 and module.output_padding == (0, 0) else None
        )
    if module.out_channels == 1 and module.stride == (1, 1):
        return GreyEnd
    return GreyStart if module.in_channels == 1 else QuickConv2d


def _simple(module: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    padded = module.padding_mode == "zeros" and isinstance(module.padding, tuple)
    return padded and module.dilation == (1, 1) and module.groups == 1


def _join_doublings(sequence: nn.Sequential) -> None:
    """Let each 3 x 3 convolution right after a doubling do both."""
    for first, second in pairwise(list(sequence)):
        if (
            type(first) is nn.Upsample
            and first.mode == "nearest"
            and first.scale_factor == 2
            and type(second) is nn.Conv2d
            and second.kernel_size == (3, 3)
            and second.stride == second.padding == (1, 1)
            and _simple(second)
        ):
            first.__class__ = Passed
            second.__class__ = DoublingConv2d


@cache
def onednn_multiplies_faster() -> bool:
    """Whether this machine's linear layers should go through oneDNN."""
    return (
        torch.backends.mkl.is_available()
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and torch.backends.cpu.get_cpu_capability() == "AVX512"
        and not _made_by_intel()
    )


def _made_by_intel() -> bool:
    with contextlib.suppress(OSError):
        return "GenuineIntel" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    return True  # elsewhere torch's own way stays


# -- linear ----------------------------------------------------------------------------------------
class QuickLinear(nn.Linear):
    """`nn.Linear`, its fp32 products through oneDNN."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 2 or not _is_plain(x, self.weight):
            return super().forward(x)
        return _Product.apply(x, self.weight, self.bias)


def _is_plain(x: Tensor, w: Tensor) -> bool:
    """Whether fp32 numbers on the CPU meet here, and torch does nothing special with what it
    computes from them."""
    return (
        x.dtype == w.dtype == torch.float32
        and x.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
        and not torch._C._are_functorch_transforms_active()
        and not torch.compiler.is_compiling()
    )


class _Product(torch.autograd.Function):
    """x @ w.T + b. Its gradients are products of the same kind, so it can be differentiated as
    often as a penalty needs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, w)
        return _multiply(x, w, b)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, w = ctx.saved_tensors
        product = (
            _Product.apply if torch.is_grad_enabled() else _multiply
        )  # grad mode is on where a graph is wanted
        wants_x, wants_w, wants_b = ctx.needs_input_grad
        weights = not _asked.inputs_only
        return (
            product(g, w.t(), None) if wants_x else None,
            product(g.t(), x.t(), None) if wants_w and weights else None,
            g.sum(0) if wants_b and weights else None,
        )


def _multiply(x: Tensor, w: Tensor, b: Tensor | None) -> Tensor:
    """oneDNN's x @ w.T + b; ``w`` and ``x`` may be transposed views."""
    return torch.ops.mkldnn._linear_pointwise(x, w, b, "none", [], "")


def only_inputs() -> contextlib.AbstractContextManager[None]:
    """Within: a backward pass of this thread asks for gradients at inputs only, so those at weights
    are not computed.

    Autograd tells this to torch's own operations, but not to those written in Python.
    """
    return _within("inputs_only")


def twice() -> contextlib.AbstractContextManager[None]:
    """Within: the slope of what this thread computes will be differentiated as well."""
    return _within("twice")


def only_slopes() -> contextlib.AbstractContextManager[None]:
    """Within: of what this thread computes, only the slope will be differentiated."""
    return _within("slopes_only")


def _differentiated_again() -> bool:
    return (_asked.twice or _asked.slopes_only) and torch.is_grad_enabled()


@contextlib.contextmanager
def _within(what: str) -> Iterator[None]:
    before = getattr(_asked, what)
    setattr(_asked, what, True)
    try:
        yield
    finally:
        setattr(_asked, what, before)


# -- layers whose slope is flat --------------------------------------------------------------------
class QuickReLU(nn.ReLU):
    """`nn.ReLU`, its slope without a slope of its own where that is differentiated."""

    def forward(self, x: Tensor) -> Tensor:
        return _Kink.apply(x, 0.0) if _differentiated_again() else super().forward(x)


class QuickLeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU`, its slope without a slope of its own where that is differentiated."""

    def forward(self, x: Tensor) -> Tensor:
        return (
            _Kink.apply(x, self.negative_slope) if _differentiated_again() else super().forward(x)
        )


class _Kink(torch.autograd.Function):
    """max(x, 0) + below * min(x, 0)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, below: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.below = below
        return F.leaky_relu(x, below)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        return _Bent.apply(
            g, ctx.saved_tensors[0].detach(), ctx.below
        ), None  # no way back into the pass itself


class _Bent(torch.autograd.Function):
    """``g`` times the slope of a kink at ``x``: linear in ``g``, and almost everywhere flat in
    ``x``."""

    @staticmethod
    def forward(ctx: Any, g: Tensor, x: Tensor, below: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.below = below
        return torch.ops.aten.leaky_relu_backward(g, x, below, False)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        return _Bent.apply(g, ctx.saved_tensors[0], ctx.below), None, None


class QuickAvgPool2d(nn.AvgPool2d):
    """`nn.AvgPool2d`, its slope without a slope of its own where that is differentiated."""

    def forward(self, x: Tensor) -> Tensor:
        if not _differentiated_again():
            return super().forward(x)
        return _Pooled.apply(
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


class _Pooled(torch.autograd.Function):
    """Means of neighbouring pixels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, how: tuple[Any, ...]) -> Tensor:
        ctx.save_for_backward(x)
        ctx.how = how
        return F.avg_pool2d(x, *how)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None]:
        return _Spread.apply(g, ctx.saved_tensors[0].detach(), ctx.how), None


class _Spread(torch.autograd.Function):
    """The gradient of `_Pooled` at its input, whose shape is that of ``x``: linear in ``g``."""

    @staticmethod
    def forward(ctx: Any, g: Tensor, x: Tensor, how: tuple[Any, ...]) -> Tensor:
        ctx.how = how
        kernel, stride, padding, *more = how
        return torch.ops.aten.avg_pool2d_backward(
            g, x, _pair(kernel), _pair(stride), _pair(padding), *more
        )

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, None, None]:
        return _Pooled.apply(g, ctx.how), None, None


FLAT = {nn.ReLU: QuickReLU, nn.LeakyReLU: QuickLeakyReLU, nn.AvgPool2d: QuickAvgPool2d}


# -- convolving under a penalty --------------------------------------------------------------------
class QuickConv2d(nn.Conv2d):
    """`nn.Conv2d`, quick where its slope is differentiated as well."""

    def forward(self, x: Tensor) -> Tensor:
        if (
            not _differentiated_again()
            or (x.is_leaf and not _asked.slopes_only)
            or not _is_plain(x, self.weight)
        ):
            return super().forward(x)
        return _Convolution.apply(x, self.weight, self.bias, self.stride, self.padding)


class _Convolution(torch.autograd.Function):
    """A convolution. Differentiated as torch's own, and its slope with the kernels of first
    derivatives."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, w: Tensor, b: Tensor | None, stride: Any, padding: Any
    ) -> Tensor:
        ctx.save_for_backward(x, w)
        ctx.how = stride, padding
        return F.conv2d(x, w, b, stride, padding)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor | None, ...]:
        x, w = ctx.saved_tensors
        wants_x, wants_w, wants_b = ctx.needs_input_grad[:3]
        if _asked.inputs_only:
            wants_w = wants_b = False
        if torch.is_grad_enabled():
            to_x = _Slope.apply(g, x.detach(), w, *ctx.how) if wants_x else None
            to_w = _gradients(g, x, w, *ctx.how, False, True)[1] if wants_w else None
        else:
            to_x, to_w = _gradients(g, x, w, *ctx.how, wants_x, wants_w)
        return to_x, to_w, g.sum((0, 2, 3)) if wants_b else None, None, None


class _Slope(torch.autograd.Function):
    """The gradient of a convolution at its input: linear in ``g``, the gradient at its output, and
    in the weights."""

    @staticmethod
    def forward(ctx: Any, g: Tensor, x: Tensor, w: Tensor, stride: Any, padding: Any) -> Tensor:
        ctx.save_for_backward(g, w)
        ctx.how = stride, padding
        return _gradients(g, x, w, stride, padding, True, False)[0]

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        g, w = ctx.saved_tensors
        wants_g, _, wants_w = ctx.needs_input_grad[:3]
        convolve = _Convolution.apply if torch.is_grad_enabled() else F.conv2d
        return (
            convolve(slope, w, None, *ctx.how) if wants_g else None,
            None,
            _gradients(g, slope, w, *ctx.how, False, True)[1] if wants_w else None,
            None,
            None,
        )


def _gradients(
    g: Tensor, x: Tensor, w: Tensor, stride: Any, padding: Any, wants_x: bool, wants_w: bool
) -> Any:
    """The gradients of a convolution at its input and at its weights, from the gradient ``g`` at
    its output."""
    return torch.ops.aten.convolution_backward(
        g, x, w, None, stride, padding, (1, 1), False, (0, 0), 1, (wants_x, wants_w, False)
    )[:2]


# -- doubling and convolving -----------------------------------------------------------------------
class Passed(nn.Upsample):
    """A doubling that the next layer does."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class DoublingConv2d(nn.Conv2d):
    """A nearest-neighbour doubling and a 3 x 3 convolution as one transposed convolution of kernel
    4 and stride 2."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = doubling_kernel(self.weight)
        if self.out_channels == 1:
            return _folded(x, kernel, self.bias, stride=2, padding=1)
        return F.conv_transpose2d(x, kernel, self.bias, 2, 1)


# Row a of the small kernel: which of w[0], w[1], w[2] meet at distance a between a number of the
# small map and a result.
_MEET = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


def doubling_kernel(w: Tensor) -> Tensor:
    """The kernel [in, out, 4, 4] of the transposed convolution, from weights [out, in, 3, 3]."""
    out, into = w.shape[:2]
    with torch.autocast(w.device.type, enabled=False):
        meet = torch.tensor(_MEET, dtype=w.dtype, device=w.device)
        return (
            (w.reshape(out * into, 9) @ torch.kron(meet, meet).t())
            .view(out, into, 4, 4)
            .transpose(0, 1)
        )


# -- grey pictures ---------------------------------------------------------------------------------
class GreyEnd(nn.Conv2d):
    """A convolution of stride 1 to one channel."""

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.flip(2, 3).transpose(0, 1)
        rows, columns = self.kernel_size
        return _folded(
            x, kernel, self.bias, 1, (rows - 1 - self.padding[0], columns - 1 - self.padding[1])
        )


class GreyTransposed(nn.ConvTranspose2d):
    """A transposed convolution to one channel."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return _folded(x, self.weight, self.bias, self.stride, self.padding)


class GreyStart(nn.Conv2d):
    """A convolution of a grey picture, quick where the picture itself asks for a gradient."""

    def forward(self, x: Tensor) -> Tensor:
        if not (x.requires_grad and torch.is_grad_enabled()):
            return super().forward(x)
        count, _, *size = x.shape
        rows, columns = (
            _size(*each)
            for each in zip(size, self.kernel_size, self.stride, self.padding, strict=True)
        )
        seen = F.unfold(x, self.kernel_size, padding=self.padding, stride=self.stride).transpose(
            1, 2
        )
        y = F.linear(
            seen.reshape(-1, seen.shape[2]), self.weight.flatten(1), self.bias
        )  # of two dimensions: with the sum
        return y.view(count, rows, columns, -1).permute(0, 3, 1, 2)


def _pair(size: Any) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)


def _size(pixels: int, kernel: int, stride: int, padding: int) -> int:
    return (pixels + 2 * padding - kernel) // stride + 1


def _folded(x: Tensor, kernel: Tensor, bias: Tensor | None, stride: Any, padding: Any) -> Tensor:
    """The transposed convolution of ``x`` with ``kernel`` [in, 1, rows, columns]: one product, then
    a sum of shifted maps."""
    strides, paddings = _pair(stride), _pair(padding)
    count, into, *pixels = x.shape
    size = [
        (n - 1) * s - 2 * p + k
        for n, s, p, k in zip(pixels, strides, paddings, kernel.shape[2:], strict=True)
    ]
    parts = x.permute(0, 2, 3, 1).reshape(count, -1, into) @ kernel.reshape(into, -1)
    y = F.fold(
        parts.transpose(1, 2).float(), size, kernel.shape[2:], padding=paddings, stride=strides
    )
    return y if bias is None else y + bias.view(1, -1, 1, 1)
