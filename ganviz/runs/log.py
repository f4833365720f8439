"""The run's log: one JSON object a line, only ever appended to, so that a crash costs at most its
last line."""

from __future__ import annotations

import contextlib
import errno
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from ganviz.disk import open_plain
from ganviz.engine.events import Event

LOG = "log.jsonl"
# a line that says: what follows continues from this step; later rows before it no longer count
REWIND = "rewind"
MAX_LINE = 2**20
MAX_PENDING = 8 * 2**20
_CHUNK = (
    2**17
)  # parsing one holds Python's lock for some milliseconds: others are to get on in between
# so much without an event is no log: the rest is for a later call, so that each call ends
_MAX_FOREIGN = 64 * 2**20
_MAX_INT = 2**53
_NUMBERS = frozenset((int, float))
# what readers of an event rely on
_NEEDED: dict[str, dict[str, type]] = {
    "state": {"state": str},
    "note": {"sentence": str},
    "setting": {"name": str},
    "turn": {"player": str, "n": int},
    "checkpoint": {"path": str},
    "frame": {"rows": int, "cols": int, "width": int, "height": int, "format": str},
}


def to_line(event: Event) -> bytes:
    """``event`` as one line; NaN and infinities as null."""
    row = {
        "seq": event.seq,
        "kind": event.kind,
        "step": event.step,
        "time": round(event.time, 3),
        "data": event.data,
    }
    return (
        orjson.dumps(row, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
        + b"\n"
    )


def from_line(line: bytes) -> Event | None:
    """The event of one line, or None for a line that is torn or not ours."""
    try:
        return from_row(orjson.loads(line))
    except ValueError:
        return None


def from_row(row: Any) -> Event | None:
    """The event of a line's JSON value, or None for one that is not ours."""
    data: dict[str, Any]
    try:
        seq, kind, step, time, data = row["seq"], row["kind"], row["step"], row["time"], row["data"]
    except (KeyError, TypeError):
        return None
    numbers = type(seq) is int and type(step) is int and type(time) in (int, float)
    if (
        not numbers
        or type(kind) is not str
        or not isinstance(data, dict)
        or not (0 <= seq < _MAX_INT and 0 <= step < _MAX_INT)
    ):
        return None
    if kind == "scalars":
        if not _NUMBERS.issuperset(map(type, data.values())):
            data = _numbers(data)
    elif any(type(data.get(name)) is not form for name, form in _NEEDED.get(kind, {}).items()):
        return None
    return Event(seq, kind, step, float(time), data)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a row; null stands for NaN, which JSON has not."""
    return {
        name: math.nan if value is None else value
        for name, value in row.items()
        if value is None or type(value) in _NUMBERS
    }


class LogWriter:
    """Appends lines to a log. What the disk refuses stays in memory (bounded) and follows when it
    takes it again.

    Raises `OSError` from `flush` only.
    """

    def __init__(self, path: Path):
        self.path = path
        self._handle: int | None = None
        self._pending = bytearray()

    def add(self, line: bytes) -> None:
        """Take a line; it is on disk after the next `flush`."""
        self._pending += line
        if len(self._pending) > MAX_PENDING:
            del self._pending[: self._pending.index(b"\n", MAX_PENDING // 2) + 1]

    @property
    def pending(self) -> int:
        """Bytes not yet written."""
        return len(self._pending)

    def flush(self, durable: bool = False) -> None:
        """Write what is pending. Raises `OSError`; a deleted log raises with ENOENT, for it would
        vanish silently."""
        if self._handle is None and not self._pending:
            return
        handle = self._open() if self._handle is None else self._handle
        if os.fstat(handle).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, "the log was deleted", str(self.path))
        # a full disk may take a part: the rest waits, so that no line is ever torn by us
        while self._pending:
            del self._pending[: os.write(handle, self._pending)]
        if durable:
            os.fsync(handle)

    def _open(self) -> int:
        flags = (
            os.O_RDWR
            | os.O_APPEND
            | os.O_CREAT
            | getattr(os, "O_BINARY", 0)
            | getattr(os, "O_NOFOLLOW", 0)
            | getattr(os, "O_NONBLOCK", 0)
        )
        self._handle = handle = os.open(self.path, flags, 0o644)
        size = os.lseek(handle, 0, os.SEEK_END)
        if size:
            os.lseek(handle, size - 1, os.SEEK_SET)
            if os.read(handle, 1) != b"\n":  # the last process died within a line
                self._pending[:0] = b"\n"
        return handle

    def close(self) -> None:
        """Let go of the file; what could not be written is lost."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = None


class LogTail:
    """Reads a log that may still grow. Torn and foreign lines are skipped and counted."""

    def __init__(self, path: Path):
        self.path = path
        self.skipped = 0
        self._offset = 0
        self._rest = b""

    def poll(self) -> list[Event]:
        """The events that were added since the last call (those of a part of the file; call again
        while there are any)."""
        events: list[Event] = []
        end = self._offset + _MAX_FOREIGN
        while not events and self._offset < end and (data := self._read()):
            *lines, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > MAX_LINE:
                self._rest, self.skipped = b"", self.skipped + 1
            events = self._events([line for line in lines if line])
        return events

    def _read(self) -> bytes:
        try:
            with open_plain(self.path) as file:
                if (
                    os.fstat(file.fileno()).st_size < self._offset
                ):  # replaced by another log: begin anew
                    self._offset, self._rest = 0, b""
                file.seek(self._offset)
                data = file.read(_CHUNK)
        except OSError:
            return b""
        self._offset += len(data)
        return data

    def _events(self, lines: list[bytes]) -> list[Event]:
        short = [line for line in lines if len(line) <= MAX_LINE]
        events = [event for event in _parsed(short) if event]
        self.skipped += len(lines) - len(events)
        return events


def _parsed(lines: list[bytes]) -> list[Event | None]:
    """The events of many lines. All are parsed at once, which is twice as fast, or one by one where
    some are torn."""
    try:
        rows = orjson.loads(b"[" + b",".join(lines) + b"]")
    except ValueError:
        rows = []
    return (
        [from_row(row) for row in rows]
        if len(rows) == len(lines)
        else [from_line(line) for line in lines]
    )


def read_log(path: Path) -> Iterator[Event]:
    """All events of a log, in the order of the file, rewinds included; see `replayed.history` for
    what counts."""
    tail = LogTail(path)
    while events := tail.poll():
        yield from events


def last_events(path: Path, size: int = 65_536) -> list[Event]:
    """The events in the last ``size`` bytes of a log: enough to say how a run stands, without
    reading all of it."""
    try:
        with open_plain(path) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            lines = file.read(size).split(b"\n")
    except OSError:
        return []
    return [event for line in lines if line and (event := from_line(line))]
