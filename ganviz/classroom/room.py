"""Who is in the room: members with their handles, who was sent out, and whether it is locked."""

from __future__ import annotations

import random
import secrets
import threading
from collections import Counter
from dataclasses import dataclass

from ganviz.classroom.animals import ANIMALS
from ganviz.classroom.visitor import Visitor
from ganviz.errors import GanvizError

MAX_MEMBERS = 400


@dataclass(frozen=True)
class Member:
    """A visitor as the presenter sees it. ``here``: whether a page of it is open now."""

    id: str
    handle: str
    presenter: bool
    here: bool


class Room:
    """The members of a class. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: dict[str, Visitor] = {}
        self._removed: set[str] = set()
        self._open_pages: Counter[str] = Counter()
        self._locked = False

    @property
    def locked(self) -> bool:
        """Whether nobody else may join."""
        return self._locked

    def lock(self, locked: bool) -> None:
        """Let nobody else in, or anybody with the code again."""
        self._locked = locked

    def join(self, presenter: bool = False) -> Visitor:
        """A new member. Raises `GanvizError` where the room is locked or full; presenters always
        come in."""
        with self._lock:
            if not presenter:
                self._refuse()
            handle = "Presenter" if presenter else self._handle()
            visitor = Visitor(secrets.token_hex(8), handle, presenter)
            self._members[visitor.id] = visitor
            return visitor

    def _refuse(self) -> None:
        if self._locked:
            raise GanvizError("The room is locked; ask the presenter to open it, then try again.")
        if len(self._members) >= MAX_MEMBERS:
            raise GanvizError(
                "The room is full: {n} have joined. Ask the presenter to begin a new class.",
                n=MAX_MEMBERS,
            )

    def _handle(self) -> str:
        taken = {visitor.handle for visitor in self._members.values()}
        free = [animal for animal in ANIMALS if animal not in taken]
        if free:
            return random.choice(free)
        number = 2
        while f"{ANIMALS[0]} {number}" in taken:
            number += 1
        return f"{ANIMALS[0]} {number}"

    def member(self, visitor_id: str) -> Visitor | None:
        """The member with this id; None for somebody who never joined or was sent out."""
        return None if visitor_id in self._removed else self._members.get(visitor_id)

    def remove(self, visitor_id: str) -> None:
        """Send a member out, for good. Raises `GanvizError` for an id that no viewer has."""
        with self._lock:
            member = self._members.get(visitor_id)
            if member is None or member.presenter:
                raise GanvizError("There is no such viewer in the room.")
            del self._members[visitor_id]
            self._removed.add(visitor_id)

    def opened(self, visitor: Visitor) -> None:
        """A page of ``visitor`` has connected."""
        with self._lock:
            self._open_pages[visitor.id] += 1

    def closed(self, visitor: Visitor) -> None:
        """A page of ``visitor`` has gone."""
        with self._lock:
            self._open_pages[visitor.id] -= 1
            if self._open_pages[visitor.id] <= 0:
                del self._open_pages[visitor.id]

    def members(self) -> list[Member]:
        """All who have joined and were not sent out, in the order in which they came."""
        with self._lock:
            return [
                Member(one.id, one.handle, one.presenter, one.id in self._open_pages)
                for one in self._members.values()
            ]
