"""A training stepped by hand, with the probes of a run, under a clock that no machine's load
touches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import torch

from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.diversity import REALS, Diversity
from ganviz.engine.events import EventLog
from ganviz.engine.frames import Frame, FrameStore, fixed_latents, layout_for, make_frame
from ganviz.engine.run import Run
from ganviz.engine.snapshot import draw, to_pictures
from ganviz.engine.trainer import Trainer
from ganviz.probes.fidelity import Fidelity
from ganviz.probes.gradients import Gradients
from ganviz.probes.probe import HeldBatch, Probe

SAMPLE_COUNT = 64
TICK_SECONDS = 0.45


class Desk:
    """What probes and readers need of a run. ``pace``: the steps a second of its clock."""

    store = None
    in_memory = True

    def __init__(
        self, config: RunConfig, data_root: Path | str, probes: Iterable[Probe], pace: float
    ):
        self.config, self.pace = config, pace
        self.events, self.seconds, self.state = EventLog(), 0.0, "running"
        self.error: NonFinite | None = None
        source = load_data(config, torch.device("cpu"), data_root)
        self.trainer = Trainer(config, source, torch.device("cpu"))
        self.equilibrium = self.trainer.algorithm.equilibrium
        self._due: dict[Probe, float] = {}
        for probe in probes:
            probe.begin(cast(Run, self), self.trainer, source)
            probe.share = 1e9
            if probe.applies():
                self._due[probe] = Fidelity.first if isinstance(probe, Fidelity) else 0.0
        self.frames = FrameStore()
        if source.spec.kind == "images":
            self.frames.add(self._first_grid(), 0.0)
        reals = HeldBatch(self.trainer, source, REALS, salt=19)
        self._diversity = Diversity(reals.x, reals.y)
        self._held = HeldBatch(self.trainer, source, SAMPLE_COUNT, salt=3)

    @property
    def probes(self) -> list[Probe]:
        """Those that have something to measure."""
        return list(self._due)

    @property
    def step_count(self) -> int:
        return self.trainer.step_count

    def status(self) -> dict[str, Any]:
        return {"step": self.step_count}

    def log(self, kind: str, **data: Any) -> None:
        self.events.append(kind, self.trainer.step_count, **data)

    def _first_grid(self) -> Frame:
        """What the untrained generator draws, as a page shows it."""
        algorithm = self.trainer.algorithm
        layout = layout_for(self.trainer.source.spec, algorithm.conditional)
        z = fixed_latents(self.config, layout.count)
        return make_frame(to_pictures(draw(algorithm.ema.network, z, layout.y)), layout, 0, True)

    def train(self, seconds: float, each_tick: Callable[[], None] = lambda: None) -> None:
        """Go on until so many ``seconds`` of the clock, or to the last step, or until it breaks
        down: then ``error`` says how, and the state is failed."""
        going = self._tick() if not self.seconds else True
        each_tick()
        last = self.config.steps or math.inf
        while going and self.seconds < seconds and self.step_count < last:
            self.seconds = min(seconds, self.seconds + TICK_SECONDS)
            until = min(last, max(1, self.seconds * self.pace))
            going = self._step_to(until) and self._tick()
            each_tick()

    def _step_to(self, step: float) -> bool:
        try:
            while self.step_count < step:
                self.trainer.step()
        except NonFinite as error:
            return self._fail(error)
        return True

    def _tick(self) -> bool:
        """What happens at a tick; False where the run ends."""
        samples = draw(self.trainer.algorithm.ema.network, self._held.z, self._held.y)
        try:
            stats = self.trainer.read_stats()
        except NonFinite as error:
            return self._fail(error)
        if stats:
            stats["sample_diversity"] = self._diversity.of(samples, self._held.y)
            self.log("scalars", **stats, elapsed=self.seconds)
        for probe, due in self._due.items():
            # gradients are logged at the tick that follows their step
            if isinstance(probe, Gradients):
                probe._log_measured()
            if self.seconds >= due:
                self.measure(probe)
                self._due[probe] = self.seconds + probe.interval
        return True

    def end(self) -> None:
        """A run that has done all its steps is finished; probes measure no more."""
        if self.state == "running" and self.trainer.step_count >= (self.config.steps or math.inf):
            self.state = "finished"

    def measure(self, probe: Probe) -> None:
        """Have ``probe`` measure now."""
        probe.measure()
        if isinstance(probe, Fidelity):
            probe.wait()

    def _fail(self, error: NonFinite) -> bool:
        self.error, self.state = error, "failed"
        return False
