"""The gate before every path, the page's own and Gradio's: who may come in, where to, and with how
much.

Pure ASGI, outermost: what it refuses, no route, no middleware and no part of Gradio ever sees.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganviz import pacing
from ganviz.classroom import Classroom
from ganviz.classroom.visitor import NOBODY
from ganviz.errors import GanvizError
from ganviz.server.entrance import NOT_JOINED, Entrance
from ganviz.server.guard import Guard, Refused, json_response, refusal
from ganviz.server.limits import (
    MAX_BODY,
    SOCKETS_FOR_PRESENTERS,
    SOCKETS_OF_A_VIEWER,
    Limits,
    Places,
)
from ganviz.server.visitor_scope import visitor_of, with_visitor

LIVE_PATH, WHY_PATH = "/gv/live", "/gv/why"
ALL_PAGES = (
    "As many pages as this server takes are open; close some that are not needed, and this one "
    "goes on by itself."
)
PAGES_OF_ONE = (
    f"This browser has as many pages of ganviz open as one may ({SOCKETS_OF_A_VIEWER}); close "
    "some, and this one goes on by itself."
)
NO_UPGRADE = (
    "The server answers, but its live connection does not open: a proxy between this page and the "
    "server does not pass WebSockets on. nginx does with: proxy_http_version 1.1; proxy_set_header "
    "Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_set_header Host $http_host;"
)
# what the page needs of Gradio: everything else of it answers 404
GRADIO_PATHS = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/pwa_icon|/robots\.txt"
    r"|/assets/[^/]+(/[^/]+)*|/static/[^/]+(/[^/]+)*"
)
# headers by which proxies say below which path they show the page
PREFIX_HEADERS = ("x-forwarded-prefix", "x-forwarded-context", "x-script-name")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~@%+-]{1,100}){1,20}")
# a browser sends some twenty headers, and proxies add some; the form has some hundred settings
MAX_HEADERS, MAX_PARAMETERS = 100, 300
# of a file on any system; looking for one with a longer name raises
LONGEST_NAME = 255
# a response goes out in parts of this size, so that a browser that does not read holds no more
PART = 64 * 1024
# a page may be shown inside one of this machine or of an editor, never inside a foreign one
FRAME_ANCESTORS = "'self' http://localhost:* http://127.0.0.1:* vscode-webview:"


class Gate:
    """ASGI middleware. ``root_path``: the path below which a proxy shows the page, where it does
    not say so itself. ``classroom``: whose members come in; where it has no keys, everybody."""

    def __init__(
        self,
        app: ASGIApp,
        guard: Guard | None = None,
        limits: Limits | None = None,
        root_path: str = "",
        classroom: Classroom | None = None,
    ):
        self._app = app
        self._guard = guard or Guard.from_environment()
        limits = limits or Limits()
        self._sockets = Places(
            limits.sockets,
            limits.sockets_per_client,
            SOCKETS_OF_A_VIEWER,
            SOCKETS_FOR_PRESENTERS,
            full=ALL_PAGES,
            own=PAGES_OF_ONE,
        )
        self._root_path = root_path.rstrip("/")
        self._entrance = Entrance(classroom or Classroom())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        send = _Answer(send, self._guard.hosts)
        try:
            _check_size(scope)
            scope = self._below_prefix(scope)
            await self._guard.admit(HTTPConnection(scope))
            path = _path(scope)
            visitor = self._entrance.visitor_of(HTTPConnection(scope))
            scope = with_visitor(scope, visitor)
            if not self._entrance.is_open_at(path):
                if visitor == NOBODY and path != "/":
                    raise Refused(403, NOT_JOINED, "join")
                _check_path(scope)
            receive = await _with_body(scope, receive)
            answer = await self._own_answer(Request(scope, receive), path)
        except GanvizError as error:
            answer = refusal(error)
            answer.headers["Connection"] = "close"
        await (answer or self._app)(scope, receive, send)

    async def _own_answer(self, request: Request, path: str) -> Response | None:
        """What the gate answers itself."""
        if self._entrance.is_open_at(path):
            return await self._entrance.answer(request, path)
        if visitor_of(request) == NOBODY:
            return RedirectResponse("./join", 303, {"Cache-Control": "no-store"})
        return self._why(request) if path == WHY_PATH else None

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _check_size(scope)
            scope = self._below_prefix(scope)
            await self._guard.admit(HTTPConnection(scope))
            visitor = self._entrance.visitor_of(HTTPConnection(scope))
            if _path(scope) != LIVE_PATH or visitor == NOBODY:
                raise Refused(404, "There is no socket at this address.")
        except GanvizError:
            await send({"type": "websocket.close", "code": 1008})
            return
        scope = with_visitor(scope, visitor)
        if self._sockets.why_not(scope):
            # 1013: try again later
            await send({"type": "websocket.close", "code": 1013})
            return
        with self._sockets.place(scope):
            await self._app(scope, receive, send)

    def _why(self, request: Request) -> Response:
        """Why a live socket of the page that asks does not open: a browser hides the reason. The
        page gives its ``origin``, which a GET does not carry."""
        sentence = NO_UPGRADE
        try:
            self._guard.compare_origin(request.headers, request.query_params.get("origin"))
            sentence = self._sockets.why_not(request.scope) or NO_UPGRADE
        except GanvizError as error:
            sentence = error.sentence
        return json_response({"ok": sentence is NO_UPGRADE, "sentence": sentence})

    def _below_prefix(self, scope: Scope) -> Scope:
        """``scope`` with the path that the browser sees, where a proxy shows the page below one."""
        prefix = self._root_path or _prefix_of(Headers(scope=scope))
        if not prefix:
            return scope
        path = scope["path"]
        if path != prefix and not path.startswith(prefix + "/"):
            path = prefix + path
        return {**scope, "root_path": prefix, "path": path if path != prefix else prefix + "/"}


def _prefix_of(headers: Headers) -> str:
    for name in PREFIX_HEADERS:
        prefix = headers.get(name, "").rstrip("/")
        if _PREFIX.fullmatch(prefix):
            return prefix
    return ""


def _path(scope: Scope) -> str:
    return scope["path"].removeprefix(scope.get("root_path", "")) or "/"


def _check_size(scope: Scope) -> None:
    """Raise `Refused` for more headers or parameters than anybody needs: each is work."""
    if len(scope["headers"]) > MAX_HEADERS:
        raise Refused(431, f"That request has too many headers; at most {MAX_HEADERS} are read.")
    if scope["query_string"].count(b"&") >= MAX_PARAMETERS:
        raise Refused(414, f"That address has too many parts; at most {MAX_PARAMETERS} are read.")


def _check_path(scope: Scope) -> None:
    path, method = _path(scope), scope["method"]
    if path == "/gv" or path.startswith("/gv/"):
        return
    too_long = any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in path.split("/"))
    if too_long or method not in ("GET", "HEAD") or not GRADIO_PATHS.fullmatch(path):
        raise Refused(404, f"There is nothing at {path[:80]!r} for {method}; open the start page.")


async def _with_body(scope: Scope, receive: Receive) -> Receive:
    """``receive`` of a request whose body has been read. Raises `Refused` for one that is too
    large, before it is read where the browser says so, or that takes too long."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > MAX_BODY):
        raise _too_large()
    if "transfer-encoding" in headers:
        # it may come in millions of parts, each of which is work
        raise Refused(411, "Say how long the request is (Content-Length): no other one is read.")
    if not length:
        return receive
    try:
        body = await asyncio.wait_for(_read(receive), pacing.BODY_TIMEOUT)
    except asyncio.TimeoutError:
        raise Refused(408, "The request took too long to arrive; try again.") from None
    whole = [body]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return again


