"""How soon followers have what the presenter shows: ``python -m benchmarks.follow``.

Thirty viewers' sockets and one presenter who scrubs at ten positions a second, against a server of
its own in this process, on loopback. What is measured ends when the message has reached a viewer's
socket: the page then needs one picture, which it fetches by an address that is kept for ever.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from starlette.applications import Starlette
from websockets.asyncio.client import connect

from benchmarks.app import ticket
from ganviz.classroom import Classroom
from ganviz.classroom.keys import Keys
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, routes
from ganviz.server.serve import serve


def show(home: str, cookie: str, step: int) -> None:
    """The presenter's page looks back at ``step``."""
    headers = {"Content-Type": "application/json", "Cookie": cookie}
    body = json.dumps({"step": step}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{home}/gv/class/shown", body, headers)).read()


async def follower(port: int, cookie: str, sent: dict[int, float], delays: list[float]) -> None:
    """Note how long each position was on its way; one that a newer one replaced is not missed."""
    address = f"ws://127.0.0.1:{port}/gv/live"
    async with connect(address, additional_headers={"Cookie": cookie}) as socket:
        async for text in socket:
            message = json.loads(text)
            state = message.get("state", {}).get("follow", {}).get("shown") or {}
            if message["type"] == "class" and state.get("step") in sent:
                delays.append(time.perf_counter() - sent[state["step"]])


async def measure(port: int, keys: Keys, viewers: int, seconds: float, rate: float) -> list[float]:
    """Delays in seconds, of all viewers together."""
    home = f"http://127.0.0.1:{port}"
    presenter = ticket(f"{home}/present/{keys.presenter}")
    sent: dict[int, float] = {}
    delays: list[float] = []
    cookies = [ticket(f"{home}/join/{keys.link}") for _ in range(viewers)]
    tasks = [asyncio.create_task(follower(port, one, sent, delays)) for one in cookies]
    await asyncio.sleep(1)
    for step in range(1, int(seconds * rate) + 1):
        sent[step] = time.perf_counter()
        await asyncio.to_thread(show, home, presenter, step)
        await asyncio.sleep(max(0.0, 1 / rate - (time.perf_counter() - sent[step])))
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    return delays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=10.0, help="positions a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys.fresh()
        manager, classroom = RunManager(Path(folder), Path(folder)), Classroom(keys)
        gate = Gate(routes_of(manager, classroom), classroom=classroom)
        server = serve(gate, "127.0.0.1", 0)
        begun = time.process_time()
        delays = asyncio.run(
            measure(server.port, keys, options.viewers, options.seconds, options.rate)
        )
        used = time.process_time() - begun
        server.close()
    ranked = sorted(delays)
    whole = options.viewers * int(options.seconds * options.rate)
    print(
        f"{options.viewers} followers: p50 {1e3 * statistics.median(ranked):.0f} ms, "
        f"p95 {1e3 * ranked[int(0.95 * len(ranked))]:.0f} ms; {len(ranked)} of {whole} positions "
        f"came, the others were replaced by newer ones; {used:.1f} s of processor time, those of "
        "this load generator included"
    )


def routes_of(manager: RunManager, classroom: Classroom) -> Starlette:
    """The addresses under /gv as an application."""
    return Starlette(routes=routes(manager, classroom))


if __name__ == "__main__":
    main()
