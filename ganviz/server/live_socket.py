"""The live socket: one broadcaster reads a run's events and sends every viewer what that viewer has
not seen, in the messages of `ganviz.server.live_protocol`.

A viewer has a cursor, not a queue: while one is slow nothing piles up for it, and its next message
holds all that it missed. Viewers with the same cursor share one message, serialised once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from starlette.websockets import WebSocket, WebSocketDisconnect

from ganviz import pacing
from ganviz.classroom import Classroom
from ganviz.engine.events import Event, EventLog
from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server import describe
from ganviz.server import live_protocol as protocol
from ganviz.server.class_feed import ClassFeed
from ganviz.server.discretion import Sight
from ganviz.server.guard import SEES, check_run
from ganviz.server.viewer import Texts, Viewer
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import READS, open_run, read_to_end

logger = logging.getLogger(__name__)

T = TypeVar("T")
PROMPT = ("state", "note", "setting", "turn")
"""Kinds of events that nobody waits for: what somebody did, or has to know."""


class LiveSocket:
    """The endpoint of the live socket. Each event loop has one `Hub`."""

    def __init__(self, manager: RunManager, classroom: Classroom):
        self._manager = manager
        self._classroom = classroom
        self._sight = Sight(manager, classroom)
        self._hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serve one socket until it closes."""
        await websocket.accept()
        query, visitor = websocket.query_params, visitor_of(websocket)
        run: ReadableRun | None = self._manager.current
        try:
            if query.get("run"):
                websocket.scope[SEES] = self._sight.sees
                check_run(websocket, query["run"])
                run = await read_to_end(await open_run(self._manager, query["run"]))
        except GanvizError as problem:
            await websocket.send_text(protocol.to_text(protocol.error(problem.sentence)))
            await websocket.close(protocol.UNKNOWN_RUN)
            return
        viewer = Viewer(websocket, visitor, run, follows=not query.get("run"))
        hub = self.hub()
        epoch, cursor = query.get("epoch", ""), query.get("cursor", "")
        await READS.run(hub.resume_at_cursor, viewer, epoch, cursor)
        await hub.serve(viewer)

    def hub(self) -> Hub:
        """The hub of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._hubs:
            self._hubs[loop] = Hub(self._manager, self._classroom)
        return self._hubs[loop]


@dataclass(frozen=True)
class _Observation:
    """How a run stands at one moment, as far as it decides who is sent what."""

    outline: tuple
    seq: int
    version: int
    working: bool


def _observe(run: ReadableRun | None) -> _Observation:
    if run is None:
        return _Observation((), 0, 0, False)
    working = run.state in ("preparing", "running")
    return _Observation(describe.outline(run), run.events.seq, run.snapshots.version, working)


class Hub:
    """All viewers of one event loop, and the task that sends them what is new."""

    def __init__(self, manager: RunManager, classroom: Classroom):
        self.viewers: set[Viewer] = set()
        self._classroom = classroom
        self._class_feed = ClassFeed(classroom)
        self._manager = manager
        self._token = secrets.token_hex(4)
        self._wake = asyncio.Event()
        self._task: asyncio.Task | None = None
        self._next_delta = 0.0
        self._subscribed: EventLog | None = None
        # there may be news that could not be sent yet
        self._unsent = False
        # runs that are read from a disk, each by a task of its own: none waits for another's disk
        self._reading: dict[ReadableRun, asyncio.Task] = {}

    def epoch(self, run: ReadableRun | None) -> str:
        """Names the server process and the run that a cursor belongs to."""
        return f"{self._token}-{run.id}-{getattr(run, 'generation', 0)}" if run else self._token

    def resume_at_cursor(self, viewer: Viewer, epoch: str, cursor: str) -> None:
        """Let a viewer that comes back go on from its cursor, where that still means something."""
        run, position = viewer.run, protocol.cursor_of(cursor)
        if run is None or position is None or epoch != self.epoch(run) or position > run.events.seq:
            return
        missed = run.events.since(position, kinds=("state",))
        if any(event.data["state"] == "running" for event in missed):
            # the run was prepared in the meantime: its description is new to this viewer
            return
        viewer.needs_hello, viewer.cursor = False, position
        viewer.outline = describe.outline(run)

    async def serve(self, viewer: Viewer) -> None:
        """Keep ``viewer`` up to date until it leaves or is dropped."""
        self.viewers.add(viewer)
        self._wake.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._broadcast())
        waits = [
            asyncio.ensure_future(self._receive(viewer)),
            asyncio.ensure_future(viewer.gone.wait()),
            asyncio.ensure_future(self._feed_class(viewer)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.viewers.discard(viewer)
            for task in (*waits, viewer.send_task):
                if task:
                    task.cancel()
        if viewer.gone.is_set():
            await viewer.close()

    async def _feed_class(self, viewer: Viewer) -> None:
        """The state of the class, after the hello: that is the first message, always."""
        await viewer.greeted.wait()
        await self._class_feed.serve(viewer.websocket, viewer.visitor)

    async def _receive(self, viewer: Viewer) -> None:
        """Read what the browser says until it leaves; nonsense is passed over."""
        try:
            while True:
                if protocol.type_of(await viewer.websocket.receive_text()) == "history":
                    viewer.hello_requested = True
        # KeyError: a binary message
        except (WebSocketDisconnect, KeyError):
            viewer.gone.set()

    async def _broadcast(self) -> None:
        """Send viewers what is new until there are none."""
        try:
            while self.viewers:
                try:
                    await self._tick()
                except Exception:
                    logger.exception("a broadcast to the viewers failed; it is tried again")
                    await asyncio.sleep(pacing.BROADCAST_RETRY_INTERVAL)
                await self._wait_for_news()
        finally:
            self._subscribe_to(None)

    async def _wait_for_news(self) -> None:
        """Return when somebody came or something happened, at the latest when it is time to
        poll."""
        current = self._manager.current
        self._subscribe_to(current)
        notified = current is not None and current.state == "running" and not self._unsent
        interval = pacing.NOTIFIED_POLL_INTERVAL if notified else pacing.DELTA_INTERVAL
        try:
            await asyncio.wait_for(self._wake.wait(), interval)
        # before Python 3.11 this is another class than TimeoutError
        except asyncio.TimeoutError:
            return
        if not any(viewer.needs_hello for viewer in self.viewers):
            await asyncio.sleep(max(pacing.COALESCE_DELAY, self._next_delta - time.monotonic()))
        self._wake.clear()

    def _subscribe_to(self, run: ReadableRun | None) -> None:
        """Be woken by the events of ``run``, and by no other's."""
        log = run.events if run is not None else None
        if log is self._subscribed:
            return
        if self._subscribed is not None:
            self._subscribed.unsubscribe(self._on_event)
        if log is not None:
            log.subscribe(self._on_event)
        self._subscribed = log

    def _on_event(self, event: Event) -> None:
        """Called in the thread that trains, while the broadcaster runs."""
        if event.kind == "frame" and not describe.has_planes(self._manager.current):
            # it goes with the next figures, or at the next poll
            return
        task = self._task
        if task is None:
            return
        # RuntimeError: the server has ended
        with contextlib.suppress(RuntimeError):
            task.get_loop().call_soon_threadsafe(self._wake.set)

    # -- who is sent what ------------------------------------------------------------------
    async def _tick(self) -> None:
        now = time.monotonic()
        send_deltas = now >= self._next_delta
        self._unsent = not send_deltas
        self._class_feed.note_run(self._manager.current)
        for run, viewers in self._idle_viewers(now).items():
            if run is None or run.in_memory:
                await self._update(run, viewers, send_deltas)
            elif run not in self._reading:
                task = asyncio.create_task(self._update(run, viewers, send_deltas))
                self._reading[run] = task
                task.add_done_callback(partial(self._read, run))

    def _read(self, run: ReadableRun, task: asyncio.Task) -> None:
        self._reading.pop(run, None)
        if not task.cancelled() and (problem := task.exception()):
            logger.error("a broadcast of %s failed", run.id, exc_info=problem)

    def _idle_viewers(self, now: float) -> dict[ReadableRun | None, list[Viewer]]:
        """Viewers that are not being sent to, by the run that they watch now; who has been sent to
        for too long is dropped."""
        groups: dict[ReadableRun | None, list[Viewer]] = {}
        for viewer in self.viewers:
            if viewer.send_task:
                self._unsent = True
                if now - viewer.sent_at > pacing.SEND_TIMEOUT:
                    viewer.gone.set()
            else:
                self._change_over(viewer)
                groups.setdefault(viewer.run, []).append(viewer)
        return groups

    def _change_over(self, viewer: Viewer) -> None:
        current = self._manager.current
        resumed = current is not None and viewer.run is not None and viewer.run.id == current.id
        if (viewer.follows or resumed) and viewer.run is not current:
            viewer.run, viewer.needs_hello = current, True

    async def _update(
        self, run: ReadableRun | None, viewers: list[Viewer], send_deltas: bool
    ) -> None:
        """Send ``viewers``, who all watch ``run``, what they have not seen."""
        seen = await _call(run, _observe, run)
        now = time.monotonic()
        deltas: dict[int, list[Viewer]] = {}
        for viewer in viewers:
            if viewer.run is not run:
                continue
            self._require_hello(viewer, seen, now)
            if run is None or not send_deltas or viewer.needs_hello:
                continue
            if _is_due(viewer, run, seen, now, self._rest(viewer)):
                deltas.setdefault(viewer.cursor, []).append(viewer)
        if deltas:
            self._next_delta = now + pacing.DELTA_INTERVAL
        if run is not None:
            for cursor, group in deltas.items():
                await self._send_delta(run, cursor, group)
        greeted = [viewer for viewer in viewers if viewer.run is run and viewer.needs_hello]
        if greeted:
            await self._send_hello(run, greeted, seen.outline)

    def _rest(self, viewer: Viewer) -> float:
        """Seconds from one delta to the next: in a crowd viewers get fewer, presenters do not."""
        crowd = 0 if viewer.visitor.presenter else len(self.viewers)
        return crowd * pacing.VIEWER_COST / pacing.VIEWERS_SHARE

    def _require_hello(self, viewer: Viewer, seen: _Observation, now: float) -> None:
        if viewer.run is not None and viewer.outline != seen.outline:
            viewer.needs_hello = True
        # asking without end costs the server little
        if viewer.hello_requested and now - viewer.hello_at >= pacing.STATUS_INTERVAL:
            viewer.needs_hello = True

    async def _send_hello(
        self, run: ReadableRun | None, viewers: list[Viewer], outline: tuple
    ) -> None:
        """A long history is thinned in another thread, so that nobody waits for it."""
        # a run of this process needs no disk: its viewers do not wait for those of one that does
        thread = asyncio.to_thread if run is None or run.in_memory else READS.run
        message = await thread(self._greeting, run, viewers)
        text, now = Texts(message), time.monotonic()
        for viewer in viewers:
            if viewer.run is not run:
                continue
            viewer.needs_hello, viewer.hello_requested = False, False
            viewer.outline, viewer.hello_at = outline, now
            self._send(run, viewer, text, message["history"]["cursor"], message["snapshot"])

    def _greeting(self, run: ReadableRun | None, viewers: list[Viewer]) -> dict[str, Any]:
        if run is not None and not all(viewer.visitor.presenter for viewer in viewers):
            self._classroom.show(run.id)
        return protocol.hello(self._manager, run, self.epoch(run))

    async def _send_delta(self, run: ReadableRun, cursor: int, viewers: list[Viewer]) -> None:
        message = await _call(run, protocol.delta, run, cursor)
        if message is None:
            # too much happened: a thinned history is lighter
            for viewer in viewers:
                viewer.needs_hello = True
            return
        text = Texts(message)
        for viewer in viewers:
            self._send(run, viewer, text, message["cursor"], message["snapshot"])

    def _send(
        self, run: ReadableRun | None, viewer: Viewer, text: Texts, cursor: int, version: int
    ) -> None:
        if viewer.run is not run or viewer.send_task:
            # it changed over while the message was made
            return
        viewer.cursor, viewer.version, viewer.sent_at = cursor, version, time.monotonic()
        viewer.send_task = asyncio.create_task(viewer.deliver(text.to(viewer.visitor)))


async def _call(run: ReadableRun | None, function: Callable[..., T], *arguments: Any) -> T:
    """``function(*arguments)``, in another thread where ``run`` may have to be read from a disk."""
    if run is None or run.in_memory:
        return function(*arguments)
    return await READS.run(function, *arguments)


def _is_due(viewer: Viewer, run: ReadableRun, seen: _Observation, now: float, rest: float) -> bool:
    """Whether there is news, or, while a run is at work, none for so long that its clock should
    move. What can wait does so until ``rest`` has passed."""
    quiet = now - viewer.sent_at
    if seen.seq > viewer.cursor or seen.version != viewer.version:
        if quiet < rest and not run.events.since(viewer.cursor, PROMPT):
            return False
        alone = pacing.PLANE_MAX_DELAY if describe.has_planes(run) else pacing.FRAME_MAX_DELAY
        return quiet >= alone or run.events.has_other_than("frame", viewer.cursor)
    return seen.working and quiet >= pacing.STATUS_INTERVAL
