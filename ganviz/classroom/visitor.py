"""Whoever looks at the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Visitor:
    """One browser. ``id``: random, the same for as long as its class lasts; ``handle``: how it is
    called in front of others, no name; ``presenter``: whether it may command."""

    id: str
    handle: str = ""
    presenter: bool = False


NOBODY = Visitor("")
"""Somebody who has not joined."""
AT_THE_MACHINE = Visitor("presenter", "Presenter", presenter=True)
"""Whoever uses a server that only this machine can reach."""
