"""Every private API of torch and of glibc that ganviz uses, each with the plain way beside it in
``tests/accel/test_private_apis.py``: after an upgrade, that test says what broke.

Names that begin with an underscore, the operations of `torch.ops`, and what is reached through
ctypes stand here and nowhere else.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves as tree_leaves

Arguments = ParamSpec("Arguments")
Kind = TypeVar("Kind", bound=Optimizer)


class DispatchMode(TorchDispatchMode):
    """Base of a mode whose ``__torch_dispatch__`` sees every operation of its thread."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Else making the class loads `torch._dynamo`, as `spare_dynamo` tells."""
        return False


Size2d = tuple[int, int]
Tensors = list[Tensor] | tuple[Tensor, ...]

BatchNormBase = nn.modules.batchnorm._BatchNorm
"""All batch norms, whatever their number of dimensions, the synchronised one included."""
NormBase = nn.modules.batchnorm._NormBase
"""All batch and instance norms."""


# -- gradients -------------------------------------------------------------------------------------
def backward_from(tensors: Tensors, gradients: Tensors, inputs: Tensors) -> None:
    """``torch.autograd.backward(tensors, gradients, inputs=inputs)``, without its look at whether
    sizes fit: for that, torch loads sympy at the first step, half a second in which nothing else of
    the process runs."""
    torch.autograd.graph._engine_run_backward(
        tuple(tensors),
        tuple(gradients),
        False,
        False,
        tuple(inputs),
        allow_unreachable=True,
        accumulate_grad=True,
    )


# -- many tensors in one call ----------------------------------------------------------------------
def copy_each_(into: Tensors, values: Tensors) -> None:
    """``a.copy_(b)`` for each pair."""
    torch._foreach_copy_(into, values)


def norm_each(tensors: Tensors) -> list[Tensor]:
    """The L2 norm of each tensor, as scalars on their device."""
    return list(torch._foreach_norm(tensors))


def subtract_each(tensors: Tensors, others: Tensors) -> list[Tensor]:
    """``a - b`` for each pair."""
    return list(torch._foreach_sub(tensors, others))


def subtract_each_(tensors: Tensors, others: Tensors) -> None:
    """``a -= b`` for each pair."""
    torch._foreach_sub_(tensors, others)


def lerp_each_(tensors: Tensors, ends: Tensors, weight: float) -> None:
    """``a += weight * (b - a)`` for each pair."""
    torch._foreach_lerp_(tensors, ends, weight)


def lerp_each_by_(tensors: Tensors, ends: Tensors, weight: Tensor) -> None:
    """``a += weight * (b - a)`` for each pair; ``weight`` is a scalar on their device, which a CUDA
    graph reads."""
    torch._foreach_lerp_(tensors, ends, [weight] * len(tensors))


def clamp_each_(tensors: Tensors, limit: float) -> None:
    """Clamp each tensor to [-limit, limit]."""
    torch._foreach_clamp_max_(tensors, limit)
    torch._foreach_clamp_min_(tensors, -limit)


def storage_key(tensor: Tensor) -> int:
    """The same number for all tensors that share memory, also where it holds nothing (meta)."""
    return tensor.untyped_storage()._cdata


# -- operations ------------------------------------------------------------------------------------
def operation(function: Any) -> Callable[..., Any]:
    """An operation as `DispatchMode` sees it, without the Python around it."""
    return function._op


def is_view_operation(function: Any) -> bool:
    """Whether an operation gives another view of its first tensor, and writes nothing."""
    return function.is_view


def is_copy_operation(function: Any) -> bool:
    """Whether an operation writes its second tensor to its first."""
    return function is torch.ops.aten.copy_.default


def is_empty_operation(function: Any) -> bool:
    """Whether an operation makes a tensor that nothing was written to."""
    return function is torch.ops.aten.new_empty_strided.default


def is_of_profiler(function: Any) -> bool:
    """Whether an operation only tells torch's profiler where it is."""
    return function.namespace == "profiler"


