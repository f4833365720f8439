"""What a reader of a run relies on, whether it trains in this process (`Run`) or is followed from
its folder (`FolderRun`)."""

from __future__ import annotations

from typing import Any, Protocol

from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.engine.events import EventLog
from ganviz.engine.frames import Frame
from ganviz.engine.snapshot import SnapshotStore


class ReadableFrames(Protocol):
    """Sample grids by the step that they were drawn at."""

    def get(self, step: int) -> Frame | None:
        """The grid of ``step``, if it is kept."""

    def steps(self) -> list[int]:
        """Steps of the kept grids, ascending."""

    @property
    def latest(self) -> Frame | None:
        """The newest grid."""


class ReadableRun(Protocol):
    """A run as viewers see it: they read, and never touch what trains."""

    @property
    def in_memory(self) -> bool:
        """Whether reading it never waits for a disk, so that an event loop may do it."""

    @property
    def id(self) -> str:
        """The name of its folder."""

    @property
    def config(self) -> RunConfig:
        """Its settings now."""

    @property
    def events(self) -> EventLog:
        """All that happened, by sequence number."""

    @property
    def frames(self) -> ReadableFrames:
        """Its sample grids."""

    @property
    def reals(self) -> Frame | None:
        """A grid of real samples; None before the data is loaded."""

    @property
    def spec(self) -> DataSpec | None:
        """What its data is; None before the data is loaded."""

    @property
    def snapshots(self) -> SnapshotStore:
        """Its newest generator, to draw from."""

    @property
    def series(self) -> list[dict[str, str]]:
        """The statistics that a chart can draw."""

    @property
    def equilibrium(self) -> dict[str, float | None]:
        """Values of the losses at equilibrium, where there is one."""

    @property
    def state(self) -> str:
        """One of `ganviz.engine.events.STATES`, or "interrupted"."""

    @property
    def active(self) -> bool:
        """Whether it occupies a process now."""

    def status(self) -> dict[str, Any]:
        """What a status line shows."""

    @property
    def is_read(self) -> bool:
        """Whether its log has been read to the end once: that takes seconds where it is long."""

    @property
    def is_loaded(self) -> bool:
        """Whether `snapshots` has been filled from the disk: until then there is no generator to
        draw from yet."""

    def pause(self) -> None:
        """Pause after the step in progress."""

    def resume(self) -> None:
        """Go on training."""

    def step(self, n: int = 1) -> None:
        """Train ``n`` steps, then pause."""

    def turn(self, player: str, n: int = 1) -> None:
        """Take ``n`` steps in which only ``player`` moves."""

    def stop(self) -> None:
        """End after the step in progress."""

    def set(self, **settings: Any) -> None:
        """Change live settings. Raises `ConfigError`."""
