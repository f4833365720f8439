"""The table of runs: what each one's folder tells, without reading its log."""

import json
import os
import time
from pathlib import Path

import pytest

from ganviz.engine.events import Event
from ganviz.runs import listing
from ganviz.runs.listing import (
    RunError,
    delete,
    find,
    list_runs,
    rename,
    restore,
    run_info,
    set_notes,
)
from ganviz.runs.lock import is_locked
from ganviz.runs.store import RunStore
from tests import fresh


@pytest.fixture
def make_run(tmp_path, log, tiny):
    """A function that leaves a run in a state."""

    def make(name, state="finished", step=30):
        store = RunStore(tmp_path / name)
        store.write_config(tiny(name=name.title()))
        store.append(log.append("scalars", step, loss_d=1.0))
        store.append(log.append("state", step, state=state, sentence=f"It {state}."))
        return store

    return make


@pytest.mark.parametrize("state", ["finished", "stopped", "failed"])
def test_a_run_that_ended(make_run, tmp_path, state):
    make_run("one", state)
    (info,) = list_runs(tmp_path)
    assert (info.id, info.name, info.state, info.step, info.steps, info.data) == (
        "one",
        "One",
        state,
        30,
        40,
        "digits",
    )
    assert (
        info.figures == {"loss_d": 1.0} and info.sentence == f"It {state}." and info.thumb is None
    )
    assert not info.resumable, "it would begin anew, and lose its 30 steps"
    (tmp_path / "one" / "checkpoints").mkdir()
    assert info.resumable


@pytest.mark.parametrize("state", ["preparing", "running", "paused"])
def test_a_run_that_lives_and_one_that_died(make_run, tmp_path, state):
    store = make_run("one", state)
    assert is_locked(tmp_path / "one")
    assert run_info(tmp_path / "one").state == state
    store._folder_lock.end()  # what the system does for a process that dies
    info = run_info(tmp_path / "one")
    assert info.state == "interrupted" and info.resumable and "step 30" in info.sentence
    assert "before its first checkpoint" in info.sentence
    (tmp_path / "one" / "checkpoints").mkdir()
    info = run_info(tmp_path / "one")
    assert "resumed from its last checkpoint" in info.sentence


def write_and_wait(folder):
    RunStore(folder).append(Event(1, "state", 0, 0.0, {"state": "running", "sentence": ""}))
    print("ready")
    time.sleep(60)


def test_a_killed_process_leaves_an_interrupted_run(tmp_path, wait_until):
    folder = tmp_path / "child"
    child = fresh.Child(write_and_wait, folder, folder=tmp_path)
    try:
        wait_until(lambda: child.out.exists() and child.out.read_text() == "ready\n")
        assert run_info(folder).state == "running" and is_locked(folder)
    finally:
        child.kill()
    assert run_info(folder).state == "interrupted"
    RunStore(folder).close()  # nothing of the dead process is in the way


def test_a_process_killed_before_it_could_name_itself_is_no_more(make_run, tmp_path):
    """Seen once in 1,200 kills: for half a minute the run was said to be running, and could not be
    resumed."""
    store = make_run("one", "running")
    store._folder_lock.end()
    (tmp_path / "one" / "live.json").write_bytes(b"")
    assert not is_locked(tmp_path / "one") and run_info(tmp_path / "one").resumable
    store._folder_lock.begin()
    (tmp_path / "one" / "live.json").write_bytes(b"")
    assert is_locked(tmp_path / "one")  # its lock is held: it is about to say who it is
    store._folder_lock.end()


def test_of_another_machine_the_time_stamp_tells(make_run, tmp_path):
    store = make_run("one", "running")
    store._folder_lock.end()
    live = tmp_path / "one" / "live.json"
    live.write_text(json.dumps({"pid": os.getpid(), "host": "another"}))
    assert is_locked(tmp_path / "one")
    os.utime(live, (time.time() - 100,) * 2)
    assert not is_locked(tmp_path / "one")


