"""Resumed is uninterrupted, bit for bit; a fork goes its own way; history and pictures come
along."""

import shutil
import threading
import time
from itertools import pairwise

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.engine import run as engine_run
from ganviz.engine.events import Event
from ganviz.errors import Busy, CheckpointError, ConfigError, DataError
from ganviz.runs import resume
from ganviz.runs.history import history
from ganviz.runs.listing import RunError, run_info
from ganviz.runs.log import to_line
from ganviz.runs.resume import forked, resumed
from tests.runs.small_runs import (
    BASE,
    CPU,
    DCGAN,
    MLP,
    equal,
    finish,
    manager_in,
    notes,
    weights_of,
)

KINDS = {
    "mlp": MLP,
    "dcgan": DCGAN,
    "conditional simultaneous": {
        **DCGAN,
        "conditioning": "projection",
        "objective": "relativistic",
        "penalty": "r1+r2",
        "update": "simultaneous",
        "beta1": 0.0,
        "beta2": 0.99,
    },
    "augmented and noised": {
        **MLP,
        "augment": ("translation", "cutout"),
        "instance_noise": 0.3,
        "instance_noise_steps": 30,
    },
    "vae": {**MLP, "algorithm": "vae", "kl_warmup": 30},
}


@pytest.mark.parametrize("kind", KINDS)
def test_resumed_is_uninterrupted(kind, tmp_path):
    config = RunConfig.parse({**BASE, **KINDS[kind], "steps": 40})
    whole = finish(manager_in(tmp_path, "whole").start(config))
    manager = manager_in(tmp_path)
    half = finish(manager.start(config.but(steps=17)))
    rest = finish(manager.resume(half.id, more_steps=23))
    assert rest.id == half.id and rest.step_count == 40
    assert equal(whole, rest)


def test_resumed_from_an_old_checkpoint_is_uninterrupted(tmp_path, to_schema_1):
    """Those of ganviz 0.1 kept optimisers in another kind of file."""
    config = RunConfig.parse({**BASE, **KINDS["conditional simultaneous"], "steps": 40})
    whole = finish(manager_in(tmp_path, "whole").start(config))
    manager = manager_in(tmp_path)
    half = finish(manager.start(config.but(steps=17)))
    to_schema_1(checkpoint.newest(half.store.folder / checkpoint.CHECKPOINTS))
    assert equal(whole, finish(manager.resume(half.id, more_steps=23)))


@pytest.mark.parametrize("kind", ["mlp", "augmented and noised"])
def test_a_run_of_another_kind_of_device_goes_on_and_says_so(kind, tmp_path, monkeypatch):
    """A GPU's generators have a state of 16 bytes."""
    manager, newest = manager_in(tmp_path), resume._newest

    def from_a_gpu(folder):
        config, state = newest(folder)
        for part, names in (("algorithm", ["random"]), ("sampler", ["epoch", "generator"])):
            for name in names:
                state.training[part][name] = torch.arange(16, dtype=torch.uint8)
        return config, state

    first = finish(manager.start(RunConfig.parse({**BASE, **KINDS[kind], "steps": 20})))
    copied = tmp_path / "copied"
    shutil.copytree(manager.runs_root / first.id, copied)
    monkeypatch.setattr(resume, "_newest", from_a_gpu)
    moved = [
        finish(resumed(folder, 5, CPU, tmp_path).start())
        for folder in (manager.runs_root / first.id, copied)
    ]
    assert equal(*moved) and moved[0].step_count == 25  # as repeatable as ever
    for run in moved:
        assert [
            event
            for event in run.events.since(0)
            if "another kind of device" in event.data.get("sentence", "")
        ]
    monkeypatch.undo()
    at_home = finish(resumed(copied, 5, CPU, tmp_path).start())
    assert (
        sum(
            "another kind of device" in event.data.get("sentence", "")
            for event in at_home.events.since(0)
        )
        == 1
    )


def test_history_and_pictures_come_along(tmp_path):
    manager = manager_in(tmp_path)
    first = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 30})))
    rows, pictures = len(first.events.rows()["step"]), first.frames.steps()
    again = finish(manager.resume(first.id, more_steps=30))
    steps = again.events.rows()["step"]
    assert len(steps) > rows and steps[0] == first.events.rows()["step"][0] and steps[-1] == 60
    assert all(a < b for a, b in pairwise(steps)), "no step twice"
    assert set(pictures) <= set(again.frames.steps()) and again.frames.get(pictures[0]) is not None
    assert again.status()["elapsed"] > first.status()["elapsed"]
    assert again.events.seq > first.events.seq


