"""How a training run looks in a terminal: a progress bar, or plain lines where the output goes to a
file."""

from __future__ import annotations

import math
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
