"""A run that is watched from its folder alone."""

import shutil
import sys
import threading
import time

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.engine.checkpoint import CHECKPOINTS
from ganviz.engine.events import Event
from ganviz.errors import GanvizError
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import RunError
from ganviz.runs.log import LOG, to_line
from ganviz.runs.store import RunStore


def test_a_finished_run_reads_as_it_was(trained_run):
    run = FolderRun(trained_run)
    status = run.status()
    assert (run.id, run.state, status["step"], status["steps"], run.active) == (
        "trained",
        "finished",
        40,
        40,
        False,
    )
    assert status["elapsed"] > 0 and status["sentence"].startswith("Finished") and run.error is None
    rows = run.events.rows()
    assert rows["step"][-1] == 40 and rows["loss_d"].shape == rows["step"].shape
    assert {"loss_d", "loss_g"} <= {series["name"] for series in run.series} & set(rows)
    assert run.series[0].keys() == {"name", "label", "group", "colour"}
    assert run.equilibrium["loss_d"] == pytest.approx(1.386, abs=0.01)
    assert run.spec.kind == "images" and run.spec.shape == (1, 8, 8) and len(run.spec.classes) == 10
    assert run.frames.steps()[-1] == 40
    frame = run.frames.latest
    assert frame.step == 40 and frame.labels == run.spec.classes and frame.data[:4] == b"\x89PNG"
    assert run.frames.get(frame.step + 1) is None
    assert run.reals.rows == frame.rows
    kinds = {event.kind for event in run.events.since(0)}
    assert {"state", "frame", "checkpoint"} <= kinds


def test_whether_it_trains_is_known_before_its_log_is_read(trained_run):
    run = FolderRun(trained_run, read=False)
    assert (run.is_read, run.state, run.active) == (False, "finished", False)
    read = threading.Event()
    run._whole.set = lambda: read.set() if run.state == "finished" else None
    run.state = "idle"
    run.refresh()
    assert read.is_set()  # whoever waits for the log finds the state that it tells


def test_its_generator_answers(trained_run):
    run = FolderRun(trained_run)
    assert run.snapshots.step == 40 and run.snapshots.version == 1 and run.snapshots.conditional
    pictures, step, _ = run.snapshots.render(torch.zeros(3, 4), torch.tensor([1, 2, 3]))
    assert pictures.shape == (3, 8, 8, 1) and step == 40
    assert run.snapshots.first_layer().shape[1] == 4
    assert run.problem is None


def test_threads_that_ask_for_its_generator_at_once_get_the_same(trained_run):
    run, seen = FolderRun(trained_run), []
    with run._lock:
        asking = [threading.Thread(target=lambda: seen.append(run.snapshots)) for _ in range(3)]
        for thread in asking:
            thread.start()
        # all of them are on their way before the first may load
        time.sleep(0.2)
    for thread in asking:
        thread.join(30)
    assert len(set(map(id, seen))) == 1 and seen[0].version == 1 and run.is_loaded


def test_commands_are_refused_with_a_sentence(trained_run):
    run = FolderRun(trained_run)
    for command in (
        run.start,
        run.pause,
        run.resume,
        run.step,
        run.stop,
        lambda: run.set(g_lr=0.1),
    ):
        with pytest.raises(RunError, match="watched from its folder"):
            command()
    assert run.join()


def test_it_follows_a_run_that_goes_on(tmp_path, log, tiny, make_frame, wait_until):
    store = RunStore(tmp_path / "run")
    store.write_config(tiny())
    store.append(log.append("state", 0, state="running", sentence="Training."))
    run = FolderRun(store.folder).follow()
    assert (
        run.state == "running"
        and run.status()["step"] == 0
        and run.spec is None
        and run.snapshots.version == 0
    )
    store.append(log.append("scalars", 5, loss_d=1.0, elapsed=1.0))
    store.write_frame(make_frame(5))
    store.append(log.append("setting", 5, name="g_lr", value=0.5, old=0.1))
    wait_until(lambda: run.events.last_row().get("loss_d") == 1.0)
    wait_until(lambda: run.config.g_lr == 0.5)
    assert run.frames.latest.step == 5 and run.active
    store.append(log.append("state", 5, state="failed", sentence="It blew up."))
    wait_until(lambda: run.state == "failed")
    assert run.error == "It blew up." and not run.active
    run.close()


def test_a_dead_process_shows(tmp_path, log, tiny):
    store = RunStore(tmp_path / "run")
    store.write_config(tiny())
    store.append(log.append("state", 0, state="running", sentence="Training."))
    store.append(log.append("scalars", 7, loss_d=1.0))
    store.flush()
    store._folder_lock.end()
    run = FolderRun(store.folder)
    assert run.state == "interrupted" and "step 7" in run.sentence and run.error is None


def test_a_resumed_run_starts_a_fresh_log_without_what_no_longer_counts(tmp_path, log, tiny):
    store = RunStore(tmp_path / "run")
    store.write_config(tiny())
    for step in (10, 20, 30):
        store.append(log.append("scalars", step, loss_d=float(step)))
    store.flush()
    run = FolderRun(store.folder)
    before = run.events
    store.write_config(tiny(steps=99))
    store.rewind(20)
    store.append(log.append("scalars", 25, loss_d=25.0))
    store.flush()
    run.refresh()
    assert run.events is not before
    assert run.events.rows()["loss_d"].tolist() == [10.0, 20.0, 25.0]
    assert run.config.steps == 99 and run.step_count == 25
    store.close()


def test_hostile_files_are_refused_or_left_out(tmp_path, trained_run):
    folder = tmp_path / "run"
    shutil.copytree(trained_run, folder)
    facts = '{"series": [3], "equilibrium": [], "spec": {"kind": "images"}}'
    (folder / "summary.json").write_text(f'{{"facts": {facts}, "layout": []}}')
    (folder / "frames" / "000000041.png").write_bytes(b"not a picture")
    (folder / "frames" / "000000042.png").symlink_to("/etc/hostname")
    (folder / "reals.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\x00" * 30)
    next((folder / CHECKPOINTS).iterdir()).joinpath("weights.safetensors").write_bytes(b"")
    run = FolderRun(folder)
    assert run.series == [] and run.equilibrium == {} and run.reals is None
    assert run.spec.name == "digits"  # as the checkpoint says
    assert run.frames.get(41) is None and run.frames.get(42) is None
    assert run.snapshots.version == 0 or run.problem is None
    (folder / "config.json").write_text("{}}")
    with pytest.raises(GanvizError, match="not valid JSON"):
        FolderRun(folder)
    with pytest.raises(RunError, match="no run in"):
        FolderRun(tmp_path)


def test_a_long_log_is_read_with_a_short_switch_interval_and_the_usual_one_comes_back(
    tmp_path, monkeypatch
):
    config = RunConfig.from_preset("digits-mlp")
    (tmp_path / "config.json").write_text(config.to_json())
    rows = [Event(i, "scalars", i, float(i), {"loss_d": 1.0}) for i in range(1, 12_001)]
    (tmp_path / LOG).write_bytes(b"".join(map(to_line, rows)))
    usual, intervals = sys.getswitchinterval(), set()
    add = FolderRun._add
    monkeypatch.setattr(
        FolderRun,
        "_add",
        lambda run, events: (intervals.add(sys.getswitchinterval()), add(run, events))[1],
    )
    run = FolderRun(tmp_path)
    assert run.step_count == 12_000 and len(run.events.rows()["step"]) == 12_000
    assert min(intervals) < usual and sys.getswitchinterval() == usual
