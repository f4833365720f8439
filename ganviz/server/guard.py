"""The one gate that every request passes, and the one shape that every refusal has.

Routes beside Gradio bypass its ``auth=``: whoever may do what is decided here, and nowhere else.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.encode import dumps

logger = logging.getLogger(__name__)

HOSTS_VARIABLE = "GANVIZ_HOSTS"
MAX_BODY = 64 * 1024
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})

Model = TypeVar("Model", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(GanvizError):
    """A request that is answered with a 4xx or 5xx ``status`` and the sentence."""

    def __init__(self, status: int, sentence: str, field: str | None = None):
        super().__init__(sentence, field)
        self.status = status


class Guard:
    """Decides who may call an endpoint. Roles belong here when there are any."""

    def __init__(self, hosts: tuple[str, ...] = ()):
        own = socket.gethostname().lower()  # some systems give it a loopback address
        self._names = LOCAL_NAMES | {own, *(host.lower() for host in hosts)}

    def http(self, endpoint: Endpoint) -> Endpoint:
        """``endpoint``, called only for admitted requests; what it raises becomes JSON with a
        sentence."""

        async def guarded(request: Request) -> Response:
            try:
                self.admit(request)
                return await endpoint(request)
            except GanvizError as error:
                return refusal(error)
            except Exception:
                logger.exception("%s %s failed", request.method, request.url.path)
                return refusal(
                    Refused(
                        500, "The server stumbled over this request; its log says how. Try again."
                    )
                )

        return guarded

    def socket(
        self, endpoint: Callable[[WebSocket], Awaitable[None]]
    ) -> Callable[[WebSocket], Awaitable[None]]:
        """``endpoint``, called only for admitted sockets; others are closed before they open."""

        async def guarded(websocket: WebSocket) -> None:
            try:
                self.admit(websocket)
            except GanvizError as error:
                await websocket.close(1008, error.sentence[:120])
                return
            await endpoint(websocket)

        return guarded

    def admit(self, connection: HTTPConnection) -> None:
        """Raise `Refused` for a connection that another web site could be behind."""
        self._check_host(connection)
        if connection.scope["type"] == "websocket" or connection.scope["method"] not in (
            "GET",
            "HEAD",
        ):
            _check_origin(connection)

    def _check_host(self, connection: HTTPConnection) -> None:
        # DNS rebinding: a foreign page names this machine by a host name of its own and becomes
        # "same origin"
        if not _is_loopback(connection.scope.get("server")):
            return
        name = _parsed("//" + connection.headers.get("host", "")).hostname or ""
        if name not in self._names and not name.endswith(".localhost"):
            raise Refused(
                403,
                "This server answers to http://localhost only; to use it under another name "
                "(behind a proxy), "
                f"start it with that name in the environment variable {HOSTS_VARIABLE}.",
            )


def _is_loopback(server: Any) -> bool:
    try:
        return ipaddress.ip_address(server[0]).is_loopback
    except (TypeError, ValueError):  # a unix socket, a name, or a test's made-up server
        return False


def _check_origin(connection: HTTPConnection) -> None:
    origin = connection.headers.get("origin")
    if (
        origin is not None
        and _parsed(origin).netloc.lower() != connection.headers.get("host", "").lower()
    ):
        raise Refused(
            403, "This came from a page of another site; open ganviz itself and try there."
        )


def _parsed(url: str) -> SplitResult:
    """``url`` in parts; all of them empty where it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def refusal(error: GanvizError) -> Response:
    """An error as JSON: ``{"error": sentence, "field": name or null}``."""
    return json_response(
        {"error": error.sentence, "field": error.field}, getattr(error, "status", 422)
    )


def json_response(value: Any, status: int = 200) -> Response:
    """``value`` as JSON that no cache keeps."""
    return Response(dumps(value), status, {"Cache-Control": "no-store"}, "application/json")


async def missing(request: Request) -> Response:
    """The answer at every other address under /gv."""
    raise Refused(
        404, f"There is nothing at {request.url.path[:80]!r} for {request.method}; reload the page."
    )


async def body_as(model: type[Model], request: Request) -> Model:
    """The request's JSON body as a ``model``. Raises `Refused` with a sentence; never reads more
    than `MAX_BODY` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused(
                413, f"That request is too large; at most {MAX_BODY // 1024} KB are read."
            )
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _as_refusal(error) from None


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


def find_run(manager: RunManager, run_id: str | None, whole: bool = True) -> ReadableRun:
    """The run called ``run_id``, or the current one. Raises `Refused` where there is none.

    ``whole``: with its log read to the end, which takes seconds where it is long: call this from a
    thread.
    """
    if run_id is None:
        if manager.current is None:
            raise Refused(409, "Nothing has been trained yet: choose a preset and click Train.")
        return manager.current
    try:
        run = manager.get(run_id)
    except (GanvizError, KeyError):
        run = None
    if run is None:
        raise Refused(
            404,
            f"There is no run called {run_id[:80]!r} here; reload the page to see the current one.",
        )
    return run.wait_until_read() if whole else run
