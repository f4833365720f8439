"""Checkpoints while a run trains: early, beside the steps, and of the step that they name."""

import threading
import time

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.engine import checkpoint
from ganviz.engine.trainer import Trainer
from tests.runs.small_runs import BASE, CPU, MLP, equal, manager_in


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


def test_a_slow_disk_does_not_hold_up_the_training(tmp_path, monkeypatch, wait_until):
    """And what it writes is the training at the step that the checkpoint names, whatever has
    happened since."""
    monkeypatch.setattr(pacing, "FIRST_CHECKPOINT", 0.05)
    save, disk = checkpoint.save, threading.Event()
    saving = []

    def save_slowly(folder, config, state):
        saving.append(state.step)
        assert disk.wait(60)
        return save(folder, config, state)

    monkeypatch.setattr(checkpoint, "save", save_slowly)
    manager = manager_in(tmp_path)
    often = {"checkpoint_seconds": 1, "keep_checkpoints": 100, "steps": 0}
    config = RunConfig.parse({**BASE, **MLP, **often})
    run = manager.start(config)
    try:
        wait_until(lambda: saving)
        step, rate = saving[0], config.g_lr
        run.set(g_lr=2 * rate)
        wait_until(lambda: run.config.g_lr == 2 * rate and run.status()["elapsed"] > 1.5)
        # No second one piles up behind the first, and none is said to be there.
        assert saving == [step] and not run.events.since(0, ("checkpoint",))
        source = run.trainer.source
    finally:
        disk.set()
        manager.close(30)
    first = run.events.since(0, ("checkpoint",))[0]
    path = checkpoint.path_of(run.store.folder / checkpoint.CHECKPOINTS, step)
    assert (first.step, first.data["path"]) == (step, path.name)
    saved_config, saved = checkpoint.load(path)
    assert saved_config.g_lr == rate
    alone = Trainer(config, source, CPU)
    while alone.step_count < step:
        alone.step()
    assert equal(saved.weights, alone.weights())
