"""One training after another: nobody waits for a long step, nothing is kept, no refusal has an
effect."""

import gc
import threading
import time

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.engine import memory_need
from ganviz.engine.trainer import Trainer
from ganviz.errors import Busy, ConfigError, GanvizError
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import run_info
from ganviz.runs.manager import RunManager

TINY = {
    "data": "ring8",
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (8,),
    "d_hidden": (8,),
    "g_norm": "none",
    "latent_dim": 2,
    "batch_size": 16,
    "steps": 6,
    "tick_seconds": 0.02,
    "sample_seconds": 0.05,
}


def tiny(**changes):
    return RunConfig.parse({**TINY, **changes})


@pytest.fixture
def manager(tmp_path):
    manager = RunManager(tmp_path / "runs", tmp_path / "data", torch.device("cpu"))
    yield manager
    assert manager.close(60)


@pytest.fixture
def gate(monkeypatch):
    """While it is closed a step does not end."""
    opened, held = threading.Event(), threading.Event()
    opened.set()
    opened.held = held
    step = Trainer.step

    def slow(trainer):
        if not opened.is_set():
            held.set()
        opened.wait(120)
        return step(trainer)

    monkeypatch.setattr(Trainer, "step", slow)
    yield opened
    opened.set()


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def hold(gate):
    """Wait until a step is held."""
    gate.clear()
    assert gate.held.wait(60)


def finished(manager, **changes):
    run = manager.start(tiny(**changes))
    assert run.join(60) and run.state == "finished", run.error
    return run


def test_another_run_is_made_while_a_step_takes_long_and_begins_when_it_ends(manager, gate):
    kept = finished(manager).id
    first = manager.start(tiny(steps=0))
    wait_for(lambda: first.state == "running")
    hold(gate)
    second = manager.start(tiny(name="second"), replace=True)
    assert manager.current is second and first.active
    wait_for(lambda: second.state == "preparing" and "Waiting" in second.sentence)
    # whatever is asked meanwhile is answered
    assert manager.get(first.id) is first and manager.get(None) is second
    assert manager.get(kept).id == kept and len(manager.library()) >= 2
    third = manager.resume(kept, more_steps=3, replace=True)
    assert manager.current is third
    gate.set()
    assert third.join(60) and third.state == "finished" and third.step_count == 9
    assert first.state == "stopped" and second.state == "stopped" and second.step_count == 0


def test_two_trainings_never_run_at_the_same_time(manager, monkeypatch):
    at_work, most, step = [], [], Trainer.step

    def counted(trainer):
        at_work.append(trainer)
        most.append(len({id(one) for one in at_work}))
        time.sleep(0.002)
        step(trainer)
        at_work.remove(trainer)

    monkeypatch.setattr(Trainer, "step", counted)
    for _ in range(4):
        run = manager.start(tiny(steps=0), replace=True)
        wait_for(lambda run=run: run.step_count > 0)
    assert max(most) == 1


@pytest.mark.parametrize(
    "refused",
    [
        lambda manager, kept: manager.start(
            tiny(data="folder", data_path="/nowhere", image_size=8), replace=True
        ),
        lambda manager, kept: manager.resume(kept, replace=True),
        lambda manager, kept: manager.resume("nowhere", replace=True),
        lambda manager, kept: manager.resume(manager.current.id, replace=True),
        lambda manager, kept: manager.fork(kept, {"latent_dim": 3}, replace=True),
        lambda manager, kept: manager.fork(kept, {"g_lr": -1}, replace=True),
        lambda manager, kept: manager.fork(kept, {}, step=4, replace=True),
        lambda manager, kept: manager.fork("nowhere", {}, replace=True),
        lambda manager, kept: manager.start(tiny()),
        lambda manager, kept: manager.delete(manager.current.id),
    ],
)
def test_a_refusal_has_no_effect(manager, refused):
    kept = finished(manager).id
    run = manager.start(tiny(steps=0))
    wait_for(lambda: run.step_count > 0)
    before = {info.id for info in manager.library()}
    with pytest.raises(GanvizError):
        refused(manager, kept)
    assert manager.current is run and run.active and run.state == "running"
    assert {info.id for info in manager.library()} == before
    reached = run.step_count
    wait_for(lambda: run.step_count > reached)


