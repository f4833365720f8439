"""Viewers of a class who watch, as bare sockets: they read every message and fetch every newest
sample grid, as a page does. A part of ``python -m benchmarks.dashboard``."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.app import App, ticket
from benchmarks.drag import SETTLE, head_of, share_left, under_load


@dataclass
class Watched:
    """``late``: ms from a row of figures to its message. ``pictures``: grids that were fetched, of
    ``pictured`` bytes. ``processor``: seconds of a core that the load generator itself used between
    ``began`` and ``ended`` (time stamps)."""

    late: list[float]
    pictures: int
    pictured: int
    processor: float
    began: float
    ended: float


async def watch(link: str, viewers: int, seconds: float) -> Watched:
    """``viewers`` who come by ``link`` and watch whatever trains."""
    result = Watched([], 0, 0, 0.0, time.time(), 0.0)
    used = time.process_time()
    tickets = [await asyncio.to_thread(ticket, link) for _ in range(viewers)]
    host = urlsplit(link).netloc
    tasks = [asyncio.create_task(_viewer(host, one, result)) for one in tickets]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    result.processor, result.ended = time.process_time() - used, time.time()
    problems = [one for one in await asyncio.gather(*tasks, return_exceptions=True) if one]
    for problem in problems:
        if not isinstance(problem, asyncio.CancelledError):
            raise problem
    return result


async def _viewer(host: str, cookie: str, result: Watched) -> None:
    from websockets.asyncio.client import connect

    reader, writer = await asyncio.open_connection(*host.split(":"))
    last = None
    known = {"Cookie": cookie}
    async with connect(f"ws://{host}/gv/live", max_size=None, additional_headers=known) as live:
        async for message in live:
            news, now = json.loads(message), time.time()
            times = news.get("columns", {}).get("time") if news["type"] == "delta" else None
            if times:
                result.late.append(1000 * (now - times[-1]))
            address = (news.get("frame") or {}).get("url", last)
            if address != last:
                last = address
                head = f"GET {address} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n"
                writer.write(head.encode())
                status, length = await head_of(reader)
                await reader.readexactly(length)
                if status != 200:
                    raise RuntimeError(f"{address} answered {status}")
                result.pictures, result.pictured = result.pictures + 1, result.pictured + length


def compare(one: App, viewers: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Rounds of training watched by one browser, then by all: the ratios of the training speeds as
    they are (``raw``) and on the share of the machine that the load generator left, how late
    messages come, and the server's memory (MB) in each round."""
    raw, ratios, late, memory = [], [], [], []
    link = f"{one.url}/join/{one.keys['link']}"
    server = psutil.Process(one.process.pid)
    for _ in range(rounds):
        alone = one.rate(seconds)
        with under_load(one, "benchmarks.crowd", link, viewers, seconds + 2 * SETTLE) as load:
            one.page.wait_for_timeout(1000 * SETTLE)  # they join
            raw.append(load.rate(seconds) / alone)
            memory.append(server.memory_info().rss / 1e6)
        watched = Watched(**load.result)
        ratios.append(raw[-1] / share_left(watched))
        late += watched.late
    lasted = watched.ended - watched.began
    return {
        "raw": raw,
        "ratios": ratios,
        "late": late,
        "memory": memory,
        "pictures": watched.pictures / lasted,
        "bytes": watched.pictured / lasted,
    }


if __name__ == "__main__":
    link, viewers, seconds = sys.argv[1:]
    print(json.dumps(asdict(asyncio.run(watch(link, int(viewers), float(seconds))))))
