"""What a class answered about a run, as a table: counts, and no handles."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from ganviz.classroom.polls import Poll

COLUMNS = (
    *("kind", "lesson", "question", "round", "choice", "count", "of", "right", "figure", "step"),
)
# a spreadsheet takes a cell that begins so for a formula
FORMULA = ("=", "+", "-", "@", "\t")


def to_csv(polls: Iterable[Poll], guesses: Iterable[Any], games: Iterable[dict[str, Any]]) -> str:
    """One line for each choice of each round, and for each game.

    ``guesses``: tables of predictions that one person made alone. ``games``: rows of
    `ganviz.classroom.discriminator_game.DiscriminatorGame.to_row`.
    """
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    rows = [
        *(row for poll in polls for row in _of_poll(poll)),
        *(_of_guess(one) for one in guesses),
        *(row for game in games for row in _of_game(game)),
    ]
    for row in rows:
        table.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _of_poll(poll: Poll) -> Iterable[dict[str, Any]]:
    answer = poll.answer
    for number, one in enumerate(poll.rounds, 1):
        for index, (choice, count) in enumerate(zip(poll.choices, one.counts or (), strict=False)):
            yield {
                "kind": "poll",
                "lesson": poll.lesson,
                "question": poll.ask,
                "round": number,
                "choice": choice,
                "count": count,
                "of": one.voters,
                "right": "" if answer is None or answer.choice is None else answer.choice == index,
                "figure": answer.figure if answer else "",
                "step": "" if answer is None or answer.step is None else answer.step,
            }


def _of_guess(guess: dict[str, Any]) -> dict[str, Any]:
    names = ("lesson", "question", "choice", "right", "figure", "step")
    return {
        "kind": "prediction",
        "count": 1,
        "of": 1,
        **{name: guess.get(name, "") for name in names},
    }


def _of_game(game: dict[str, Any]) -> Iterable[dict[str, Any]]:
    step = game.get("step", "")
    for number, (right, judged) in enumerate(game.get("pairs", ()), 1):
        yield {
            "kind": "you are D",
            "question": f"pair {number}",
            "choice": "judged rightly",
            "count": right,
            "of": judged,
            "step": step,
        }


def _cell(value: Any) -> Any:
    text = value if isinstance(value, str) else None
    return f"'{text}" if text is not None and text.startswith(FORMULA) else value
