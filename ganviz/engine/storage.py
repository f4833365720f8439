"""What a run asks of those who stand above it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from ganviz.config import RunConfig
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.events import Event
from ganviz.engine.frames import Frame


class Storage(Protocol):
    """Keeps a run while it trains. No method raises because a disk refuses: ``problem`` says so."""

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        ...

    @property
    def problem(self) -> str | None:
        """A sentence while something cannot be saved."""
        ...

    @property
    def unsaved(self) -> str | None:
        """A sentence while something is not saved without which the run cannot go on as it is."""
        ...

    @property
    def is_gone(self) -> bool:
        """Whether its folder is there no more."""
        ...

    def retry(self) -> None:
        """Write what is pending, however lately that was refused."""
        ...

    def write_config(self, config: RunConfig) -> None: ...

    def describe(self, **facts: Any) -> None: ...

    def append(self, event: Event) -> None: ...

    def write_frame(self, frame: Frame) -> None: ...

    def write_reals(self, frame: Frame) -> None: ...

    def write_picture(self, name: str, frame: Frame) -> None: ...

    def write_file(self, name: str, data: bytes) -> None: ...

    def write_traceback(self, text: str) -> None: ...

    def checkpoint(
        self, config: RunConfig, state: TrainingState, best: bool = False
    ) -> Path | None: ...

    def close(self) -> None: ...

    def discard(self) -> None: ...
