"""What viewers have a training thread do between two steps, once for all who ask."""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Generic, TypeVar

from ganviz import pacing
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.server.guard import Refused

T = TypeVar("T")
BEING_MADE = "The networks are being made; try again in a moment."
STEP_TAKES_LONG = "The step in progress takes long; try again in a moment."


@dataclass(frozen=True)
class Pending(Generic[T]):
    """A task that was handed to ``run`` at ``since`` (monotonic seconds)."""

    run: weakref.ref[Run]
    future: Future[T]
    since: float

    @property
    def timeout(self) -> float:
        """Seconds for which it is still waited for: who asks late in a long step is answered at
        once."""
        return max(0.0, self.since + pacing.SCORES_TIMEOUT - time.monotonic())


class SharedTask(Generic[T]):
    """``task`` of a run's trainer. Whoever asks before it is done, or within ``good_for`` seconds,
    gets the same answer: during a long step nothing piles up for its end. Call it from any
    thread."""

    def __init__(self, task: Callable[[Trainer], T], good_for: float):
        self._task, self._good_for = task, good_for
        self._lock = threading.Lock()
        self._newest: Pending[T] | None = None

    def of(self, run: Run) -> Pending[T]:
        """The newest one of ``run``. Raises `Refused` while there are no networks to ask."""
        if run.state == "preparing":
            raise Refused(409, BEING_MADE)
        with self._lock:
            newest, now = self._newest, time.monotonic()
            serves = newest is not None and newest.run() is run
            if (
                newest
                and serves
                and not (newest.future.done() and now >= newest.since + self._good_for)
            ):
                return newest
            self._newest = Pending(weakref.ref(run), run.between_steps(self._task), now)
            return self._newest

    async def answer(self, run: Run) -> T:
        """What the newest one of ``run`` gives, awaited. Raises `Refused` where the step in
        progress takes long, and what the task raises."""
        pending = self.of(run)
        future = asyncio.wrap_future(pending.future)
        try:
            return await asyncio.wait_for(asyncio.shield(future), pending.timeout)
        except (TimeoutError, asyncio.TimeoutError):
            # Nobody reads what becomes of it.
            future.add_done_callback(lambda one: one.cancelled() or one.exception())
            raise Refused(503, STEP_TAKES_LONG) from None

    def result(self, run: Run) -> T:
        """As `answer`, for a thread that may wait."""
        pending = self.of(run)
        try:
            return pending.future.result(pending.timeout)
        except (TimeoutError, FutureTimeout):
            raise Refused(503, STEP_TAKES_LONG) from None
