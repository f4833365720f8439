"""Probes whose measurements go with the frames of a plane of points, and are kept with them."""

from __future__ import annotations

import time
from abc import abstractmethod
from pathlib import Path
from typing import Any

from ganviz.probes.probe import Probe


class FrameProbe(Probe):
    """Measures when a frame is made, within its ``share`` of the time unless the frame must be
    exact; in between the newest measurement is given again."""

    _ended = True
    _frame_due = 0.0

    def __init__(self, data_root: Path | str | None = None):
        super().__init__(data_root)
        self._newest: dict[str, Any] = {}

    def applies(self) -> bool:
        return self.source.spec.kind == "points"

    def measure(self) -> None:
        """Nothing is logged: whoever makes a frame asks then."""

    @abstractmethod
    def for_frame(self) -> dict[str, Any]:
        """What the frame of this step gets, by name."""

    def frame_data(self, exact: bool) -> dict[str, Any]:
        if not self._ended:
            self._guarded(lambda: self._refresh(exact))
        return self._newest

    def _refresh(self, exact: bool) -> None:
        if not exact and time.perf_counter() < self._frame_due:
            return
        worked = self._worked()
        self._newest = self.for_frame()
        self._frame_due = time.perf_counter() + (self._worked() - worked) / self.share
