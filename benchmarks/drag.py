"""Viewers who drag latent sliders, as bare sockets: what they wait for a picture, and what it costs
the training. A part of ``python -m benchmarks.dashboard``."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from benchmarks.app import ROOT, App
from ganviz import device as devices

# what becomes due when a run goes on after a pause is not what a class costs
SETTLE = 2.0


class Load(Protocol):
    """What a load generator says of itself: see `Dragged`."""

    processor: float
    began: float
    ended: float


@dataclass
class Dragged:
    """``waits``: ms from each position that was sent to its picture. ``moves``: positions taken.
    ``newest``: viewers whose last position was answered. ``refused``: answers that were no picture.
    ``processor``: seconds of a core that the load generator itself used between ``began`` and
    ``ended`` (time stamps)."""

    waits: list[float]
    moves: int
    newest: int
    refused: int
    processor: float
    began: float
    ended: float


async def drag(url: str, viewers: int, hz: float, seconds: float) -> Dragged:
    """``viewers`` who each move a slider ``hz`` times a second; like the page each waits for its
    picture, and then asks for its newest position."""
    result = Dragged([], 0, 0, 0, 0.0, time.time(), 0.0)
    until = time.perf_counter() + seconds
    used = time.process_time()
    await asyncio.gather(*(_viewer(url, number, hz, until, result) for number in range(viewers)))
    result.processor, result.ended = time.process_time() - used, time.time()
    return result


async def _viewer(url: str, number: int, hz: float, until: float, result: Dragged) -> None:
    host = urlsplit(url).netloc
    reader, writer = await asyncio.open_connection(*host.split(":"))
    # nobody moves in step with the others
    began = time.perf_counter() + random.Random(number).random() / hz
    await asyncio.sleep(began - time.perf_counter())
    last, answered = -1, -1
    while True:
        now = time.perf_counter()
        position = int((min(now, until) - began) * hz)
        if position == last:
            if now >= until:
                break
            await asyncio.sleep(max(0.0, began + (position + 1) / hz - now))
            continue
        result.moves += position - last
        last, moved = position, began + position / hz
        body = json.dumps(
            {
                "seed": number,
                "class": number % 10,
                "directions": {"0": (position % 60) / 10 - 3},
                "page": f"viewer-{number}",
            }
        ).encode()
        writer.write(
            b"POST /gv/latent HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (host.encode(), len(body), body)
        )
        status, length = await head_of(reader)
        await reader.readexactly(length)
        if status == 200:
            result.waits.append(1000 * (time.perf_counter() - moved))
            answered = position
        else:
            result.refused += 1
    result.newest += answered == last
    writer.close()


async def head_of(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status and length of the body of the answer that comes next."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    return int(head.split(b" ", 2)[1]), int(length)


def measure(one: App, viewers: int, hz: float, seconds: float) -> tuple[Dragged, float]:
    """While ``one`` trains: what the viewers saw, and the training's steps a second over the same
    time."""
    with under_load(one, "benchmarks.drag", one.url, viewers, hz, seconds + SETTLE) as load:
        rate = load.rate(seconds)
    return Dragged(**load.result), rate


class Generator:
    """A load generator in a process of its own, beside a training. ``result``: what it has printed
    in the end."""

    def __init__(self, one: App, command: list[str]):
        self._one = one
        self.result: dict[str, Any] = {}
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def rate(self, seconds: float) -> float:
        """Steps a second of the training meanwhile, when the load has set in."""
        self._one.page.wait_for_timeout(1000 * SETTLE / 2)
        steps, elapsed = self._one.status()
        self._one.page.wait_for_timeout(1000 * seconds)
        after, later = self._one.status()
        return (after - steps) / (later - elapsed)

    def end(self) -> None:
        self.result = json.loads(self._process.communicate()[0])


@contextmanager
def under_load(one: App, module: str, *arguments: Any) -> Iterator[Generator]:
    """``one`` trains, and a load generator, ``python -m module arguments``, works."""
    one.command("resume")
    one.page.wait_for_timeout(1000 * SETTLE)
    load = Generator(one, [sys.executable, "-m", module, *map(str, arguments)])
    yield load
    load.end()
    one.pause()


def share_left(load: Load) -> float:
    """The share of the machine that the load generator left to the app: its own processor time
    counts for the students' machines, not for the server's."""
    return 1 - load.processor / (devices.cores() * (load.ended - load.began))


def compare(one: App, viewers: int, hz: float, seconds: float, rounds: int) -> dict[str, Any]:
    """Rounds of training watched by one browser, then with all who drag: the ratios of the training
    speeds as they are (``raw``) and on the share of the machine that was left, and the waits."""
    raw, ratios, waits, last = [], [], [], Dragged([], 0, 0, 0, 0.0, 0.0, 1.0)
    newest = viewers
    for _ in range(rounds):
        alone = one.rate(seconds)
        last, rate = measure(one, viewers, hz, seconds)
        raw.append(rate / alone)
        ratios.append(rate / alone / share_left(last))
        waits += last.waits
        newest = min(newest, last.newest)
    answered = len(last.waits) / (last.ended - last.began)
    return {
        "raw": raw,
        "ratios": ratios,
        "waits": waits,
        "newest": newest,
        "refused": last.refused,
        "answered": answered,
    }


if __name__ == "__main__":
    url, viewers, hz, seconds = sys.argv[1:]
    print(json.dumps(asdict(asyncio.run(drag(url, int(viewers), float(hz), float(seconds))))))
