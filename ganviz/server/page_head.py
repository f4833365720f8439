"""What stands in the page's head before Gradio's own scripts. Gradio adds what it calls the head by
a script, after three round trips: too late to put a script before its own, and late for styles.
`tests/server/test_page_head.py` tells when a newer Gradio no longer needs this."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganviz.classroom import Visitor
from ganviz.server.visitor_scope import visitor_of

BEFORE = b"<script"
# By which Gradio tells the address that a browser used. It sees nothing else of who asks for a
# page: no parameter, cookie or origin of one reader can stand in the page of another.
ADDRESS = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
MOST_ADDRESSES = 8


class PageHead:
    """ASGI middleware that puts the markup ``head(visitor)`` before the first script of the page,
    and touches nothing else. The page below the head, which Gradio makes anew each time in 15 ms,
    is made once for each address that browsers use."""

    def __init__(self, app: ASGIApp, head: Callable[[Visitor], str]):
        self._app = app
        self._head = head
        self._pages: OrderedDict[tuple, tuple[Message, bytes]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_page(scope):
            await self._app(scope, receive, send)
            return
        head, address = self._head(visitor_of(scope)).encode(), None
        if scope["method"] == "GET":
            sent = tuple(header for header in scope["headers"] if header[0] in ADDRESS)
            scope = {**scope, "query_string": b"", "headers": list(sent)}
            address = (scope.get("scheme"), scope.get("root_path"), scope["path"], sent)
        known = self._pages.get(address) if address else None
        if known:
            await _send(send, head, *known)
            return
        held = _Held(send)
        await self._app(scope, receive, held)
        if held.start and held.is_whole:
            await _send(send, head, held.start, held.body)
            if address and _is_for_all(held.start):
                self._pages[address] = (held.start, held.body)
                while len(self._pages) > MOST_ADDRESSES:
                    self._pages.popitem(last=False)


def _is_page(scope: Scope) -> bool:
    below = scope.get("root_path", "")
    return scope["type"] == "http" and scope["path"].removeprefix(below) in ("", "/")


def _is_for_all(start: Message) -> bool:
    return start["status"] == 200 and "set-cookie" not in MutableHeaders(raw=start["headers"])


async def _send(send: Send, head: bytes, start: Message, page: bytes) -> None:
    body = page.replace(BEFORE, head + BEFORE, 1)
    headers = MutableHeaders(raw=list(start["headers"]))
    if "content-length" in headers:
        # the answer to HEAD has no body, and the length that GET's would have
        length = len(body) if page else int(headers["content-length"]) + len(head)
        headers["content-length"] = str(length)
    await send({**start, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


class _Held:
    """Sends a response on, but for one that is an HTML page: that is held until it is whole, as
    ``start`` and ``body``."""

    def __init__(self, send: Send):
        self._send = send
        self.start: Message | None = None
        self.body = b""
        self.is_whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self.start = message
        elif self.start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self.body += message.get("body", b"")
            self.is_whole = not message.get("more_body")


def _is_html(start: Message) -> bool:
    headers = MutableHeaders(raw=start["headers"])
    return (
        headers.get("content-type", "").startswith("text/html")
        and "content-encoding" not in headers
    )
