"""A process and a thread, made ready for training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from ganviz import pacing
from ganviz.accel.memory import keep_freed_memory
from ganviz.accel.precision import allow_tf32
from ganviz.device import cpu_threads
from ganviz.switch_interval import short_switch_interval


def prepare_process(device: torch.device) -> None:
    """Set up this process for trainings on ``device``. Call it before other threads begin: a thread
    keeps the heap that it begins with."""
    if device.type == "cpu":
        keep_freed_memory()


def prepare_training_thread(device: torch.device, tf32: bool = False) -> None:
    """Set up the calling thread for training. OpenMP counts threads per calling thread, so it is
    called inside the thread.

    ``tf32``: on CUDA, take fp32 products in TF32. The setting is the process's, in which one run
    trains at a time.
    """
    if device.type == "cpu":
        torch.set_num_threads(cpu_threads())
    elif device.type == "cuda":
        if device.index is not None:
            # Streams and graphs are made on the thread's own device.
            torch.cuda.set_device(device)
        # Backward passes in this thread as well: it knows what they are for, and has the context.
        torch.autograd.set_multithreading_enabled(False)
        enter_context(device)
        allow_tf32(tf32)


def enter_context(device: torch.device) -> None:
    """Give the calling thread the context of a CUDA ``device``, as its first kernel does: cuBLAS,
    asked before, warns."""
    if device.type == "cuda":
        torch.zeros((), device=device)


def switch_interval_for(device: torch.device) -> AbstractContextManager[None]:
    """Within: Python's lock changes hands as often as a training on ``device`` needs it."""
    if device.type == "cpu":
        return nullcontext()
    return short_switch_interval(pacing.GPU_SWITCH_INTERVAL)


class SideStream:
    """Work of other threads beside a training on ``device``.

    Steps of a training are launched ahead. In the same stream of a GPU, whoever measures would wait
    for all of them each time it waits for a result; in one of its own it does not.
    """

    def __init__(self, device: torch.device):
        self._device = device
        self._stream: torch.cuda.Stream | None = None

    @contextmanager
    def work(self) -> Iterator[None]:
        """Within: this thread's work begins after what has been launched before, and goes first; at
        the end it is done. One thread at a time."""
        if self._device.type != "cuda":
            yield
            return
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device, priority=-1)
        self._stream.wait_stream(torch.cuda.default_stream(self._device))
        try:
            with torch.cuda.stream(self._stream):
                yield
        finally:
            self._stream.synchronize()
