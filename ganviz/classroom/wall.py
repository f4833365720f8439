"""The wall: pictures that students found in the latent space, drawn together while the run
trains."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from ganviz.errors import GanvizError

PLACES = 30


@dataclass(frozen=True)
class WallPicture:
    """One picture on the wall. ``z``: [latent_dim] on the CPU; ``y``: its class, where G is told
    one."""

    owner: str
    handle: str
    run: str
    z: Tensor
    y: int | None


class Wall:
    """Up to `PLACES` pictures of a run, one a student; the newest wins. Safe to use from any
    thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, WallPicture] = {}
        self._open = False
        # counts changes: a sheet that was drawn before one is no longer right
        self.version = 0

    @property
    def is_open(self) -> bool:
        """Whether students may send pictures."""
        return self._open

    def open(self, is_open: bool) -> None:
        """Let students send pictures, or no more; those that hang there stay."""
        self._open = is_open

    def put(self, entry: WallPicture) -> None:
        """Hang up a picture in the place of the owner's earlier one. Raises `GanvizError` where the
        wall is closed or full."""
        with self._lock:
            if not self._open:
                raise GanvizError("The wall takes no pictures now; the presenter opens it.")
            # pictures of other runs hang there unseen
            others = (one for one in self._entries.values() if one.owner != entry.owner)
            if sum(one.run == entry.run for one in others) >= PLACES:
                raise GanvizError("The wall is full; the presenter can take pictures down.")
            self._entries[entry.owner] = entry
            self.version += 1

    def remove(self, owner: str) -> None:
        """Take the picture of ``owner`` down. Raises `GanvizError` where there is none."""
        with self._lock:
            if self._entries.pop(owner, None) is None:
                raise GanvizError("That picture hangs there no more.")
            self.version += 1

    def clear(self) -> None:
        """Take all pictures down."""
        with self._lock:
            self._entries = {}
            self.version += 1

    def entries(self, run: str) -> list[WallPicture]:
        """The pictures of a run, in their places."""
        with self._lock:
            return [one for one in self._entries.values() if one.run == run]

    def view(self, run: str, viewer: str, presenter: bool) -> dict[str, Any]:
        """What a page shows around the pictures: handles, and for a presenter what to remove them
        by."""
        entries = self.entries(run)
        mine = next((i for i, one in enumerate(entries) if one.owner == viewer), None)
        return {
            "open": self._open,
            "run": run,
            "version": self.version,
            "handles": [one.handle for one in entries],
            "mine": mine,
            "owners": [one.owner for one in entries] if presenter else None,
        }
