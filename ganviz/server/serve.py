"""The web server: uvicorn with bounds on what a connection may cost.

A connection that sends no request, half a request, or does not read its answer is closed in time;
one more than there is room for takes the place of one that waits, of the client that has most.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

from ganviz import pacing
from ganviz.server.limits import Limits
from ganviz.server.live_protocol import MAX_FRAME_BYTES

MAX_HEADER_BYTES = 32 * 1024
# parsed at a time: what is refused by its headers is not parsed to its end
PARSED_BYTES = 8 * 1024
# what a page says over a socket is a few bytes now and then, after the headers of its request: so
# much at once, and so much a second
SOCKET_BURST, SOCKET_RATE = 64 * 1024, 1024.0


class Server(uvicorn.Server):
    """A uvicorn server in a thread of its own."""

    def __init__(self, app: ASGIApp, host: str, port: int, limits: Limits):
        bounded = type("BoundedConnection", (Connection,), {"room": ConnectionRoom(limits)})
        super().__init__(
            uvicorn.Config(
                app,
                host=host.strip("[]"),
                port=port,
                http=bounded,
                # Gradio's would start its queue, which polls a thousand times a second for events
                # that the page does not have, and takes the interpreter from the training
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                backlog=128,
                timeout_keep_alive=int(pacing.KEEP_ALIVE),
                h11_max_incomplete_event_size=MAX_HEADER_BYTES,
                ws=LiveConnection,
                ws_max_size=MAX_FRAME_BYTES,
                ws_ping_interval=pacing.PING_INTERVAL,
                ws_ping_timeout=pacing.PING_TIMEOUT,
            )
        )
        self.thread = threading.Thread(
            target=self._run_in_thread, name="ganviz-server", daemon=True
        )

    def start(self) -> Server:
        """Return when the server answers. Raises `OSError` where it cannot listen."""
        self.thread.start()
        end = time.monotonic() + pacing.SERVER_START_TIMEOUT
        while not self.started:
            if not self.thread.is_alive() or time.monotonic() > end:
                raise OSError(f"the server did not start on port {self.config.port}")
            time.sleep(0.005)
        return self

    def close(self, timeout: float = 5.0) -> None:
        """Stop serving."""
        self.should_exit = True
        self.thread.join(timeout)

    @property
    def port(self) -> int:
        """Where it listens: the free one that was found, where 0 was asked for."""
        return self.servers[0].sockets[0].getsockname()[1]

    def _run_in_thread(self) -> None:
        try:
            self.run()
        except SystemExit:
            # uvicorn has logged why; `start` sees that the thread has ended
            return


def serve(app: ASGIApp, host: str, port: int, limits: Limits | None = None) -> Server:
    """Serve ``app`` from a background thread. Raises `OSError` where it cannot listen there."""
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, OncePerInterval) for one in logger.filters):
            logger.addFilter(OncePerInterval())
    return Server(app, host, port, limits or Limits.of_this_process()).start()


class OncePerInterval(logging.Filter):
    """Lets the same line of a log pass once in a while: what somebody from outside can cause is
    not to fill a disk."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this is the first of its kind for a while."""
        now = time.monotonic()
        if now < self._next.get(record.msg, 0.0):
            return False
        if len(self._next) > 100:
            self._next.clear()
        self._next[record.msg] = now + pacing.LOG_INTERVAL
        return True


class ConnectionRoom:
    """The connections of a server, oldest first, and whether there is room for another."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._open: dict[asyncio.BaseTransport, Connection] = {}

    def enter(self, connection: Connection) -> bool:
        """Take ``connection`` in, in the place of one that waits where there is no other; False
        where nobody waits."""
        self._forget_closed()
        client = connection.client_address
        of_client = [one for one in self._open.values() if one.client_address == client]
        if len(of_client) >= self._limits.connections_per_client:
            if not self._close_one(of_client):
                return False
        elif len(self._open) >= self._limits.connections and not self._close_one(self._busiest()):
            return False
        self._open[connection.transport] = connection
        return True

    def leave(self, transport: asyncio.BaseTransport) -> None:
        """The connection is closed."""
        self._open.pop(transport, None)

    def _forget_closed(self) -> None:
        # one that became a socket does not say when it ends
        if len(self._open) >= self._limits.connections_per_client:
            closed = [transport for transport in self._open if transport.is_closing()]
            for transport in closed:
                del self._open[transport]

    def _busiest(self) -> list[Connection]:
        clients: dict[str, list[Connection]] = {}
        for connection in self._open.values():
            clients.setdefault(connection.client_address, []).append(connection)
        return max(clients.values(), key=len)

    def _close_one(self, connections: list[Connection]) -> bool:
        waiting = next((one for one in connections if one.waits), None)
        if waiting is None:
            return False
        self.leave(waiting.transport)
        waiting.transport.abort()
        return True


class Connection(H11Protocol):
    """One connection of a browser, with a bound on how long it may take over each part."""

    room: ConnectionRoom

    _header_timer: asyncio.TimerHandle | None = None
    _write_timer: asyncio.TimerHandle | None = None
    _is_socket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio."""
        super().connection_made(transport)
        if self.room.enter(self):
            self._wait_for_headers()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        _cancel(self._header_timer)
        self._header_timer = None
        _cancel(self._write_timer)
        self._write_timer = None
        self.room.leave(self.transport)
        super().connection_lost(exc)

    @property
    def client_address(self) -> str:
        """The address of the browser."""
        return self.client[0] if self.client else ""

    @property
    def waits(self) -> bool:
        """Whether no request of this connection is being answered."""
        return not self._is_socket and (self.cycle is None or self.cycle.response_complete)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        for start in range(0, len(data), PARSED_BYTES):
            if self._is_chunked or self._is_socket or self.transport.is_closing():
                # the gate refuses the first by its headers; what still comes is nobody's
                break
            super().data_received(data[start : start + PARSED_BYTES])
        if not self.waits:
            _cancel(self._header_timer)
            self._header_timer = None
        elif self._header_timer is None:
            self._wait_for_headers()

    @property
    def _is_chunked(self) -> bool:
        """Whether the request at hand says no length of its body, which may come in millions of
        parts."""
        return not self.waits and any(name == b"transfer-encoding" for name, _ in self.headers)

    def handle_websocket_upgrade(self, event: object) -> None:
        """Called by uvicorn: from here on another protocol has the connection."""
        self._is_socket = True
        _cancel(self._header_timer)
        self._header_timer = None
        super().handle_websocket_upgrade(event)  # type: ignore[arg-type]

    def pause_writing(self) -> None:
        """Called by asyncio: the browser does not read."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(pacing.WRITE_TIMEOUT, self.transport.abort)

    def resume_writing(self) -> None:
        """Called by asyncio."""
        _cancel(self._write_timer)
        self._write_timer = None
        super().resume_writing()

    def _wait_for_headers(self) -> None:
        self._header_timer = self.loop.call_later(pacing.HEADER_TIMEOUT, self.transport.abort)


class LiveConnection(AutoWebSocketsProtocol):  # type: ignore[misc, valid-type]
    """A connection that became a socket: closed where it says more than a page ever does, in
    whatever frames."""

    _left = float(SOCKET_BURST)
    _counted = 0.0

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        now = time.monotonic()
        gained = (now - self._counted) * SOCKET_RATE
        self._left = min(SOCKET_BURST, self._left + gained) - len(data)
        self._counted = now
        super().data_received(data)
        if self._left < 0:
            self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
