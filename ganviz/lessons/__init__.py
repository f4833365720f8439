"""What to learn from which set-up. A lesson is data: presets to open, a line, a short text, what
to watch, and what of it can be measured."""

# Each adds its lessons, and the list keeps this order.
from ganviz.lessons import game, collapse, latents, slips, depth, autoencoders  # noqa: F401, I001
from ganviz.lessons import notes_of_slips, notes_of_the_game  # noqa: F401
from ganviz.lessons.lesson import LEVELS, Lesson, Promise, lesson
from ganviz.lessons.notes import TEACHERS_NOTES, TeachersNotes, teachers_notes
from ganviz.lessons.question import Question

__all__ = [
    "LEVELS",
    "TEACHERS_NOTES",
    "Lesson",
    "Promise",
    "Question",
    "TeachersNotes",
    "lesson",
    "teachers_notes",
]
