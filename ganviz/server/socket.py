"""The live socket: one broadcaster reads a run's events and sends every viewer what that viewer has
not seen.

A viewer has a cursor, not a queue: while one is slow nothing piles up for it, and its next message
holds all that it missed. Viewers with the same cursor share one message, serialised once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from ganviz.engine.events import Event, EventLog
from ganviz.errors import GanvizError
from ganviz.server import describe, encode
from ganviz.server.guard import find_run

logger = logging.getLogger(__name__)

BEAT_SECONDS = 0.1  # at most so often a delta, and so often a look at what cannot be heard
# the same while a run of this process trains: it is heard, and each look takes its turn from the
# training
WATCH_SECONDS = 0.3
SETTLE_SECONDS = 0.03  # what is told at the same tick as the figures goes with them
# a picture waits so long for the figures of the next tick: a page that draws both at once works
# half
PICTURE_SECONDS = 0.3
STATUS_SECONDS = 1.0
SEND_SECONDS = (
    10.0  # a viewer that takes longer for one message is dropped; it reconnects from its cursor
)
MOST_EVENTS = 50
LONGEST_MESSAGE = 1000  # characters of a message from a browser; longer ones are not read
UNKNOWN_RUN, TOO_SLOW = 4404, 1013


class Viewer:
    """One browser's socket and what it has been told."""

    def __init__(self, websocket: WebSocket, run: Any, follows: bool):
        self.websocket = websocket
        self.run = run
        self.follows = follows  # changes over to whatever run is current
        self.fresh = True  # needs a hello
        self.asked = False  # asks for a hello
        self.cursor = 0
        self.version = -1
        self.outline: tuple = ()
        self.told_at = self.hello_at = float("-inf")
        self.sending: asyncio.Task | None = None
        self.gone = asyncio.Event()


