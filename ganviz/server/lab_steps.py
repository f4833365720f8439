"""Recorded steps for pages that have the lab open: of the run that trains, and of one that has
ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine.events import ENDED
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.probes.step_recorder import StepRecorder
from ganviz.server.encode import dumps
from ganviz.server.guard import Refused
from ganviz.server.lab_watch import NONE_KEPT, LabObserver, LabWatch, check_game, code_of
from ganviz.server.shared_task import BEING_MADE
from ganviz.server.workers import READS

T = TypeVar("T")

WAITING = "The next step that the run takes is recorded and shown here."


class RunEnded(Refused):
    """The run came to its end before the step that was waited for."""

    def __init__(self) -> None:
        super().__init__(409, NONE_KEPT)


class LabSteps:
    """One recording serves all pages that ask at about the same time. To be used from one event
    loop."""

    def __init__(self, watch: LabWatch):
        self._watch = watch
        self._task: asyncio.Task[None] | None = None
        # of the run with that id
        self._task_of = ""

    async def step(self, request: Request) -> Response:
        """The newest recorded step, as `recording_facts` has it, with its ``number``; where that is
        no newer than the page's (``?after=``): ``{"sentence"}`` alone, once there was time for
        another. Of an ended run its last recorded step, with ``ended``."""
        run = self._watch.training(request)
        after = request.query_params.get("after", "")
        if run is not None:
            # known before the networks are made
            check_game(run.config)
            with contextlib.suppress(RunEnded):
                await self._recorded(run)
            if run.state not in ENDED:
                return _as_json(_newest(run, self._watch.observer(run), after))
        kept = await self._watch.kept(request)
        return _as_json(await READS.run(dumps, {**kept["step"], "ended": True}))

    async def code(self, request: Request) -> Response:
        """The lines of Python that run, or that ran: latents, batches, both losses, both moves and
        both networks."""
        run = self._watch.training(request)
        if run is None:
            return _as_json(dumps((await self._watch.kept(request))["code"]))
        trainer = run.trainer
        if trainer is None or run.state == "preparing":
            raise Refused(409, BEING_MADE)
        if not isinstance(trainer.algorithm, Adversarial):
            raise Refused(409, StepRecorder(trainer).why_not or "")
        return _as_json(await READS.run(lambda: dumps(code_of(trainer))))

    async def _recorded(self, run: Run) -> None:
        """Have a step recorded, or wait for whoever has; not for long where it does not come."""
        if self._task is None or self._task.done() or self._task_of != run.id:
            self._task, self._task_of = asyncio.create_task(self._record(run)), run.id
            # where every page has gone, nobody reads what became of it
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        wait = pacing.LAB_TIMEOUT if run.state == "running" else pacing.LAB_PAUSED_TIMEOUT
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), wait)

    async def _record(self, run: Run) -> None:
        """Record one step: the next one, whenever it comes."""
        observer = self._watch.observer(run)
        if observer is None:
            observer = await _between(run, lambda trainer: self._watch.begin(run, trainer))
        recorder = _recorder_of(observer)
        if recorder.why_not:
            raise Refused(409, recorder.why_not)
        if run.state == "running":
            await asyncio.sleep(max(0.0, observer.due - time.monotonic()))
        await _between(run, lambda trainer: recorder.begin())
        recording = None
        while recording is None:
            recording = await _between(run, lambda trainer: recorder.collect())
            if recording is None:
                await asyncio.sleep(pacing.LAB_INTERVAL)
        await READS.run(observer.take, recorder, recording)


def _newest(run: Run, observer: LabObserver | None, after: str) -> bytes:
    """What a page gets that has recording number ``after``."""
    if observer is None or observer.newest is None:
        return dumps({"sentence": WAITING})
    if after == str(observer.number):
        return dumps({"sentence": WAITING if run.state == "paused" else ""})
    return observer.newest


def _recorder_of(observer: LabObserver) -> StepRecorder:
    if observer.recorder is None:
        raise RunEnded
    return observer.recorder


async def _between(run: Run, task: Callable[[Trainer], T]) -> T:
    """``task`` in the training thread, between two steps. Raises `Refused` where the run ends
    first."""
    future = asyncio.wrap_future(run.between_steps(task))
    while not future.done():
        await asyncio.wait([future], timeout=pacing.LAB_INTERVAL)
        if run.state in ENDED and not future.done():
            raise RunEnded
    return future.result()


def _as_json(body: bytes) -> Response:
    return Response(body, 200, {"Cache-Control": "no-store"}, "application/json")
