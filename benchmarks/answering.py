"""What the page answers while one training step takes a minute and everything is clicked. A part of
``python -m benchmarks.dashboard``.

Two sides are measured at once: bare requests from a process of their own, a few times a second
each, and a real page, which after every click asks the server for something and draws it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from benchmarks.app import ROOT, App

# one step of it takes minutes on a core
LONG_STEP = {"batch_size": 1024, "d_steps": 60, "g_steps": 60, "steps": 0}
KEPT = {"batch_size": 16, "steps": 20}
PRESET, KEPT_PRESET = "digits-dcgan", "digits-mlp"
# times a second that each bare request is made
HZ = 1.0
LIMIT = 60.0
# how late a timer of this program itself was: a busy machine, and no answer of the server
NOTHING, REST = "nothing asked, a timer here", 0.05
TABS = ("inside", "explore", "lab", "lessons", "class", "runs", "train")
CLICKS = [
    ("pause", "#gv-pause"),
    *((f"tab {tab}", f"#gv-view-{tab}-button") for tab in TABS),
    ("tab runs again", "#gv-view-runs-button"),
    ("a kept run", "#gv-runs-body tr:last-child [data-part=name]"),
    ("look at it in Train", "#gv-detail-open"),
    ("back to the live run", "#gv-watching button"),
    ("another preset", "#gv-i-preset"),
    ("stop it and start this one", "#gv-replace"),
    ("stop", "#gv-stop"),
]
ANSWERED = """async () => { const began = performance.now();
  await (await fetch('gv/status', { cache: 'no-store' })).json();
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
  return performance.now() - began; }"""


@dataclass
class Answering:
    """Milliseconds of every answer, by what was asked of the server and by what was clicked."""

    requests: dict[str, list[float]]
    clicks: dict[str, float]
    missed: list[str]


def measure(one: App, seconds: float) -> Answering:
    """Ask and click for ``seconds`` while a step is in progress. Raises `RuntimeError` where a step
    ended meanwhile: nothing was measured then."""
    kept = _train(one, KEPT_PRESET, KEPT)
    _wait(one, ("finished",))
    current = _train(one, PRESET, LONG_STEP)
    _wait(one, ("running",))
    time.sleep(2)
    before = one.training()["step"]
    command = [sys.executable, "-m", "benchmarks.answering", one.url, kept, current, seconds]
    child = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    clicks, missed = {}, []
    for name, selector in CLICKS:
        began = time.perf_counter()
        try:
            if name == "another preset":
                one.page.select_option(selector, KEPT_PRESET)
            else:
                one.page.click(selector, timeout=10_000)
        except Exception as problem:  # the page has no such button now: said, and gone on
            missed.append(f"{name}: {str(problem).splitlines()[0]}")
            continue
        click = time.perf_counter() - began
        clicks[name] = 1000 * click + one.page.evaluate(ANSWERED)
        one.page.wait_for_timeout(500)
    requests = json.loads(child.communicate()[0])
    status = one.training()
    if status["id"] == current and status["step"] != before:
        raise RuntimeError(f"a step ended meanwhile: {before} to {status['step']}")
    return Answering(requests, clicks, missed)


def _post(one: App, path: str, body: dict[str, Any]) -> dict[str, Any]:
    data = json.dumps(body).encode()
    request = urllib.request.Request(one.url + path, data, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=LIMIT))


def _train(one: App, preset: str, settings: dict[str, Any]) -> str:
    body = {"preset": preset, "settings": settings, "replace": True}
    return _post(one, "/gv/train", body)["run"]


def _wait(one: App, states: tuple[str, ...]) -> None:
    while one.training()["state"] not in states:
        time.sleep(0.2)


async def ask(url: str, kept: str, current: str, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each answer that a page may want at any time."""
    requests: dict[str, tuple[str, dict[str, Any] | None]] = {
        "the page": ("/", None),
        "status": ("/gv/status", None),
        "table of runs": ("/gv/library", None),
        "a kept run": (f"/gv/library/{kept}", None),
        "its curves": (f"/gv/library/{kept}/history", None),
        "the run that trains": (f"/gv/library/{current}", None),
        "slider, kept run": ("/gv/latent", {"seed": 1, "run": kept}),
        "slider": ("/gv/latent", {"seed": 1}),
        "live setting": ("/gv/command", {"action": "set", "settings": {"g_lr": 1e-4}}),
        "what a run takes": ("/gv/estimate", {"preset": PRESET, "settings": {}}),
    }
    times: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + seconds

    async def again(name: str, path: str, body: dict[str, Any] | None) -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            await asyncio.to_thread(_fetch, url + path, body)
            times[name].append(1000 * (time.monotonic() - began))
            await asyncio.sleep(max(0.0, 1 / HZ - (time.monotonic() - began)))

    async def follow() -> None:
        from websockets.asyncio.client import connect

        address = f"ws://{urlsplit(url).netloc}/gv/live"
        while time.monotonic() < until:
            began = time.monotonic()
            async with connect(address, max_size=None, open_timeout=LIMIT) as live:
                await live.recv()
            times["live socket"].append(1000 * (time.monotonic() - began))
            await asyncio.sleep(1 / HZ)

    async def nothing() -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            await asyncio.sleep(REST)
            times[NOTHING].append(1000 * (time.monotonic() - began - REST))

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(len(requests)))
    await asyncio.gather(
        nothing(), follow(), *(again(name, *one) for name, one in requests.items())
    )
    return times


def _fetch(address: str, body: dict[str, Any] | None) -> None:
    """A refusal is an answer, too."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=LIMIT).read()


if __name__ == "__main__":
    url, kept, current, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(ask(url, kept, current, float(seconds)))))
