"""The lab's figures: ``python -m benchmarks.lab [--part speed|modes|seeds] [--seconds 20]``.

``speed``: steps a second of the base recipe with the lab open and closed, in one process of the
app, in turns; frames a second of the lab's canvas, and the time from a step to its canvas. It needs
Chromium and a quiet machine. ``modes``: in how many of five seeds the ring with R1 has 8 modes
after 10 s, and the collapse preset at most 2 after 30 s, by the clock of ``benchmarks.lessons``
(steps, not seconds, so that the load does not matter). ``seeds``: steps of all six seeds a second
trained as one, over one after the other, in processor time of one thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.app import App, app, chromium
from benchmarks.desk import Desk
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
AGE = """() => {
    window.gvAges = []; let last = 0;
    window.gvTimer = setInterval(() => {
        const { lab, step } = window.ganviz.stats;
        if (!lab || lab.step === last) return;
        last = lab.step;
        window.gvAges.push(lab.at - window.ganviz.stats.time);
    }, 10);
}"""


def speed(data_root: Path, seconds: float) -> None:
    """Steps a second with the lab open and closed, in turns; what its canvas does meanwhile."""
    with chromium() as browser, app(browser, BASE, data_root) as one:
        one.train()
        rates: dict[str, list[float]] = {"train": [], "lab": []}
        for _ in range(ROUNDS):
            for tab in rates:
                one.page.evaluate("name => window.ganviz.tab(name)", tab)
                rates[tab].append(one.rate(seconds))
        one.command("resume")
        frames, ages = canvas(one, seconds)
    means = {tab: statistics.mean(values) for tab, values in rates.items()}
    print(f"steps a second: lab open {means['lab']:.0f}, Train open {means['train']:.0f}")
    print(f"lab open / Train open: {means['lab'] / means['train']:.3f} (bar 0.85)")
    print(f"canvas: {frames:.1f} frames a second (bar 10)")
    if ages:
        worst = statistics.quantiles(ages, n=20)[-1] if len(ages) > 1 else ages[0]
        print(f"newest figures to canvas: p95 {1000 * worst:.0f} ms (bar 200)")


def canvas(one: App, seconds: float) -> tuple[float, list[float]]:
    """Frames a second of the lab's canvas, and seconds from the newest row's making to it."""
    count = "window.ganviz.stats.lab?.frames ?? 0"
    one.page.evaluate("window.ganviz.tab('lab')")
    one.page.wait_for_timeout(2000)
    before, began = one.page.evaluate(count), time.perf_counter()
    one.page.evaluate(AGE)
    one.page.wait_for_timeout(1000 * seconds)
    frames = one.page.evaluate(count) - before
    return frames / (time.perf_counter() - began), one.page.evaluate("window.gvAges")


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
    options = parser.parse_args()
    if options.part in (None, "seeds"):
        seeds(options.data_root, options.seconds)
    if options.part in (None, "modes"):
        modes(options.data_root)
    if options.part in (None, "speed"):
        speed(options.data_root, options.seconds)


if __name__ == "__main__":
    main()