async def _read(receive: Receive) -> Message:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _too_large()
        if not message.get("more_body"):
            return {"type": "http.request", "body": bytes(body), "more_body": False}


def _too_large() -> Refused:
    return Refused(413, f"That request is too large; at most {MAX_BODY // 1024} KB are read.")


class _Answer:
    """Sends a response on: in parts, without leave for other sites to read it."""

    def __init__(self, send: Send, hosts: Iterable[str]):
        self._send = send
        self._hosts = hosts

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._set_headers(MutableHeaders(scope=message))
        body = message.get("body", b"") if message["type"] == "http.response.body" else b""
        for start in range(0, max(0, len(body) - PART), PART):
            part = bytes(memoryview(body)[start : start + PART])
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
        if len(body) > PART:
            rest = (len(body) - 1) // PART * PART
            message = {**message, "body": body[rest:]}
        await self._send(message)

    def _set_headers(self, headers: MutableHeaders) -> None:
        for name in [name for name in headers if name.startswith("access-control-")]:
            del headers[name]
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if headers.get("content-type", "").startswith("text/html"):
            hosts = " ".join(f"https://{host} http://{host}" for host in self._hosts)
            ancestors = f"frame-ancestors {FRAME_ANCESTORS} {hosts}".strip()
            headers.setdefault("Content-Security-Policy", ancestors)
