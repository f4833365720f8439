"""``python -m benchmarks.history``: a kept run with a log of a million rows, in the Runs view of a
real browser.

The folder is that of a real, short run, its rows repeated (with later steps and times) until there
are so many, and with as many kept grids as the longest run holds. Times are those a person sees:
from the click to the table, to the first picture, to the curves; from a scrubber's move to the
picture of that step.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.app import App, app, chromium
from benchmarks.dashboard import report, spread

ROWS = 1_000_000
GRIDS = 600  # `ganviz.engine.frames.MOST_KEPT`
EVERY = 10  # steps between two rows
BATCH = 20_000
SETTLE = 8_000  # ms; by then the app has done what it does after its start
FIRST = """() => Boolean(document.querySelector('#gv-replay canvas')
  ?.getAttribute('aria-label')?.includes('at step'))"""
CURVES = """() => { const plot = document.querySelector('#gv-detail-plot');
  return !('waiting' in plot.dataset) && plot.data?.[0]?.x.length > 1000; }"""
SCRUB = """async (count) => { const bar = document.querySelector('#gv-replay input[type=range]');
  const canvas = document.querySelector('#gv-replay canvas'), times = [];
  for (let i = 0; i < count; i += 1) {
    const before = canvas.getAttribute('aria-label'); bar.value = (i * 97) % Number(bar.max);
    const began = performance.now(); bar.dispatchEvent(new Event('input', { bubbles: true }));
    while (canvas.getAttribute('aria-label') === before && performance.now() - began < 3000)
      await new Promise((go) => setTimeout(go, 1));
    times.push(performance.now() - began); await new Promise((go) => setTimeout(go, 20)); }
  return times; }"""


def long_run(folder: Path, rows: int) -> None:
    """A finished run in ``folder`` whose log holds so many rows."""
    from ganviz.api import follow, make_run
    from ganviz.config import RunConfig
    from ganviz.runs.log import LOG, LogWriter, read_log, to_line
    from ganviz.runs.store import frames_in
    from ganviz.runs.summary import Summary

    config = RunConfig.from_preset(
        "digits-mlp", data="digits", image_size=8, steps=400, tick_seconds=0.05
    )
    follow(make_run(config, folder, "cpu", folder.parent))
    events = list(read_log(folder / LOG))
    scalars = [event for event in events if event.kind == "scalars"]
    last = events[-1]
    writer = LogWriter(folder / LOG)
    for start in range(0, rows, BATCH):
        for number in range(start, min(rows, start + BATCH)):
            seq = last.seq + number + 1
            writer.add(
                to_line(
                    replace(
                        scalars[number % len(scalars)],
                        seq=seq,
                        step=last.step + EVERY * (number + 1),
                        time=last.time + number / 10,
                    )
                )
            )
        writer.flush()
    end = last.step + EVERY * rows
    writer.add(to_line(replace(last, seq=last.seq + rows + 1, step=end)))
    writer.flush()
    writer.close()
    _, picture = frames_in(folder)[-1]
    for number in range(1, GRIDS + 1):
        step = last.step + (end - last.step) * number // GRIDS
        shutil.copyfile(picture, picture.with_stem(f"{step:0{len(picture.stem)}d}"))
    summary = Summary.open(folder)
    summary.step = end
    summary.write(folder)


def measure(one: App, scrubs: int) -> None:
    """Everything a person waits for."""
    page = one.page

    def until(condition: str, since: float) -> float:
        page.wait_for_function(condition, timeout=120_000)
        return 1000 * (time.perf_counter() - since)

    began = time.perf_counter()
    page.click("#gv-view-runs-button")
    report(
        "Runs view: click to the table",
        f"{until('() => document.querySelector(`#gv-runs-body tr`)', began):.0f} ms",
        "<= 1000 ms",
    )
    for visit in ("first", "second"):
        began = time.perf_counter()
        page.click("#gv-runs-body tr [data-place=name]")
        report(
            f"run opened for the {visit} time: click to its picture",
            f"{until(FIRST, began):.0f} ms",
            "<= 1000 ms",
        )
        if visit == "first":
            _scrub(page, scrubs, "while its log is being read")
        report(
            f"run opened for the {visit} time: click to its curves",
            f"{until(CURVES, began):.0f} ms",
            "",
        )
        _scrub(page, scrubs, "")
        page.click("#gv-detail-close")


def _scrub(page: Any, scrubs: int, when: str) -> None:
    report(
        f"scrubber moved to its picture {when}".rstrip(),
        spread(page.evaluate(SCRUB, scrubs)),
        "<= 100 ms",
    )


def main(arguments: list[str] | None = None) -> int:
    """Print what was measured."""
    flags = argparse.ArgumentParser(
        prog="python -m benchmarks.history", description=__doc__.partition("\n")[0]
    )
    flags.add_argument("--rows", type=int, default=ROWS)
    flags.add_argument("--scrubs", type=int, default=40)
    options = flags.parse_args(arguments)
    with chromium() as browser, tempfile.TemporaryDirectory(prefix="ganviz-bench-") as place:
        run = Path(place) / "long-run"
        long_run(run, options.rows)
        print(
            f"{options.rows:,} rows, {(run / 'log.jsonl').stat().st_size / 1e6:,.0f} MB of log, "
            f"{GRIDS} kept grids"
        )
        with app(browser, "digits-quick", Path(place)) as one:
            one.page.wait_for_timeout(SETTLE)
            shutil.move(run, one.folder / "runs" / run.name)
            measure(one, options.scrubs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
