"""The log: append-only lines, of which a crash costs at most the last."""

import json
import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganviz.engine.events import Event
from ganviz.runs.history import MAX_COLUMNS, ReplayedLog, history
from ganviz.runs.log import (
    REWIND,
    LogTail,
    LogWriter,
    _parsed,
    from_line,
    last_events,
    read_log,
    to_line,
)


def write(path, *events):
    path.write_bytes(b"".join(map(to_line, events)))


def scalars(seq, step, **data):
    return Event(seq, "scalars", step, 100.0 + seq, data)


def test_a_log_with_a_hole_without_end_is_read_up_to_it(tmp_path):
    write(tmp_path / "log.jsonl", scalars(1, 1), scalars(2, 2))
    os.truncate(tmp_path / "log.jsonl", 2**40)  # takes no room on the disk, and hours to read
    assert [event.step for event in read_log(tmp_path / "log.jsonl")] == [1, 2]
    assert list(history(tmp_path / "log.jsonl").rows()["step"]) == [1, 2]


def test_round_trip_with_nan_as_null():
    event = Event(
        3,
        "scalars",
        7,
        12.345,
        {"loss": math.nan, "big": math.inf, "numpy": np.float32(0.5), "n": 2},
    )
    line = to_line(event)
    assert json.loads(line)["data"] == {"loss": None, "big": None, "numpy": 0.5, "n": 2}
    read = from_line(line)
    assert (read.seq, read.kind, read.step, read.time) == (3, "scalars", 7, 12.345)
    assert math.isnan(read.data["loss"]) and read.data["n"] == 2


@given(
    st.lists(
        st.sampled_from(
            [
                to_line(scalars(1, 1, loss=0.5))[:-1],
                b"1",
                b"1,2",
                b"{}",
                b"[",
                b"]",
                b'"a',
                b"{},{}",
            ]
        )
    )
)
def test_lines_parsed_together_are_what_each_is_alone(lines):
    together = [event for event in _parsed(lines) if event]
    alone = [event for line in lines if (event := from_line(line))]
    assert together == alone


def test_a_torn_last_line_is_skipped_until_it_is_whole(tmp_path):
    path = tmp_path / "log.jsonl"
    first, second = to_line(scalars(1, 1, loss=1.0)), to_line(scalars(2, 2, loss=2.0))
    path.write_bytes(first + second[:20])
    tail = LogTail(path)
    assert [event.seq for event in tail.poll()] == [1]
    assert tail.poll() == []
    with open(path, "ab") as file:
        file.write(second[20:])
    assert [event.seq for event in tail.poll()] == [2]
    assert tail.skipped == 0


def test_after_a_torn_line_the_next_process_starts_a_new_one(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(to_line(scalars(1, 1)) + b'{"seq": 2, "kin')
    writer = LogWriter(path)
    writer.add(to_line(scalars(3, 3)))
    writer.flush()
    writer.close()
    assert [event.seq for event in read_log(path)] == [1, 3]


def test_a_full_disk_tears_no_line_and_loses_none(tmp_path, monkeypatch):
    writer = LogWriter(tmp_path / "log.jsonl")
    real, free = os.write, 100

    def nearly_full(handle, data):
        nonlocal free
        count = real(handle, bytes(data)[:free])
        free -= count
        if not count:
            raise OSError(28, "No space left on device")
        return count

    monkeypatch.setattr(os, "write", nearly_full)
    for seq in range(1, 6):
        writer.add(to_line(scalars(seq, seq)))
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    assert writer.pending
    monkeypatch.undo()
    writer.flush()
    assert [event.seq for event in read_log(tmp_path / "log.jsonl")] == [1, 2, 3, 4, 5]


def test_what_waits_in_memory_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("ganviz.runs.log.MAX_PENDING", 10_000)
    writer = LogWriter(tmp_path / "gone" / "log.jsonl")
    for seq in range(1000):
        writer.add(to_line(scalars(seq, seq)))
    assert writer.pending < 10_200
    (tmp_path / "gone").mkdir()
    writer.flush()
    assert list(read_log(tmp_path / "gone" / "log.jsonl"))[-1].seq == 999


HOSTILE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"{}",
    b'{"seq":1}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"seq":1,"kind":"scalars","step":-1,"time":0,"data":{}}',
    b'{"seq":1,"kind":3,"step":1,"time":0,"data":{}}',
    b'{"seq":true,"kind":"note","step":1,"time":0,"data":{}}',
    b'{"seq":1,"kind":"note","step":1e9,"time":0,"data":{}}',
    b'{"seq":1,"kind":"note","step":1,"time":NaN,"data":{}}',
    b'{"seq":1,"kind":"note","step":1,"time":0,"data":[]}',
    b'{"seq":1,"kind":"note","step":1,"time":0,"data":{}}',
    b'{"seq":1,"kind":"frame","step":1,"time":0,"data":{"rows":8}}',
    b'{"seq":1,"kind":"state","step":1,"time":0,"data":{"state":3}}',
]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_lines_are_skipped(tmp_path, line):
    path = tmp_path / "log.jsonl"
    path.write_bytes(to_line(scalars(1, 1)) + line + b"\n" + to_line(scalars(2, 2)))
    assert [event.seq for event in read_log(path)] == [1, 2]


