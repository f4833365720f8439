"""The state of a class, piece by piece, as each visitor may see it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ganviz.classroom.room import Room
from ganviz.classroom.visitor import Visitor

View = Callable[[Visitor], Any]


class Classroom:
    """The room, and the pieces that show something in it. Safe to use from any thread.

    A piece (follow, poll, game, wall) is added under its name with a function that gives what one
    visitor sees of it, as plain values; None is nothing. Whenever that may have become something
    else the piece calls `changed`, and every open page gets what is new for its visitor.
    """

    def __init__(self) -> None:
        self.room = Room()
        self.version = 0
        self._views: dict[str, View] = {}
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def add(self, name: str, view: View) -> None:
        """Show what ``view(visitor)`` gives under ``name``. ``view`` must be quick: it is called
        for every visitor at every change, in the event loop."""
        if name in self._views:
            raise ValueError(f"the class has a piece called {name} already")
        self._views[name] = view

    def view(self, visitor: Visitor) -> dict[str, Any]:
        """What ``visitor`` sees of each piece."""
        return {name: view(visitor) for name, view in self._views.items()}

    def changed(self) -> None:
        """Something is to be seen that was not."""
        with self._lock:
            self.version += 1
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` at each change, from the thread that makes it."""
        with self._lock:
            self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` no longer."""
        with self._lock:
            self._listeners.remove(listener)
