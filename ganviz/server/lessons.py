"""The lessons, as data for the page."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ganviz import registry
from ganviz.classroom import questions
from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.lessons import LEVELS, TEACHERS_NOTES
from ganviz.server.guard import json_response
from ganviz.server.visitor_scope import visitor_of

QUOTED = re.compile(r"“([a-z0-9-]+)”")


async def lessons(request: Request) -> Response:
    """All lessons in their order: what the list, the text and the buttons of a lesson need, and
    for presenters the teacher's notes."""
    found = [as_data(name, lesson) for name, lesson in registry.LESSONS]
    if visitor_of(request).presenter:
        found = [{**lesson, "notes": notes(lesson["name"])} for lesson in found]
    return json_response({"lessons": found, "levels": LEVELS})


def as_data(name: str, lesson: Any) -> dict[str, Any]:
    """One lesson as plain values."""
    return {
        "name": name,
        "title": lesson.title,
        "line": lesson.line,
        "text": lesson.text,
        "watch": list(lesson.watch),
        "level": lesson.level,
        "group": lesson.group,
        "presets": [preset(one) for one in lesson.presets],
        "question": question(lesson),
    }


def notes(lesson: str) -> dict[str, Any] | None:
    """The teacher's notes of a lesson; set-ups that they name are called as the page does."""
    one = TEACHERS_NOTES.get(lesson)
    if one is None:
        return None
    return {
        "ask": [labelled(words) for words in one.ask],
        "wrong": [labelled(words) for words in one.wrong],
        "five": labelled(one.five),
        "twenty": labelled(one.twenty),
    }


def labelled(words: str) -> str:
    """``words`` with the labels of the presets that are quoted in it by name."""

    def label(found: re.Match[str]) -> str:
        known = found[1] in registry.PRESETS.names()
        return f"“{registry.PRESETS.get(found[1]).label}”" if known else found[0]

    return QUOTED.sub(label, words)


def question(lesson: Any) -> dict[str, Any] | None:
    """What the lesson asks before a run; what the run will answer is nowhere in it. ``measure``:
    the figure that will, as the lab calls it: "modes-strict", or a statistic such as "d_fake"."""
    one = lesson.question
    if one is None:
        return None
    metric = questions.METRICS.get(one.metric)
    return {
        "ask": one.ask,
        "choices": one.choices,
        "seconds": one.seconds,
        "preset": lesson.question_preset,
        "measure": metric.measure if metric else one.metric,
    }


def preset(name: str) -> dict[str, Any]:
    """What the buttons that start a set-up say; ``lab``: whether the lab has something to show of
    it."""
    entry = registry.PRESETS.get(name)
    return {"name": name, "label": entry.label, "why": entry.why, "lab": shown_in_the_lab(name)}


@cache
def shown_in_the_lab(name: str) -> bool:
    """Whether a preset plays a game, or makes points."""
    config = RunConfig.from_preset(name)
    return config.adversarial or expected_spec(config).kind == "points"
