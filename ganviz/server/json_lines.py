"""Answers that come line by line, from work in a thread: each line is JSON, sent as soon as it is
made."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ganviz.errors import GanvizError
from ganviz.server import encode

logger = logging.getLogger(__name__)

SendLine = Callable[[dict[str, Any]], None]
Work = Callable[[SendLine, threading.Event], None]
Wording = Callable[[str], str]


class JsonLines(StreamingResponse):
    """What ``work(send, ended)`` sends from a thread of ``pool``.

    ``place`` is held until the answer ends, however it ends. ``ended`` is set when the browser
    hangs up; work that has not begun by then is not done. An error becomes the last line,
    ``{"error": wording(sentence)}``, with the sentence ``failed`` for what was not foreseen;
    ``wording`` is `ganviz.server.discretion.sentence_for` of who asks.
    """

    def __init__(
        self, pool: ThreadPoolExecutor, place: ExitStack, work: Work, failed: str, wording: Wording
    ):
        super().__init__(
            _lines(pool, work, failed, wording),
            media_type="application/x-ndjson",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)


async def _lines(
    pool: ThreadPoolExecutor, work: Work, failed: str, wording: Wording
) -> AsyncIterator[bytes]:
    loop, ended = asyncio.get_running_loop(), threading.Event()
    lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def send(line: dict[str, Any] | None) -> None:
        loop.call_soon_threadsafe(lines.put_nowait, line)

    def guarded() -> None:
        try:
            if not ended.is_set():
                work(send, ended)
        except GanvizError as error:
            send({"error": wording(error.sentence)})
        except Exception:
            logger.exception("work that a page asked for failed")
            send({"error": wording(failed)})
        finally:
            send(None)

    future = loop.run_in_executor(pool, guarded)
    try:
        while (line := await lines.get()) is not None:
            yield encode.dumps(line) + b"\n"
    finally:
        ended.set()
        future.cancel()  # where it has not begun