class Live:
    """The endpoint of the live socket. Each event loop has one `Hub`."""

    def __init__(self, manager: Any):
        self._manager = manager
        self._hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve one socket until it closes."""
        await websocket.accept()
        asked = websocket.query_params
        try:
            run = (
                await run_in_threadpool(find_run, self._manager, asked["run"])
                if asked.get("run")
                else self._manager.current
            )
        except GanvizError as error:
            await websocket.send_text(
                encode.dumps({"type": "error", "error": error.sentence}).decode()
            )
            await websocket.close(UNKNOWN_RUN)
            return
        viewer = Viewer(websocket, run, follows=not asked.get("run"))
        hub = self.hub()
        hub.recall(viewer, asked.get("epoch", ""), asked.get("cursor", ""))
        await hub.serve(viewer)

    def hub(self) -> Hub:
        """The hub of the running event loop."""
        return self._hubs.setdefault(asyncio.get_running_loop(), Hub(self._manager))


class Hub:
    """All viewers of one event loop, and the task that tells them what is new."""

    def __init__(self, manager: Any):
        self.viewers: set[Viewer] = set()
        self._manager = manager
        self._token = secrets.token_hex(4)
        self._wake = asyncio.Event()
        self._task: asyncio.Task | None = None
        self._next_beat = 0.0
        self._heard: EventLog | None = None
        self._left = False  # there may be news that could not be told yet

    def epoch(self, run: Any) -> str:
        """Names the server process and the run that a cursor belongs to."""
        return f"{self._token}-{run.id}-{getattr(run, 'generation', 0)}" if run else self._token

    def recall(self, viewer: Viewer, epoch: str, cursor: str) -> None:
        """Let a viewer that comes back go on from its cursor, where that still means something."""
        run = viewer.run
        if (
            run is None
            or epoch != self.epoch(run)
            or not cursor.isdecimal()
            or int(cursor) > run.events.seq
        ):
            return
        missed = run.events.since(int(cursor), kinds=("state",))
        if any(event.data["state"] == "running" for event in missed):
            return  # the run was prepared in the meantime: its description is new to this viewer
        viewer.fresh, viewer.cursor, viewer.outline = False, int(cursor), describe.outline(run)

    async def serve(self, viewer: Viewer) -> None:
        """Keep ``viewer`` told until it leaves or is dropped."""
        self.viewers.add(viewer)
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._broadcast())
        waits = [
            asyncio.ensure_future(self._listen(viewer)),
            asyncio.ensure_future(viewer.gone.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.viewers.discard(viewer)
            for task in (*waits, viewer.sending):
                if task:
                    task.cancel()
        if viewer.gone.is_set():
            await _close(viewer.websocket)

    async def _listen(self, viewer: Viewer) -> None:
        """Read what the browser says until it leaves; nonsense is passed over."""
        try:
            while True:
                if _type_of(await viewer.websocket.receive_text()) == "history":
                    viewer.asked = True
        except (WebSocketDisconnect, KeyError):  # KeyError: a binary message
            viewer.gone.set()

    async def _broadcast(self) -> None:
        """Tell viewers what is new until there are none."""
        try:
            while self.viewers:
                try:
                    await self._tick()
                except Exception:
                    logger.exception("telling the viewers failed; trying again in a second")
                    await asyncio.sleep(1.0)
                await self._rest()
        finally:
            self._listen_to(None)

    async def _rest(self) -> None:
        """Return when somebody came or something was told, at the latest when it is time to
        look."""
        current = self._manager.current
        self._listen_to(current)
        waits_to_be_told = current is not None and current.state == "running" and not self._left
        try:
            await asyncio.wait_for(
                self._wake.wait(), WATCH_SECONDS if waits_to_be_told else BEAT_SECONDS
            )
        except asyncio.TimeoutError:  # before Python 3.11 this is another class than TimeoutError
            return
        if not any(viewer.fresh for viewer in self.viewers):
            await asyncio.sleep(max(SETTLE_SECONDS, self._next_beat - time.monotonic()))
        self._wake.clear()

    def _listen_to(self, run: Any) -> None:
        """Be woken by what ``run`` tells, and by no other."""
        log = run.events if run is not None else None
        if log is self._heard:
            return
        if self._heard is not None:
            self._heard.unlisten(self._hear)
        if log is not None:
            log.listen(self._hear)
        self._heard = log

    def _hear(self, event: Event) -> None:
        """Called in the thread that trains, while the broadcaster runs."""
        if event.kind == "frame":
            return  # it goes with the next figures, or at the next look
        with contextlib.suppress(RuntimeError):  # the server has ended
            self._task.get_loop().call_soon_threadsafe(self._wake.set)

    async def _tick(self) -> None:
        now = time.monotonic()
        beat = now >= self._next_beat
        hellos: dict[Any, list[Viewer]] = {}
        deltas: dict[tuple[Any, int], list[Viewer]] = {}
        current = self._manager.current
        self._left = not beat
        for viewer in self.viewers:
            if viewer.sending:
                self._left = True
                if now - viewer.told_at > SEND_SECONDS:
                    viewer.gone.set()
                continue
            self._look(viewer, current, now)
            if viewer.fresh:
                hellos.setdefault(viewer.run, []).append(viewer)
            elif beat and viewer.run is not None and _is_due(viewer, now):
                deltas.setdefault((viewer.run, viewer.cursor), []).append(viewer)
        if deltas:
            self._next_beat = now + BEAT_SECONDS
        for (run, cursor), viewers in deltas.items():
            self._tell_news(run, cursor, viewers, now)
        for run, viewers in hellos.items():
            await self._greet(run, viewers, now)

    def _look(self, viewer: Viewer, current: Any, now: float) -> None:
        """Whether the viewer must be told everything anew."""
        resumed = current is not None and viewer.run is not None and viewer.run.id == current.id
        if (viewer.follows or resumed) and viewer.run is not current:
            viewer.run, viewer.fresh = current, True
        if viewer.run is not None and viewer.outline != describe.outline(viewer.run):
            viewer.fresh = True
        if (
            viewer.asked and now - viewer.hello_at >= STATUS_SECONDS
        ):  # asking without end costs the server little
            viewer.fresh = True

    async def _greet(self, run: Any, viewers: list[Viewer], now: float) -> None:
        """Send a hello; a long history is thinned in another thread, so that nobody waits for
        it."""
        outline = describe.outline(run) if run else ()
        message = await asyncio.to_thread(hello, self._manager, run, self.epoch(run))
        text = to_text(message)
        for viewer in viewers:
            viewer.fresh, viewer.asked, viewer.outline, viewer.hello_at = False, False, outline, now
            self._send(viewer, text, message["history"]["cursor"], message["snapshot"], now)

    def _tell_news(self, run: Any, cursor: int, viewers: list[Viewer], now: float) -> None:
        message = delta(run, cursor)
        if message is None:  # too much to tell: a thinned history is lighter
            for viewer in viewers:
                viewer.fresh = True
            return
        text = to_text(message)
        for viewer in viewers:
            self._send(viewer, text, message["cursor"], message["snapshot"], now)

    def _send(self, viewer: Viewer, text: str, cursor: int, version: int, now: float) -> None:
        viewer.cursor, viewer.version, viewer.told_at = cursor, version, now
        viewer.sending = asyncio.create_task(_deliver(viewer, text))


def _is_due(viewer: Viewer, now: float) -> bool:
    """Whether there is news, or, while a run is at work, none for so long that its clock should
    move."""
    run, quiet = viewer.run, now - viewer.told_at
    if run.events.seq > viewer.cursor or run.snapshots.version != viewer.version:
        return quiet >= PICTURE_SECONDS or run.events.tells_more_than("frame", viewer.cursor)
    return run.state in ("preparing", "running") and quiet >= STATUS_SECONDS


async def _deliver(viewer: Viewer, text: str) -> None:
    """Send one message; returns when the connection has taken it. What cannot be sent to is
    gone."""
    try:
        await viewer.websocket.send_text(text)
    except (WebSocketDisconnect, RuntimeError, OSError):
        viewer.gone.set()
    finally:
        viewer.sending = None


async def _close(websocket: WebSocket) -> None:
    """Close a socket that may be closed already, or too clogged to take a farewell."""
    try:
        await asyncio.wait_for(websocket.close(TOO_SLOW), 1.0)
    except (asyncio.TimeoutError, WebSocketDisconnect, RuntimeError, OSError) as error:
        logger.debug("a socket closed without farewell: %r", error)


def _type_of(text: str) -> Any:
    try:
        message = orjson.loads(text) if len(text) <= LONGEST_MESSAGE else None
    except ValueError:
        return None
    return message.get("type") if isinstance(message, dict) else None


def to_text(message: dict[str, Any]) -> str:
    """A message as JSON text: called once a message, however many viewers it goes to."""
    return encode.dumps(message).decode()


def read(log: EventLog, after: int) -> tuple[int, dict[str, np.ndarray], list]:
    """Everything after ``after``: the newest sequence number, and exactly the rows and events up to
    it."""
    while (
        True
    ):  # the run writes on meanwhile: what was read while nothing was written belongs together
        cursor = log.seq
        rows, events = log.rows(after), log.since(after)
        if log.seq == cursor:
            return cursor, rows, events


def hello(manager: Any, run: Any, epoch: str) -> dict[str, Any]:
    """All that a page needs to show ``run`` (None: that there is none yet)."""
    message = {
        "type": "hello",
        "epoch": epoch,
        "server": describe.server(manager),
        "run": None,
        "status": describe.no_run(manager),
        "history": {"cursor": 0, "columns": {}},
        "frame": None,
        "frames": [],
        "events": [],
        "probes": {},
        "measured": {},
        "snapshot": 0,
    }
    if run is None:
        return message
    about = describe.run(run)
    cursor, rows, events = read(run.events, 0)
    latest = run.frames.latest
    told = [
        event
        for event in events
        if event.kind in describe.WATCHED and event.data.get("level") != "progress"
    ]
    return message | {
        "run": about,
        "status": run.status(),
        "frame": latest and describe.frame(run.id, latest),
        "frames": run.frames.steps(),
        "history": {"cursor": cursor, "columns": encode.columns(encode.thin(rows))},
        "events": [describe.event(event) for event in told[-MOST_EVENTS:]],
        "probes": describe.newest(events, (*describe.NEWEST, "coach")),
        "measured": describe.measured(events),
        "snapshot": run.snapshots.version,
    }


def delta(run: Any, after: int) -> dict[str, Any] | None:
    """What happened after ``after``; None when that is more than a `hello` would hold."""
    version = run.snapshots.version
    cursor, rows, events = read(run.events, after)
    told = [event for event in events if event.kind in describe.WATCHED]
    frames = [event for event in events if event.kind == "frame"]
    if len(rows.get("step", ())) > encode.MAX_POINTS or len(told) > encode.MAX_POINTS:
        return None
    return {
        "type": "delta",
        "cursor": cursor,
        "columns": encode.columns(rows),
        "events": [describe.event(event) for event in told],
        "probes": describe.newest(events),
        "frame": describe.frame_event(run.id, frames[-1]) if frames else None,
        "status": run.status(),
        "snapshot": version,
    }
