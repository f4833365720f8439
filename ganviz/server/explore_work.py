"""Where the work of the tab Explore is done: bounded, in threads of its own, behind the training.

Two kinds never wait for each other: pictures, which take milliseconds, and long work, of which one
piece at a time is under way.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ganviz.device import prepare_background_thread
from ganviz.errors import GanvizError
from ganviz.server import encode
from ganviz.server.guard import Refused
from ganviz.server.limits import Quota, client_of

logger = logging.getLogger(__name__)

T = TypeVar("T")
SendLine = Callable[[dict[str, Any]], None]
CLIENT_GONE = 499
BUSY = "Too many people explore at once on this machine; try again in a moment."
FAILED = "This stumbled over something unforeseen; the server's log says what."


class ExploreWork:
    """Threads and places for the explorers of one server."""

    def __init__(self) -> None:
        self._pictures = ThreadPoolExecutor(1, "ganviz-explore", prepare_background_thread)
        self._long = ThreadPoolExecutor(1, "ganviz-explore-long", prepare_background_thread)
        self._places = Quota(128, 64)
        self._long_places = Quota(32, 16)

    async def run(self, request: Request, work: Callable[[], T], *, long: bool = False) -> T:
        """``work()`` in a thread, unless the browser has gone by then. Raises `Refused`."""
        loop = asyncio.get_running_loop()
        with self._place(request, long):
            if await request.is_disconnected():
                raise Refused(CLIENT_GONE, "Nobody waits for this any more.")
            pool = self._long if long else self._pictures
            try:
                return await loop.run_in_executor(pool, work)
            except LookupError as error:
                raise Refused(409, str(error.args[0])) from None

    def stream(
        self, request: Request, work: Callable[[SendLine, threading.Event], None]
    ) -> Response:
        """Lines of JSON that ``work(send, ended)`` sends from the long thread, as they come.

        ``ended`` is set when the browser hangs up; an error becomes the last line, ``{"error"}``.
        """
        place = ExitStack()
        place.enter_context(self._place(request, long=True))
        return _Stream(place, self._lines(work))

    @contextmanager
    def _place(self, request: Request, long: bool) -> Iterator[None]:
        places, client = (self._long_places if long else self._places, client_of(request.scope))
        if not places.has_place(client):
            raise Refused(503, BUSY)
        with places.place(client):
            yield

    async def _lines(
        self, work: Callable[[SendLine, threading.Event], None]
    ) -> AsyncIterator[bytes]:
        loop, ended = asyncio.get_running_loop(), threading.Event()
        lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        def send(line: dict[str, Any] | None) -> None:
            loop.call_soon_threadsafe(lines.put_nowait, line)

        future = loop.run_in_executor(self._long, _guarded, work, send, ended)
        try:
            while (line := await lines.get()) is not None:
                yield encode.dumps(line) + b"\n"
        finally:
            ended.set()
            future.cancel()  # where it has not begun


def _guarded(
    work: Callable[[SendLine, threading.Event], None],
    send: Callable[[dict[str, Any] | None], None],
    ended: threading.Event,
) -> None:
    try:
        if not ended.is_set():
            work(send, ended)
    except GanvizError as error:
        send({"error": error.sentence})
    except LookupError as error:
        send({"error": str(error.args[0])})
    except Exception:
        logger.exception("an explorer's work failed")
        send({"error": FAILED})
    finally:
        send(None)


class _Stream(StreamingResponse):
    """Holds its place until it ends, however it ends."""

    def __init__(self, place: ExitStack, lines: AsyncIterator[bytes]):
        super().__init__(
            lines,
            media_type="application/x-ndjson",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)
