"""Polls: anonymous, hidden until they are closed, voted on again after discussion, and then
answered.

The order is that of peer instruction (Crouch and Mazur, 2001): think, vote, talk, vote again, see.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from ganviz.errors import GanvizError
from ganviz.lessons.question import FEWEST, MOST

MAX_ROUNDS = 2
MAX_KEPT = 100
"""Questions kept with a run."""
MAX_ASK, MAX_CHOICE = 200, 80
"""Letters of a question and of a choice."""

State = Literal["open", "closed", "answered"]


class Round:
    """One vote of the class. While it is open each voter has one vote and may change it; once it
    is closed the counts are what is kept."""

    def __init__(self, choices: int, counts: list[int] | None = None):
        self._choices = choices
        self._votes: dict[str, int] = {}
        self._counts = counts

    @property
    def is_open(self) -> bool:
        """Whether votes are taken."""
        return self._counts is None

    @property
    def voters(self) -> int:
        """How many have voted."""
        return len(self._votes) if self._counts is None else sum(self._counts)

    @property
    def counts(self) -> list[int] | None:
        """Votes by choice; None while the vote is open."""
        return None if self._counts is None else list(self._counts)

    def vote(self, voter: str, choice: int) -> None:
        """The voter's vote, in place of an earlier one."""
        if not self.is_open:
            raise GanvizError("This vote is closed.")
        if not 0 <= choice < self._choices:
            raise GanvizError("There is no such choice.", "choice")
        self._votes[voter] = choice

    def vote_of(self, voter: str) -> int | None:
        """What ``voter`` voted for."""
        return self._votes.get(voter)

    def close(self) -> None:
        """Count."""
        if self.is_open:
            found = Counter(self._votes.values())
            self._counts = [found[choice] for choice in range(self._choices)]


@dataclass(frozen=True)
class Answer:
    """What came out. ``choice``: the right one, or None where there is none; ``figure``: the run's
    own, in words; ``why``: a sentence; ``step``: of the figure."""

    choice: int | None
    figure: str = ""
    why: str = ""
    step: int | None = None


@dataclass
class Poll:
    """One question to the class. ``lesson``: whose question it is; "" for one that the presenter
    typed. ``run``: the run that it is about."""

    id: str
    ask: str
    choices: tuple[str, ...]
    lesson: str = ""
    run: str = ""
    rounds: list[Round] = field(default_factory=list)
    answer: Answer | None = None

    def __post_init__(self) -> None:
        self.ask = _line(self.ask, MAX_ASK, "question")
        self.choices = tuple(_line(one, MAX_CHOICE, "choice") for one in self.choices)
        if not FEWEST <= len(self.choices) <= MOST:
            raise GanvizError(
                "Give {fewest} to {most} choices.", "choices", fewest=FEWEST, most=MOST
            )
        if len(set(self.choices)) < len(self.choices):
            raise GanvizError("Two choices are the same; make them different.", "choices")
        if not self.rounds:
            self.rounds = [Round(len(self.choices))]

    @property
    def state(self) -> State:
        """open: votes are taken; closed: they are counted; answered: it is known what came out."""
        if self.answer is not None:
            return "answered"
        return "open" if self.rounds[-1].is_open else "closed"

    def vote(self, voter: str, choice: int) -> None:
        """One vote a voter and round. Raises `GanvizError` once the round is closed."""
        self.rounds[-1].vote(voter, choice)

    def close(self) -> None:
        """No more votes; the counts are shown."""
        self.rounds[-1].close()

    def vote_again(self) -> None:
        """Open another round. Raises `GanvizError` before the last one is closed, after the answer,
        and after the last round."""
        if self.state == "open":
            raise GanvizError("Close this vote before you open another one.")
        if self.state == "answered":
            raise GanvizError("The answer is known already; ask another question.")
        if len(self.rounds) >= MAX_ROUNDS:
            raise GanvizError("The class has voted twice; show the answer.")
        self.rounds.append(Round(len(self.choices)))

    def reveal(self, answer: Answer) -> None:
        """Say what came out; a vote that is open is closed first."""
        if answer.choice is not None and not 0 <= answer.choice < len(self.choices):
            raise GanvizError("There is no such choice.", "choice")
        self.close()
        self.answer = answer

    def view(self, voter: str) -> dict[str, Any]:
        """What ``voter`` sees: its own votes, and counts only while no round is open, so that
        nobody follows the crowd."""
        hidden = self.state == "open"
        return {
            **self._about(),
            "state": self.state,
            "round": len(self.rounds),
            "last_round": len(self.rounds) >= MAX_ROUNDS,
            "voters": self.rounds[-1].voters,
            "mine": [one.vote_of(voter) for one in self.rounds],
            "counts": None if hidden else [one.counts for one in self.rounds],
        }

    def to_table(self) -> dict[str, Any]:
        """What is kept with the run: counts, and nobody's votes. An open round is kept as one that
        nobody has voted in."""
        return {**self._about(), "rounds": [one.counts for one in self.rounds]}

    def _about(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "ask": self.ask,
            "choices": list(self.choices),
            "lesson": self.lesson,
            "run": self.run,
            "answer": None if self.answer is None else vars(self.answer),
        }

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Poll:
        """The poll that `to_table` gave. Raises `GanvizError`, `KeyError`, `TypeError` or
        `ValueError` for a table that is none."""
        choices = tuple(str(one) for one in table["choices"])
        counts = [None if one is None else _counts(one, len(choices)) for one in table["rounds"]]
        answer = table.get("answer")
        return cls(
            str(table["id"]),
            str(table["ask"]),
            choices,
            str(table.get("lesson", "")),
            str(table.get("run", "")),
            [Round(len(choices), one) for one in counts],
            None if answer is None else Answer(**answer),
        )