# -- optimisers ------------------------------------------------------------------------------------
def fused_adam_(
    weights: list[Tensor],
    gradients: list[Tensor],
    means: list[Tensor],
    squares: list[Tensor],
    steps: list[Tensor],
    lr: float | Tensor,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """One step of Adam (Kingma and Ba 2015) on all ``weights``, without weight decay. ``steps``
    already count this one."""
    torch._fused_adam_(
        weights,
        gradients,
        means,
        squares,
        [],
        steps,
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        weight_decay=0.0,
        eps=eps,
        amsgrad=False,
        maximize=False,
    )


def adam_with_held_beta2_(
    weights: list[Tensor],
    gradients: list[Tensor],
    means: list[Tensor],
    squares: list[Tensor],
    step: Tensor,
    lr: float | Tensor,
    beta1: float,
    beta2: Tensor,
    eps: float,
) -> None:
    """What `fused_adam_` does, for a ``beta2`` that is held on the device, which that kernel cannot
    read. ``step``: the one number that all weights have counted, this step included."""
    count = step.double()
    kind = weights[0].dtype
    work = torch._foreach_mul(gradients, gradients)
    torch._foreach_mul_(work, (1 - beta2).to(kind))
    torch._foreach_mul_(squares, beta2.to(kind))
    torch._foreach_add_(squares, work)
    torch._foreach_lerp_(means, gradients, 1 - beta1)
    # From here on in the same memory: a graph keeps what it once took.
    torch._foreach_copy_(work, squares)
    torch._foreach_sqrt_(work)
    torch._foreach_mul_(work, (1 - beta2**count).rsqrt().to(kind))
    torch._foreach_add_(work, eps)
    torch._foreach_reciprocal_(work)
    torch._foreach_mul_(work, means)
    torch._foreach_mul_(work, (lr / (1 - beta1**count)).to(kind))
    torch._foreach_sub_(weights, work)


def step_pre_hooks(optimizer: Optimizer) -> dict[int, Any]:
    """What `Optimizer.register_step_pre_hook` registered, by number."""
    return optimizer._optimizer_step_pre_hooks


def step_post_hooks(optimizer: Optimizer) -> dict[int, Any]:
    """What `Optimizer.register_step_post_hook` registered, by number."""
    return optimizer._optimizer_step_post_hooks


def spare_dynamo() -> None:
    """Let torch's functions that its compiler leaves out run without loading it: optimisers'
    methods, operations on the meta device. `torch._dynamo` is two seconds and 150 MB of imports.
    What somebody compiles later leaves them out as ever."""
    vars(torch._compile)["getattr"] = _unless_compiling


def _unless_compiling(function: Any, name: str, default: Any) -> Any:
    """What `torch._compile` asks for: how the compiler leaves ``function`` out, and None where it
    has to be loaded to say so; else ``function`` itself is run."""
    found = getattr(function, name, default)
    return function if found is None and "torch._dynamo" not in sys.modules else found


def without_dynamo(kind: Callable[Arguments, Kind]) -> Callable[Arguments, Kind]:
    """An optimiser of torch's whose steps do not load `torch._dynamo`."""
    return cast(Callable[Arguments, Kind], _without_dynamo(kind))


@functools.cache
def _without_dynamo(kind: Any) -> Any:
    step = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), {"step": step, "__module__": kind.__module__})


def adam_step(optimizer: torch.optim.Adam, closure: Any = None) -> Any:
    """`torch.optim.Adam.step` without hooks, and without loading `torch._dynamo`."""
    with torch.no_grad():
        return inspect.unwrap(torch.optim.Adam.step)(optimizer, closure)


# -- kernels ---------------------------------------------------------------------------------------
def has_onednn_linear() -> bool:
    """Whether this build of torch has `onednn_linear`."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def onednn_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """oneDNN's ``x @ weight.T + bias`` of fp32 matrices on the CPU, which may be transposed
    views."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def convolution_gradients(
    output_grad: Tensor,
    x: Tensor,
    weight: Tensor,
    options: tuple[Size2d, Size2d, Size2d, bool, Size2d, int],
    wants_input: bool,
    wants_weight: bool,
) -> tuple[Tensor, Tensor]:
    """The gradients of a convolution at its input and at its weight, those that are wanted.
    ``options``: stride, padding, dilation, transposed, output padding, groups."""
    wanted = (wants_input, wants_weight, False)
    return torch.ops.aten.convolution_backward(output_grad, x, weight, None, *options, wanted)[:2]


def leaky_relu_input_grad(output_grad: Tensor, x: Tensor, negative_slope: float) -> Tensor:
    """The gradient of `F.leaky_relu` at its input ``x``."""
    return torch.ops.aten.leaky_relu_backward(output_grad, x, negative_slope, False)


def avg_pool2d_input_grad(
    output_grad: Tensor, x: Tensor, kernel: Size2d, stride: Size2d, padding: Size2d, *more: Any
) -> Tensor:
    """The gradient of `F.avg_pool2d` at its input ``x``. ``more``: ceil_mode, count_include_pad,
    divisor_override."""
    return torch.ops.aten.avg_pool2d_backward(output_grad, x, kernel, stride, padding, *more)


def grid_sample_input_gradient(output_grad: Tensor, grid: Tensor) -> Tensor:
    """The gradient of bilinear, reflecting `F.grid_sample` with aligned corners at its input, which
    has the shape of its output."""
    modes = 0, 2, True, (True, False)
    # What the input held matters to the gradient at the grid alone.
    return torch.ops.aten.grid_sampler_2d_backward(output_grad, output_grad, grid, *modes)[0]


def in_function_transform() -> bool:
    """Whether a transform of `torch.func` (vmap, grad) is at work."""
    return torch._C._are_functorch_transforms_active()


# -- glibc -----------------------------------------------------------------------------------------
# malloc.h and mman.h.
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
MADV_HUGEPAGE = 14
HUGE_PAGE = 2 << 20


def glibc() -> ctypes.CDLL | None:
    """The C library of this process where it has glibc's ``mallopt``, else None."""
    try:
        libc = ctypes.CDLL(None)
        return libc if hasattr(libc, "mallopt") else None
    # The last one: Windows wants a name.
    except (OSError, TypeError):
        return None


def set_malloc_option(libc: ctypes.CDLL, option: int, value: int) -> bool:
    """glibc's ``mallopt``; whether it was taken."""
    return libc.mallopt(option, value) == 1


def grow_heap_in_huge_pages(libc: ctypes.CDLL, size: int) -> bool:
    """Let the heap grow by ``size`` bytes of address space and ask for huge pages there; no memory
    is taken before it is used. Whether there was room."""
    libc.malloc.restype = ctypes.c_void_p
    block = libc.malloc(ctypes.c_size_t(size))
    if block:
        start = -(-block // HUGE_PAGE) * HUGE_PAGE
        length = (block + size - start) // HUGE_PAGE * HUGE_PAGE
        libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), MADV_HUGEPAGE)
    libc.free(ctypes.c_void_p(block))
    return bool(block)