def test_what_lay_beyond_the_checkpoint_is_forgotten(tmp_path):
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 20})))
    stray = run.store.folder / "frames" / "000000099.png"
    stray.write_bytes(run.frames.latest.data)
    again = finish(manager.resume(run.id, more_steps=5))
    assert 99 not in again.frames.steps() and not stray.exists()


def test_a_run_that_cannot_go_on_loses_nothing_that_lies_beyond(tmp_path, monkeypatch):
    """A drive that is not connected, say: what it had logged and drawn is there the next time."""
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 20})))
    stray = run.store.folder / "frames" / "000000099.png"
    stray.write_bytes(run.frames.latest.data)
    with (run.store.folder / "log.jsonl").open("ab") as log:
        log.write(to_line(Event(0, "scalars", 99, time.time(), {"loss_d": 1.0})))

    def read():
        return history(run.store.folder / "log.jsonl").rows()["step"]

    def unreadable(*_):
        raise DataError("The drive is not connected.", "data_path")

    assert read()[-1] == 99
    with monkeypatch.context() as patch:
        patch.setattr(engine_run, "load_data", unreadable)
        again = manager.resume(run.id, more_steps=5)
        assert again.join(60) and again.state == "failed"
        assert again.events.rows()["step"][-1] == 20 and 99 not in again.frames.steps()
    assert stray.exists() and read()[-1] == 99
    assert finish(manager.resume(run.id, more_steps=5)).step_count == 25
    assert not stray.exists() and read()[-1] == 25


@pytest.mark.parametrize("way", ["fork", "begin_with"])
def test_one_that_never_held_anothers_networks_is_not_taken_up_without_them(
    tmp_path, monkeypatch, way
):
    """It would train from random weights under the name of a fork."""
    manager, ask = manager_in(tmp_path), threading.Event()
    config = RunConfig.parse({**BASE, **MLP, "steps": 5})
    run = finish(manager.start(config))

    def wait(*_):
        assert ask.wait(60)
        again.stop()
        again._progress(None, "Reading")

    with monkeypatch.context() as patch:
        patch.setattr(engine_run, "load_data", wait)
        again = (
            manager.fork(run.id, {}) if way == "fork" else manager.start(config, begin_with=run.id)
        )
        ask.set()
        assert again.join(60) and again.state == "stopped"
    folder = again.store.folder
    assert run_info(folder).origin.endswith("at step 5")
    assert not run_info(folder).resumable
    with pytest.raises(CheckpointError, match="start it from there once more"):
        manager.resume(again.id)
    # one that has begun is like any other
    other = finish(
        manager.fork(run.id, {}) if way == "fork" else manager.start(config, begin_with=run.id)
    )
    assert run_info(other.store.folder).resumable
    assert finish(manager.resume(other.id, more_steps=1)).step_count == other.step_count + 1


def test_a_finished_run_asks_how_many_more(tmp_path):
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 5})))
    with pytest.raises(ConfigError) as refusal:
        manager.resume(run.id)
    assert refusal.value.field == "steps"
    with pytest.raises(CheckpointError):
        resumed(run.store.folder / "checkpoints" / "step-000000005", 5, CPU, tmp_path)


def test_a_fork_changes_what_may_change_and_leaves_its_parent(tmp_path):
    manager = manager_in(tmp_path)
    parent = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 12})))
    fork = finish(manager.fork(parent.id, {"g_lr": 1e-3, "d_steps": 2}))
    assert fork.id != parent.id and fork.step_count == 24
    assert (
        fork.config.g_lr == 1e-3
        and fork.trainer.algorithm.optimizers["generator"].param_groups[0]["lr"] == 1e-3
    )
    assert "step 12" in fork.config.name and "generator learning rate" in fork.config.name
    assert finish(manager.resume(parent.id, more_steps=1)).config.g_lr == 2e-4
    with pytest.raises(ConfigError) as refusal:
        forked(parent.store.folder, tmp_path / "runs", {"latent_dim": 8}, CPU, tmp_path)
    assert refusal.value.field == "latent_dim"


