"""Who watches the run that trains for the lab: an observer among the run's own, which goes with
them. It holds the recorder and the newest recorded step, and at the run's end keeps that step in
the run's folder and lets go of the trainer."""

from __future__ import annotations

import contextlib
import inspect
import time
import weakref
from collections.abc import Callable
from typing import Any, cast

from starlette.requests import Request

from ganviz import pacing
from ganviz.algorithms.adversarial import Adversarial
from ganviz.config import RunConfig
from ganviz.engine.events import ENDED
from ganviz.engine.observer import Observer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.models.noise import NOISES
from ganviz.probes.step_recorder import NO_GAME, PRIVATE, Recording, StepRecorder
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.kept_step import FILE, read_kept_step
from ganviz.runs.manager import RunManager
from ganviz.server.encode import dumps
from ganviz.server.guard import Refused
from ganviz.server.lab_recording import network_maps, recording_facts
from ganviz.server.workers import READS, open_run

NONE_KEPT = (
    "No step of this run was recorded: that happens while the lab is open beside the training. "
    "Resume it, or start another one."
)
ELSEWHERE = "This run trains in another process; its steps can be recorded only there."


class LabObserver(Observer):
    """Watches ``run`` from its training thread, between two steps.

    ``recorder``: None once the run has ended. ``newest``: the newest recorded step as JSON, which
    is the ``number``-th; ``due``: when the next may begin, so that recording keeps to its share.
    ``kept``: what is left of an ended run, as `read_kept_step` has it.
    """

    def __init__(self, run: Run, trainer: Trainer):
        self.recorder: StepRecorder | None = StepRecorder(trainer)
        self.newest: bytes | None = None
        self.kept: dict[str, Any] | None = None
        self.number, self.due = 0, 0.0
        self._facts: dict[str, Any] | None = None
        self._store = run.store
        run.observers.append(self)

    def take(self, recorder: StepRecorder, recording: Recording) -> None:
        """Pack a recorded step for pages; what it cost puts the next one off."""
        began = recorder.worked()
        self._facts = {**recording_facts(recorder, recording), "number": self.number + 1}
        self.newest = dumps(self._facts)
        self.number += 1
        cost = recorder.seconds + recorder.worked() - began
        self.due = time.monotonic() + max(pacing.LAB_INTERVAL, cost / pacing.LAB_SHARE)

    # -- as an observer of the run ---------------------------------------------------------------
    def tick(self) -> None:
        """Steps are recorded when a page asks for one, and not by the clock."""

    def finish(self) -> None:
        """Keep the newest step, and let go of the trainer."""
        self._end()

    def fail(self, error: Exception) -> None:
        """As `finish`: the last step that went well can be seen again."""
        self._end()

    def _end(self) -> None:
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            return
        recorder.cancel()
        if self._facts is None:
            return
        maps: dict[str, Any] = {}
        # a network that failed, or has nothing inside to see: the run ends well all the same
        with contextlib.suppress(Exception):
            maps = network_maps(recorder.trainer)
        self.kept = {"step": self._facts, "code": code_of(recorder.trainer), "activations": maps}
        if self._store:
            self._store.write_file(FILE, dumps(self.kept))


class LabWatch:
    """Finds what the lab knows of a run: of the one that trains here, or of an ended one."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._run: weakref.ref[Run] | None = None
        self._observer: LabObserver | None = None

    def training(self, request: Request) -> Run | None:
        """The run that a page asks about, where it trains here now; else None."""
        run, wanted = self._manager.current, request.query_params.get("run")
        if run is None or (wanted and wanted != run.id) or run.state in ENDED:
            return None
        return run

    def observer(self, run: Run) -> LabObserver | None:
        """The observer of ``run``, where there is one."""
        return self._observer if self._run is not None and self._run() is run else None

    def begin(self, run: Run, trainer: Trainer) -> LabObserver:
        """Watch ``run``. To be called from its training thread, between two steps."""
        self._observer, self._run = LabObserver(run, trainer), weakref.ref(run)
        return self._observer

    async def kept(self, request: Request) -> dict[str, Any]:
        """What is left of an ended run, as `read_kept_step` has it. Raises `Refused` where nothing
        is."""
        run = await open_run(self._manager, request.query_params.get("run"))
        check_game(run.config)
        if run.active and not run.in_memory:
            raise Refused(409, ELSEWHERE)
        if isinstance(run, Run):
            observer = self.observer(run)
            if observer is not None and observer.kept is not None:
                return observer.kept
            folder = run.store.folder if run.store else None
        else:
            folder = cast(FolderRun, run).folder
        found = await READS.run(read_kept_step, folder) if folder else None
        if found is None:
            raise Refused(409, NONE_KEPT)
        return found


def check_game(config: RunConfig) -> None:
    """Raises `Refused` for a run that plays no game, or none that may be looked into."""
    if config.private:
        raise Refused(409, PRIVATE)
    if not config.adversarial:
        raise Refused(409, NO_GAME)


def code_of(trainer: Trainer) -> dict[str, str]:
    """The lines of Python that run: latents, batches, both losses, both moves and both networks. It
    reads files."""
    algorithm = cast(Adversarial, trainer.algorithm)
    objective, noise = algorithm.objective, NOISES[trainer.config.noise]
    kind = type(algorithm)
    latents = _source(kind.latents)
    moves: tuple[Callable, Callable] = (kind.discriminator_step, kind.generator_step)
    if trainer.config.update == "simultaneous":
        moves = (kind.simultaneous_step, kind.simultaneous_step)
    return {
        "latents": f"{latents}\n\n\n{_source(noise)}" if noise else latents,
        "batch": _source(type(trainer.sampler).__call__),
        "discriminator_loss": _source(objective.d),
        "generator_loss": _source(objective.g),
        "discriminator_step": _source(moves[0]),
        "generator_step": _source(moves[1]),
        "generator": str(algorithm.generator),
        "discriminator": str(algorithm.discriminator),
    }


def _source(function: Callable) -> str:
    """A function as it is written, without its indentation; "" where that is not known."""
    try:
        return inspect.cleandoc("\n" + inspect.getsource(function))
    except (OSError, TypeError):
        return ""
