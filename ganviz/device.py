"""Which device trains, how many threads it uses, and what it is called."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from ganviz.errors import ConfigError


def pick_device(name: str = "auto") -> torch.device:
    """The device called ``name``; "auto" takes CUDA, then MPS, then the CPU.

    Raises `ConfigError` for a device that torch does not know or this machine does not have.
    """
    if name == "auto":
        name = _best_device()
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise ConfigError(
            f"There is no device called {name!r}; use auto, cpu, cuda, cuda:1 or mps.", "device"
        ) from None
    missing = (
        (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count())
        or (device.type == "mps" and not torch.backends.mps.is_available())
        or device.type not in ("cpu", "cuda", "mps")
    )
    if missing:
        why = f" ({gpu_problem()})" if device.type == "cuda" and gpu_problem() else ""
        raise ConfigError(
            f"This machine has no device {str(device)!r}{why}; use auto or cpu.", "device"
        )
    return device


# The driver is what it is for as long as this process runs.
@functools.cache
def gpu_problem() -> str:
    """Why an NVIDIA GPU of this machine cannot be used, as torch puts it: a driver that is too old,
    a card in a state that it does not know. Empty where nothing is wrong, or no such GPU is
    there."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    if available or not seen:
        return ""
    return str(seen[0].message).partition("(Triggered")[0].strip().rstrip(".")[:300]


def _best_device() -> str:
    if not gpu_problem() and torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


# Asked for with every status, and the answer never changes.
@functools.cache
def label(device: torch.device) -> str:
    """The device as a person would name it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU ({_processor()}, {cpu_threads()} of {os.cpu_count()} cores)"


def cpu_threads() -> int:
    """Threads for training: ``OMP_NUM_THREADS`` where it says so, else all cores but one, which is
    left to the server, so that pages and sliders stay quick (`python -m benchmarks threads-*`
    measures the choice).

    It stays what it is through a run, whoever drags a slider: another number of threads adds sums
    up in another order, and the run would no longer be the same bit for bit.
    """
    # A list gives a number for each level of nesting.
    wanted = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(wanted) if wanted.isdecimal() and int(wanted) else max(1, cores() - 1)


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    # macOS and Windows do not say.
    except AttributeError:
        return os.cpu_count() or 1


def work_clock(device: torch.device) -> Callable[[], float]:
    """Reads the seconds that the thread which asks has worked. On a CPU those are its own, without
    what it waited for a core that others use; elsewhere they are the wall's, for it waits for the
    device."""
    return time.thread_time if device.type == "cpu" else time.perf_counter


def random_generator(device: torch.device, seed: int) -> torch.Generator:
    """A seeded generator for tensors on ``device``; the meta device draws nothing and takes any."""
    return torch.Generator("cpu" if device.type == "meta" else device).manual_seed(seed)


def set_random(generator: torch.Generator, state: torch.Tensor) -> None:
    """Let ``generator`` go on from a saved ``state``. One of another kind of device, whose random
    numbers are of another kind, gives a seed: what follows is then as random and as repeatable, but
    not what would have followed there. Raises `RuntimeError` for what is no state at all.
    """
    state = state.cpu()
    if fits_random(generator, state) or state.dtype != torch.uint8 or state.dim() != 1:
        generator.set_state(state)
    else:
        digest = hashlib.blake2b(state.numpy().tobytes(), digest_size=7).digest()
        generator.manual_seed(int.from_bytes(digest, "little"))


def fits_random(generator: torch.Generator, state: torch.Tensor) -> bool:
    """Whether ``state`` was saved from a generator of the same kind of device."""
    return state.shape == generator.get_state().shape


def prepare_serving_thread() -> None:
    """Rendering for a viewer uses one core, whatever training uses."""
    torch.set_num_threads(1)


def prepare_background_thread() -> None:
    """Measuring may wait: one core, and, where the system knows priorities of threads (Linux),
    behind everything else."""
    prepare_serving_thread()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
