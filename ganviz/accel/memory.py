"""Memory that a training frees and takes again, and what fits into it."""

from __future__ import annotations

import functools
import gc
import os
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz.accel import private_apis as private
from ganviz.errors import GanvizError

# Bytes of address space that the heap grows into first; memory is taken when it is used.
HEAP = 512 << 20


# Once is enough.
@functools.cache
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


def take_memory_ahead(size: int) -> None:
    """Let the system give the memory that the next ``size`` bytes of tensors will lie in: where
    freed memory is kept, they need not wait for it.

    As one block: the heap, which all threads share, is locked while it writes the end of a block,
    and would be once for each of many.
    """
    torch.empty(size, dtype=torch.uint8).zero_()


def free_memory(device: torch.device | None = None) -> int:
    """Bytes that may still be used: of a CUDA device, else of main memory, where a container's own
    limit counts, too. 4 GB where the system does not say."""
    if device is not None and device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch keeps for its next tensors is free, too.
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + unused
    limited = cgroup_free_memory()
    free = _machine_free_memory()
    return free if limited is None else min(free, limited)


def _machine_free_memory() -> int:
    with suppress(ImportError):
        import psutil

        return psutil.virtual_memory().available
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 4 * 10**9


# (where it is mounted, limit, usage), of control groups in their versions 2 and 1.
CGROUPS = (
    ("", "memory.max", "memory.current"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def cgroup_free_memory(
    root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> int | None:
    """Bytes that the control groups of this process (a container's, a job's) still allow, the files
    that they may forget included; None without a limit."""
    found = []
    for mount, limit, usage in CGROUPS:
        for folder in {root / mount, *(root / mount / path for path in _own_groups(own, mount))}:
            with suppress(OSError, ValueError):
                allowed = int((folder / limit).read_text())
                used = int((folder / usage).read_text())
                found.append(max(0, allowed - used + _forgettable(folder / "memory.stat")))
    return min(found, default=None)


def _own_groups(own: Path, controller: str) -> list[str]:
    """The groups of this process under ``controller``, from lines such as ``4:memory:/job``."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return []
    return [parts[2].lstrip("/") for parts in lines if len(parts) == 3 and parts[1] == controller]


def _forgettable(stat: Path) -> int:
    with suppress(OSError, ValueError):
        figures = dict(line.split() for line in stat.read_text().splitlines())
        return int(figures.get("total_inactive_file") or figures.get("inactive_file") or 0)
    return 0


class PeakMemory(private.DispatchMode):
    """Within: how much memory the tensors that this thread makes hold, and held at most, in bytes.

    On the meta device nothing is computed and no memory taken, so a whole training step can be
    measured beforehand.
    """

    def __init__(self) -> None:
        super().__init__()
        private.spare_dynamo()
        self.live = self.peak = 0
        self._sizes: dict[int, int] = {}

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        for leaf in private.tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._count(leaf)
        return result

    def _count(self, tensor: Tensor) -> None:
        key = private.storage_key(tensor)
        if key in self._sizes:
            return
        storage = tensor.untyped_storage()
        self._sizes[key] = storage.nbytes()
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._free, key)

    def _free(self, key: int) -> None:
        self.live -= self._sizes.pop(key, 0)


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
        # The smaller size breaks a rule, such as batch norm with one sample.
        except GanvizError:
            return None
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        size //= 2
    return None
