"""Work beside the training: what drawing and disks take is not taken from the steps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class BackgroundThread:
    """A thread that does one piece of work at a time, with the name ``name``; ``prepare(*args)`` is
    called in it first. What a piece raises, the next method that looks for it raises, once."""

    def __init__(self, name: str, prepare: Callable[..., object], *args: Any):
        self._thread = ThreadPoolExecutor(1, name, prepare, args)
        self._doing: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a piece of work is not done."""
        return self._doing is not None and not self._doing.done()

    def begin(self, work: Callable[[], None]) -> None:
        """Call ``work`` there, once what is being done is done. Raises what that raised."""
        self.wait()
        self._doing = self._thread.submit(work)

    def check(self) -> None:
        """Raise what went wrong with the last piece, if it is done."""
        if not self.is_busy:
            self.wait()

    def wait(self) -> None:
        """Return when nothing is being done. Raises what went wrong."""
        doing, self._doing = self._doing, None
        if doing is not None:
            doing.result()

    def close(self) -> None:
        """Wait for the last piece, and let go of the thread."""
        self._thread.shutdown()
