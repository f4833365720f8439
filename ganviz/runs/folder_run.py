"""A run seen from outside: of another process, of another machine on a shared disk, or of last
week.

It offers what `ganviz.engine.run.Run` offers to a reader; the files of the run folder are all it
needs.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.config_file import load_config, load_kept
from ganviz.data.source import DataSpec
from ganviz.engine import checkpoint
from ganviz.engine.events import ENDED, Event
from ganviz.engine.frames import Frame
from ganviz.engine.snapshot import SnapshotStore
from ganviz.errors import ConfigError, GanvizError
from ganviz.presets import title
from ganviz.runs import trained
from ganviz.runs.folder_frames import MIMES, FolderFrames, read_frame
from ganviz.runs.history import ReplayedLog, split_at_rewinds
from ganviz.runs.listing import (
    CONFIG,
    INTERRUPTED,
    RunError,
    current_state,
    given_name,
    interrupted_sentence,
)
from ganviz.runs.log import LOG, LogTail
from ganviz.runs.store import REALS
from ganviz.runs.summary import Summary, marks_progress
from ganviz.switch_interval import short_switch_interval
from ganviz.text import listed


class FolderRun:
    """The run in ``folder``. `refresh` reads what is new; `follow` does so in a thread until
    `close`.

    ``at``: draw from the checkpoint of that step instead of the newest; the id then ends in
    ``@step``. ``read``: take in the log at once; else `follow` does, and `wait_until_read` waits
    for it: a million rows take seconds, while settings, pictures and generators are there from the
    start. Raises `RunError` or `ConfigError` where the folder holds no readable run.
    """

    trainer = None
    store = None
    in_memory = False

    def __init__(self, folder: Path | str, at: int | None = None, read: bool = True):
        self.folder = Path(folder)
        if not (self.folder / CONFIG).is_file():
            raise RunError(f"There is no run in {self.folder}.", "run")
        self._at = at
        if at is not None:
            self._check_step(at)
        self.id = self.folder.name if at is None else f"{self.folder.name}@{at}"
        self.config: RunConfig = load_kept(self.folder, self.folder.name)
        self.events = ReplayedLog()
        self.generation = 0  # counts rewinds: each makes ``events`` another log
        self.frames = FolderFrames(self.folder)
        self.problem: str | None = None
        self._tail = LogTail(self.folder / LOG)
        self._recent: deque[tuple[float, int]] = deque(maxlen=12)
        self._step = 0
        self._last_state = "idle"
        self._summary = Summary.open(self.folder)
        self.given_name = given_name(self.folder)
        # of a log that is not read yet: whoever opens a kept run asks at once whether it trains
        self.state = current_state(self.folder, self._summary.state)
        self.sentence = self._summary.sentence
        self._snapshots: SnapshotStore | None = None
        self._published: Path | None = None
        self._lock = threading.RLock()
        self._reading = threading.Lock()
        self._closed = threading.Event()
        self._whole = threading.Event()
        self._loaded = threading.Event()
        if read:
            self.refresh()

    def _check_step(self, at: int) -> None:
        kept = checkpoint.list_checkpoints(self.folder / checkpoint.CHECKPOINTS)
        steps = sorted({checkpoint.step_of(path) for path in kept})
        if at not in steps:
            there = listed([f"{step:,}" for step in steps]) or "none yet"
            raise RunError(
                f"{self.folder.name} keeps no checkpoint of step {at:,}. Those that it keeps: "
                f"{there}.",
                "run",
            )

    # -- reading ---------------------------------------------------------------------------
    def refresh(self) -> bool:
        """Take in what was written since the last call; whether there was anything."""
        try:
            changed = self._read_on()
            with self._lock:
                self._summary = Summary.open(self.folder)
                self.given_name = given_name(self.folder)
                self.state = current_state(self.folder, self._last_state)
                if self.state == INTERRUPTED:
                    self.sentence = interrupted_sentence(self.folder, self._step)
                if self._snapshots is not None:
                    self._publish(self._snapshots)
        finally:
            self._whole.set()  # nobody is to wait for a reader that failed
        return changed

    def _read_on(self) -> bool:
        parts = 0
        with self._reading, ExitStack() as stack:
            while not self._closed.is_set() and (events := self._tail.poll()):
                self._add(events)
                parts += 1
                if parts == 2:
                    stack.enter_context(short_switch_interval(pacing.READ_SWITCH_INTERVAL))
                if parts > 1:
                    time.sleep(pacing.READ_YIELD)
        return parts > 0

    @property
    def is_read(self) -> bool:
        """Whether the log has been read to its end once."""
        return self._whole.is_set()

    def wait_until_read(self) -> FolderRun:
        """Return when the log has been read to its end for the first time."""
        self._whole.wait()
        return self

    def follow(self) -> FolderRun:
        """Keep reading in a thread of its own; returns at once."""
        threading.Thread(target=self._follow, name=f"ganviz-follow-{self.id}", daemon=True).start()
        return self

    def close(self) -> None:
        """Stop following."""
        self._closed.set()

    def _follow(self) -> None:
        if not self._whole.is_set():
            self.refresh()
        while not self._closed.wait(
            pacing.FOLLOW_INTERVAL if self.active else pacing.IDLE_FOLLOW_INTERVAL
        ):
            self.refresh()

    def _add(self, events: list[Event]) -> None:
        for part, rewind in split_at_rewinds(events):
            self._step = next(
                (event.step for event in reversed(part) if marks_progress(event)), self._step
            )
            rows = (
                event for event in reversed(part) if event.kind == "scalars"
            )  # most of a log: the last ones will do
            self._recent.extend(
                reversed([(row.time, row.step) for row in islice(rows, self._recent.maxlen)])
            )
            for event in part:
                if event.kind == "state":
                    self._last_state, self.sentence = (
                        event.data["state"],
                        str(event.data.get("sentence", "")),
                    )
                elif event.kind == "setting":
                    self._apply(event)
            self.events.extend(part)
            if rewind:
                self._rewind(rewind.step)

    def _rewind(self, step: int) -> None:
        """The run was resumed from an earlier checkpoint: a fresh log without what no longer
        counts."""
        self.generation += 1
        self._recent.clear()
        self.events = self.events.rewound(step)
        self._step = step
        try:
            self.config = load_config(self.folder / CONFIG)
        except ConfigError as error:
            self.problem = error.sentence

    def _apply(self, event: Event) -> None:
        try:
            self.config = self.config.but(**{str(event.data.get("name")): event.data.get("value")})
        except GanvizError as error:
            self.problem = (
                f"The log of {self.id} holds a setting that does not fit: {error.sentence}"
            )

    # -- what a reader of a Run expects ----------------------------------------------------
    @property
    def active(self) -> bool:
        """Whether some process trains it now."""
        return self.state not in (*ENDED, INTERRUPTED)

    @property
    def error(self) -> str | None:
        """Why it failed, or None."""
        return self.sentence if self.state == "failed" else None

    @property
    def step_count(self) -> int:
        """Steps trained so far."""
        return self._step

    @property
    def spec(self) -> DataSpec | None:
        """What its data is, or None before it was loaded."""
        spec = trained.parse_spec(self._summary.facts.get("spec"))
        # a damaged summary: each checkpoint holds it, too
        return spec or trained.parse_spec(
            checkpoint.newest_info(self.folder / checkpoint.CHECKPOINTS).get("spec")
        )

    @property
    def series(self) -> list[dict[str, str]]:
        """The statistics that a chart can draw."""
        listed = self._summary.facts.get("series", [])
        listed = (
            [entry for entry in listed if isinstance(entry, dict)]
            if isinstance(listed, list)
            else []
        )
        return [
            {key: str(entry.get(key, "")) for key in ("name", "label", "group", "colour")}
            for entry in listed
        ]

    @property
    def equilibrium(self) -> dict[str, float | None]:
        """Values of the losses at equilibrium."""
        table = self._summary.facts.get("equilibrium")
        return (
            {
                str(name): value
                for name, value in table.items()
                if value is None or type(value) in (int, float)
            }
            if isinstance(table, dict)
            else {}
        )

    @property
    def reals(self) -> Frame | None:
        """The grid of real samples."""
        paths = [self.folder / f"{REALS}{extension}" for extension in MIMES]
        return next(
            (frame for path in paths if (frame := read_frame(path, 0, self._summary.layout))), None
        )

    @property
    def snapshots(self) -> SnapshotStore:
        """The generator of the newest checkpoint, loaded when first asked for and renewed by
        `refresh`."""
        if self._snapshots is None:
            with self._lock:
                # another thread may have begun meanwhile
                if self._snapshots is None:
                    spec = self.spec
                    self._snapshots = SnapshotStore(
                        self.config.latent_dim,
                        spec.classes if spec else (),
                        self.config.conditional,
                        spec.kind if spec else "images",
                    )
                    try:
                        self._publish(self._snapshots)
                    finally:
                        # nobody is to wait for one that cannot be loaded
                        self._loaded.set()
        return self._snapshots

    @property
    def is_loaded(self) -> bool:
        """Whether the generator was loaded, where there is one."""
        return self._loaded.is_set()

    def _publish(self, snapshots: SnapshotStore) -> None:
        kept = self.folder / checkpoint.CHECKPOINTS
        wanted = checkpoint.newest(kept) if self._at is None else checkpoint.path_of(kept, self._at)
        if wanted is None or wanted == self._published:
            return
        self._published = wanted
        try:
            generator = trained.load_generator(self.folder if self._at is None else wanted)
        except GanvizError as error:
            self.problem = error.sentence
            return
        snapshots.publish(generator.network, generator.step, wait=True)

    def status(self) -> dict[str, Any]:
        """What a status line shows."""
        row = self.events.last_row()
        rate = self._rate() if self.state == "running" else 0.0
        left = (
            (self.config.steps - self._step) / rate
            if rate and self.config.steps > self._step
            else None
        )
        return {
            "id": self.id,
            "name": title(
                self.given_name or self.config.name, self.config.preset, self.folder.name
            ),
            "preset": self.config.preset,
            "state": self.state,
            "sentence": self.sentence,
            "error": self.error,
            "step": self._step,
            "steps": self.config.steps,
            "images_per_second": row.get("images_per_second", 0.0) if rate else 0.0,
            "elapsed": row.get("elapsed", 0.0),
            "left": left,
            "device": str(self._summary.facts.get("device", "")),
        }

    def _rate(self) -> float:
        """Steps a second over the last rows."""
        if len(self._recent) < 2:
            return 0.0
        (then, before), (now, after) = self._recent[0], self._recent[-1]
        return (after - before) / (now - then) if now > then and after > before else 0.0

    # -- commands: a folder has no ear -------------------------------------------------------
    def start(self) -> FolderRun:
        """Already started, or over: refused."""
        raise self._refusal()

    def pause(self) -> None:
        """Refused."""
        raise self._refusal()

    def resume(self) -> None:
        """Refused."""
        raise self._refusal()

    def step(self, n: int = 1) -> None:
        """Refused."""
        raise self._refusal()

    def turn(self, player: str, n: int = 1) -> None:
        """Refused."""
        raise self._refusal()

    def stop(self) -> None:
        """Refused."""
        raise self._refusal()

    def set(self, **settings: Any) -> None:
        """Refused."""
        raise self._refusal()

    def _refusal(self) -> RunError:
        return RunError(
            f"{self.id} is watched from its folder: command it where it was started, or resume it "
            f"here once it "
            "has ended.",
            "run",
        )

    def join(self, timeout: float | None = None) -> bool:
        """A watched run is not waited for."""
        return not self.active
