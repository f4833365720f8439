"""Latent requests of many viewers share forward passes: all that wait are drawn at once, the newest
of each page, within a budget of the processor while a run trains."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.runs.readable import ReadableRun
from ganviz.server.workers import with_cost

CLIENT_GONE = 499  # nobody reads this answer; the number is the one that nginx logs

Query = TypeVar("Query")
T = TypeVar("T")
Answer = Response | Exception


class Budget:
    """When work may go on that is to take a ``share`` of one core: after one second of it there is
    rest for (1 - share) / share seconds, but for no more than ``longest`` at a time."""

    def __init__(self, share: float, longest: float):
        self._rest, self._longest = (1 - share) / share, longest
        self._due = 0.0

    def spend(self, seconds: float) -> None:
        """Work has ended that took ``seconds`` of a core."""
        self._due = time.monotonic() + min(self._longest, seconds * self._rest)

    def left(self) -> float:
        """Seconds until the next work may begin."""
        return max(0.0, self._due - time.monotonic())


class DrawingThread:
    """A thread that draws one thing at a time; ``is_training`` says whether a run needs the
    processor, too."""

    def __init__(self, pool: Executor, is_training: Callable[[], bool]):
        self._pool = pool
        self._is_training = is_training
        self._lock = asyncio.Semaphore(1)
        self._budget = Budget(pacing.LATENT_SHARE, pacing.LATENT_LONGEST_REST)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else draws within, and the budget has something left."""
        async with self._lock:
            if self._is_training():
                await asyncio.sleep(self._budget.left())
            yield

    async def call(self, function: Callable[..., T], *arguments: Any, requests: int = 1) -> T:
        """``function(*arguments)`` in the thread, for so many ``requests``; within a `turn`."""
        loop = asyncio.get_running_loop()
        answer, seconds = await loop.run_in_executor(self._pool, with_cost, function, *arguments)
        self._budget.spend(seconds + requests * pacing.LATENT_REQUEST_COST)
        return answer


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Query]):
    request: Request
    run: ReadableRun
    query: Query
    answer: asyncio.Future[Response]


class LatentBatches(Generic[Query]):
    """Requests that wait for the next pass.

    ``draw(run, queries)`` answers all queries about a run in one pass, in the drawing thread: a
    response or what is wrong with it for each.
    """

    def __init__(
        self, thread: DrawingThread, draw: Callable[[ReadableRun, list[Query]], Sequence[Answer]]
    ):
        self._thread = thread
        self._draw = draw
        self._waiting: dict[object, _Waiting[Query]] = {}
        self._passes: asyncio.Task[None] | None = None

    async def answer(
        self, request: Request, run: ReadableRun, query: Query, page: object
    ) -> Response:
        """The response to ``query``, from the next pass. A later one of the same ``page`` (None:
        of no page that is known) takes its place; it is then answered with 204."""
        mine = _Waiting(request, run, query, asyncio.get_running_loop().create_future())
        replaced = self._waiting.pop(page, None) if page is not None else None
        if replaced:
            # nothing is wrong, so a browser notes no error
            _settle(replaced, Response(status_code=204))
        self._waiting[mine if page is None else page] = mine
        if self._passes is None or self._passes.done():
            self._passes = asyncio.create_task(self._draw_all())
        return await mine.answer

    async def _draw_all(self) -> None:
        """One pass after another, until nobody waits."""
        while self._waiting:
            async with self._thread.turn():
                batch, self._waiting = list(self._waiting.values()), {}
                try:
                    await self._pass([one for one in batch if not await _has_left(one)])
                except Exception as error:
                    for one in batch:
                        _settle(one, error)

    async def _pass(self, batch: list[_Waiting[Query]]) -> None:
        by_run: dict[int, list[_Waiting[Query]]] = {}
        for one in batch:
            by_run.setdefault(id(one.run), []).append(one)
        for group in by_run.values():
            queries = [one.query for one in group]
            answers = await self._thread.call(
                self._draw, group[0].run, queries, requests=len(group)
            )
            for one, answer in zip(group, answers, strict=True):
                _settle(one, answer)


async def _has_left(one: _Waiting[Any]) -> bool:
    """Whether the browser has given up on its answer, which it then gets for nobody to read."""
    if not await one.request.is_disconnected():
        return False
    _settle(one, Response(status_code=CLIENT_GONE))
    return True


def _settle(one: _Waiting[Any], answer: Answer) -> None:
    if one.answer.done():
        return
    if isinstance(answer, Exception):
        one.answer.set_exception(answer)
    else:
        one.answer.set_result(answer)
