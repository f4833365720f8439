"""The event log of a run: typed, sequence-numbered events that every viewer reads from its own
cursor."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ganviz.engine.event_kinds import check_declared, event_kind

STATES = ("idle", "preparing", "running", "paused", "finished", "stopped", "failed")
ENDED = ("finished", "stopped", "failed")

# what a run itself logs; probes declare their own kinds
event_kind("state", browser="none", text="sentence")
event_kind(
    "setting", browser="every", tracked=lambda data: {f"setting/{data['name']}": data["value"]}
)
# a step in which one player moved alone
event_kind("turn", browser="every", tracked=lambda data: {f"turn/{data['player']}": data["n"]})
event_kind("note", browser="every", text="sentence")
event_kind("checkpoint", browser="none")
event_kind("scalars", browser="rows")
event_kind("frame", browser="frame")


@dataclass(frozen=True)
class Event:
    """One thing that happened. ``kind`` is one that `event_kind` declared."""

    seq: int
    kind: str
    step: int
    time: float
    data: dict[str, Any] = field(default_factory=dict)


class EventLog:
    """All events of one run, safe to read from any thread.

    Scalars are kept as columns (`history`); everything else as `Event`s. Writers call `append`;
    a reader keeps a cursor (the last ``seq`` it saw) and asks `since`.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._seq = 0
        # the newest number of an event from before, of a run that goes on
        self.inherited = 0
        self._events: list[Event] = []
        self._columns: dict[str, _Column] = {}
        self._rows = 0
        self._row_seq = _Column(np.int64)
        self._listeners: tuple[Callable[[Event], None], ...] = ()

    @property
    def seq(self) -> int:
        """The newest sequence number; 0 before the first event."""
        return self._seq

    def append(self, kind: str, step: int, **data: Any) -> Event:
        """Record an event now. A ``scalars`` event's ``data`` are floats, one value a column.

        Raises `GanvizError` for a kind that was not declared with `event_kind`.
        """
        check_declared(kind)
        with self._lock:
            self._seq += 1
            event = Event(self._seq, kind, step, time.time(), data)
            if kind == "scalars":
                self._append_row(event)
            else:
                self._events.append(event)
            self._lock.notify_all()
            listeners = self._listeners
        for listener in listeners:
            listener(event)
        return event

    def subscribe(self, listener: Callable[[Event], None]) -> None:
        """Have ``listener`` called with each event that is appended from now on, in the writer's
        thread: it must be quick."""
        with self._lock:
            self._listeners += (listener,)

    def unsubscribe(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` no more; nothing happens where it was not called."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one != listener)

    def since(self, seq: int, kinds: tuple[str, ...] | None = None) -> list[Event]:
        """All events (scalars excluded) after ``seq``, oldest first."""
        with self._lock:
            low, high = 0, len(self._events)
            while low < high:  # events are ordered by seq
                middle = (low + high) // 2
                low, high = (middle + 1, high) if self._events[middle].seq <= seq else (low, middle)
            return [event for event in self._events[low:] if kinds is None or event.kind in kinds]

    def has_other_than(self, kind: str, seq: int) -> bool:
        """Whether anything but events of ``kind`` came after ``seq``."""
        with self._lock:
            if self._rows and self._row_seq.values()[-1] > seq:
                return True
        return any(event.kind != kind for event in self.since(seq))

    def wait(self, seq: int, timeout: float) -> bool:
        """Block until there is an event after ``seq``; False when ``timeout`` seconds passed
        first."""
        with self._lock:
            return self._lock.wait_for(lambda: self._seq > seq, timeout)

    def rows(self, seq: int = 0) -> dict[str, np.ndarray]:
        """Scalar columns (``step``, ``time`` and one per statistic) of all rows after ``seq``; NaN
        where not measured."""
        with self._lock:
            first = int(np.searchsorted(self._row_seq.values(), seq, side="right"))
            return {name: column.values()[first:].copy() for name, column in self._columns.items()}

    def last_row(self) -> dict[str, float]:
        """The newest scalars, or an empty dict."""
        with self._lock:
            return (
                {name: float(column.values()[-1]) for name, column in self._columns.items()}
                if self._rows
                else {}
            )

    def _append_row(self, event: Event) -> None:
        row = {"step": event.step, "time": event.time, **event.data}
        for name in row.keys() - self._columns.keys():
            column = self._columns[name] = _Column(np.float64)
            for _ in range(self._rows):
                column.append(np.nan)
        for name, column in self._columns.items():
            column.append(row.get(name, np.nan))
        self._row_seq.append(event.seq)
        self._rows += 1


class _Column:
    """A growing numpy array."""

    def __init__(self, dtype: type):
        self._data: np.ndarray = np.empty(1024, dtype)
        self._count = 0

    def append(self, value: float) -> None:
        if self._count == len(self._data):
            self._data = np.concatenate([self._data, np.empty_like(self._data)])
        self._data[self._count] = value
        self._count += 1

    def values(self) -> np.ndarray:
        return self._data[: self._count]
