"""The lessons, as data for the page."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ganviz import registry
from ganviz.lessons import LEVELS
from ganviz.server.guard import json_response


async def lessons(request: Request) -> Response:
    """All lessons in their order: what the list, the text and the buttons of a lesson need."""
    return json_response(
        {"lessons": [as_data(name, lesson) for name, lesson in registry.LESSONS], "levels": LEVELS}
    )


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


def question(lesson: Any) -> dict[str, Any] | None:
    """What the lesson asks before a run; what the run will answer is nowhere in it."""
    one = lesson.question
    return one and {
        "ask": one.ask,
        "choices": one.choices,
        "seconds": one.seconds,
        "preset": lesson.question_preset,
    }


def preset(name: str) -> dict[str, str]:
    """What the button that opens a set-up says."""
    entry = registry.PRESETS.get(name)
    return {"name": name, "label": entry.label, "why": entry.why}
