"""What to learn from which set-up. A lesson is data: presets to open, a line, a short text, and
what to watch."""

# Each adds its lessons, and the list keeps this order.
from ganviz.lessons import systems, plane, pictures  # noqa: F401, I001
from ganviz.lessons.lesson import Lesson, lesson

__all__ = ["Lesson", "lesson"]
