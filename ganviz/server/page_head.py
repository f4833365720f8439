"""What stands in the page's head before Gradio's own scripts. Gradio adds what it calls the head by
a script, after three round trips: too late to put a script before its own, and late for styles.
`tests/server/test_page_head.py` tells when a newer Gradio no longer needs this."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganviz.classroom import Visitor
from ganviz.server.visitor_scope import visitor_of

BEFORE = b"<script"


class PageHead:
    """ASGI middleware that puts the markup ``head(visitor)`` before the first script of the page,
    and touches nothing else."""

    def __init__(self, app: ASGIApp, head: Callable[[Visitor], str]):
        self._app = app
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in (
            "",
            "/",
        ):
            send = _Page(send, self._head(visitor_of(scope)).encode())
        await self._app(scope, receive, send)


class _Page:
    """Sends a response on; one that is an HTML page is held until it is whole, and gets the
    head."""

    def __init__(self, send: Send, head: bytes):
        self._send = send
        self._head = head
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = self._body.replace(BEFORE, self._head + BEFORE, 1)
        headers = MutableHeaders(raw=start["headers"])
        if "content-length" in headers:
            # the answer to HEAD has no body, and the length that GET's would have
            length = len(body) if self._body else int(headers["content-length"]) + len(self._head)
            headers["content-length"] = str(length)
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def _is_html(start: Message) -> bool:
    headers = MutableHeaders(raw=start["headers"])
    return (
        headers.get("content-type", "").startswith("text/html")
        and "content-encoding" not in headers
    )
