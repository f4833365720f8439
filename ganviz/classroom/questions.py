"""The answer that a run gives to a lesson's question: its own figure at the time that decides."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from ganviz.engine.events import ENDED, Event
from ganviz.engine.frames import GAP, fixed_latents
from ganviz.lessons.question import Question
from ganviz.probes.facts import Facts
from ganviz.runs.readable import ReadableRun

# statistics jump from tick to tick: the mean of so many rows, up to the time that decides
ROWS = 10
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
    """A figure of a run, read from events of ``kind``: ``read`` is given the data of all of them,
    up to the one that decides. ``measure``: the figure that pages show of it, if it is one:
    "modes-strict"."""

    kind: str
    read: Callable[[list[dict[str, Any]]], float | None]
    measure: str = ""


def _named(kind: str, name: str) -> Metric:
    return Metric(kind, lambda events: events[-1].get(name), f"{kind}-{name}")


def _visited(events: list[dict[str, Any]]) -> float:
    """On how many different modes most of the samples have lain."""
    nearest = [event.get("nearest") or [] for event in events]
    return float(len({counts.index(max(counts)) for counts in nearest if counts}))


def _growth(events: list[dict[str, Any]]) -> float | None:
    """The norm of D's weights, in units of what it was at the first look."""
    before, now = (
        Facts(networks=event["networks"]).norm("discriminator", "weight")
        for event in (events[0], events[-1])
    )
    return now / before if before and now is not None else None


def _depth_ratio(events: list[dict[str, Any]]) -> float | None:
    """The gradient of G's first layer over that of its last hidden one, at the first look."""
    gradients = [row[1] for row in Facts(networks=events[0]["networks"]).chain("generator")]
    return gradients[0] / gradients[-2] if len(gradients) > 2 and gradients[-2] else None


def _generator_gradient(events: list[dict[str, Any]]) -> float | None:
    """The norm of the gradient of G's loss over all of G's weights."""
    return Facts(networks=events[-1]["networks"]).norm("generator")


def _midpoint(run: ReadableRun) -> float:
    """The length of the point half-way between two z of the sample grid, over their own."""
    z = fixed_latents(run.config, 64)
    middle = (z[:32] + z[32:]) / 2
    return float(middle.norm(dim=1).mean() / z.norm(dim=1).mean())


