"""Which run, and which of its checkpoints, an explorer holds: found and loaded away from the event
loop and from the training."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from ganviz import pacing
from ganviz.engine import checkpoint
from ganviz.engine.run import Run
from ganviz.runs import listing
from ganviz.runs.manager import RunManager
from ganviz.runs.networks import TrainedNetworks, copied_state, load_networks, networks_of
from ganviz.runs.readable import ReadableRun
from ganviz.runs.trained import TrainedGenerator, load_generator
from ganviz.server.guard import Refused
from ganviz.server.shared_task import SharedTask

MOST_HELD = 4
# a checkpoint never changes
CHECKPOINT_GOOD_FOR = 3600.0
NO_GENERATOR = "This run has no generator yet: it comes with the first training steps."
NOTHING_KEPT = "This run keeps no checkpoint, so it has no networks to explore."
NO_CHECKPOINT = (
    "No checkpoint holds the generator of step {step:,}, so this picture cannot be made again "
    "later. Choose a checkpoint above, or pause the run and wait for its next one."
)


@dataclass(frozen=True)
class _Held:
    networks: TrainedNetworks
    good_until: float


class ExploreRuns:
    """The networks of runs, at most `MOST_HELD` of each kind at a time. Call it from threads."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._lock = threading.Lock()
        self._networks: OrderedDict[str, _Held] = OrderedDict()
        self._generators: OrderedDict[Path, TrainedGenerator] = OrderedDict()
        self._copies = SharedTask(copied_state, good_for=0.0)

    def folder(self, run: ReadableRun) -> Path:
        """Where the run is kept. Raises `RunError` for one that is not."""
        return listing.find(self._manager.runs_root, run.id.partition("@")[0])

    def checkpoints(self, run: ReadableRun) -> list[int]:
        """The steps of its kept checkpoints, ascending; [] for a run that is not kept."""
        try:
            folder = self.folder(run)
        except listing.RunError:
            return []
        found = checkpoint.list_checkpoints(folder / checkpoint.CHECKPOINTS)
        return sorted({checkpoint.step_of(path) for path in found})

    def networks(self, run: ReadableRun) -> TrainedNetworks:
        """All networks of the run: of the one that trains here as they are now or were a moment
        ago, else of its checkpoint. Raises `GanvizError` or `Refused`."""
        live = run if isinstance(run, Run) and run.active and run.trainer is not None else None
        path = None if live else self._kept(run)
        if not live and path is None and not self.checkpoints(run):
            raise Refused(409, NO_GENERATOR if run.active else NOTHING_KEPT)
        # a thread has its own: hooks and modes that one sets for a moment are nobody else's
        key = f"{run.id} {path} {threading.get_ident()}"
        with self._lock:
            held = self._networks.get(key)
            if held and time.monotonic() < held.good_until:
                return held.networks
        if live:
            networks, good_for = self._copied(live), pacing.EXPLORE_COPY_INTERVAL
        else:
            # of a run as a whole the newest checkpoint that can be read, as everywhere
            wanted = path if path and "@" in run.id else self.folder(run)
            networks = load_networks(wanted, self._manager.device)
            good_for = CHECKPOINT_GOOD_FOR if path else 0.0
        with self._lock:
            self._networks[key] = _Held(networks, time.monotonic() + good_for)
            self._networks.move_to_end(key)
            while len(self._networks) > MOST_HELD:
                self._networks.popitem(last=False)
        return networks

    def _kept(self, run: ReadableRun) -> Path | None:
        """The checkpoint that a kept run is explored at, which changes where another process trains
        it on; None where there is none."""
        folder = self.folder(run) / checkpoint.CHECKPOINTS
        _, _, step = run.id.partition("@")
        return checkpoint.path_of(folder, int(step)) if step else checkpoint.newest(folder)

    def _copied(self, run: Run) -> TrainedNetworks:
        config, state = self._copies.result(run)
        return networks_of(config, state, self._manager.device)

    def exact(self, run: ReadableRun, step: int) -> TrainedGenerator:
        """The generator of the checkpoint of ``step``, on the CPU: what anybody who has the run's
        folder gets from it. Raises `Refused` where there is none."""
        if step not in self.checkpoints(run):
            raise Refused(409, NO_CHECKPOINT.format(step=step))
        path = checkpoint.path_of(self.folder(run) / checkpoint.CHECKPOINTS, step)
        with self._lock:
            if path in self._generators:
                return self._generators[path]
        generator = load_generator(path)
        with self._lock:
            self._generators[path] = generator
            while len(self._generators) > MOST_HELD:
                self._generators.popitem(last=False)
        return generator

    def line(self, run: ReadableRun, step: int, arguments: dict[str, object]) -> str:
        """The line of Python that makes exactly this sample, in the folder where ganviz was
        started with its usual folder of runs."""
        name, _, _ = run.id.partition("@")
        drawn = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        spec = run.spec
        method = "at" if spec is not None and spec.kind == "points" else "picture"
        root = self._manager.runs_root.name or "runs"
        return f'ganviz.load("{root}/{name}", step={step}).{method}({drawn})'
