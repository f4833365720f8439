"""Browsers that come to a class."""

import asyncio
import json
from typing import Any, NamedTuple

from starlette.testclient import TestClient

BASE = "http://localhost"


def browser(gate, **cookies):
    """A browser with these ``cookies``, which shows each redirect."""
    client = TestClient(gate, base_url=BASE, follow_redirects=False)
    for name, value in cookies.items():
        client.cookies.set(name, value)
    return client


class Answer(NamedTuple):
    """What a server says."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def answers(gate, requests: list[tuple[str, str, Any]], cookies=()) -> list[Answer]:
    """What each of ``requests`` (a method, a path, what to send as JSON) is answered by ``gate``,
    to somebody with ``cookies``: for hundreds of them, each of which takes `browser` 3 ms."""

    async def ask_all() -> list[Answer]:
        return [await _answer(gate, *request, dict(cookies)) for request in requests]

    return asyncio.run(ask_all())


async def _answer(gate, method: str, path: str, content: Any, cookies: dict[str, str]) -> Answer:
    body = json.dumps(content).encode()
    headers = {
        "host": "localhost",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items() if value],
        "client": ("127.0.0.1", 50_000),
        "server": ("localhost", 80),
    }
    sent = [{"type": "http.request", "body": body, "more_body": False}]
    said: list[dict[str, Any]] = []
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not sent:
            await ended.wait()
            return {"type": "http.disconnect"}
        return sent.pop()

    async def send(message: dict[str, Any]) -> None:
        said.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            ended.set()

    await gate(scope, receive, send)
    start, *parts = said
    return Answer(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(part.get("body", b"") for part in parts),
    )