def test_what_does_not_fit_into_memory_stops_nobody_and_leaves_no_folder(manager, monkeypatch):
    kept = finished(manager).id
    run = manager.start(tiny(steps=0))
    wait_for(lambda: run.step_count > 0)
    folders = sorted(manager.runs_root.iterdir())
    monkeypatch.setattr(memory_need, "free_memory", lambda device: -(10**15))
    for begin in (
        lambda: manager.start(tiny(), replace=True),
        lambda: manager.fork(kept, {"g_lr": 1e-4}, replace=True),
        lambda: manager.resume(kept, more_steps=5, replace=True),
    ):
        with pytest.raises(ConfigError, match="memory"):
            begin()
    assert manager.current is run and run.active
    assert sorted(manager.runs_root.iterdir()) == folders


def test_a_damaged_run_that_cannot_be_resumed_stops_nobody(manager):
    kept = finished(manager)
    for weights in kept.store.folder.rglob("*.safetensors"):
        weights.write_bytes(b"nonsense")
    run = manager.start(tiny(steps=0), replace=True)
    wait_for(lambda: run.step_count > 0)
    with pytest.raises(GanvizError):
        manager.resume(kept.id, more_steps=5, replace=True)
    assert manager.current is run and run.active


def test_a_fork_begins_while_its_parent_takes_its_last_step(manager):
    parent = finished(manager)
    fork = manager.fork(parent.id, {"g_lr": 1e-4}, replace=True)
    assert fork.join(60) and fork.state == "finished" and fork.step_count == 12


def trainers():
    gc.collect()
    return sum(type(one) is Trainer for one in gc.get_objects())


def test_runs_that_ended_let_go_of_their_networks(manager):
    # other tests of this process may keep some of their own
    before = trainers()
    for _ in range(6):
        finished(manager)
    assert trainers() <= before + 1
    first = manager.get(manager.library()[-1].id)
    assert first.wait_until_read().status()["step"] == 6


def test_a_run_that_was_replaced_still_says_how_it_ended(manager):
    first = finished(manager)
    status = first.status()
    second = finished(manager)
    assert first.trainer is None and first.status() == status and first.step_count == 6
    assert first.events.rows()["step"][-1] == 6
    # the current one is kept whole: its result may be asked for
    assert second.trainer is not None


def test_a_run_that_waits_can_be_stopped(manager, gate):
    first = manager.start(tiny(steps=0))
    wait_for(lambda: first.state == "running")
    hold(gate)
    second = manager.start(tiny(), replace=True)
    second.stop()
    assert second.join(60) and second.state == "stopped" and first.active
    info = run_info(second.store.folder)  # it keeps its settings
    assert info.resumable and (info.data, info.steps) == (tiny().data, tiny().steps)
    gate.set()
    assert first.join(60)


def test_who_asks_for_the_same_run_at_once_gets_one(manager):
    kept = finished(manager).id
    finished(manager)
    got, threads = [], []
    for _ in range(8):
        threads.append(threading.Thread(target=lambda: got.append(manager.get(kept))))
        threads[-1].start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 8 and len({id(run) for run in got}) == 1
    assert not got[0]._closed.is_set()


@pytest.mark.parametrize("step", ["7", "9" * 5000, "x", "-1", "6.0", "٦"])
def test_a_checkpoint_that_is_not_kept_is_refused_by_what_is(manager, step):
    kept = finished(manager).id
    assert manager.get(f"{kept}@6").id == f"{kept}@6"
    with pytest.raises(GanvizError, match=r"these are kept: .*6"):
        manager.get(f"{kept}@{step}")


def test_a_run_is_called_what_people_call_it_wherever_it_is_read(manager):
    """By its preset where nobody named it, from memory and from its folder; renamed, at once."""
    run = finished(manager, preset="ring8")
    folder = manager.runs_root / run.id
    followed = FolderRun(folder)
    assert run.name == followed.status()["name"] == "Ring of 8"
    manager.rename(run.id, "Mine")
    followed.refresh()
    names = {run.name, run.status()["name"], followed.status()["name"]}
    assert names == {"Mine"} == {one.title for one in manager.library()}
    manager.rename(run.id, "")
    assert run.name == "Ring of 8"


def test_a_busy_manager_says_what_it_trains(manager):
    run = manager.start(tiny(steps=0, name="Mine"))
    with pytest.raises(Busy, match="Mine"):
        manager.start(tiny())
    with pytest.raises(Busy, match="Stop it"):
        manager.resume(run.id, replace=True)


def test_what_is_made_ready_knows_the_quickest_ways(manager, monkeypatch):
    """A first Train finds them remembered."""
    seen = threading.Event()
    monkeypatch.setattr(
        "ganviz.runs.manager.choose",
        lambda config, spec, device, data_root: (config.data, seen.set()),
    )
    manager.warm(tiny())
    assert seen.wait(60)
