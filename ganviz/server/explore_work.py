"""Where the work of the tab Explore is done: bounded, in threads of its own, behind the training.

Two kinds never wait for each other: pictures, which take milliseconds, and long work, of which one
piece at a time is under way.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.device import prepare_background_thread
from ganviz.server.discretion import sentence_for
from ganviz.server.guard import Refused
from ganviz.server.json_lines import JsonLines, SendLine, Work
from ganviz.server.latent_batches import CLIENT_GONE
from ganviz.server.limits import Places
from ganviz.server.visitor_scope import visitor_of

T = TypeVar("T")
BUSY = "Too many people explore at once on this machine; try again in a moment."
PICTURES_OF_ONE = (
    "This browser waits for as many pictures as one may at once; try again in a moment."
)
LONG_WORK_OF_ONE = (
    "This browser has as many searches under way as one may at once; stop one, or wait until it "
    "has ended."
)
TOO_LONG = (
    "This takes too long on this machine, and others wait for it: try again when less is going on."
)
FAILED = "This stumbled over something unforeseen; the server's log says what."


class ExploreWork:
    """Threads and places for the explorers of one server."""

    def __init__(self) -> None:
        self._pictures = ThreadPoolExecutor(1, "ganviz-explore", prepare_background_thread)
        self._long = ThreadPoolExecutor(1, "ganviz-explore-long", prepare_background_thread)
        self._places = Places(
            128, 64, per_viewer=32, for_presenters=16, full=BUSY, own=PICTURES_OF_ONE
        )
        self._long_places = Places(
            32, 16, per_viewer=4, for_presenters=4, full=BUSY, own=LONG_WORK_OF_ONE
        )

    async def run(self, request: Request, work: Callable[[], T], *, long: bool = False) -> T:
        """``work()`` in a thread, unless the browser has gone by then. Raises `Refused`."""
        loop = asyncio.get_running_loop()
        places = self._long_places if long else self._places
        with places.place(request.scope):
            if await request.is_disconnected():
                raise Refused(CLIENT_GONE, "Nobody waits for this any more.")
            pool = self._long if long else self._pictures
            try:
                return await loop.run_in_executor(pool, work)
            except LookupError as error:
                raise Refused(409, str(error.args[0])) from None

    def stream(self, request: Request, work: Work) -> Response:
        """Lines of JSON that ``work(send, ended)`` sends from the long thread, as they come.

        ``ended`` is set when the browser hangs up or the work takes too long; an error becomes the
        last line, ``{"error"}``.
        """
        place = self._long_places.place(request.scope)
        explained = partial(_bounded, work)
        return JsonLines(self._long, place, explained, FAILED, sentence_for(visitor_of(request)))


class _Deadline(threading.Event):
    """Set when ``ended`` is, or when the work has taken as long as it may."""

    def __init__(self, ended: threading.Event):
        super().__init__()
        self._ended = ended
        self._end = time.monotonic() + pacing.EXPLORE_TIMEOUT

    def is_set(self) -> bool:
        return self._ended.is_set() or self.is_late

    def wait(self, timeout: float | None = None) -> bool:
        left = max(0.0, self._end - time.monotonic())
        return self._ended.wait(left if timeout is None else min(timeout, left)) or self.is_set()

    @property
    def is_late(self) -> bool:
        """Whether others wait for this work no longer."""
        return time.monotonic() > self._end


def _bounded(work: Work, send: SendLine, ended: threading.Event) -> None:
    """``work``, ended in time, with what it has found by then. A `LookupError` says what there is
    not yet, such as a generator."""
    deadline, lines = _Deadline(ended), [dict[str, Any]()]

    def noted(line: dict[str, Any]) -> None:
        lines[0] = line
        send(line)

    try:
        work(noted, deadline)
    except LookupError as error:
        raise Refused(409, str(error.args[0])) from None
    if deadline.is_late and "done" not in lines[0]:
        raise Refused(503, TOO_LONG)