class PollBook:
    """The questions of a class: the one at hand, and those before it. Safe to use from any
    thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.current: Poll | None = None
        self.past: list[Poll] = []

    def ask(self, poll: Poll) -> None:
        """Put ``poll`` to the class. Raises `GanvizError` while votes on another one are taken."""
        with self.lock:
            if self.current is not None and self.current.state == "open":
                raise GanvizError("A question is open; close it before you ask another one.")
            self.put_away()
            self.current = poll

    def at_hand(self, poll_id: str) -> Poll:
        """The question at hand, which must be the one that the page shows. Raises `GanvizError`."""
        if self.current is None or self.current.id != poll_id:
            raise GanvizError("Another question has come since; look at the page again.")
        return self.current

    def put_away(self) -> None:
        """Nothing is asked any more. A question that nobody voted on is forgotten."""
        with self.lock:
            poll, self.current = self.current, None
            if poll is not None:
                poll.close()
                if poll.rounds[0].voters or poll.answer is not None:
                    self.past = [*self.past, poll][-MAX_KEPT:]

    def kept(self) -> list[Poll]:
        """All of them, the oldest first."""
        with self.lock:
            return [*self.past, *([self.current] if self.current else [])]


def sound_polls(tables: Any) -> list[Poll]:
    """The polls of the tables that `Poll.to_table` gave, as far as they are sound."""
    polls = []
    for table in tables if isinstance(tables, list) else ():
        with suppress(GanvizError, LookupError, TypeError, ValueError):
            polls.append(Poll.from_table(table))
    return polls[-MAX_KEPT:]


def _counts(values: Any, choices: int) -> list[int]:
    counts = [int(value) for value in values]
    if len(counts) != choices or min(counts) < 0:
        raise ValueError("counts of another poll")
    return counts


def _line(words: str, longest: int, what: str) -> str:
    """``words`` on one line, without letters that turn or hide what stands beside them."""
    line = " ".join("".join(one if one.isprintable() else " " for one in words).split())
    if not line:
        raise GanvizError("The {what} is empty.", what, what=what)
    if len(line) > longest:
        raise GanvizError(
            "The {what} is too long; it may have {longest} letters.",
            what,
            what=what,
            longest=longest,
        )
    return line
