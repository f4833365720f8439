"""What a run that has ended could not save is saved when its disk lets it, and not thrown away."""

import errno
import os
from contextlib import contextmanager

import pytest

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.errors import ConfigError
from ganviz.runs import store as store_module
from ganviz.runs import summary
from ganviz.runs.listing import run_info
from tests.runs.small_runs import BASE, MLP, finish, manager_in

CONFIG = RunConfig.parse({**BASE, **MLP, "steps": 0})


@pytest.fixture
def refusing(monkeypatch):
    """A function within whose block the disk takes nothing."""

    def refuse(*_, **__):
        raise OSError(errno.EACCES, "Permission denied")

    @contextmanager
    def block():
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", refuse)
            for module in (store_module, summary):
                patch.setattr(module, "write_atomic", refuse)
            patch.setattr(checkpoint, "save", refuse)
            yield

    return block


@pytest.fixture
def training(tmp_path, wait_until):
    """A manager, and its run, which has taken some steps."""
    manager = manager_in(tmp_path)
    run = manager.start(CONFIG)
    wait_until(lambda: run.step_count > 5)
    return manager, run


def test_a_run_that_ends_unsaved_says_so_and_is_saved_later(
    training, refusing, monkeypatch, wait_until
):
    monkeypatch.setattr(pacing, "DISK_RETRY_INTERVAL", 0.1)
    manager, run = training
    with refusing():
        run.stop()
        assert run.join(60) and run.state == "stopped"
        how = f"Stopped after {run.step_count} steps."
        assert run.sentence.startswith(f"{how} Its newest steps are not saved yet")
        assert "The checkpoint was not saved" in run.sentence
        assert "goes on" not in run.sentence, "nothing does any more"
        # on disk it is not known yet, and here it is
        assert run_info(run.store.folder).state == "running"
        (info,) = manager.library()
        assert (info.state, info.step) == ("stopped", run.step_count)
    wait_until(lambda: run.sentence == how)
    info = run_info(run.store.folder)
    assert (info.state, info.step, info.resumable) == ("stopped", run.step_count, True)
    assert checkpoint.load(run.store.folder)[1].step == run.step_count
    assert run.store.history().rows()["step"][-1] == run.step_count


def test_unsaved_steps_are_not_trained_anew_without_a_word(
    training, refusing, monkeypatch, wait_until
):
    monkeypatch.setattr(pacing, "DISK_RETRY_INTERVAL", 60.0)
    manager, run = training
    with refusing():
        run.stop()
        assert run.join(60)
        with pytest.raises(ConfigError, match="before its newest steps are saved"):
            manager.resume(run.id, more_steps=5)
        assert manager.current is run
    # at once, however long the wait for the next attempt
    again = finish(manager.resume(run.id, more_steps=5))
    assert again.step_count == run.step_count + 5


def test_another_run_has_the_last_one_saved_first(training, refusing, monkeypatch):
    monkeypatch.setattr(pacing, "DISK_RETRY_INTERVAL", 60.0)
    manager, run = training
    with refusing():
        run.stop()
        assert run.join(60)
    finish(manager.start(CONFIG.but(steps=2)))
    assert checkpoint.load(run.store.folder)[1].step == run.step_count
    assert run_info(run.store.folder).state == "stopped"


def test_a_run_that_failed_unsaved_keeps_its_words_and_its_last_good_checkpoint(
    training, refusing, monkeypatch, wait_until
):
    monkeypatch.setattr(pacing, "DISK_RETRY_INTERVAL", 0.1)
    _, run = training

    def blow_up():
        for weight in run.trainer.algorithm.generator.parameters():
            weight.data.fill_(float("nan"))
        raise RuntimeError("it broke")

    with refusing():
        run.trainer.step = blow_up
        assert run.join(60) and run.state == "failed"
        why = run.sentence
        assert "RuntimeError" in why or "broke" in why
    wait_until(lambda: run_info(run.store.folder).state == "failed")
    assert run.sentence == run_info(run.store.folder).sentence == why
    assert run.save_rest() is None
