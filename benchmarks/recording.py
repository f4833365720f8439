"""What recording steps costs: steps a second while a page asks for recordings over those
while none does, in turns within one run; and whether a run that was recorded has the weights of one
that was not.

``python -m benchmarks.recording [--presets ring8 digits-quick] [--pairs 8] [--seconds 5]``

Both ratios are medians over the pairs, as in `benchmarks.probes`: by the clock, and by the
processor time of the training thread, which other processes on a shared machine do not blur.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path

import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from benchmarks.probes import Clock, Stretch
from ganviz.config import RunConfig
from ganviz.engine.run import Run
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, routes

REFRESH = 0.2  # seconds, as a page asks
COMPARED_STEPS = 1500


class Page:
    """Asks for recordings as a page with an open lab does, while ``open`` is set."""

    def __init__(self, client: TestClient):
        self.open = threading.Event()
        self.recordings = 0
        self._client, self._closed = client, threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more."""
        self._closed.set()
        self._thread.join()

    def _ask(self) -> None:
        after = 0
        while not self._closed.wait(REFRESH):
            if self.open.is_set():
                answer = self._client.get(f"/gv/lab/step?after={after}").json()
                after = answer.get("number", after)
                self.recordings += "moves" in answer


def stretches(run: Run, page: Page, pairs: int, seconds: float) -> list[tuple[Stretch, Stretch]]:
    """(closed, open) stretches of ``run``."""
    while run.step_count < 50:
        time.sleep(0.05)
    clock, found = Clock(run), []
    for _ in range(pairs):
        page.open.clear()
        time.sleep(REFRESH)
        closed = clock.stretch(seconds)
        page.open.set()
        found.append((closed, clock.stretch(seconds)))
    page.open.clear()
    return found


def ratio(pairs: list[tuple[Stretch, Stretch]], by: str) -> float:
    """Median of the open stretches' speed over the closed ones', by ``wall`` or ``thread``."""
    return statistics.median(
        (on.steps / getattr(on, by)) / (off.steps / getattr(off, by)) for off, on in pairs
    )


def same_weights(manager: RunManager, page: Page, config: RunConfig) -> bool:
    """Whether a run that is recorded ends with the weights of one that is not."""
    ends = []
    for watched in (False, True):
        (page.open.set if watched else page.open.clear)()
        run = manager.start(config.but(steps=COMPARED_STEPS), replace=True)
        run.join()
        assert run.trainer is not None
        ends.append({name: value.clone() for name, value in run.trainer.weights().items()})
    page.open.clear()
    return all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


def main() -> None:
    """Print one line for each preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["ring8", "digits-quick"])
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    print(
        f"{'preset':16}{'steps/s':>9}{'by the clock':>15}{'by thread time':>16}{'same weights':>14}"
    )
    with tempfile.TemporaryDirectory() as folder:
        manager = RunManager(Path(folder, "runs"), Path(folder, "data"), torch.device("cpu"))
        app = Gate(Starlette(routes=routes(manager)))
        with TestClient(app, base_url="http://127.0.0.1") as client:
            page = Page(client)
            for name in options.presets:
                config = RunConfig.from_preset(name, steps=0)
                run = manager.start(config, replace=True)
                pairs = stretches(run, page, options.pairs, options.seconds)
                ratios = [ratio(pairs, by) for by in ("wall", "thread")]
                rate = statistics.median(off.steps / off.wall for off, _ in pairs)
                same = same_weights(manager, page, config)
                figures = f"{rate:9.1f}{ratios[0]:15.3f}{ratios[1]:16.3f}"
                print(f"{name:16}{figures}{same!s:>14}", flush=True)
            page.close()
        manager.close(20)


if __name__ == "__main__":
    main()
