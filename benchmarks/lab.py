"""The lab's figures: ``python -m benchmarks.lab [--part speed|modes|seeds] [--seconds 20]
[--ganlab URL]``.

``speed``: steps a second of the base recipe with the lab open, with the tab Train open and with no
page at all, in turns within one process of the app; frames a second of the lab's canvas, and the
time from a step to the canvas that shows it. With the address of a page of GAN Lab also how fast
that trains here (`benchmarks.ganlab`). It needs Chromium and a quiet machine. ``modes``: in how
many of five seeds the ring with R1 has 8 modes after 10 s, and the collapse preset at most 2 after
30 s, by the clock of ``benchmarks.lessons`` (steps, not seconds, so that the load does not matter).
``seeds``: steps of all six seeds a second trained as one, over one after the other, in processor
time of one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.app import App, app, chromium
from benchmarks.desk import Desk
from benchmarks.ganlab import epochs_a_second
from benchmarks.lessons import PACES
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.snapshot import draw
from ganviz.engine.trainer import Trainer
from ganviz.experiments.batched_seeds import BatchedSeedsTrainer
from ganviz.probes.modes import SAMPLES, mode_figures

CPU = torch.device("cpu")
BASE = "ring8"
SEEDS = (11, 12, 13, 14, 15)
# preset, seconds, what holds, and the bar
MODES: tuple[tuple[str, float, Callable[[int], bool], str], ...] = (
    ("ring8-r1", 10.0, lambda modes: modes == 8, "8 modes"),
    ("ring8-collapse", 30.0, lambda modes: modes <= 2, "at most 2 modes"),
)
SMALL: dict[str, Any] = {"g_hidden": (32, 32), "d_hidden": (32, 32), "batch_size": 64}
# set-up, changes, and the least ratio
BATCHED: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("two layers of 32, batch 64", SMALL, 2.5),
    ("base recipe (128, 256)", {}, 1.2),
)
ROUNDS = 3
# what is looked at while steps are counted: addresses below the app's, None for no page of it
WATCHERS = {"lab": "/?tab=lab", "train": "/?tab=train", "nobody": None}
# a new page settles: scripts, the first pictures
SETTLE_MS = 4000
DRAWN_STEPS = """() => {
    window.gvDrawn = []; let last = 0;
    window.gvTimer = setInterval(() => {
        const { lab } = window.ganviz.stats;
        if (!lab || lab.step === last) return;
        last = lab.step;
        window.gvDrawn.push([lab.step, lab.at]);
    }, 10);
}"""


def speed(data_root: Path, seconds: float, ganlab: str | None) -> None:
    """Steps a second with the lab open and without, in turns; what its canvas does meanwhile; how
    fast GAN Lab is."""
    with chromium() as browser:
        with app(browser, BASE, data_root) as one:
            one.train()
            rates: dict[str, list[float]] = {watcher: [] for watcher in WATCHERS}
            for _ in range(ROUNDS):
                for watcher, below in WATCHERS.items():
                    one.page.goto("about:blank" if below is None else one.url + below)
                    one.page.wait_for_timeout(SETTLE_MS)
                    rates[watcher].append(one.trained(seconds))
            frames, ages = canvas(one, seconds)
        means = {watcher: statistics.mean(values) for watcher, values in rates.items()}
        print("steps a second: " + ", ".join(f"{name} {one:.0f}" for name, one in means.items()))
        for other in ("nobody", "train"):
            print(f"lab / {other}: {means['lab'] / means[other]:.3f} (bar 0.85)")
        print(f"canvas: {frames:.1f} frames a second (bar 10)")
        if len(ages) > 1:
            half, worst = statistics.median(ages), statistics.quantiles(ages, n=20)[-1]
            print(f"step to canvas: median {1000 * half:.0f}, p95 {1000 * worst:.0f} ms (bar 200)")
        if ganlab:
            theirs = epochs_a_second(browser, ganlab, seconds)
            print(
                f"GAN Lab: {theirs:.1f} epochs a second; ours over it, lab open: "
                f"{means['lab'] / theirs:.1f} (bar 2)"
            )


def canvas(one: App, seconds: float) -> tuple[float, list[float]]:
    """Frames a second of the lab's canvas, and seconds from the steps that it shows to it."""
    count = "window.ganviz.stats.lab?.frames ?? 0"
    one.page.goto(one.url + str(WATCHERS["lab"]))
    one.page.wait_for_timeout(SETTLE_MS)
    before, began = one.page.evaluate(count), time.perf_counter()
    one.page.evaluate(DRAWN_STEPS)
    one.page.wait_for_timeout(1000 * seconds)
    frames = one.page.evaluate(count) - before
    rate, drawn = frames / (time.perf_counter() - began), one.page.evaluate("window.gvDrawn")
    one.pause()
    return rate, ages_of(drawn, one.steps_taken())


