"""Interleaved measurement: A, B, A, B, ..., and the median of what each round says, with its
spread."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.sides import Side, Worker

Make = Callable[[], Worker]
FRESH_EVERY = 2
"""Rounds that a pair of processes works. Two processes of the same code differ by up to 4 % for as
long as they live, by where their memory happened to come to lie; a ratio of one pair would keep
that."""


@dataclass(frozen=True)
class Bench:
    """What a row gets: where data lie, on which device, how long and how often it may work, by
    which clock, whom to tell."""

    folder: Path
    device: str
    rounds: int
    seconds: float
    quick: bool
    by_cpu: bool
    notify: Callable[[str], None]


def worker(make: Callable[..., Side], bench: Bench, **arguments: Any) -> Make:
    """Makes a process for a side of ``bench``, on its device and by its clock; ``arguments`` are
    those of ``make``."""
    return partial(Worker, make, device=bench.device, by_cpu=bench.by_cpu, **arguments)


@dataclass(frozen=True)
class Measured:
    """One row of the report.

    ``value``: the median; ``low``, ``high``: the quartiles; ``bar``: what it should reach, in the
    sense of ``better`` ("higher" or "lower"). ``detail``: absolute figures, in words.
    """

    name: str
    title: str
    value: float
    low: float
    high: float
    unit: str = "x"
    bar: float | None = None
    better: str = "higher"
    rounds: int = 0
    detail: str = ""
    samples: list[float] = field(default_factory=list, repr=False)

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the bar; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.better == "higher" else self.value <= self.bar


def summarise(name: str, title: str, samples: Sequence[float], **rest: Any) -> Measured:
    """Median and quartiles of ``samples``."""
    low, middle, high = quartiles(samples)
    return Measured(
        name, title, middle, low, high, rounds=len(samples), samples=list(samples), **rest
    )


def quartiles(samples: Sequence[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    if len(samples) == 1:
        return samples[0], samples[0], samples[0]
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return low, middle, high


def interleave(
    ours: Worker,
    other: Worker,
    rounds: int,
    seconds: float,
    notify: Callable[[str], None] = lambda text: None,
) -> list[tuple[float, float]]:
    """Pairs of rates. Both sides warm up first; who goes first changes from round to round."""
    for side in (ours, other):
        side.work(seconds / 2)
    pairs = []
    for number in range(rounds):
        if number % 2:
            theirs, mine = other.work(seconds), ours.work(seconds)
        else:
            mine, theirs = ours.work(seconds), other.work(seconds)
        pairs.append((mine, theirs))
        notify(f"round {number + 1} of {rounds}: {mine / theirs:.2f}")
    return pairs


def compare(
    name: str, title: str, ours: Make, other: Make, bench: Bench, bar: float | None
) -> Measured:
    """The ratio of the rates of ``ours`` to ``other``, which make a process each: new ones after
    `FRESH_EVERY` rounds."""
    pairs: list[tuple[float, float]] = []
    while len(pairs) < bench.rounds:
        rounds = (
            bench.rounds - len(pairs)
            if bench.quick
            else min(FRESH_EVERY, bench.rounds - len(pairs))
        )
        pairs += _with_new_processes(ours, other, rounds, bench)
    mine, theirs = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    return summarise(
        name,
        title,
        [a / b for a, b in pairs],
        bar=bar,
        detail=f"{mine:,.0f} / {theirs:,.0f} pictures/s",
    )


def _with_new_processes(
    ours: Make, other: Make, rounds: int, bench: Bench
) -> list[tuple[float, float]]:
    with closing(ours()) as mine, closing(other()) as theirs:
        return interleave(mine, theirs, rounds, bench.seconds, bench.notify)
