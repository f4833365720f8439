"""Memory that a training frees and takes again, and what fits into it."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable

import torch

from ganviz.accel import private_apis as private
from ganviz.errors import GanvizError

# Bytes of address space that the heap grows into first; memory is taken when it is used.
HEAP = 512 << 20


@functools.cache  # once is enough
def keep_freed_memory() -> None:
    """Let glibc keep freed blocks: convolutional nets free and take the same large buffers at each
    step.

    In one heap for all threads, because the heaps that further threads get are of 64 MB and go back
    when they are empty. What the heap grows by next may lie in huge pages: looking up small ones
    takes a few percent of a step.
    """
    libc = private.glibc()
    if libc is None:
        return
    for option, value in (
        (private.M_MMAP_THRESHOLD, 1 << 30),
        (private.M_TRIM_THRESHOLD, (1 << 31) - 1),
        (private.M_TOP_PAD, 64 << 20),
        (private.M_ARENA_MAX, 1),
    ):
        private.set_malloc_option(libc, option, value)
    private.grow_heap_in_huge_pages(libc, HEAP)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that a device or the machine has no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def largest_fitting_batch(
    batch_size: int, device: torch.device, train_one_step: Callable[[int], None]
) -> int | None:
    """The largest power-of-two fraction of ``batch_size`` that trains one step, found by trying;
    None where not even one sample does.

    ``train_one_step(size)`` makes everything anew and lets go of it again.
    """
    size = batch_size // 2
    while size >= 1:
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            train_one_step(size)
            return size
        except GanvizError:  # the smaller size breaks a rule, such as batch norm with one sample
            return None
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        size //= 2
    return None