def test_newest_first_and_only_runs(make_run, tmp_path):
    for name in ("b", "a", "c"):
        make_run(name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert [info.id for info in list_runs(tmp_path)] == ["c", "a", "b"]
    assert list_runs(tmp_path / "nowhere") == []


FOREIGN = '{"step": "x", "state": 3, "settings": [], "created": NaN}'


@pytest.mark.parametrize("content", [None, "", "{", "[]", FOREIGN, "x" * 100])
def test_a_lost_or_damaged_summary(make_run, tmp_path, content):
    make_run("one")
    summary = tmp_path / "one" / "summary.json"
    summary.unlink() if content is None else summary.write_text(content)
    info = run_info(tmp_path / "one")
    assert info.id == "one"
    if content is None:
        assert (info.state, info.step, info.name, info.steps) == ("finished", 30, "One", 40)


def test_a_thousand_runs_are_listed_in_a_moment(make_run, tmp_path):
    store = make_run("first")
    for i in range(1000):
        folder = tmp_path / f"run-{i}"
        folder.mkdir()
        for name in ("summary.json", "config.json"):
            os.link(store.folder / name, folder / name)
    began = time.process_time()
    assert len(list_runs(tmp_path)) == 1001
    assert time.process_time() - began < 1.0


def test_rename_and_notes(make_run, tmp_path):
    make_run("one")
    rename(tmp_path, "one", "  A better \n name ")
    set_notes(tmp_path, "one", "first line\nsecond")
    info = run_info(tmp_path / "one")
    assert info.name == "A better name" and info.notes == "first line\nsecond"
    rename(tmp_path, "one", "")
    assert run_info(tmp_path / "one").name == "One" and run_info(tmp_path / "one").notes
    for call in (
        lambda: rename(tmp_path, "one", "x" * 81),
        lambda: set_notes(tmp_path, "one", "x" * 20_001),
    ):
        with pytest.raises(RunError, match="at most"):
            call()


def test_delete_and_undo(make_run, tmp_path):
    make_run("one")
    trashed = delete(tmp_path, "one")
    assert list_runs(tmp_path) == []
    make_run("one")
    second = delete(tmp_path, "one")
    assert second != trashed
    assert restore(tmp_path, trashed) == "one"
    assert [info.id for info in list_runs(tmp_path)] == ["one"]
    with pytest.raises(RunError, match="another run"):
        restore(tmp_path, second)
    with pytest.raises(RunError, match="not in the trash"):
        restore(tmp_path, trashed)


def test_a_training_run_is_not_deleted(make_run, tmp_path):
    make_run("one", "running")
    with pytest.raises(RunError, match="is training"):
        delete(tmp_path, "one")


@pytest.mark.parametrize(
    "name", ["..", ".", "../outside/one", "/etc", ".trash", "a/b", "", "x" * 300, "one\x00", "link"]
)
def test_an_id_cannot_lead_out_of_the_folder(make_run, tmp_path, name):
    make_run("one")
    (tmp_path / "link").symlink_to(tmp_path / "one")
    for call in (find, delete, lambda root, run: rename(root, run, "x")):
        with pytest.raises(RunError, match="no run called"):
            call(tmp_path, name)
    with pytest.raises(RunError, match="not in the trash"):
        restore(tmp_path, f"../{name}~1")
    assert [info.id for info in list_runs(tmp_path)] == ["one"]


def test_a_refusing_disk_is_a_sentence(make_run, tmp_path, monkeypatch):
    make_run("one")

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(listing, "write_atomic", refuse)
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(RunError, match="the disk is read-only"):
        rename(tmp_path, "one", "x")
    with pytest.raises(RunError, match=r"one was not deleted .*read-only"):
        delete(tmp_path, "one")


def test_a_folder_that_may_not_be_read_takes_no_other_from_the_table(
    make_run, tmp_path, monkeypatch
):
    for name in ("one", "two"):
        make_run(name, "finished")
    is_file = Path.is_file

    def refuse(path):
        if path.parent.name == "one":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refuse)
    assert [info.id for info in list_runs(tmp_path)] == ["two"]
