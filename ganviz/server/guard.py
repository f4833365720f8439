"""Who may use this server from where, and the one shape that every refusal has.

Whoever may do what is decided here, and nowhere else; `ganviz.server.gate` asks it before every
path.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from ganviz.classroom import Visitor
from ganviz.errors import ConfigError, GanvizError
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.discretion import discreet
from ganviz.server.encode import dumps
from ganviz.server.visitor_scope import visitor_of

logger = logging.getLogger(__name__)

HOSTS_VARIABLE = "GANVIZ_HOSTS"
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
PRESENTER_ONLY = (
    "Only the presenter may do this. You can look, explore the latent space and answer questions."
)
# of a scope: whether a visitor may look at a run
SEES = "ganviz.sees"
STUMBLED = "The server stumbled over this request; its log says how. Try again."

Model = TypeVar("Model", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(GanvizError):
    """A request that is answered with a 4xx or 5xx ``status`` and the sentence."""

    def __init__(self, status: int, sentence: str, field: str | None = None):
        super().__init__(sentence, field)
        self.status = status


class Guard:
    """Decides from where this server may be used, and who may ask for what.

    ``sees``: whether a visitor may look at the run that an address names. ``hosts``: further host
    names under which it may be addressed, those of a proxy in front of it; one that begins with a
    dot stands for all names that end so.
    """

    def __init__(
        self,
        hosts: tuple[str, ...] = (),
        sees: Callable[[Visitor, str | None], bool] = lambda visitor, run: True,
    ):
        self._sees = sees
        # some systems give the own name a loopback address
        self._own = socket.gethostname().lower()
        self.hosts = tuple(host.lower().removeprefix("*") for host in hosts)
        self._full_name: str | None = None

    @classmethod
    def from_environment(cls) -> Guard:
        """With the names that the environment variable `HOSTS_VARIABLE` lists, by commas."""
        return cls(tuple(os.environ.get(HOSTS_VARIABLE, "").replace(",", " ").split()))

    def http(self, endpoint: Endpoint, viewers: bool = False) -> Endpoint:
        """``endpoint`` for presenters, or with ``viewers`` for everybody who has joined; its errors
        become JSON with a sentence."""

        async def answered(request: Request) -> Response:
            visitor = visitor_of(request)
            try:
                if not viewers and not visitor.presenter:
                    raise Refused(403, PRESENTER_ONLY)
                request.scope[SEES] = self._sees
                for run in (request.path_params.get("run"), request.query_params.get("run")):
                    check_run(request, run)
                return await endpoint(request)
            except GanvizError as error:
                return refusal(error, discreetly=not visitor.presenter)
            except Exception:
                logger.exception("%s %s failed", request.method, request.url.path)
                return refusal(Refused(500, STUMBLED))

        return answered

    def routes(
        self,
        prefix: str,
        read: Mapping[str, Endpoint],
        viewers_post: Mapping[str, Endpoint],
        presenters_post: Mapping[str, Endpoint],
    ) -> list[Route]:
        """Addresses under ``prefix``: what everybody who has joined may read, what they may post,
        and what presenters alone may post."""
        groups = (
            (read, True, "GET"),
            (viewers_post, True, "POST"),
            (presenters_post, False, "POST"),
        )
        return [
            Route(f"{prefix}/{name}", self.http(endpoint, viewers), methods=[method])
            for endpoints, viewers, method in groups
            for name, endpoint in endpoints.items()
        ]

    async def admit(self, connection: HTTPConnection) -> None:
        """Raise `Refused` for a connection that another web site could be behind."""
        await self._check_host(connection)
        self.check_origin(connection, connection.headers.get("origin"))

    async def _check_host(self, connection: HTTPConnection) -> None:
        # DNS rebinding: a foreign page names this machine by a host name of its own and becomes
        # "same origin"
        server = _address(connection.scope.get("server"))
        if server is None:
            return
        name = (_parsed("//" + connection.headers.get("host", "")).hostname or "").rstrip(".")
        known = LOCAL_NAMES | {self._own}
        if name in known or name.endswith(".localhost") or self._is_named(name):
            return
        # a rebound name is a name: whoever gives this machine's address came by no name at all
        if not server.is_loopback and (_address((name,)) or await self._is_full_name(name)):
            return
        raise Refused(
            403,
            f"This server does not answer to the name {name[:80]!r}, only to localhost and to the "
            "addresses and the name of its machine; to use it under another name (behind a "
            f"proxy), start it with that name in the environment variable {HOSTS_VARIABLE}.",
        )

    def _is_named(self, name: str) -> bool:
        return any(
            name.endswith(host) if host.startswith(".") else name == host for host in self.hosts
        )

    async def _is_full_name(self, name: str) -> bool:
        """Whether ``name`` is this machine's name with its domain. Asking for it may take seconds
        without a network, so it is asked for once, where it can make a difference."""
        if not name.startswith(self._own + "."):
            return False
        if name == f"{self._own}.local":
            return True
        if self._full_name is None:
            self._full_name = (await run_in_threadpool(socket.getfqdn)).lower()
        return name == self._full_name

    def check_origin(self, connection: HTTPConnection, origin: str | None) -> None:
        """Raise `Refused` for what a page of another site sends."""
        headers = connection.headers
        site = headers.get("sec-fetch-site")
        if site in ("same-origin", "none"):
            # the browser itself compared the two, and no page can say so of itself
            return
        if site is None and origin is None:
            # no browser, or an old one that loads a picture or follows a link: that changes nothing
            return
        if not _is_navigation(connection):
            self.compare_origin(headers, origin)

    def compare_origin(self, headers: Headers, origin: str | None) -> None:
        """Raise `Refused` where ``origin`` is not the address by which the server was asked."""
        own = {headers.get("host", "").lower(), headers.get("x-forwarded-host", "").lower()}
        theirs = _parsed(origin or "")
        if theirs.netloc and not own.isdisjoint(_names_of(theirs)):
            return
        named = theirs.netloc.lower()
        raise Refused(
            403,
            "This came from a page of another site; open ganviz itself and try there. If you did, "
            f"a proxy hides the page's address ({named[:80] or 'none'}) from the server (which is "
            f"asked for {headers.get('host', '')[:80]}): let it pass the Host header on, port and "
            "all (nginx: proxy_set_header Host $http_host).",
        )


def _is_navigation(connection: HTTPConnection) -> bool:
    """Somebody follows a link, or opens a frame that `frame-ancestors` decides on."""
    headers = connection.headers
    return (
        connection.scope["type"] == "http"
        and connection.scope["method"] in ("GET", "HEAD")
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") in ("document", "iframe")
    )


def _names_of(url: SplitResult) -> set[str]:
    """How a Host header may name the server of ``url``: a browser leaves the usual port out."""
    name, usual = url.netloc.lower(), {"http": ":80", "https": ":443"}.get(url.scheme, ":")
    return {name, name.removesuffix(usual), name + usual}


def _address(server: Sequence[Any] | None) -> IPv4Address | IPv6Address | None:
    """The IP address of a server; None for a unix socket, a name, or a test's made-up server."""
    try:
        return ipaddress.ip_address(server[0]) if server else None
    except ValueError:
        return None


