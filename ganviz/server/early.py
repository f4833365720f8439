"""A script that runs before Gradio's own: what Gradio calls the head is added by its scripts, and
so too late."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganviz.server.static import asset_url

SCRIPT = "early.js"
BEFORE = b"<script"


class Early:
    """ASGI middleware that puts ``assets/early.js`` before the first script of the page, and
    touches nothing else."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in (
            "",
            "/",
        ):
            send = _Page(send)
        await self._app(scope, receive, send)


class _Page:
    """Sends a response on; one that is an HTML page is held until it is whole, and gets the
    script."""

    def __init__(self, send: Send):
        self._send = send
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
                await self._finish()

    async def _finish(self) -> None:
        tag = f'<script src="{asset_url(SCRIPT).lstrip("/")}"></script>'.encode()
        body = self._body.replace(BEFORE, tag + BEFORE, 1)
        headers = MutableHeaders(raw=self._start["headers"])
        if "content-length" in headers:
            headers["content-length"] = str(
                len(body) if self._body else int(headers["content-length"]) + len(tag)
            )
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})


def _is_html(start: Message) -> bool:
    headers = MutableHeaders(raw=start["headers"])
    return (
        headers.get("content-type", "").startswith("text/html")
        and "content-encoding" not in headers
    )