def ages_of(drawn: list[list[float]], taken: list[tuple[int, float]]) -> list[float]:
    """Seconds from each step to its canvas. ``drawn``: steps and when they were drawn; ``taken``:
    some steps and when they were taken; between two of them steps are taken evenly."""
    steps, times = zip(*taken, strict=True)
    return [at - float(np.interp(step, steps, times)) for step, at in drawn if step > steps[0]]


def modes(data_root: Path) -> None:
    """In how many of the seeds each promise about modes holds."""
    for preset, seconds, holds, bar in MODES:
        counts = [modes_after(preset, seed, seconds, data_root) for seed in SEEDS]
        kept = sum(map(holds, counts))
        print(f"{preset} at {seconds:.0f} s: {counts}, {bar} in {kept} of {len(SEEDS)} (bar: all)")


def modes_after(preset: str, seed: int, seconds: float, data_root: Path) -> int:
    """Modes captured after so many seconds at the preset's pace."""
    desk = Desk(RunConfig.from_preset(preset, seed=seed), data_root, [], PACES[preset])
    desk.train(seconds)
    z = torch.randn(SAMPLES, 2, generator=torch.Generator().manual_seed(seed))
    fakes = draw(desk.trainer.algorithm.ema.network, z, None).float()
    known = desk.trainer.source.modes
    assert known is not None
    return int(mode_figures(fakes, known["centres"], known["sigma"])["captured"])


def seeds(data_root: Path, seconds: float) -> None:
    """Steps of all six seeds a second of one thread, as one over one after the other."""
    torch.set_num_threads(1)
    for words, changes, bar in BATCHED:
        config = RunConfig.from_preset(BASE, **changes)
        source = load_data(config, CPU, data_root)
        made = [[Trainer(config.but(seed=i), source, CPU) for i in range(6)] for _ in range(2)]
        batched, single = BatchedSeedsTrainer(made[0]), made[1]
        alone = partial(_step_each, single)
        ratios = [rate(batched.step, seconds / 6) / rate(alone, seconds / 6) for _ in range(ROUNDS)]
        print(f"{words}: {statistics.median(ratios):.2f} times (bar {bar})")


def _step_each(trainers: list[Trainer]) -> None:
    for trainer in trainers:
        trainer.step()


def rate(step: Callable[[], Any], seconds: float) -> float:
    """Calls a second of processor time."""
    for _ in range(3):
        step()
    began, count = time.thread_time(), 0
    while time.thread_time() < began + seconds:
        step()
        count += 1
    return count / (time.thread_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("speed", "modes", "seeds"))
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--data-root", type=Path, default=Path("data"))
    parser.add_argument("--ganlab", metavar="URL", help="a page of GAN Lab, to be compared with")
    options = parser.parse_args()
    if options.part in (None, "seeds"):
        seeds(options.data_root, options.seconds)
    if options.part in (None, "modes"):
        modes(options.data_root)
    if options.part in (None, "speed"):
        speed(options.data_root, options.seconds, options.ganlab)


if __name__ == "__main__":
    main()
