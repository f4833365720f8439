"""The state of a class, piece by piece, as each visitor may see it; and what is kept of the class
for a restart of the server."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganviz.classroom.keys import Keys
from ganviz.classroom.room import Room
from ganviz.classroom.visitor import AT_THE_MACHINE, Visitor
from ganviz.disk import atomic_replace, read_json

logger = logging.getLogger(__name__)

View = Callable[[Visitor], Any]
# a class that nobody joined for so long is yesterday's
FORGOTTEN_AFTER = 12 * 3600
MOST_OPENED = 200


class Classroom:
    """The room, and the pieces that show something in it. Safe to use from any thread.

    Without ``keys`` nobody has to join: whoever reaches the server is at its machine, and commands.
    ``file``: where the class is kept, readable for its owner alone; None keeps it in memory.

    A piece (follow, poll, game, wall) is added under its name with a function that gives what one
    visitor sees of it, as plain values; None is nothing. Whenever that may have become something
    else the piece calls `changed`, and every open page gets what is new for its visitor.
    """

    def __init__(
        self, keys: Keys | None = None, file: Path | None = None, data: dict[str, Any] | None = None
    ):
        self.keys = keys
        self.room = Room((data or {}).get("room"))
        self._opened_runs = dict.fromkeys(str(one) for one in (data or {}).get("shown") or ())
        self._file = file
        self._views: dict[str, View] = {}
        self._listeners: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._keep()

    @classmethod
    def open(cls, file: Path, presenter: str = "", new: bool = False) -> Classroom:
        """The class that is kept in ``file``, or a new one where there is none, it is yesterday's,
        or ``new`` asks for it. ``presenter``: the presenter's key, where it is not left to
        chance."""
        data = {} if new else read_json(file)
        used = data.get("used")
        keys = Keys.from_data(data.get("keys"))
        recent = isinstance(used, int | float) and time.time() - used < FORGOTTEN_AFTER
        if keys is None or not recent:
            return cls(Keys.fresh(presenter), file)
        if presenter:
            keys = Keys(keys.secret, presenter, keys.link, keys.code)
        try:
            return cls(keys, file, data)
        except (KeyError, TypeError, AttributeError):
            logger.warning("the class in %s is damaged: a new one begins", file)
            return cls(Keys.fresh(presenter), file)

    # -- pieces ----------------------------------------------------------------------------
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

    # -- who is in -------------------------------------------------------------------------
    def current(self, visitor: Visitor) -> Visitor | None:
        """``visitor`` as it stands now; None for one who is in no longer."""
        return AT_THE_MACHINE if self.keys is None else self.room.member(visitor.id)

    def join(self, presenter: bool = False, address: str = "") -> Visitor:
        """A new member, see `Room.join`."""
        visitor = self.room.join(presenter, address)
        self.update()
        return visitor

    def update(self) -> None:
        """The room has changed: keep it, and tell the pages."""
        self._keep()
        self.changed()

    def renew_code(self) -> None:
        """Whoever knows the old code and link comes in no longer; whoever is in stays."""
        if self.keys is not None:
            self.keys = self.keys.renewed()
            self.update()

    # -- what viewers may look at ----------------------------------------------------------
    def show(self, run_id: str) -> None:
        """The run called ``run_id`` is shown to the class: from now on viewers may look at it."""
        name = run_id.partition("@")[0]
        if self.keys is not None and name and name not in self._opened_runs:
            with self._lock:
                self._opened_runs = dict.fromkeys([*self._opened_runs, name][-MOST_OPENED:])
            self._keep()

    def was_shown(self, run_id: str) -> bool:
        """Whether a run, or a checkpoint of it, was shown to the class."""
        return run_id.partition("@")[0] in self._opened_runs

    # -- across a restart ------------------------------------------------------------------
    def _keep(self) -> None:
        if self._file is None or self.keys is None:
            return
        with self._writing:
            kept = {
                "used": time.time(),
                "keys": self.keys.as_data(),
                "room": self.room.as_data(),
                "shown": list(self._opened_runs),
            }
            try:
                with atomic_replace(self._file) as beside:
                    # the keys are in it: nobody else may read it, at no moment
                    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with os.fdopen(handle, "w", encoding="utf-8") as stream:
                        json.dump(kept, stream)
            except OSError as error:
                logger.warning("the class cannot be kept for a restart (%s)", error)
