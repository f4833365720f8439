"""How long it takes until something is there: imports, and a page that answers."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Bench, Measured, summarise

ROOT = Path(__file__).parents[1]
START_TIMEOUT = 120.0
DROP_CACHES = Path("/proc/sys/vm/drop_caches")


def page(bench: Bench) -> Measured:
    """Warm: the first start, which reads the files, does not count."""
    until_it_answers(bench.folder)
    return summarise(
        "start",
        "python app.py to a page that answers, warm",
        _times(bench),
        unit="s",
        bar=4.0,
        better="lower",
    )


def page_cold(bench: Bench) -> Measured:
    """Cold: Linux forgets every file that it holds in memory before each start."""

    def forget() -> None:
        os.sync()
        DROP_CACHES.write_text("3")

    return summarise(
        "start-cold",
        "python app.py to a page that answers, cold",
        _times(bench, forget),
        unit="s",
        bar=6.0,
        better="lower",
    )


def _times(bench: Bench, before: Callable[[], None] = lambda: None) -> list[float]:
    times = []
    for number in range(bench.rounds):
        before()
        times.append(until_it_answers(bench.folder))
        bench.notify(f"start {number + 1} of {bench.rounds}: {times[-1]:.1f} s")
    return times


def until_it_answers(folder: Path) -> float:
    """Seconds from the command to the first page served; the app is ended afterwards."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [
        sys.executable,
        str(ROOT / "app.py"),
        "--port",
        str(port),
        "--no-browser",
        "--data-root",
        str(folder / "data"),
        "--runs-root",
        str(folder / "runs"),
    ]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > START_TIMEOUT:
                raise RuntimeError("the app did not start")
            time.sleep(0.02)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def imports(bench: Bench) -> Measured:
    """What the engine adds to torch, which is most of it."""
    ours, torch = [], []
    for _ in range(bench.rounds):
        torch.append(_seconds("import torch"))
        ours.append(_seconds("import ganviz.engine.run"))
    detail = f"{statistics.median(ours):.2f} / {statistics.median(torch):.2f} s"
    return summarise(
        "start-import",
        "import ganviz.engine.run / import torch",
        [a / b for a, b in zip(ours, torch, strict=True)],
        better="lower",
        detail=detail,
    )


def _seconds(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, cwd=ROOT)
    return time.perf_counter() - began
