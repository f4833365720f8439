"""The store: the folder it lays out, and the training that goes on when a disk refuses."""

import errno
import json
import os
import shutil
import subprocess

import pytest
import torch

from ganviz import pacing
from ganviz.engine.checkpoint import TrainingState
from ganviz.errors import Busy, ConfigError
from ganviz.runs import store as store_module
from ganviz.runs.log import read_log
from ganviz.runs.store import RunStore, new_run_folder, safe_name


@pytest.fixture
def store(tmp_path):
    made = RunStore(tmp_path / "run")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No waiting between attempts."""
    monkeypatch.setattr(pacing, "DISK_RETRY_INTERVAL", 0.0)
    monkeypatch.setattr(pacing, "LOG_FLUSH_INTERVAL", 0.0)


def state(step):
    return TrainingState({"ema/w": torch.ones(3)}, {"n": step}, {"step": step})


def test_the_layout_of_a_run_folder(store, log, tiny, make_frame):
    store.write_config(tiny(name="Mine"))
    store.describe(
        series=[{"name": "fd", "better": "lower"}],
        equilibrium={"loss_d": 1.386, "loss_g": float("nan")},
    )
    store.append(log.append("state", 0, state="running", sentence="Training."))
    store.append(log.append("scalars", 5, loss_d=1.25, fd=30.0))
    store.append(log.append("scalars", 10, loss_d=float("nan"), fd=20.0))
    store.append(log.append("scalars", 15, loss_d=1.0, fd=25.0))
    store.write_reals(make_frame(0))
    for step in (0, 15):
        store.write_frame(make_frame(step))
    assert store.checkpoint(tiny(), state(15)).name == "step-000000015"
    store.write_traceback("Traceback: it broke")
    store.append(log.append("state", 15, state="stopped", sentence="Stopped after 15 steps."))
    names = {
        "config.json",
        "log.jsonl",
        "summary.json",
        "live.json",
        "reals.png",
        "thumb.png",
        "frames",
        "checkpoints",
        "train.log",
    }
    assert set(os.listdir(store.folder)) == names
    assert [step for step, _ in store.frames()] == [0, 15]
    assert [event.kind for event in store.read_log()] == [
        "state",
        "scalars",
        "scalars",
        "scalars",
        "state",
    ]
    summary = json.loads((store.folder / "summary.json").read_text())
    assert (
        summary["state"] == "stopped"
        and summary["step"] == 15
        and summary["settings"]["name"] == "Mine"
    )
    assert summary["figures"] == {"loss_d": 1.0, "fd": 25.0}
    assert summary["facts"]["equilibrium"] == {"loss_d": 1.386, "loss_g": None} and summary[
        "layout"
    ]["labels"] == ["0", "1"]
    assert "it broke" in (store.folder / "train.log").read_text()
    assert store.problem is None


def test_three_checkpoints_and_the_best_are_kept(store, tiny):
    for step in range(1, 8):
        store.checkpoint(tiny(), state(step), best=step == 2)
    names = sorted(os.listdir(store.folder / "checkpoints"))
    assert names == [f"step-{step:09d}" for step in (2, 5, 6, 7)]


def test_one_process_and_one_run_at_a_time(store):
    with pytest.raises(Busy, match=f"trained by process {os.getpid()}"):
        RunStore(store.folder)
    store.close()
    RunStore(store.folder).close()


def test_a_resumed_run_appends_to_its_log(store, log):
    store.append(log.append("scalars", 10, loss=1.0))
    store.append(log.append("state", 10, state="stopped", sentence="Stopped."))
    again = RunStore(store.folder)
    again.rewind(10)
    again.append(log.append("scalars", 20, loss=2.0))
    assert again.history().rows()["loss"].tolist() == [1.0, 2.0]
    assert again.summary.created == store.summary.created
    again.close()


def test_a_deleted_folder_is_told_once_and_not_brought_back(store, log, tiny, make_frame):
    store.append(log.append("scalars", 1, loss=1.0))
    shutil.rmtree(store.folder)
    store.append(log.append("scalars", 2, loss=1.0))
    sentence = store.problem
    assert (
        sentence
        == f"The run folder {store.folder} is gone: nothing more of it is saved. The training goes "
        "on."
    )
    store.write_frame(make_frame(2))
    assert store.checkpoint(tiny(), state(2)) is None
    store.append(log.append("state", 3, state="finished", sentence="Finished."))
    assert store.problem == sentence
    assert not store.folder.exists()


def test_a_refusing_disk_is_told_and_the_log_catches_up(store, log, tiny, make_frame, monkeypatch):
    store.append(log.append("scalars", 1, loss=1.0))

    def refuse(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(os, "write", refuse)
        full.setattr(store_module, "write_atomic", refuse)
        store.append(log.append("scalars", 2, loss=2.0))
        store.write_frame(make_frame(2))
        assert "the disk is full; free some space. The training goes on." in store.problem
    store.append(log.append("scalars", 3, loss=3.0))
    store.write_frame(make_frame(3))
    assert store.problem is None
    assert [event.step for event in store.read_log()] == [1, 2, 3]


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 80 MB, where this process may make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.name == "nt" or os.geteuid() or shutil.which("mount") is None:
        pytest.skip("making a small disk needs root")
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this machine mounts no tmpfs")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_really_full_disk_harms_nothing_that_was_kept(small_disk, log, tiny):
    store = RunStore(small_disk / "run")
    store.append(log.append("scalars", 1, loss=1.0))
    kept = store.checkpoint(tiny(), state(1))
    assert kept
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    for step in range(2, 200):
        store.append(log.append("note", step, sentence="x" * 100))
    assert store.checkpoint(tiny(), state(200)) is None
    assert "The disk" in store.problem or "disk" in store.problem
    assert (small_disk / "run" / "checkpoints").iterdir()
    filler.unlink()
    assert store.checkpoint(tiny(), state(201))
    store.append(log.append("state", 201, state="finished", sentence="Finished."))
    assert store.problem is None
    assert [event.step for event in read_log(store.folder / "log.jsonl")] == [*range(1, 200), 201]
    assert sorted(path.name for path in (store.folder / "checkpoints").iterdir()) == [
        "step-000000001",
        "step-000000201",
    ]


def test_a_folder_that_cannot_be_made_is_refused_before_the_run_starts(tmp_path):
    (tmp_path / "file").write_text("x")
    for make in (
        lambda: RunStore(tmp_path / "file" / "run"),
        lambda: new_run_folder(tmp_path / "file", "p"),
    ):
        with pytest.raises(ConfigError, match="The run cannot be kept"):
            make()


def test_fresh_folders_have_readable_names_of_their_own(tmp_path):
    made = [new_run_folder(tmp_path, "digits-quick") for _ in range(3)]
    assert len(set(made)) == 3 and all(folder.is_dir() for folder in made)
    assert made[0].name.endswith("-digits-quick") and made[0].name[:8].isdigit()
    assert new_run_folder(tmp_path, "").name.endswith("-run")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("Über größe", "uber-groe"),
        ("..", ""),
        ("a" * 100, "a" * 48),
        ("CON\x00:*?", "con"),
        ("日本", ""),
    ],
)
def test_names_are_made_safe(text, name):
    assert safe_name(text) == name


@pytest.mark.parametrize("keep", [1, 2])
def test_as_many_checkpoints_are_kept_as_the_config_says(store, tiny, keep):
    for step in range(1, 6):
        store.checkpoint(tiny(keep_checkpoints=keep), state(step), best=step == 2)
    kept = sorted(path.name for path in (store.folder / "checkpoints").iterdir())
    assert kept == [f"step-{step:09d}" for step in (2, *range(6 - keep, 6))]
