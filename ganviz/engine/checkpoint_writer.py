"""Checkpoints are written beside the training: what a disk takes is not taken from the steps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ganviz import device as devices


class CheckpointWriter:
    """Writes in a thread of its own, one checkpoint at a time. It has the priority of the training,
    which waits for it at the end."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "ganviz-checkpoint", devices.prepare_serving_thread)
        self._writing: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a checkpoint is being written."""
        return self._writing is not None and not self._writing.done()

    def begin(self, write: Callable[[], None]) -> None:
        """Call ``write`` aside, once the one before is done. What it writes must stay as it is.
        Raises what the one before raised (a disk that refuses is told otherwise)."""
        self.wait()
        self._writing = self._thread.submit(write)

    def wait(self) -> None:
        """Return when nothing is being written. Raises as `begin`."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def close(self) -> None:
        """Wait for the last one, and let go of the thread."""
        self._thread.shutdown()
