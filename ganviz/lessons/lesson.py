"""What a lesson is."""

from __future__ import annotations

from dataclasses import dataclass

from ganviz.registry import LESSONS


@dataclass(frozen=True)
class Lesson:
    """``line``: the whole lesson in a sentence. ``text``: 80 to 150 words of plain Markdown, with
    links to other lessons as ``[words](#name)``. ``presets``: the set-ups to open, the first one
    first. ``watch``: where to look.

    Every figure in a text was measured with the presets it names (or carries its source); tests
    hold the mistakes to it.
    """

    name: str
    title: str
    line: str
    text: str
    presets: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()


def lesson(
    name: str,
    title: str,
    line: str,
    text: str,
    presets: tuple[str, ...] = (),
    watch: tuple[str, ...] = (),
) -> Lesson:
    """Define and register a lesson."""
    return LESSONS.add(name, Lesson(name, title, line, text.strip(), presets, watch))
