"""The answer that a run gives to a lesson's question: its own figure at the time that decides."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ganviz.engine.events import ENDED, Event
from ganviz.lessons.question import Question
from ganviz.runs.readable import ReadableRun

# statistics jump from tick to tick: the mean of so many rows, up to the time that decides
ROWS = 5
NOT_A_NUMBER = "At the time that decides, the figure was not a number."
State = Literal["waiting", "known", "missing"]


@dataclass(frozen=True)
class Reading:
    """How a question stands in a run.

    ``state``: waiting (the run has not got there yet), known, or missing (it never will).
    ``sentence``: which of them, in words. ``value``, ``choice`` and ``figure`` (the value in
    words) are of the run at ``step``, where they are known.
    """

    state: State
    sentence: str
    value: float | None = None
    choice: int | None = None
    figure: str = ""
    step: int | None = None


@dataclass(frozen=True)
class Metric:
    """A figure of a run, read from events of ``kind``: ``read(data, first)`` gives the value in the
    data of one of them, or None; ``first`` is the data of the first."""

    kind: str
    read: Callable[[dict[str, Any], dict[str, Any]], float | None]


def _named(kind: str, name: str) -> Metric:
    return Metric(kind, lambda data, first: data.get(name))


def _growth(data: dict[str, Any], first: dict[str, Any]) -> float | None:
    """The norm of D's weights, in units of what it was at the first look."""
    before = math.hypot(*_of_layers(first, "discriminator", "weight"))
    return math.hypot(*_of_layers(data, "discriminator", "weight")) / before if before else None


def _depth_ratio(data: dict[str, Any], first: dict[str, Any]) -> float | None:
    """The gradient of G's first layer over that of its last hidden one, at the first look."""
    gradients = _of_layers(first, "generator", "gradient")
    return gradients[0] / gradients[-2] if len(gradients) > 2 and gradients[-2] else None


def _of_layers(data: dict[str, Any], network: str, figure: str) -> list[float]:
    """A figure of the layers that lie one behind another."""
    table = data.get("networks", {}).get(network, {})
    rows = zip(table.get("kinds", ()), table.get(figure, ()), strict=False)
    return [value for kind, value in rows if kind in ("linear", "conv") and value is not None]


METRICS: dict[str, Metric] = {
    "modes": _named("modes", "strict"),
    "captured": _named("modes", "captured"),
    "quality": _named("modes", "quality"),
    "d_accuracy": _named("outputs", "accuracy"),
    "variation": _named("outputs", "diversity"),
    "sharpness": _named("sharpness", "ratio"),
    "agreement": _named("fidelity", "agreement"),
    "classes": _named("fidelity", "covered"),
    "copies": _named("fidelity", "copies"),
    "d_weights": Metric("gradients", _growth),
    "gradient_ratio": Metric("gradients", _depth_ratio),
}
"""Figures of probes. Beside them every statistic that the charts show is one by its own name, and
"failed" is 1 for a run that broke down, else 0."""


def reading(run: ReadableRun, question: Question, step: int | None = None) -> Reading:
    """How ``question`` stands in ``run``. ``step``: decide at this step instead of at the
    question's time."""
    if question.metric == "failed" and run.state == "failed":
        return _known(question, 1.0, int(run.status()["step"]))
    rows = run.events.rows()
    at = _row_at(rows, question.seconds) if step is None else _row_at(rows, step, "step")
    if at is None:
        return _not_there(run, question, rows)
    reached = int(rows["step"][at])
    if question.metric == "failed":
        return _known(question, 0.0, reached)
    if question.metric in METRICS:
        return _of_events(run, question, reached)
    return _of_rows(question, rows.get(question.metric), at, reached)


def _row_at(rows: dict[str, np.ndarray], wanted: float, column: str = "elapsed") -> int | None:
    """The first row at or after ``wanted``."""
    late = np.flatnonzero(rows[column] >= wanted) if column in rows else ()
    return int(late[0]) if len(late) else None


def _of_rows(question: Question, column: np.ndarray | None, at: int, step: int) -> Reading:
    newest = np.empty(0) if column is None else column[max(0, at + 1 - ROWS) : at + 1]
    finite = newest[np.isfinite(newest)]
    if not len(finite):
        return Reading("missing", NOT_A_NUMBER)
    return _known(question, float(finite.mean()), step)


def _of_events(run: ReadableRun, question: Question, step: int) -> Reading:
    metric = METRICS[question.metric]
    events = run.events.since(0, kinds=(metric.kind,))
    event = next((one for one in events if _measured_at(one) >= step), None)
    if event is None:
        return _not_measured(run)
    value = metric.read(event.data, events[0].data)
    if value is None or not math.isfinite(value):
        return Reading("missing", NOT_A_NUMBER)
    return _known(question, float(value), _measured_at(event))


def _measured_at(event: Event) -> int:
    """The step whose figures an event tells: what takes a while is told later."""
    return int(event.data.get("at", event.step))


def _known(question: Question, value: float, step: int) -> Reading:
    figure = question.said(value)
    sentence = f"At step {step:,}: {figure}."
    return Reading("known", sentence, value, question.choice(value), figure, step)


def _not_there(run: ReadableRun, question: Question, rows: dict[str, np.ndarray]) -> Reading:
    elapsed = rows["elapsed"][-1] if len(rows.get("elapsed", ())) else 0.0
    if _is_over(run):
        return Reading(
            "missing",
            f"The run has not got there: it ended after {elapsed:.0f} s of training, and this is "
            f"decided at {question.seconds:.0f} s.",
        )
    return Reading(
        "waiting",
        f"This is decided at {question.seconds:.0f} s of training; the run is at {elapsed:.0f} s.",
    )


def _not_measured(run: ReadableRun) -> Reading:
    if _is_over(run):
        sentence = "The run has not got there: it ended before the figure was measured."
        return Reading("missing", sentence)
    return Reading("waiting", "The time has come; the figure is told with the next measurement.")


def _is_over(run: ReadableRun) -> bool:
    return run.state in (*ENDED, "interrupted")
