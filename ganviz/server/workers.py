"""Threads for what may wait for a disk, by kind: nothing that can wait runs in the event loop, and
no kind of work waits for another's threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ganviz import pacing
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused, find_run

T = TypeVar("T")


class Workers:
    """``threads`` threads; more than ``waiting`` calls in their queue are refused."""

    def __init__(self, name: str, threads: int, waiting: int):
        self._pool = ThreadPoolExecutor(threads, f"ganviz-{name}")
        self._room = threads + waiting
        self._calls = 0

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """``function(*arguments)`` in one of the threads. Raises `Refused` where too many wait."""
        if self._calls >= self._room:
            raise Refused(503, "The server has too much to do at the moment; try again soon.")
        call = self._pool.submit(function, *arguments)
        self._calls += 1
        try:
            # whoever gives up does not take the call back: it may be under way
            return await asyncio.shield(asyncio.wrap_future(call))
        finally:
            self._calls -= 1


# what reaches the run that trains waits for no disk, and for nothing below
COMMANDS = Workers("command", 2, 64)
# runs are made (checkpoints are read) and folders changed
CHANGES = Workers("change", 4, 32)
# what a run would take, from the shapes of a step
ESTIMATES = Workers("estimate", 2, 16)
# what a class does is kept in files
CLASS_ACTS = Workers("class", 2, 64)
# what is looked up for pages
READS = Workers("read", 8, 256)


def with_cost(function: Callable[..., T], *arguments: Any) -> tuple[T, float]:
    """What ``function`` returns, and the processor time of this thread that it took: what it waited
    for a core that others use is not its own."""
    began = time.thread_time()
    answer = function(*arguments)
    return answer, time.thread_time() - began


async def open_run(manager: RunManager, run_id: str | None) -> ReadableRun:
    """The run called ``run_id``, or the current one. Raises `Refused` where there is none."""
    current = manager.current
    if run_id is None or (current is not None and current.id == run_id):
        # no file has to be read for it
        return find_run(manager, None)
    return await READS.run(find_run, manager, run_id)


async def read_to_end(run: ReadableRun) -> ReadableRun:
    """``run`` once its log has been read, which may take seconds and holds no thread."""
    while not run.is_read:
        await asyncio.sleep(pacing.READ_POLL_INTERVAL)
    return run


async def with_generator(run: ReadableRun) -> ReadableRun:
    """``run`` once its generator, where it has one, can be drawn from. The first to ask loads it;
    the others hold no thread meanwhile, and are not told that there is none."""
    if not run.in_memory:
        await READS.run(lambda: run.snapshots)
    while not run.is_loaded:
        await asyncio.sleep(pacing.READ_POLL_INTERVAL)
    return run