def _parsed(url: str) -> SplitResult:
    """``url`` in parts; all of them empty where it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def refusal(error: GanvizError, discreetly: bool = False) -> Response:
    """An error as JSON: ``{"error": sentence, "field": name or null}``; ``discreetly``: without
    the names of files."""
    sentence = discreet(error.sentence) if discreetly else error.sentence
    return json_response({"error": sentence, "field": error.field}, getattr(error, "status", 422))


def json_response(value: Any, status: int = 200) -> Response:
    """``value`` as JSON that no cache keeps."""
    return Response(dumps(value), status, {"Cache-Control": "no-store"}, "application/json")


async def missing(request: Request) -> Response:
    """The answer at every other address under /gv."""
    raise Refused(
        404, f"There is nothing at {request.url.path[:80]!r} for {request.method}; reload the page."
    )


async def body_as(model: type[Model], request: Request) -> Model:
    """The request's JSON body, which the gate bounds, as a ``model``. Raises `Refused` with a
    sentence, also for a ``run`` in it that the visitor may not see."""
    body = await request.body()
    try:
        found = model.model_validate_json(body)
    except ValidationError as error:
        raise _as_refusal(error) from None
    check_run(request, getattr(found, "run", None))
    return found


async def command_as(model: type[Model], request: Request) -> Model:
    """The body of a command, as `body_as`. A form of another site can send no JSON unasked, so a
    command must be called that."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "Commands are sent as JSON (Content-Type: application/json).")
    return await body_as(model, request)


def _as_refusal(error: ValidationError) -> Refused:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "json_invalid":
        return Refused(400, "The request is not valid JSON.")
    if first["type"] == "extra_forbidden":
        return Refused(422, f"There is no input called {where[:80]!r}.", where)
    problem = first["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return Refused(
        422, f"{where[:80] or 'The request'}: {problem[0].lower()}{problem[1:]}.", where or None
    )


def sees_run(connection: HTTPConnection, run_id: str | None) -> bool:
    """Whether who asks may look at the run called ``run_id``; None is the one that trains."""
    sees = connection.scope.get(SEES)
    return sees is None or sees(visitor_of(connection), run_id)


def check_run(connection: HTTPConnection, run_id: str | None) -> None:
    """Raise the same refusal for a run that who asks may not see as for one that does not exist."""
    if not sees_run(connection, run_id):
        raise Refused(404, _no_run(str(run_id)))


def _no_run(run_id: str) -> str:
    return f"There is no run called {run_id[:80]!r} here, or not any more. Choose another one."


def find_run(manager: RunManager, run_id: str | None) -> ReadableRun:
    """The run called ``run_id``, or the current one. Raises `Refused` where there is none. It reads
    files: call it from a thread, as `ganviz.server.workers.open_run` does."""
    if run_id is None:
        if manager.current is None:
            raise Refused(409, "Nothing has been trained yet: choose a preset and click Train.")
        return manager.current
    run: ReadableRun | None = None
    sentence = None
    try:
        run = manager.get(run_id)
    except ConfigError as error:
        # it is there, and was made by a newer version or with a definition of somebody's own
        raise Refused(409, error.sentence) from None
    except GanvizError as error:
        sentence = error.sentence if "@" in run_id else None
    except KeyError:
        pass
    if run is None:
        raise Refused(404, sentence or _no_run(run_id))
    return run
