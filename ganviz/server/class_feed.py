"""The state of the class on the live socket: to each visitor what is new for it, newest only."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ganviz import pacing
from ganviz.classroom import Classroom, Visitor
from ganviz.runs.readable import ReadableRun
from ganviz.server import encode
from ganviz.server import live_protocol as protocol
from ganviz.server.limits import client_of


class ClassFeed:
    """Sends the class's state to the sockets of one event loop.

    A visitor has no queue: while its connection is slow nothing piles up, and its next message
    holds the newest state of each piece that differs from what it has.
    """

    def __init__(self, classroom: Classroom):
        self.classroom = classroom
        self._waiting: set[asyncio.Event] = set()
        self._loop = asyncio.get_running_loop()
        self._run_id = ""

    def note_run(self, current: ReadableRun | None) -> None:
        """``current`` trains or was shown last: pieces that are about it, such as the wall, are
        others when it is another one."""
        run_id = current.id if current is not None else ""
        if run_id != self._run_id:
            self._run_id = run_id
            self.classroom.changed()

    async def serve(self, websocket: WebSocket, visitor: Visitor) -> None:
        """Keep one page up to date until it goes."""
        news = asyncio.Event()
        if not self._waiting:
            self.classroom.subscribe(self._on_change)
        self._waiting.add(news)
        self.classroom.room.opened(visitor, client_of(websocket.scope))
        self.classroom.changed()
        try:
            await self._send_changes(websocket, visitor, news)
            # it was sent out
            await websocket.close(protocol.SENT_OUT)
        except (WebSocketDisconnect, RuntimeError, OSError):
            return
        finally:
            self._waiting.discard(news)
            self.classroom.room.closed(visitor)
            self.classroom.changed()
            if not self._waiting:
                self.classroom.unsubscribe(self._on_change)

    async def _send_changes(
        self, websocket: WebSocket, visitor: Visitor, news: asyncio.Event
    ) -> None:
        """Returns when ``visitor`` is in the room no longer."""
        sent: dict[str, bytes] = {}
        while now := self.classroom.current(visitor):
            news.clear()
            changed = _changes(self.classroom.view(now), sent)
            if changed:
                await websocket.send_text(protocol.class_text(changed))
            await asyncio.sleep(pacing.CLASS_INTERVAL)
            await news.wait()

    def _on_change(self) -> None:
        # RuntimeError: the server has ended
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for news in self._waiting:
            news.set()


def _changes(view: dict[str, Any], sent: dict[str, bytes]) -> dict[str, bytes]:
    """The pieces of ``view`` as JSON that differ from ``sent``, which is brought up to date."""
    packed = {name: encode.dumps(value) for name, value in view.items()}
    changed = {name: value for name, value in packed.items() if sent.get(name) != value}
    sent.update(changed)
    return changed