def _nyquist(run: ReadableRun) -> float | None:
    """Energy at the highest frequency of the grid that the untrained G drew, over the mean."""
    frame = run.frames.get(0)
    if frame is None or not frame.is_picture:
        return None
    sheet = np.asarray(Image.open(io.BytesIO(frame.data)).convert("L"), float)
    height, width = (
        (n + GAP) // m for n, m in zip(sheet.shape, (frame.rows, frame.cols), strict=True)
    )
    sheet = np.pad(sheet, ((0, GAP), (0, GAP)))
    tiles = sheet.reshape(frame.rows, height, frame.cols, width).transpose(0, 2, 1, 3)
    tiles = tiles.reshape(-1, height, width)[:, : height - GAP, : width - GAP]
    tiles = tiles - tiles.mean((1, 2), keepdims=True)
    energy = (np.abs(np.fft.fft2(tiles)) ** 2).mean(0)
    return float(energy[energy.shape[0] // 2, energy.shape[1] // 2] / energy.mean())


METRICS: dict[str, Metric] = {
    "modes": _named("modes", "strict"),
    "captured": _named("modes", "captured"),
    "quality": _named("modes", "quality"),
    "visited": Metric("modes", _visited),
    "d_accuracy": _named("outputs", "accuracy"),
    "sharpness": _named("sharpness", "ratio"),
    "reconstruction": _named("reconstruction", "error"),
    "agreement": _named("fidelity", "agreement"),
    "classes": _named("fidelity", "covered"),
    "copies": _named("fidelity", "copies"),
    "d_weights": Metric("gradients", _growth),
    "g_gradient": Metric("gradients", _generator_gradient),
    "gradient_ratio": Metric("gradients", _depth_ratio),
}
"""Figures of probes."""
AT_START: dict[str, Callable[[ReadableRun], float | None]] = {
    "midpoint": _midpoint,
    "nyquist": _nyquist,
}
"""Figures of a run before its first step."""
FAILED = "failed"
"""1 for a run that broke down, else 0. Every statistic that the charts show is a metric, too, by
its own name."""


def reading(run: ReadableRun, question: Question, step: int | None = None) -> Reading:
    """How ``question`` stands in ``run``. ``step``: decide at this step instead of at the
    question's time."""
    if question.metric == FAILED and run.state == "failed":
        return _known(question, 1.0, int(run.status()["step"]))
    rows = run.events.rows()
    at = _decisive_row(rows, question, step)
    if at is None and run.state == "finished" and len(rows.get("step", ())):
        # all its steps are done: what it has come to decides
        at = len(rows["step"]) - 1
    if at is None:
        return _not_there(run, question, rows)
    reached = int(rows["step"][at])
    if question.metric in METRICS:
        return _of_events(run, question, reached)
    if question.metric in AT_START:
        return _finite(question, AT_START[question.metric](run), 0)
    if question.metric == FAILED:
        return _known(question, 0.0, reached)
    return _of_rows(question, rows.get(question.metric), at, reached)


def _decisive_row(rows: dict[str, np.ndarray], question: Question, step: int | None) -> int | None:
    """The first row that may decide."""
    if "elapsed" not in rows:
        return None
    if step is None:
        may = (rows["elapsed"] >= question.seconds) & (rows["step"] >= question.steps)
    else:
        may = rows["step"] >= step
    late = np.flatnonzero(may)
    return int(late[0]) if len(late) else None


def _of_rows(question: Question, column: np.ndarray | None, at: int, step: int) -> Reading:
    newest = np.empty(0) if column is None else column[max(0, at + 1 - ROWS) : at + 1]
    finite = newest[np.isfinite(newest)]
    return _finite(question, float(finite.mean()) if len(finite) else None, step)


def _of_events(run: ReadableRun, question: Question, step: int) -> Reading:
    metric = METRICS[question.metric]
    events = run.events.since(0, kinds=(metric.kind,))
    late = next((i for i, one in enumerate(events) if _measured_at(one) >= step), None)
    if late is None and run.state == "finished" and events:
        late = len(events) - 1
    if late is None:
        return _not_measured(run)
    value = metric.read([one.data for one in events[: late + 1]])
    return _finite(question, value, _measured_at(events[late]))


def _finite(question: Question, value: float | None, step: int) -> Reading:
    if value is None or not math.isfinite(value):
        return Reading("missing", "At the time that decides, the figure was not a number.")
    return _known(question, float(value), step)


def _measured_at(event: Event) -> int:
    """The step whose figures an event tells: what takes a while is told later."""
    return int(event.data.get("at", event.step))


def _known(question: Question, value: float, step: int) -> Reading:
    figure = question.said(value)
    sentence = f"At step {step:,}: {figure}."
    return Reading("known", sentence, value, question.choice(value), figure, step)


def _not_there(run: ReadableRun, question: Question, rows: dict[str, np.ndarray]) -> Reading:
    elapsed, step = (
        float(rows[name][-1]) if len(rows.get(name, ())) else 0.0 for name in ("elapsed", "step")
    )
    when = f"at {question.seconds:.0f} s of training"
    if question.steps:
        when += f", not before step {question.steps:,}"
    there = f"{elapsed:.0f} s, step {step:,.0f}"
    if _is_over(run):
        return Reading(
            "missing",
            f"The run has not got there: it ended at {there}, and this is decided {when}.",
        )
    return Reading("waiting", f"This is decided {when}; the run is at {there}.")


def _not_measured(run: ReadableRun) -> Reading:
    if _is_over(run):
        sentence = "The run has not got there: it ended before the figure was measured."
        return Reading("missing", sentence)
    return Reading("waiting", "The time has come; the figure is told with the next measurement.")


def _is_over(run: ReadableRun) -> bool:
    return run.state in (*ENDED, "interrupted")
