"""What a lesson is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ganviz.lessons.question import Question
from ganviz.registry import LESSONS

START, NEXT, DEPTH = LEVELS = ("Start here", "Next", "In depth")
"""How much a lesson takes for known, from the first to read to the last."""


@dataclass(frozen=True)
class Promise:
    """What a lesson says will be seen, as something that can be measured.

    After ``seconds`` of training of ``preset`` (with ``settings`` changed), on two processor cores,
    the figure ``metric`` lies from ``low`` to ``high``. It is one of the run's own, that a
    `Question` may ask for: `ganviz.classroom.questions` reads it, and `benchmarks.lessons` measures
    it. ``over``: "seeds" where each seed keeps the promise, "range" where it is about the largest
    figure less the smallest.
    """

    metric: str
    preset: str
    low: float = float("-inf")
    high: float = float("inf")
    seconds: float = 30.0
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    over: Literal["seeds", "range"] = "seeds"

    def holds(self, value: float) -> bool:
        """Whether a measured value keeps the promise; NaN never does."""
        return self.low <= value <= self.high

    @property
    def sentence(self) -> str:
        """The promise in one line, for a report."""
        what = f"{self.metric} of {self.preset} at {self.seconds:g} s"
        if self.over == "range":
            what = f"range over seeds of {what}"
        if self.low == float("-inf"):
            return f"{what} at most {self.high:g}"
        if self.high == float("inf"):
            return f"{what} at least {self.low:g}"
        return f"{what} from {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Lesson:
    """``line``: the whole lesson in a sentence. ``text``: 80 to 150 words of plain Markdown, with
    links to other lessons as ``[words](#name)``. ``presets``: the set-ups to open, the first one
    first. ``watch``: where to look. ``level``: one of `LEVELS`. ``group``: the heading that the
    list shows it under. ``promises``: what is seen within half a minute of its set-ups.
    ``question``: to be answered before a run of a set-up, which answers it itself.

    Every figure in a text was measured with the presets it names (or carries its source); tests
    hold the mistakes to it.
    """

    name: str
    title: str
    line: str
    text: str
    presets: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    level: str = NEXT
    group: str = ""
    promises: tuple[Promise, ...] = ()
    question: Question | None = None

    @property
    def question_preset(self) -> str:
        """The set-up that the question is about."""
        named = self.question.preset if self.question else ""
        return named or next(iter(self.presets), "")


def lesson(
    name: str,
    title: str,
    line: str,
    text: str,
    presets: tuple[str, ...] = (),
    watch: tuple[str, ...] = (),
    level: str = NEXT,
    group: str = "",
    promises: tuple[Promise, ...] = (),
    question: Question | None = None,
) -> Lesson:
    """Define and register a lesson."""
    text = text.strip()
    return LESSONS.add(
        name, Lesson(name, title, line, text, presets, watch, level, group, promises, question)
    )
