"""Data that are no longer what a run was trained on: said or refused when it goes on."""

import shutil
import time

import pytest
from PIL import Image

from ganviz.config import RunConfig
from ganviz.data.held_out import MIXED_SPLIT
from ganviz.engine import checkpoint
from ganviz.engine.events import ENDED
from ganviz.errors import ConfigError, DataError
from ganviz.runs.resume import GOES_ON
from ganviz.server.explore_data import ExploreData
from ganviz.synthetic.report import RunUnderTest
from tests.runs.small_runs import BASE, MLP, finish, manager_in, notes


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
    with pytest.raises(DataError, match=r"There is no folder .* name the folder") as refusal:
        manager.resume(run.id, more_steps=3)
    assert refusal.value.field == "data_path", "the page asks for it"
    with pytest.raises(DataError, match=r"There is no folder .* name the folder"):
        manager.fork(run.id, {"steps": 9})
    with pytest.raises(DataError, match="There is no folder"):
        manager.resume(run.id, more_steps=3, data_path=str(tmp_path / "nowhere"))
    assert (run.store.folder / "log.jsonl").read_bytes() == before
    assert [info.id for info in manager.library()] == [run.id]


def test_where_the_data_are_now_can_be_named(animals, tmp_path):
    manager, run = train_on(animals, tmp_path)
    moved = animals.rename(tmp_path / "moved")
    again = finish(manager.resume(run.id, more_steps=3, data_path=str(moved)))
    assert again.step_count == 9 and again.config.data_path == str(moved)
    assert not [note for note in notes(again) if "have changed" in note or "samples now" in note]
    again = finish(manager.resume(run.id, more_steps=1))  # it is kept
    assert again.step_count == 10
    last = moved.rename(tmp_path / "moved again")
    fork = finish(manager.fork(run.id, {}, data_path=str(last)))
    assert fork.config.data_path == str(last) and again.config.data_path == str(moved)


def test_an_empty_folder_is_asked_about_and_touches_nothing(animals, tmp_path):
    """A drive that is not connected leaves its mount point behind."""
    manager, run = train_on(animals, tmp_path)
    before = (run.store.folder / "config.json").read_bytes()
    animals.rename(tmp_path / "moved")
    animals.mkdir()
    for path in (None, str(animals)):
        with pytest.raises(DataError, match="holds no pictures that can be used") as refusal:
            manager.resume(run.id, more_steps=3, data_path=path)
        assert refusal.value.field == "data_path"
    assert (run.store.folder / "config.json").read_bytes() == before


def test_a_folder_of_too_few_is_refused_before_anything_is_touched(animals, tmp_path):
    manager, run = train_on(animals, tmp_path)
    few = tmp_path / "few"
    few.mkdir()
    Image.new("RGB", (8, 8)).save(few / "1.png")
    with pytest.raises(DataError, match="holds only one picture; at least 16"):
        manager.resume(run.id, more_steps=3, data_path=str(few))
    assert manager.library()[0].state == "finished"


@pytest.fixture
def unreadable(tmp_path):
    """Files enough, of which none is a picture: that is seen when they are read."""
    folder = tmp_path / "unreadable"
    folder.mkdir()
    for index in range(20):
        (folder / f"{index}.png").write_bytes(b"no picture")
    return str(folder)


@pytest.mark.parametrize("checkpoint", [True, False])
def test_a_run_that_cannot_go_on_is_what_it_was(animals, tmp_path, unreadable, checkpoint):
    """It has its steps, its folder and its Resume still; also one that died before its first
    checkpoint."""
    manager, run = train_on(animals, tmp_path)
    if not checkpoint:
        shutil.rmtree(run.store.folder / "checkpoints")
    more = 3 if checkpoint else None
    again = manager.resume(run.id, more_steps=more, data_path=unreadable)
    assert again.join(60) and again.state == "failed"
    (info,) = manager.library()
    assert info.id == run.id and info.resumable
    assert info.step == again.step_count == again.status()["step"] == (6 if checkpoint else 0)
    assert (run.store.folder / "log.jsonl").stat().st_size
    again = manager.resume(run.id, more_steps=more)
    assert again.join(60) and again.state == "finished", again.error
    assert again.config.data_path == str(animals)


def test_a_run_that_is_stopped_before_it_goes_on_keeps_its_steps(animals, tmp_path, monkeypatch):
    manager, run = train_on(animals, tmp_path)

    def stopped(config, device, data_root, progress):
        manager.current.stop()
        progress(None, "Reading")

    monkeypatch.setattr("ganviz.engine.run.load_data", stopped)
    again = manager.resume(run.id, more_steps=3)
    assert again.join(60) and again.state == "stopped"
    (info,) = manager.library()
    assert info.step == 6 and info.resumable
    assert info.sentence == "Stopped before it went on; what was saved is kept."


def test_a_fork_that_cannot_begin_leaves_nothing(animals, tmp_path, unreadable):
    manager, run = train_on(animals, tmp_path)
    fork = manager.fork(run.id, {"steps": 9}, data_path=unreadable)
    assert fork.join(60) and fork.state == "failed"
    assert [info.id for info in manager.library()] == [run.id]


def test_the_new_place_is_in_the_checkpoint_from_the_first_step_on(animals, tmp_path):
    """An export, or a fork, finds the pictures while the run goes on, and where it dies young."""
    manager, run = train_on(animals, tmp_path)
    moved = animals.rename(tmp_path / "moved")
    again = manager.resume(run.id, more_steps=10**6, data_path=str(moved))
    again.pause()
    while again.state not in ("paused", *ENDED):
        time.sleep(0.01)
    fork = manager.fork(run.id, {"steps": 9}, replace=True)
    assert again.join(60) and fork.join(60)
    assert fork.state == "finished" and fork.config.data_path == str(moved), fork.error


def test_an_empty_folder_stops_nobody(animals, tmp_path):
    """Who trains goes on where what should take its place cannot begin."""
    manager, kept = train_on(animals, tmp_path)
    run = manager.start(kept.config.but(steps=10**6))
    empty = tmp_path / "empty"
    empty.mkdir()
    other = run.config.but(data_path=str(empty))
    with pytest.raises(DataError, match="holds no pictures"):
        manager.start(other, replace=True)
    with pytest.raises(DataError, match="holds no pictures"):
        manager.start(other, replace=True, begin_with=kept.id)
    assert manager.current is run and run.active
    run.stop()
    assert run.join(60)


def test_a_run_of_no_folder_refuses_one(animals, tmp_path):
    manager, run = train_on(animals, tmp_path, data="digits")
    with pytest.raises(ConfigError, match="no folder of pictures"):
        manager.resume(run.id, more_steps=3, data_path=str(animals))
