"""Distributions that students drew: one each, from which the presenter chooses what is trained."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from ganviz.errors import GanvizError

MOST_DRAWINGS = 60
FULL = "The class has sent all the drawings that there is room for; the presenter can clear them."


@dataclass(frozen=True)
class ClassDrawing:
    """``text``: its strokes, as the setting ``drawing`` of a run has them."""

    handle: str
    text: str


class Drawings:
    """Up to `MOST_DRAWINGS`, one a student; the newest wins. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_owner: dict[str, ClassDrawing] = {}

    def put(self, owner: str, drawing: ClassDrawing) -> None:
        """Take a drawing in the place of the owner's earlier one. Raises `GanvizError` where there
        is no room."""
        with self._lock:
            if owner not in self._by_owner and len(self._by_owner) >= MOST_DRAWINGS:
                raise GanvizError(FULL)
            self._by_owner[owner] = drawing

    def clear(self) -> None:
        """Let go of all drawings."""
        with self._lock:
            self._by_owner = {}

    def all(self) -> list[ClassDrawing]:
        """In the order in which the students first sent one."""
        with self._lock:
            return list(self._by_owner.values())

    def view(self, viewer: str) -> dict[str, Any]:
        """What every page knows: how many there are, and whether its own is among them."""
        with self._lock:
            return {"count": len(self._by_owner), "sent": viewer in self._by_owner}
