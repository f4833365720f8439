"""How a run looks in a terminal: a progress bar, or plain lines where the output goes to a file."""

from __future__ import annotations

import math
import sys
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ganviz import pacing

if TYPE_CHECKING:
    from ganviz.engine.run import Run


class Display(AbstractContextManager):
    """Shows nothing; the base of those that do."""

    def __init__(self) -> None:
        self._cursor = 0

    def update(self, run: Run) -> None:
        """Show how ``run`` stands."""

    def say(self, sentence: str) -> None:
        """Print one line."""

    def _notes(self, run: Run) -> None:
        """Print warnings once."""
        for event in run.events.since(self._cursor, ("note",)):
            self._cursor = event.seq
            if event.data.get("level") != "progress":
                self.say(str(event.data.get("sentence", "")))

    def __exit__(self, *_: Any) -> None:
        return None


class Bar(Display):
    """A live line: state, bar, steps, images a second, losses, time left."""

    def __init__(self, console: Console):
        super().__init__()
        words, figures = TextColumn("{task.description}"), TextColumn("{task.fields[facts]}")
        self._progress = Progress(
            SpinnerColumn(),
            words,
            BarColumn(bar_width=None),
            figures,
            console=console,
            expand=True,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, facts="")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._progress.stop()

    def update(self, run: Run) -> None:
        self._notes(run)
        status = run.status()
        going = status["state"] in ("running", "paused")
        words = status["state"].capitalize() if going else str(status["sentence"]).rstrip(".")
        self._progress.update(
            self._task,
            description=words,
            total=status["steps"] or None,
            completed=status["step"],
            facts="  ".join(facts(run, status)),
        )

    def say(self, sentence: str) -> None:
        self._progress.console.print(sentence, markup=False, highlight=False)


class Lines(Display):
    """A line every two seconds, at each change of state, and at the end."""

    def __init__(self, console: Console):
        super().__init__()
        self._console = console
        self._due = 0.0
        self._last: tuple = ()

    def update(self, run: Run) -> None:
        self._notes(run)
        status = run.status()
        now = time.monotonic()
        if (
            status["state"] == "running"
            and now >= self._due
            and self._last != (status["step"], "running")
        ):
            self._due, self._last = now + pacing.PROGRESS_LINE_INTERVAL, (status["step"], "running")
            self.say("  ".join(facts(run, status)))
        elif status["state"] == "preparing" and self._last != (status["sentence"],):
            self._last = (status["sentence"],)
            self.say(str(status["sentence"]))

    def say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def make_display(progress: bool) -> Display:
    """A display for standard error; a silent one unless ``progress``."""
    if not progress:
        return Display()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)


def facts(run: Run, status: dict[str, Any]) -> list[str]:
    """The figures of a progress line, as short texts."""
    steps = f"step {status['step']:,}" + (f"/{status['steps']:,}" if status["steps"] else "")
    parts = [steps]
    if status["images_per_second"]:
        parts.append(f"{status['images_per_second']:,.0f} images/s")
    row = run.events.last_row()
    for series in run.series:
        value = row.get(series["name"], math.nan)
        if series["group"] == "loss" and math.isfinite(value):
            parts.append(f"{series['label']} {value:.3f}")
    if status["left"] is not None:
        parts.append(f"{duration(status['left'])} left")
    return parts


def duration(seconds: float) -> str:
    """'42 s', '3 min 05 s', '2 h 07 min'."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def complain(sentence: str) -> None:
    """One sentence on standard error."""
    print(sentence, file=sys.stderr, flush=True)


def show_modes(tasks: list[str], seeds: int, steps: int | None) -> None:
    """Run the mode protocol and print our rows beside the papers'."""
    from statistics import fmean

    from rich.console import Console
    from rich.table import Table

    from ganviz.experiments.mode_coverage import PAPERS, TASKS, describe, measure
    from ganviz.probes.modes import SAMPLES

    console = Console()
    for task in tasks:
        with console.status(TASKS[task].title) as status:
            outcomes = []
            for outcome in measure(task, seeds, steps, status.update):
                outcomes.append(outcome)
                figures = outcome.figures
                divergence = figures["reverse_kl"]  # None where no sample is near a mode
                console.print(
                    f"{TASKS[task].title}, seed {outcome.seed}: {figures['captured']} modes, "
                    f"{figures['strict']} strict, {figures['quality']:.1%} high quality, reverse "
                    f"KL "
                    f"{'not known' if divergence is None else f'{divergence:.4f}'}, "
                    f"{outcome.cpu_seconds:.0f} CPU s",
                    highlight=False,
                )
        table = Table(
            title=f"{TASKS[task].title}: N = {SAMPLES:,} samples, {seeds} "
            f"seed{'s' if seeds > 1 else ''}"
        )
        table.add_column("method")
        table.add_column("source")
        table.add_column(f"modes of {TASKS[task].modes}", justify="right")
        table.add_column("high quality %", justify="right")
        place = list(TASKS).index(task)
        for method, source, *theirs in PAPERS:
            table.add_row(method, source, f"{theirs[place][0]:g}", f"{theirs[place][1]:g}")
        table.add_row(
            "ganviz",
            TASKS[task].preset,
            f"{fmean(o.figures['captured'] for o in outcomes):.1f}",
            f"{100 * fmean(o.figures['quality'] for o in outcomes):.1f}",
            style="bold",
        )
        console.print(table)
        console.print(
            f"ours: {describe(task)}" + (f", cut to {steps:,}" if steps else ""), highlight=False
        )
