"""A run's log as an `EventLog`: a million rows in seconds, and a run that went back to a checkpoint
read as it counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ganviz.engine.events import Event, EventLog
from ganviz.runs.log import REWIND, LogTail

MAX_COLUMNS = 256


class ReplayedLog(EventLog):
    """An `EventLog` filled from a file: events keep the time at which they happened, and get fresh
    sequence numbers.

    It can be written to like any other, by a run that goes on.
    """

    def __init__(self, first: int = 0) -> None:
        """``first``: the sequence number after which its own begin."""
        super().__init__()
        self._seq = self.inherited = first
        self._table = _Table()

    def extend(self, events: Iterable[Event]) -> None:
        """Add ``events``; all but rewinds, which are the caller's to obey."""
        with self._lock:
            rows: list[Event] = []
            numbers: list[int] = []
            for event in events:
                self._seq += 1
                if (
                    event.kind == "scalars"
                ):  # the table keeps the number apart: most of a long log is rows
                    rows.append(event)
                    numbers.append(self._seq)
                else:
                    self._events.append(
                        Event(self._seq, event.kind, event.step, event.time, event.data)
                    )
            self._table.extend(rows, numbers)
            self.inherited = self._seq
            self._lock.notify_all()

    def rewound(self, step: int) -> ReplayedLog:
        """A log without the rows, grids and settings after ``step``; what is added to it gets
        numbers of its own."""
        with self._lock:
            log = ReplayedLog(self._seq)
            log._events = [
                event
                for event in self._events
                if event.step <= step or event.kind in ("state", "note")
            ]
            log._table = self._table.up_to(step)
            return log

    def rows(self, seq: int = 0) -> dict[str, np.ndarray]:
        with self._lock:
            return self._table.after(seq)

    def last_row(self) -> dict[str, float]:
        with self._lock:
            return self._table.last()

    def _append_row(self, event: Event) -> None:
        self._table.extend([event], [event.seq])


class _Table:
    """Columns of equal length that grow together; NaN where a row has no value. ``seq`` is one of
    them, kept to itself."""

    def __init__(self) -> None:
        self._count = 0
        self._columns: dict[str, np.ndarray] = {
            name: np.empty(0) for name in ("seq", "step", "time")
        }

    def extend(self, rows: list[Event], numbers: list[int]) -> None:
        """Add scalars events under these sequence ``numbers``. A crafted log must not open columns
        for ever, as each costs memory for every row."""
        if not rows:
            return
        self._make_room(self._count + len(rows))
        for name in set().union(*(row.data for row in rows)) - self._columns.keys():
            if len(self._columns) < MAX_COLUMNS:
                self._columns[name] = np.full(len(self._columns["seq"]), np.nan)
        part = slice(self._count, self._count + len(rows))
        for name, column in self._columns.items():
            if name == "seq":
                column[part] = numbers
            elif name in ("step", "time"):
                column[part] = [getattr(row, name) for row in rows]
            else:
                column[part] = [row.data.get(name, np.nan) for row in rows]
        self._count += len(rows)

    def _make_room(self, count: int) -> None:
        have = len(self._columns["seq"])
        if count > have:
            more = max(1024, have, count - have)
            self._columns = {
                name: np.concatenate([column, np.full(more, np.nan)])
                for name, column in self._columns.items()
            }

    def after(self, seq: int) -> dict[str, np.ndarray]:
        first = int(np.searchsorted(self._columns["seq"][: self._count], seq, side="right"))
        return {
            name: column[first : self._count].copy()
            for name, column in self._columns.items()
            if name != "seq"
        }

    def last(self) -> dict[str, float]:
        if not self._count:
            return {}
        return {
            name: float(column[self._count - 1])
            for name, column in self._columns.items()
            if name != "seq"
        }

    def up_to(self, step: int) -> _Table:
        kept = self._columns["step"][: self._count] <= step
        table = _Table()
        table._columns = {
            name: column[: self._count][kept] for name, column in self._columns.items()
        }
        table._count = int(kept.sum())
        return table


def history(path: Path) -> ReplayedLog:
    """The log as it counts: rows after a checkpoint that the run was resumed from are replaced by
    the later ones."""
    log, tail = ReplayedLog(), LogTail(path)
    while events := tail.poll():
        for part, rewind in split_at_rewinds(events):
            log.extend(part)
            if rewind:
                log = log.rewound(rewind.step)
    return log


def split_at_rewinds(events: list[Event]) -> Iterable[tuple[list[Event], Event | None]]:
    """``events`` in parts, each with the rewind that ends it (None for the last)."""
    part: list[Event] = []
    for event in events:
        if event.kind == REWIND:
            yield part, event
            part = []
        else:
            part.append(event)
    yield part, None
