"""A viewer of the live socket, and the messages that viewers share."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ganviz import pacing
from ganviz.classroom import Visitor
from ganviz.runs.readable import ReadableRun
from ganviz.server import live_protocol as protocol
from ganviz.server.discretion import message_for_viewers

logger = logging.getLogger(__name__)


class Viewer:
    """One browser's socket and what it has been sent. ``follows``: it changes over to whatever run
    is current."""

    def __init__(
        self, websocket: WebSocket, visitor: Visitor, run: ReadableRun | None, follows: bool
    ):
        self.websocket = websocket
        self.visitor = visitor
        self.run = run
        self.follows = follows
        self.needs_hello = True
        self.hello_requested = False
        self.cursor = 0
        self.version = -1
        self.outline: tuple = ()
        self.sent_at = self.hello_at = float("-inf")
        self.send_task: asyncio.Task | None = None
        self.greeted = asyncio.Event()
        self.gone = asyncio.Event()

    async def deliver(self, text: str) -> None:
        """Send one message; returns when the connection has taken it. Who cannot be sent to is
        gone."""
        try:
            await self.websocket.send_text(text)
            self.greeted.set()
        except (WebSocketDisconnect, RuntimeError, OSError):
            self.gone.set()
        finally:
            self.send_task = None

    async def close(self) -> None:
        """Close the socket, which may be closed already, or too clogged to take a farewell."""
        try:
            await asyncio.wait_for(self.websocket.close(protocol.TOO_SLOW), pacing.CLOSE_TIMEOUT)
        except (asyncio.TimeoutError, WebSocketDisconnect, RuntimeError, OSError) as problem:
            logger.debug("a socket closed without farewell: %r", problem)


class Texts:
    """One message as text, made at most once for presenters and once for viewers."""

    def __init__(self, message: dict[str, Any]):
        self._message = message
        self._texts: dict[bool, str] = {}

    def to(self, visitor: Visitor) -> str:
        """The message as ``visitor`` gets it."""
        whole = visitor.presenter
        if whole not in self._texts:
            message = self._message if whole else message_for_viewers(self._message)
            self._texts[whole] = protocol.to_text(message)
        return self._texts[whole]
