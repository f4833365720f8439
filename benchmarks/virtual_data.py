"""Virtual data held to its bars: is it useful, is a leak found, is a healthy run left alone, and
what does it cost?

``python -m benchmarks.virtual_data [--folder DIR] [--steps 3000] [--seeds 11,12,13] [--json FILE]``

Trains `digits-quick` and `memorisation` (kept in the folder for the next time), then measures.
Times are read on a quiet machine with two cores; the figures do not depend on it. `memorisation`
is attacked after 1,000 steps: by then D knows its pictures by heart. From about 2,000 on G has
copied them, D sees the same among reals and fakes, and its scores tell less and less.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from ganviz.api import train
from ganviz.synthetic.dataset import Order, write_dataset
from ganviz.synthetic.figure import Row
from ganviz.synthetic.nearest_pairs import nearest
from ganviz.synthetic.privacy import authenticity, own_nearest
from ganviz.synthetic.report import DataReport, RunUnderTest, make_report
from ganviz.synthetic.verdict import LEAKS

PICTURES, WRITTEN = 10_000, 60_000
HEALTHY, COPYING = "digits-quick", "memorisation"
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Result:
    """One figure with its bar. ``exact``: it does not depend on how busy the machine is."""

    what: str
    value: float
    bar: str
    passed: bool
    note: str = ""


def silent(fraction: float, sentence: str) -> None:
    """Nobody watches."""


def run_of(preset: str, steps: int, seed: int, folder: Path) -> RunUnderTest:
    """A finished run, trained now or before."""
    out = folder / f"{preset}-{steps}-{seed}"
    if not (out / "checkpoints").is_dir():
        settings = {"preset": preset, "steps": steps, "seed": seed}
        train(settings, out=out, data_root=folder / "data")
    return RunUnderTest.load(out, folder / "data", CPU, silent)


def report_of(run: RunUnderTest, folder: Path) -> DataReport:
    """The whole report, as a person gets it."""
    return make_report(run, silent, folder / "data", PICTURES)


def row(report: DataReport, name: str) -> Row:
    """The figure called ``name``."""
    return next(one for one in report.rows if one.figure.name == name)


def value(report: DataReport, name: str) -> float:
    """What S comes to in it; NaN where it was not measured."""
    found = row(report, name).synthetic
    return math.nan if found is None else found.value


def usefulness(reports: list[DataReport]) -> Iterator[Result]:
    """TSTR on held-out pictures, for each run."""
    ratios = [value(report, "utility") for report in reports]
    least = min(ratios)
    note = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    yield Result("TSTR ratio, least of the runs", least, ">= 0.9", least >= 0.9, note)


def leaks(healthy: list[DataReport], copying: list[DataReport]) -> Iterator[Result]:
    """The white box attack finds the copying run, and nothing in the healthy one."""
    found = [value(report, "attack_d") for report in copying]
    yield Result(
        f"white box AUC of {COPYING}, least",
        min(found),
        ">= 0.8",
        min(found) >= 0.8,
        ", ".join(f"{one:.3f}" for one in found),
    )
    fine = [value(report, "attack_d") for report in healthy]
    worst = max(fine, key=lambda one: abs(one - 0.5))
    passed = all(0.45 <= one <= 0.56 for one in fine)
    note = ", ".join(f"{one:.3f}" for one in fine)
    yield Result(f"white box AUC of {HEALTHY}, farthest", worst, "0.45 to 0.56", passed, note)
    kinds = [report.verdict.kind == LEAKS for report in copying]
    yield Result(f"{COPYING} fails", sum(kinds), f"= {len(kinds)}", all(kinds))
    kinds = [report.verdict.kind == LEAKS for report in healthy]
    yield Result(f"{HEALTHY} fails", sum(kinds), "= 0", not any(kinds))


def order_of_rows(run: RunUnderTest) -> Iterator[Result]:
    """Authenticity of shuffled tables."""
    s = run.draw(2000, 0, "balanced").rows
    t = run.source.samples[:20_000].flatten(1).float()

    def measured(i: torch.Tensor, j: torch.Tensor) -> float:
        found = nearest(s[i], t[j])
        return authenticity(found, own_nearest(t[j], found.index))

    plain = measured(torch.arange(len(s)), torch.arange(len(t)))
    random = torch.Generator().manual_seed(0)
    moved = max(
        abs(measured(*(torch.randperm(len(x), generator=random) for x in (s, t))) - plain)
        for _ in range(3)
    )
    yield Result("authenticity after shuffling moves by", moved, "<= 1e-9", moved <= 1e-9)


def controls(report: DataReport) -> Iterator[Result]:
    """Held-out pictures in the place of virtual ones: every figure within its interval of the
    ideal."""
    outside = [
        one.figure.name
        for one in report.rows
        if one.control and one.ideal and not one.control.overlaps(one.ideal)
    ]
    known = sum(1 for one in report.rows if one.control and one.ideal)
    note = f"of {known}" + (f": {', '.join(outside)}" if outside else "")
    yield Result("controls off their ideal", len(outside), "= 0", not outside, note)


def costs(run: RunUnderTest, folder: Path) -> Iterator[Result]:
    """Seconds and memory of the data set, seconds of the report."""
    for suffix in ("", ".zip", ".npz"):
        with tempfile.TemporaryDirectory(dir=folder) as where:
            before, began, cpu = resident(), time.perf_counter(), time.process_time()
            out = Path(where) / f"set{suffix}"
            write_dataset(run, out, Order(WRITTEN, reported=False), folder / "data", silent)
            seconds = time.perf_counter() - began
            note = f"{time.process_time() - cpu:.0f} s of processor time"
        kind = suffix or "folder"
        yield Result(f"{WRITTEN:,} to {kind}, s", seconds, "<= 60", seconds <= 60, note)
        extra = peak() - before
        yield Result("memory beside, MB", extra, "<= 300", extra <= 300)
    began, cpu = time.perf_counter(), time.process_time()
    report_of(run, folder)
    seconds = time.perf_counter() - began
    note = f"{time.process_time() - cpu:.0f} s of processor time"
    yield Result(f"report on {PICTURES:,}, s", seconds, "<= 90", seconds <= 90, note)


def resident() -> float:
    """Megabytes that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak() -> float:
    """Megabytes that the process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> int:
    """Measure, print, and return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.virtual_data", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "virtual-data")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--copying-steps", type=int, default=1000)
    parser.add_argument("--seeds", default="11,12,13")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder, seeds = options.folder, [int(seed) for seed in options.seeds.split(",")]
    folder.mkdir(parents=True, exist_ok=True)
    # first, while the process has held little: its peak only ever grows
    first = run_of(HEALTHY, options.steps, seeds[0], folder)
    results = list(costs(first, folder))
    runs = [first, *(run_of(HEALTHY, options.steps, seed, folder) for seed in seeds[1:])]
    healthy = [report_of(run, folder) for run in runs]
    copying = [
        report_of(run_of(COPYING, options.copying_steps, seed, folder), folder) for seed in seeds
    ]
    steps: list[Callable[[], Iterator[Result]]] = [
        lambda: usefulness(healthy),
        lambda: leaks(healthy, copying),
        lambda: order_of_rows(first),
        lambda: controls(healthy[0]),
    ]
    results += [result for step in steps for result in step()]
    show(results)
    if options.json:
        options.json.write_text(json.dumps([vars(one) for one in results], indent=1) + "\n")
    return 0 if all(one.passed for one in results) else 1


def show(results: list[Result]) -> None:
    """As a table."""
    table = Table("what", "value", "bar", "", "note")
    for one in results:
        mark = "ok" if one.passed else "[red]missed[/red]"
        table.add_row(one.what, f"{one.value:.4g}", one.bar, mark, one.note)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
