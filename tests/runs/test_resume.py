"""Resumed is uninterrupted, bit for bit; a fork goes its own way; history and pictures come
along."""

import shutil
import time
from itertools import pairwise

import pytest
import torch
from PIL import Image

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.data.held_out import MIXED_SPLIT
from ganviz.engine import checkpoint
from ganviz.errors import Busy, CheckpointError, ConfigError, DataError
from ganviz.runs import resume
from ganviz.runs.listing import RunError
from ganviz.runs.manager import RunManager
from ganviz.runs.resume import GOES_ON, forked, resumed
from ganviz.server.explore_data import ExploreData
from ganviz.synthetic.report import RunUnderTest

CPU = torch.device("cpu")
BASE = {
    "data": "digits",
    "image_size": 8,
    "batch_size": 8,
    "latent_dim": 4,
    "tick_seconds": 0.02,
    "sample_seconds": 0.05,
}
MLP = {
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (12,),
    "d_hidden": (12,),
    "g_norm": "none",
}
DCGAN = {"generator": "dcgan", "discriminator": "dcgan", "g_width": 2, "d_width": 2}
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


def manager_in(tmp_path, name="runs"):
    return RunManager(tmp_path / name, tmp_path / "data", CPU)


def finish(run):
    assert run.join(120), "the run did not end"
    assert run.state == "finished", run.error
    return run


def weights_of(run):
    """A copy: a run that another one replaces lets go of its own."""
    return {name: value.clone() for name, value in run.trainer.weights().items()}


def equal(one, two):
    a, b = (run if isinstance(run, dict) else weights_of(run) for run in (one, two))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


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


@pytest.fixture
def animals(tmp_path):
    """A folder with three classes of ten pictures each."""
    for value, name in enumerate(("cats", "dogs", "owls")):
        (tmp_path / "animals" / name).mkdir(parents=True)
        for i in range(10):
            picture = Image.new("L", (8, 8), 80 * value + i)
            picture.save(tmp_path / "animals" / name / f"{i}.png")
    return tmp_path / "animals"


def train_on(folder, tmp_path, **changes):
    config = {**BASE, **MLP, "data": "folder", "data_path": str(folder), "steps": 6}
    manager = manager_in(tmp_path)
    return manager, finish(manager.start(RunConfig.parse({**config, **changes})))


def notes(run):
    return [event.data["sentence"] for event in run.events.since(0, ("note",))]


def test_changed_classes_are_refused_by_name(animals, tmp_path):
    """They would be permuted without a word: cats, dogs, owls become dogs, owls, zcats."""
    manager, run = train_on(animals, tmp_path, conditioning="concat")
    (animals / "cats").rename(animals / "zcats")
    log = tmp_path / "runs" / run.id / "log.jsonl"
    before = log.read_bytes()
    for refused in (
        lambda: manager.resume(run.id, more_steps=3),
        lambda: manager.fork(run.id, {"g_lr": 1e-3}),
        lambda: RunUnderTest.load(log.parent, tmp_path, "cpu", lambda fraction, sentence: None),
        lambda: ExploreData(manager).source(run),
    ):
        with pytest.raises(ConfigError, match=r"gone: cats; new: zcats.*cats, dogs, owls"):
            refused()
    assert log.read_bytes() == before and manager.current.state == "finished"
    (animals / "zcats").rename(animals / "cats")
    assert finish(manager.resume(run.id, more_steps=3)).step_count == 9


def test_changed_classes_and_counts_are_noted_where_they_do_no_harm(animals, tmp_path):
    manager, run = train_on(animals, tmp_path)
    (animals / "cats").rename(animals / "zcats")
    (animals / "dogs" / "3.png").unlink()
    again = finish(manager.resume(run.id, more_steps=3))
    assert any("gone: cats; new: zcats" in note for note in notes(again))
    assert any("hold 29 samples now and held 30" in note for note in notes(again))
    assert any("may have seen some of the pictures that are held out" in n for n in notes(again))
    assert again.spec.split == MIXED_SPLIT


