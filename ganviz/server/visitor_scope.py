"""Who sends a request or opened a socket: the gate knows, and writes it into the scope."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import Scope

from ganviz.classroom.visitor import NOBODY, Visitor

KEY = "ganviz.visitor"


def visitor_of(connection: HTTPConnection | Scope) -> Visitor:
    """The visitor behind a request, a socket or a scope; nobody where no gate let it in."""
    scope = getattr(connection, "scope", connection)
    visitor: Visitor = scope.get(KEY, NOBODY)
    return visitor


def with_visitor(scope: Scope, visitor: Visitor) -> Scope:
    """``scope`` as that of ``visitor``."""
    return {**scope, KEY: visitor}
