"""What a teacher needs beside each lesson: what to ask, what usually goes wrong, and what to do in
five minutes and in twenty."""

from __future__ import annotations

from dataclasses import dataclass

Sentences = tuple[str, ...]


@dataclass(frozen=True)
class TeachersNotes:
    """``ask``: questions for the class; ``wrong``: what usually goes wrong, and what to do then;
    ``five``, ``twenty``: the lesson in so many minutes. Plain Markdown, for presenters alone."""

    ask: Sentences
    wrong: Sentences
    five: str
    twenty: str


TEACHERS_NOTES: dict[str, TeachersNotes] = {}
"""By the name of the lesson."""


def teachers_notes(
    lesson: str, ask: Sentences, wrong: Sentences, five: str, twenty: str
) -> TeachersNotes:
    """Declare the notes of a lesson. Raises `ValueError` where it has some."""
    if lesson in TEACHERS_NOTES:
        raise ValueError(f"the lesson {lesson} has teacher's notes already")
    made = TEACHERS_NOTES[lesson] = TeachersNotes(ask, wrong, five, twenty)
    return made
