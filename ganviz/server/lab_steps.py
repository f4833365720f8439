"""Recorded steps of the run that trains, for pages that have the lab open."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine.events import ENDED
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.probes.step_recorder import Recording, StepRecorder
from ganviz.runs.manager import RunManager
from ganviz.server.encode import dumps
from ganviz.server.guard import Refused
from ganviz.server.lab_recording import recording_facts
from ganviz.server.workers import READS

T = TypeVar("T")

NOT_HERE = "Steps are recorded of the run that trains here now; this one only kept what it logged."
NONE_YET = "No step was recorded before this run ended; resume it, or start another one."
WAITING = "The next step that the run takes is recorded and shown here."


@dataclass
class _Watched:
    """A run whose steps are recorded. ``newest``: the newest recording as JSON, ``due``: when the
    next may begin, so that recording keeps to its share."""

    run: Run
    recorder: StepRecorder | None = None
    newest: bytes | None = None
    number: int = 0
    due: float = 0.0


class LabSteps:
    """One recording serves all pages that ask at about the same time. To be used from one event
    loop."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._watched: _Watched | None = None
        self._task: asyncio.Task[None] | None = None

    async def step(self, request: Request) -> Response:
        """The newest recorded step, as `recording_facts` has it, with its ``number``; where that is
        no newer than the page's (``?after=``): ``{"sentence"}`` alone, once there was time for
        another."""
        watched = self._of(request)
        after = request.query_params.get("after", "")
        if watched.run.state not in ENDED:
            await self._recorded(watched)
        if watched.newest is None:
            if watched.run.state in ENDED:
                raise Refused(409, NONE_YET)
            return _as_json(dumps({"sentence": WAITING}))
        if after == str(watched.number):
            return _as_json(dumps({"sentence": WAITING if watched.run.state == "paused" else ""}))
        return _as_json(watched.newest)

    async def code(self, request: Request) -> Response:
        """The lines of Python that run: of both losses, both moves and both networks."""
        run = self._run(request)
        trainer = run.trainer
        if trainer is None or run.state == "preparing":
            raise Refused(409, "The networks are being made; try again in a moment.")
        algorithm = trainer.algorithm
        if not isinstance(algorithm, Adversarial):
            raise Refused(409, StepRecorder(trainer).why_not or "")
        return _as_json(await READS.run(_code, algorithm))

    # -- which run -----------------------------------------------------------------------------
    def _run(self, request: Request) -> Run:
        run, wanted = self._manager.current, request.query_params.get("run")
        if not isinstance(run, Run) or (wanted and wanted != run.id):
            raise Refused(409, NOT_HERE)
        return run

    def _of(self, request: Request) -> _Watched:
        run = self._run(request)
        if self._watched is None or self._watched.run is not run:
            self._watched, self._task = _Watched(run), None
        return self._watched

    # -- recording -----------------------------------------------------------------------------
    async def _recorded(self, watched: _Watched) -> None:
        """Have a step recorded, or wait for whoever has; not for long where it does not come."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._record(watched))
        wait = pacing.LAB_TIMEOUT if watched.run.state == "running" else pacing.LAB_PAUSED_TIMEOUT
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), wait)

    async def _record(self, watched: _Watched) -> None:
        """Record one step: the next one, whenever it comes."""
        if watched.recorder is None:
            watched.recorder = await _between(watched.run, StepRecorder)
        recorder = watched.recorder
        if recorder.why_not:
            raise Refused(409, recorder.why_not)
        if watched.run.state == "running":
            await asyncio.sleep(max(0.0, watched.due - time.monotonic()))
        await _between(watched.run, lambda trainer: recorder.begin())
        recording = None
        while recording is None:
            recording = await _between(watched.run, lambda trainer: recorder.collect())
            if recording is None:
                await asyncio.sleep(pacing.LAB_INTERVAL)
        await READS.run(_pack, watched, recording)


def _pack(watched: _Watched, recording: Recording) -> None:
    """The recording as JSON; what it cost puts the next one off."""
    recorder = cast(StepRecorder, watched.recorder)
    began = time.perf_counter()
    facts = recording_facts(recorder, recording)
    watched.newest = dumps({**facts, "number": watched.number + 1})
    watched.number += 1
    cost = recorder.seconds + time.perf_counter() - began
    watched.due = time.monotonic() + max(pacing.LAB_INTERVAL, cost / pacing.LAB_SHARE)


async def _between(run: Run, task: Callable[[Trainer], T]) -> T:
    """``task`` in the training thread, between two steps. Raises `Refused` where the run ends
    first."""
    future = asyncio.wrap_future(run.between_steps(task))
    while not future.done():
        await asyncio.wait([future], timeout=pacing.LAB_TIMEOUT)
        if run.state in ENDED and not future.done():
            raise Refused(409, NONE_YET)
    return future.result()


def _code(algorithm: Adversarial) -> bytes:
    """As `LabSteps.code` answers; it reads files."""
    objective = algorithm.objective
    return dumps(
        {
            "discriminator_loss": _source(objective.d),
            "generator_loss": _source(objective.g),
            "discriminator_step": _source(type(algorithm).discriminator_step),
            "generator_step": _source(type(algorithm).generator_step),
            "generator": str(algorithm.generator),
            "discriminator": str(algorithm.discriminator),
        }
    )


def _source(function: Callable) -> str:
    """A function as it is written, without its indentation; "" where that is not known."""
    try:
        return inspect.cleandoc("\n" + inspect.getsource(function))
    except (OSError, TypeError):
        return ""


def _as_json(body: bytes) -> Response:
    return Response(body, 200, {"Cache-Control": "no-store"}, "application/json")