def test_an_unchanged_fork_is_the_run_going_on(tmp_path):
    manager = manager_in(tmp_path)
    parent = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 10})))
    fork = weights_of(finish(manager.fork(parent.id, {"steps": 25})))
    assert equal(fork, finish(manager.resume(parent.id, more_steps=15)))


def test_one_run_trains_at_a_time(tmp_path):
    manager = manager_in(tmp_path)
    first = manager.start(RunConfig.parse({**BASE, **MLP, "steps": 0, "name": "the first"}))
    with pytest.raises(Busy) as refusal:
        manager.start(RunConfig.parse({**BASE, **MLP, "steps": 3}))
    assert "the first" in refusal.value.sentence and "Stop it" in refusal.value.sentence
    second = manager.start(RunConfig.parse({**BASE, **MLP, "steps": 3}), replace=True)
    finish(second)
    assert first.state == "stopped" and not first.active


def test_weights_of_another_shape_are_refused_in_a_sentence(tmp_path):
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 4})))
    again = resumed(run.store.folder, 4, CPU, tmp_path / "data")
    again.config = again.config.but(g_hidden=(13,))
    again.start()
    assert again.join(60) and again.state == "failed" and "does not fit" in again.error
    again.store.close()


def test_kept_runs_open_beside_the_one_that_trains(tmp_path):
    manager = manager_in(tmp_path)
    old = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 6})))
    new = manager.start(RunConfig.parse({**BASE, **MLP, "steps": 0}))
    opened = manager.get(old.id).wait_until_read()
    assert opened.step_count == 6 and opened.frames.latest.step == 6
    assert manager.get(None) is new and manager.get(new.id) is new
    assert {info.id for info in manager.library()} == {old.id, new.id}
    trashed = manager.delete(old.id)
    assert [info.id for info in manager.library()] == [new.id] and old.id in trashed
    manager.close(30)


def test_a_kept_checkpoint_opens_with_its_own_generator(tmp_path):
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 8})))
    then = {name: value.clone() for name, value in run.trainer.weights().items()}
    again = finish(manager.resume(run.id, more_steps=20))
    early, newest = manager.get(f"{run.id}@8"), again.snapshots
    z = torch.randn(2, 4)
    assert early.snapshots.render(z)[1] == 8 and newest.render(z)[1] == 28
    first = next(
        value for name, value in then.items() if name.startswith("ema") and value.shape[-1] == 4
    )
    assert torch.equal(early.snapshots.first_layer(), first)
    for name in (f"{run.id}@x", f"{run.id}@", "nobody@3"):
        if name.endswith("@"):
            assert manager.get(name).wait_until_read().step_count == 28
        else:
            with pytest.raises(RunError):
                manager.get(name)


def test_a_run_without_a_checkpoint_says_that_it_begins_anew(tmp_path):
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 6})))
    shutil.rmtree(run.store.folder / "checkpoints")
    again = finish(manager.resume(run.id, more_steps=3))
    assert again.step_count == 3 and any("begins anew" in note for note in notes(again))


def test_another_number_of_threads_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 4})))
    folder = run.store.folder
    run.store.close()
    sentences = []
    for threads in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        again = resumed(folder, 2, CPU, tmp_path)
        sentences.append([event.data["sentence"] for event in again.events.since(0, ("note",))])
        again.store.close()
    same, other = sentences
    assert not any("threads" in sentence for sentence in same)
    assert "trained with one thread and goes on with 2" in other[-1]


def test_a_run_ends_when_its_time_is_up(tmp_path):
    manager = manager_in(tmp_path)
    run = finish(manager.start(RunConfig.parse({**BASE, **MLP, "steps": 0, "minutes": 0.002})))
    seconds = run.trainer and run.status()["elapsed"]
    assert run.step_count > 0 and seconds >= 0.12
    with pytest.raises(ConfigError, match=r"trained for all its time \(0\.002 min\)"):
        resumed(run.store.folder, None, CPU, tmp_path)
    done = run.step_count
    more = finish(manager.resume(run.id, 3))
    assert more.step_count == done + 3
    # a fork has as many minutes of its own
    fork = forked(run.store.folder, tmp_path / "forks", {}, CPU, tmp_path)
    assert fork.config.minutes == 0 and fork.config.steps == done + 3 + done + 3
    fork.store.close()
    manager.close(60)
