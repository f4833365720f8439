"""How a training run looks in a terminal: a progress bar, or plain lines where the output goes to a
file."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from ganviz import pacing
from ganviz.stop_signals import mute_pipes

if TYPE_CHECKING:
    from ganviz.engine.run import Run


_PERCENT = re.compile(r" \(\d+%\)$")


class StandardError(Console):
    """Where progress goes. Work goes on when nobody reads it any more; rich would end the
    program."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def on_broken_pipe(self) -> None:
        """The reader of a pipe has gone."""
        mute_pipes()


class Display(AbstractContextManager):
    """Shows nothing; the base of those that do."""

    def __init__(self) -> None:
        self._cursor = 0

    def update(self, run: Run) -> None:
        """Show how ``run`` stands."""

    def say(self, sentence: str) -> None:
        """Print one line."""

    def _notes(self, run: Run) -> None:
        """Print warnings once; a run that goes on had its old ones when they came."""
        for event in run.events.since(max(self._cursor, run.events.inherited), ("note",)):
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


class LineTimer:
    """When the next line of progress is due: soon at first, then ever more seldom, so that a log of
    hours stays readable."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._due = self._began

    def is_due(self) -> bool:
        """Whether a line is due now; the next one is, later."""
        now = time.monotonic()
        if now < self._due:
            return False
        rest = max(pacing.PROGRESS_LINE_INTERVAL, (now - self._began) * pacing.PROGRESS_LINE_SHARE)
        self._due = now + rest
        return True


class Lines(Display):
    """A line now and then, at each change of state, and at the end."""

    def __init__(self, console: Console):
        super().__init__()
        self._console = console
        self._timer = LineTimer()
        self._last: tuple = ()

    def update(self, run: Run) -> None:
        self._notes(run)
        status = run.status()
        step, sentence = (status["step"], "running"), (_PERCENT.sub("", str(status["sentence"])),)
        if status["state"] == "running" and self._last != step and self._timer.is_due():
            self._last = step
            self.say("  ".join(facts(run, status)))
        elif status["state"] == "preparing" and self._last != sentence:
            self._last = sentence
            self.say(*sentence)

    def say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def make_display(progress: bool) -> Display:
    """A display for standard error; a silent one unless ``progress``."""
    if not progress:
        return Display()
    console = StandardError()
    return Bar(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)


def counting(total: int, what: str) -> AbstractContextManager[Callable[[int], None]]:
    """A function that is told how many of ``total`` are done, and shows it on standard error: a bar
    in a terminal, else a line now and then ("12,800 of 50,000 samples")."""
    return _display(total, what, lambda done, text: f"{done:,} of {total:,} {text}")


def stages() -> AbstractContextManager[Callable[[float, str], None]]:
    """A function that is told the fraction done and a sentence, and shows them on standard error: a
    bar in a terminal, else a line now and then."""
    return _display(1.0, "", lambda done, text: f"{done:.0%}  {text}")


@contextmanager
def _display(
    total: float, what: str, line: Callable[[Any, str], str]
) -> Iterator[Callable[..., None]]:
    """A function that is told how much of ``total`` is done and, where that changes, ``what`` is
    being done. ``line`` makes the two one text where there is no bar."""
    console = StandardError()
    if console.is_terminal and not console.is_dumb_terminal:
        with Progress(*Progress.get_default_columns(), console=console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done, text=what: progress.update(task, completed=done, description=text)
        return
    timer = LineTimer()
    timer.is_due()

    def notify(done: float, text: str = what) -> None:
        if timer.is_due():
            console.print(line(done, text), markup=False, highlight=False, soft_wrap=True)

    yield notify


def facts(run: Run, status: dict[str, Any]) -> list[str]:
    """The figures of a progress line, as short texts."""
    steps = f"step {status['step']:,}" + (f"/{status['steps']:,}" if status["steps"] else "")
    parts = [steps]
    if status["images_per_second"]:
        samples = "points" if run.spec is not None and run.spec.kind == "points" else "images"
        parts.append(f"{status['images_per_second']:,.0f} {samples}/s")
    row = run.events.last_row()
    for series in run.series:
        value = row.get(series["name"], math.nan)
        if series["group"] == "loss" and math.isfinite(value):
            parts.append(f"{series['label']} {value:.3f}")
    if status["left"] is not None:
        parts.append(f"{duration(status['left'])} left")
    return parts


def duration(seconds: float) -> str:
    """'0.4 s', '42 s', '3 min 05 s', '2 h 07 min'."""
    if 0 < seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
