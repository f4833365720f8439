"""A question that a run of the lesson's own set-up answers."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

FEWEST, MOST = 2, 5
"""Choices of a question."""


@dataclass(frozen=True)
class Question:
    """To be asked before a run, and answered by it: ``seconds`` into the training, and on a slow
    machine not before ``steps``, the run's own figure picks a choice.

    ``ask``: the question, about the lesson's first set-up unless ``preset`` names another.
    ``choices``: 2 to 5, in the order of the figure; ``cuts``: where one choice ends and the next
    begins, a value on a cut belonging to the next. ``metric``: the figure, one of
    `ganviz.classroom.questions`. ``figure``: how its value is said, such as "{value:.0f} of 8
    modes"; "": by the words of the choice. ``why``: a sentence, said when the answer is known.
    """

    ask: str
    choices: tuple[str, ...]
    cuts: tuple[float, ...]
    metric: str
    figure: str
    why: str
    seconds: float = 30.0
    steps: int = 0
    preset: str = ""

    def __post_init__(self) -> None:
        if not FEWEST <= len(self.choices) <= MOST or len(self.cuts) != len(self.choices) - 1:
            raise ValueError(f"{self.ask}: two to five choices, and a cut between each two")
        if list(self.cuts) != sorted(set(self.cuts)):
            raise ValueError(f"{self.ask}: cuts ascend")

    def choice(self, value: float) -> int | None:
        """The index of the choice that ``value`` picks; None for no number."""
        return None if math.isnan(value) else bisect_right(self.cuts, value)

    def said(self, value: float) -> str:
        """``value`` in words."""
        if self.figure:
            return self.figure.format(value=value)
        chosen = self.choice(value)
        return "" if chosen is None else self.choices[chosen]
