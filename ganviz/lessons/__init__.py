"""What to learn from which set-up. A lesson is data: presets to open, a line, a short text, what
to watch, and what of it can be measured."""

# Each adds its lessons, and the list keeps this order.
from ganviz.lessons import game, collapse, latents, slips, depth, autoencoders  # noqa: F401, I001
from ganviz.lessons.lesson import LEVELS, Lesson, Promise, lesson
from ganviz.lessons.question import Question

__all__ = ["LEVELS", "Lesson", "Promise", "Question", "lesson"]