def test_labels_that_nobody_is_told_change_nothing(animals, tmp_path):
    manager, run = train_on(animals, tmp_path, holdout=0.0)
    (animals / "cats").rename(animals / "cattle")
    said = notes(finish(manager.resume(run.id, more_steps=1)))
    assert any("gone: cats; new: cattle" in note for note in said)
    assert GOES_ON not in said and not any("order" in note for note in said)
    exchange(animals / "dogs" / "1.png", animals / "dogs" / "2.png")
    assert GOES_ON in notes(finish(manager.resume(run.id, more_steps=1)))


def exchange(one, other):
    """Two files take each other's place."""
    one.rename(one.with_suffix(".old"))
    other.rename(one)
    one.with_suffix(".old").rename(other)


def repaint(path):
    Image.new("L", (8, 8), 255).save(path)


@pytest.mark.parametrize("holdout", [0.0, 0.2])
def test_what_is_known_of_changed_pictures_is_said(animals, tmp_path, holdout):
    """Their count and their names are those of before."""
    manager, run = train_on(animals, tmp_path, conditioning="concat", holdout=holdout)

    def said_after(change, *files):
        before = len(notes(manager.current))
        change(*(animals / name for name in files))
        new = notes(finish(manager.resume(run.id, more_steps=1)))[before:]
        return [note for note in new if "e pictures " in note]

    assert not said_after(lambda: None)
    first, *held_out = said_after(exchange, "cats/1.png", "dogs/1.png")
    assert "some have other labels" in first and "have learned the old ones" in first
    if holdout:
        assert "may have seen some of the pictures that are held out" in held_out[0]
    assert not held_out[1:] and (holdout or not held_out)
    # the newer checkpoint knows the pictures as they were then
    assert not said_after(lambda: None) and not said_after(lambda: None)
    assert "in another order" in said_after(exchange, "owls/1.png", "owls/9.png")[0]
    assert "have changed since this run" in said_after(repaint, animals / "owls" / "5.png")[0]


def test_a_checkpoint_of_before_fingerprints_says_nothing(animals, tmp_path):
    manager, run = train_on(animals, tmp_path, conditioning="concat", holdout=0.0)
    config, state = checkpoint.load(run.store.folder)
    shutil.rmtree(run.store.folder / "checkpoints")
    del state.info["spec"]["fingerprint"]
    checkpoint.save(run.store.folder / "checkpoints", config, state)
    exchange(animals / "cats" / "1.png", animals / "dogs" / "1.png")
    again = finish(manager.resume(run.id, more_steps=1))
    assert again.step_count == 7 and not [note for note in notes(again) if "The pictures" in note]


def test_unchanged_data_need_no_note(animals, tmp_path):
    manager, run = train_on(animals, tmp_path, conditioning="concat")
    again = finish(manager.resume(run.id, more_steps=3))
    assert not [note for note in notes(again) if "have changed" in note or "samples now" in note]


def test_a_relative_folder_is_found_from_anywhere(animals, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manager, run = train_on('"animals"', tmp_path)
    assert run.config.data_path == str(animals)
    monkeypatch.chdir("/")
    assert finish(manager.resume(run.id, more_steps=3)).step_count == 9


def test_resuming_without_the_data_changes_nothing(animals, tmp_path):
    manager, run = train_on(animals, tmp_path)
    before = (run.store.folder / "log.jsonl").read_bytes()
    animals.rename(tmp_path / "moved")
    with pytest.raises(DataError, match=r"There is no folder .* --data-path FOLDER"):
        manager.resume(run.id, more_steps=3)
    with pytest.raises(DataError, match="There is no folder"):
        manager.fork(run.id, {"steps": 9})
    assert (run.store.folder / "log.jsonl").read_bytes() == before
    assert [info.id for info in manager.library()] == [run.id]


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


def test_the_first_checkpoint_does_not_wait_for_the_second(tmp_path, monkeypatch):
    """A run that dies young is resumed, not begun anew."""
    monkeypatch.setattr(pacing, "FIRST_CHECKPOINT", 0.05)
    manager = manager_in(tmp_path)
    config = RunConfig.parse({**BASE, **MLP, "steps": 0, "checkpoint_seconds": 86_400})
    run = manager.start(config)
    end = time.monotonic() + 60
    while not run.events.since(0, ("checkpoint",)):
        assert time.monotonic() < end
        time.sleep(0.01)
    manager.close(30)
    saved = [event.step for event in run.events.since(0, ("checkpoint",))]
    assert len(saved) == 2  # this one, and the last


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
