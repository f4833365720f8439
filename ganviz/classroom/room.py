"""Who is in the room: members with their handles, who was sent out, and whether it is locked."""

from __future__ import annotations

import ipaddress
import random
import secrets
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ganviz.classroom.animals import ANIMALS
from ganviz.classroom.visitor import Visitor
from ganviz.errors import GanvizError

MAX_MEMBERS = 400
FULL = "The room is full: {n} browsers are in it. Ask the presenter to make room."
LOCKED = "The room is locked. Ask the presenter to open it, then try again."
SENT_OUT = "The presenter has sent this browser out of the class."


@dataclass(frozen=True)
class Member:
    """A visitor as the presenter sees it. ``here``: whether a page of it is open now."""

    id: str
    handle: str
    presenter: bool
    here: bool


class Room:
    """The members of a class. Safe to use from any thread."""

    def __init__(self, data: dict[str, Any] | None = None):
        """``data``: what `as_data` gave, for a room that goes on after a restart."""
        self._lock = threading.Lock()
        self._members: dict[str, Visitor] = {}
        self._removed: set[str] = set()
        self._open_pages: Counter[str] = Counter()
        # members whose page has ever connected
        self._seen: set[str] = set()
        # where members came from: in memory only
        self._addresses: dict[str, str] = {}
        self._refused_addresses: set[str] = set()
        self.locked = False
        if data:
            self._restore(data)

    def _restore(self, data: dict[str, Any]) -> None:
        self.locked = data.get("locked") is True
        self._removed = {str(one) for one in data.get("removed") or ()}
        for one in data.get("members") or ():
            visitor = Visitor(str(one["id"]), str(one["handle"]), one["presenter"] is True)
            self._members[visitor.id] = visitor
        self._seen = set(self._members)

    def as_data(self) -> dict[str, Any]:
        """What is kept of the room: random ids and handles, and nothing about their owners."""
        with self._lock:
            members = [
                {"id": one.id, "handle": one.handle, "presenter": one.presenter}
                for one in self._members.values()
            ]
            return {"locked": self.locked, "removed": sorted(self._removed), "members": members}

    # -- coming and going ------------------------------------------------------------------
    def join(self, presenter: bool = False, address: str = "") -> Visitor:
        """A new member who comes from the network ``address``. Raises `GanvizError` where the room
        is locked or full, or somebody was sent out who came from there; presenters always come
        in."""
        with self._lock:
            if not presenter:
                self._refuse(address)
            handle = "Presenter" if presenter else self._handle()
            visitor = Visitor(secrets.token_hex(8), handle, presenter)
            self._members[visitor.id] = visitor
            self._addresses[visitor.id] = address
            return visitor

    def _refuse(self, address: str) -> None:
        if address in self._refused_addresses:
            raise GanvizError(SENT_OUT)
        if self.locked:
            raise GanvizError(LOCKED)
        if len(self._members) < MAX_MEMBERS:
            return
        # who came in last and never opened the page makes room, so that a flood displaces itself;
        # else who has been away for longest
        away = [
            visitor_id
            for visitor_id, one in self._members.items()
            if visitor_id not in self._open_pages and not one.presenter
        ]
        if not away:
            raise GanvizError(FULL, n=MAX_MEMBERS)
        gone = next((one for one in reversed(away) if one not in self._seen), away[0])
        del self._members[gone]
        self._addresses.pop(gone, None)
        self._seen &= self._members.keys()

    def _handle(self) -> str:
        taken = {visitor.handle for visitor in self._members.values()}
        free = [animal for animal in ANIMALS if animal not in taken]
        if free:
            return random.choice(free)
        number = 2
        while f"{ANIMALS[0]} {number}" in taken:
            number += 1
        return f"{ANIMALS[0]} {number}"

    def remove(self, visitor_id: str) -> None:
        """Send a viewer out, to stay out: the browser, and its network address where nobody else of
        the room has it. Raises `GanvizError` for an id that no viewer has."""
        with self._lock:
            member = self._members.get(visitor_id)
            if member is None or member.presenter:
                raise GanvizError("There is no such viewer in the room.")
            del self._members[visitor_id]
            self._removed.add(visitor_id)
            address = self._addresses.pop(visitor_id, "")
            if _identifies(address) and address not in self._addresses.values():
                self._refused_addresses.add(address)

    def readmit(self) -> None:
        """Whoever was sent out may join again."""
        with self._lock:
            self._removed.clear()
            self._refused_addresses.clear()

    def empty(self) -> None:
        """All viewers leave; with the code they may come again."""
        with self._lock:
            self._members = {key: one for key, one in self._members.items() if one.presenter}
            stay = self._members.keys() & self._addresses.keys()
            self._addresses = {key: self._addresses[key] for key in stay}

    # -- who is who ------------------------------------------------------------------------
    def member(self, visitor_id: str) -> Visitor | None:
        """The member with this id; None for somebody who never joined, or has left."""
        return self._members.get(visitor_id)

    def was_removed(self, visitor_id: str) -> bool:
        """Whether a presenter has sent the visitor with this id out."""
        return visitor_id in self._removed

    @property
    def open_pages(self) -> int:
        """How many pages are open, presenters' own included."""
        return sum(self._open_pages.values())

    @property
    def removed_count(self) -> int:
        """How many were sent out."""
        return len(self._removed)

    def opened(self, visitor: Visitor, address: str = "") -> None:
        """A page of ``visitor`` has connected."""
        with self._lock:
            self._open_pages[visitor.id] += 1
            # who was sent out meanwhile would stand for others who come from there
            if visitor.id in self._members:
                self._seen.add(visitor.id)
                self._addresses[visitor.id] = address

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


def _identifies(address: str) -> bool:
    """Whether a network address may be one device's: a proxy on this machine stands for many."""
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