@given(st.binary(max_size=300), st.integers(0, 120))
def test_any_bytes_in_a_log(tmp_path_factory, noise, at):
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    whole = to_line(scalars(1, 1, loss=1.0)) * 2
    path.write_bytes(whole[:at] + noise + whole[at:])
    history(path)


def test_a_line_without_end_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr("ganviz.runs.log.MAX_LINE", 1000)
    monkeypatch.setattr("ganviz.runs.log._CHUNK", 512)
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"x" * 5000 + b"\n" + to_line(scalars(2, 2)))
    tail = LogTail(path)
    assert [event.seq for event in tail.poll()] == [2]
    assert tail.skipped


def test_a_log_that_was_replaced_is_read_anew(tmp_path):
    path = tmp_path / "log.jsonl"
    write(path, scalars(1, 1), scalars(2, 2))
    tail = LogTail(path)
    assert len(tail.poll()) == 2
    write(path, scalars(9, 9))
    assert [event.seq for event in tail.poll()] == [9]
    path.unlink()
    assert tail.poll() == []


def test_history_is_the_log_that_the_run_kept(tmp_path):
    path = tmp_path / "log.jsonl"
    write(
        path,
        scalars(1, 10, loss=1.0),
        Event(2, "note", 10, 0.0, {"sentence": "hm"}),
        scalars(3, 20, loss=2.0, fd=5.0),
    )
    log = history(path)
    assert log.rows()["step"].tolist() == [10, 20]
    assert log.rows()["time"].tolist() == [101.0, 103.0]
    assert np.isnan(log.rows()["fd"][0])
    assert [event.kind for event in log.since(0)] == ["note"] and log.seq == 3


def test_a_resumed_run_replaces_what_came_after_its_checkpoint(tmp_path):
    path = tmp_path / "log.jsonl"
    write(
        path,
        scalars(1, 10, loss=1.0),
        scalars(2, 20, loss=2.0),
        Event(3, "setting", 20, 0.0, {"name": "g_lr"}),
        Event(4, "state", 20, 0.0, {"state": "stopped"}),
        Event(0, REWIND, 10, 0.0, {}),
        scalars(1, 15, loss=3.0),
    )
    log = history(path)
    assert log.rows()["step"].tolist() == [10, 15]
    assert [event.kind for event in log.since(0)] == ["state"]


def test_a_crafted_log_cannot_open_columns_without_end():
    log = ReplayedLog()
    log.extend(scalars(i, i, **{f"c{i}-{k}": 1.0 for k in range(100)}) for i in range(20))
    assert len(log.rows()) <= MAX_COLUMNS + 2


def test_last_events_read_the_end_only(tmp_path):
    path = tmp_path / "log.jsonl"
    write(path, *(scalars(i, i) for i in range(100)))
    events = last_events(path, 300)
    assert events[-1].seq == 99 and len(events) < 10
    assert last_events(tmp_path / "none") == []
