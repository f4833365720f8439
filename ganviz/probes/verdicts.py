"""Verdicts of the coach: what it may say, and how much evidence it asks for before it does.

A verdict needs evidence, a reassuring one as well: without any, it is too early to tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ganviz.probes.facts import Facts

# measurements of D and of the samples that are remembered, beside the first
MOST_MEASURED = 40
# ticks that are remembered, beside the first
MOST_TICKS = 120
# steps before which samples prove nothing
EARLY = 300
# ticks of the statistics before which nothing is proved
FEW_TICKS = 8
# steps by which a generator has left its first state behind, if its weights have travelled so far
# as well: so many times their own size, going by a typical step
GROWN = 1000
TRAVELLED = 3.0

Tone = Literal["alarm", "calm", "idle"]


@dataclass(frozen=True)
class Evidence:
    """A figure that speaks for a verdict, and the threshold that it passed."""

    figure: str
    value: float
    threshold: str


@dataclass(frozen=True)
class Verdict:
    """What the coach says. ``lesson``: the lesson to open, "" where there is none. ``tone``: of a
    fault, of a reassurance, or of neither."""

    name: str
    sentence: str
    advice: str = ""
    evidence: tuple[Evidence, ...] = ()
    lesson: str = ""
    tone: Tone = "alarm"

    def to_dict(self) -> dict[str, Any]:
        """The payload of a "coach" event."""
        return {
            "name": self.name,
            "tone": self.tone,
            "sentence": self.sentence,
            "try": self.advice,
            "lesson": self.lesson,
            "evidence": [
                {"figure": e.figure, "value": _short(e.value), "threshold": e.threshold}
                for e in self.evidence
            ],
        }


TOO_EARLY = Verdict(
    "too-early", "It is too early to tell: so few steps prove nothing yet.", tone="idle"
)
UNCLEAR = Verdict(
    "unclear",
    "The figures show neither steady progress nor a known fault: judge by the samples.",
    tone="idle",
)


@dataclass(frozen=True)
class Memory:
    """What is remembered between ticks.

    ``past``: the facts of the first and of the newest measurements of the samples; ``ticks``: of
    the first and the newest ticks. ``strikes``: how often each rule held lately. ``current``: the
    verdict that was reached last.
    """

    past: tuple[Facts, ...] = ()
    ticks: tuple[Facts, ...] = ()
    strikes: dict[str, int] = field(default_factory=dict)
    current: Verdict = TOO_EARLY

    def values(self, figure: Callable[[Facts], float | None]) -> list[float]:
        """A figure over the past measurements, oldest first, where it is known."""
        return [value for value in map(figure, self.past) if value is not None]

    def recent(self, figure: Callable[[Facts], float | None]) -> list[float]:
        """A figure over the past ticks, oldest first, where it is known."""
        return [value for value in map(figure, self.ticks) if value is not None]

    def grown(self, now: Facts) -> bool:
        """Whether G has had the time to leave its first state: an untrained network's samples are
        all alike too."""
        strides = self.values(lambda facts: facts.stride("generator"))
        return now.step >= GROWN and (not strides or now.step * median(strides) >= TRAVELLED)

    def around(self, step: float, count: int = 3) -> list[Facts]:
        """The ``count`` measurements nearest to ``step`` that know the diversity. Progress is
        judged against half the steps, because measurements come by the clock: a slow run takes few
        steps between two of them."""
        known = [facts for facts in self.past if facts.diversity is not None]
        return sorted(known, key=lambda facts: abs(facts.step - step))[:count]

    def shown_around(self, step: float, count: int = 3) -> list[float]:
        """What the diversity of the sample grid was about ``step``."""
        known = [facts for facts in self.ticks if facts.grid_diversity is not None]
        nearest = sorted(known, key=lambda facts: abs(facts.step - step))[:count]
        return [facts.grid_diversity for facts in nearest if facts.grid_diversity is not None]

    @property
    def suspicious(self) -> bool:
        """Whether any rule held lately: no moment for a reassurance."""
        return any(self.strikes.values())


Finding = Callable[[Facts, Memory], "Verdict | None"]


@dataclass(frozen=True)
class Rule:
    """``find`` is asked when something of ``on`` was measured anew, and must hold ``times`` times
    more often than not before its verdict is spoken.

    It is not asked before ``after`` steps, ``measurements`` of the samples and ``ticks`` of
    the statistics: what came earlier proves nothing.
    """

    name: str
    find: Finding
    times: int
    on: str
    after: int = 0
    measurements: int = 0
    ticks: int = 0

    def finding(self, now: Facts, memory: Memory) -> Verdict | None:
        """The fault that it finds, if there is enough to judge by."""
        enough = len(memory.past) >= self.measurements and len(memory.ticks) >= self.ticks
        return self.find(now, memory) if enough and now.step >= self.after else None


RULES: dict[str, Rule] = {}
REASSURANCES: list[Finding] = []


def rule(
    name: str, times: int, on: str, after: int = 0, measurements: int = 0, ticks: int = 0
) -> Callable[[Finding], Finding]:
    """Add a rule that finds a fault; the first one that holds wins. See `Rule`."""

    def add(find: Finding) -> Finding:
        RULES[name] = Rule(name, find, times, on, after, measurements, ticks)
        return find

    return add


def reassurance(find: Finding) -> Finding:
    """Add a rule that says that all goes well; it is asked only where no fault is suspected."""
    REASSURANCES.append(find)
    return find


def judge(now: Facts, memory: Memory) -> tuple[Verdict, Memory]:
    """What to say at this tick, and the memory for the next one. Pure: the same facts give the same
    words.

    A rule that holds gains a strike, one that does not loses one. Its verdict is spoken from
    ``times`` strikes on, and stays until none is left, so that a figure that trembles around its
    threshold does not make the coach stammer.
    """
    strikes, found = dict(memory.strikes), {}
    for name, one in RULES.items():
        if one.on not in now.news:
            continue
        finding = one.finding(now, memory)
        if finding:
            found[name] = finding
        strikes[name] = min(one.times + 2, max(0, strikes.get(name, 0) + (1 if finding else -1)))
    verdict = _fault(found, strikes, memory.current)
    remembered = Memory(
        _with(memory.past, now, MOST_MEASURED) if "outputs" in now.news else memory.past,
        _with(memory.ticks, now, MOST_TICKS) if "scalars" in now.news else memory.ticks,
        strikes,
        memory.current,
    )
    if verdict is None:
        verdict = _no_fault(now, remembered)
    return verdict, Memory(remembered.past, remembered.ticks, strikes, verdict)


def _fault(found: dict[str, Verdict], strikes: dict[str, int], current: Verdict) -> Verdict | None:
    for name, one in RULES.items():
        if name == current.name and strikes.get(name):
            return found.get(name, current)
        if strikes.get(name, 0) >= one.times and (name in found or current.name == name):
            return found.get(name, current)
    return None


def _no_fault(now: Facts, memory: Memory) -> Verdict:
    if now.step < EARLY or len(memory.ticks) < FEW_TICKS:
        return TOO_EARLY
    if memory.suspicious:
        return UNCLEAR
    findings = (find(now, memory) for find in REASSURANCES)
    return next((finding for finding in findings if finding), UNCLEAR)


def _with(kept: tuple[Facts, ...], now: Facts, most: int) -> tuple[Facts, ...]:
    """The first of all, and the newest ``most``."""
    return (*kept[:1], *kept[1:][1 - most :], now)


def median(values: Sequence[float]) -> float:
    """The upper median."""
    return sorted(values)[len(values) // 2]


def _short(value: float) -> float:
    return float(f"{value:.4g}") if math.isfinite(value) else value
