"""How much one browser, and all of them together, may take of the server: connections, sockets,
bodies, and places in a queue."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from starlette.types import Scope

from ganviz.classroom.visitor import AT_THE_MACHINE, NOBODY
from ganviz.server.guard import Refused
from ganviz.server.visitor_scope import visitor_of

# the largest body of a request: a form's settings take a few kilobytes
MAX_BODY = 64 * 1024
# what is left of the open files for the run folder, data sets and libraries
RESERVED_FILES = 128
# more connections than this are not needed: a page holds one socket and up to six requests
MAX_CONNECTIONS = 1024
MIN_CONNECTIONS = 16
# tabs of one viewer, some of which a phone has forgotten; pages of presenters, whoever else is in
SOCKETS_OF_A_VIEWER, SOCKETS_FOR_PRESENTERS = 16, 16


@dataclass(frozen=True)
class Limits:
    """Bounds on what is open at the same time. A class may sit behind one address, so one client's
    share is large; it is never everything."""

    connections: int = MAX_CONNECTIONS

    @property
    def connections_per_client(self) -> int:
        """Of one address."""
        return self.connections // 2

    @property
    def sockets(self) -> int:
        """Live sockets: each keeps its connection."""
        return self.connections // 2

    @property
    def sockets_per_client(self) -> int:
        """Live sockets of one address."""
        return self.connections // 4

    @classmethod
    def of_this_process(cls) -> Limits:
        """As many connections as the system's limit of open files leaves room for, which is raised
        as far as the system allows."""
        room = raise_file_limit() - RESERVED_FILES
        return cls(max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, room)))


def raise_file_limit(wanted: int = MAX_CONNECTIONS + RESERVED_FILES) -> int:
    """Allow this process at least ``wanted`` open files where the system does; returns how many it
    may open."""
    if sys.platform == "win32":
        # sockets are no files there, and nothing limits them so low
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if soft == resource.RLIM_INFINITY else soft


def client_of(scope: Scope) -> str:
    """The address of the browser, or of the proxy before it."""
    return scope["client"][0] if scope.get("client") else ""


class Quota:
    """Places for so many at once, and for so many of each client. To be used from one thread."""

    def __init__(self, total: int, per_client: int):
        self.total, self.per_client = total, per_client
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._held.total()

    def has_place(self, client: str) -> bool:
        """Whether ``client`` may take another place."""
        return len(self) < self.total and self._held[client] < self.per_client

    @contextmanager
    def place(self, client: str) -> Iterator[None]:
        """A place for as long as the block runs. Ask `has_place` first, without an await between
        the two."""
        self._held[client] += 1
        try:
            yield
        finally:
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]


class Places:
    """Places that the visitors of a class share: so many in all and of one address, where a whole
    class may sit, and so many of one viewer. Presenters find one where viewers hold all: up to
    ``for_presenters`` more. To be used from one thread.

    ``full``, ``own``: what is said where all are taken, and where a viewer has its share.
    """

    def __init__(
        self,
        total: int,
        per_client: int,
        per_viewer: int,
        for_presenters: int = 0,
        *,
        full: str,
        own: str,
    ):
        self._all = Quota(total, per_client)
        self._of_viewers = Quota(total, per_viewer)
        self._kept = Quota(for_presenters, for_presenters)
        self._full, self._own = full, own

    def __len__(self) -> int:
        return len(self._all) + len(self._kept)

    def why_not(self, scope: Scope) -> str | None:
        """The sentence for who sends ``scope`` and may not take another place; None: it may."""
        visitor, free = visitor_of(scope), self._all.has_place(client_of(scope))
        if visitor.presenter:
            free = free or (visitor != AT_THE_MACHINE and self._kept.has_place(""))
        elif visitor != NOBODY and not self._of_viewers.has_place(visitor.id):
            return self._own
        return None if free else self._full

    def place(self, scope: Scope) -> ExitStack:
        """A place, from now until what is returned is closed, as a ``with`` does at its end. Raises
        `Refused`."""
        sentence = self.why_not(scope)
        if sentence:
            raise Refused(503, sentence)
        visitor, client = visitor_of(scope), client_of(scope)
        held = ExitStack()
        if visitor.presenter and not self._all.has_place(client):
            held.enter_context(self._kept.place(""))
        else:
            held.enter_context(self._all.place(client))
            held.enter_context(self._of_viewers.place(visitor.id))
        return held
