"""The run obeys, tells everything, fails in sentences, and is not changed by being watched."""

import threading
import time
import weakref
from types import SimpleNamespace

import pytest
import torch

from ganviz.engine import recorder
from ganviz.engine.painter import Painter
from ganviz.engine.run import Run
from ganviz.errors import ConfigError

CPU = torch.device("cpu")


def run_of(config, tmp_path, **kwargs):
    return Run(config, device=CPU, data_root=tmp_path, **kwargs)


def wait_for(condition, seconds=30):
    """Poll until ``condition()`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def states(run):
    return [event.data["state"] for event in run.events.since(0, ("state",))]


def same_weights(one, two):
    a, b = one.trainer.weights(), two.trainer.weights()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_goes_through_its_states_and_streams(tiny, tmp_path):
    run = run_of(tiny(), tmp_path).start()
    assert run.join(60)
    assert states(run) == ["preparing", "running", "finished"]
    rows = run.events.rows()
    assert rows["step"][-1] == 40
    assert {"loss_d", "loss_g", "d_real", "d_fake", "images_per_second", "elapsed"} <= rows.keys()
    frames = run.events.since(0, ("frame",))
    assert frames[0].step == 0 and frames[-1].step == 40
    assert run.frames.latest.step == 40 and run.snapshots.step == 40
    assert run.frames.get(0).data != run.frames.get(40).data


def test_watched_is_unwatched_bit_for_bit(tiny, tmp_path):
    alone = run_of(tiny(steps=120, tick_seconds=60, sample_seconds=3600), tmp_path).start()
    assert alone.join(60)
    watched = run_of(tiny(steps=120), tmp_path)
    done = threading.Event()

    def viewer():
        z = torch.randn(3, 4)
        while not done.is_set():
            watched.events.since(0)
            watched.events.rows()
            if watched.snapshots.version:
                watched.snapshots.render(z)

    viewers = [threading.Thread(target=viewer) for _ in range(3)]
    for thread in viewers:
        thread.start()
    watched.start()
    assert watched.join(120)
    done.set()
    for thread in viewers:
        thread.join()
    assert same_weights(alone, watched)


def test_same_seed_same_run_another_seed_another(tiny, tmp_path):
    first, again, other = (run_of(tiny(seed=seed), tmp_path).start() for seed in (1, 1, 2))
    assert all(run.join(60) for run in (first, again, other))
    assert same_weights(first, again)
    assert not same_weights(first, other)


def test_pause_step_resume_stop(tiny, tmp_path):
    run = run_of(tiny(steps=0), tmp_path).start()
    wait_for(lambda: run.step_count > 5)
    run.pause()
    wait_for(lambda: run.state == "paused")
    at = run.step_count
    time.sleep(0.1)
    assert run.step_count == at
    assert run.frames.latest.step == at, "a paused run shows where it stands"
    run.step(3)
    wait_for(lambda: run.state == "paused" and run.step_count == at + 3)
    run.step()
    wait_for(lambda: run.state == "paused" and run.step_count == at + 4)
    run.resume()
    wait_for(lambda: run.step_count > at + 10)
    run.stop()
    assert run.join(30)
    assert states(run)[-1] == "stopped"


def test_steps_taken_one_by_one_equal_steps_taken_at_once(tiny, tmp_path):
    whole = run_of(tiny(steps=12), tmp_path).start()
    assert whole.join(60)
    piecewise = run_of(tiny(steps=12), tmp_path)
    piecewise.pause()
    piecewise.start()
    for n in (1, 4, 7):
        before = piecewise.step_count
        piecewise.step(n)
        wait_for(lambda before=before, n=n: piecewise.step_count == before + n)
    assert piecewise.join(30)
    assert same_weights(whole, piecewise)


def test_live_settings_act_at_a_step_boundary_and_are_recorded(tiny, tmp_path):
    run = run_of(tiny(steps=0), tmp_path)
    run.pause()
    run.start()
    wait_for(lambda: run.state == "paused")
    run.set(g_lr=1e-3, d_steps=2, ema_decay=0.5, penalty_weight=3.0)
    wait_for(lambda: run.config.penalty_weight == 3.0)
    changed = {
        event.data["name"]: (event.data["old"], event.data["value"])
        for event in run.events.since(0, ("setting",))
    }
    assert changed["g_lr"] == (2e-4, 1e-3) and changed["d_steps"] == (1, 2)
    algorithm = run.trainer.algorithm
    assert algorithm.optimizers["generator"].param_groups[0]["lr"] == 1e-3
    assert algorithm.ema.decay == 0.5 and algorithm.config.d_steps == 2
    run.stop()
    assert run.join(30)


@pytest.mark.parametrize(
    ("settings", "field"),
    [({"g_lr": -1.0}, "g_lr"), ({"batch_size": 3}, "batch_size"), ({"d_steps": 0}, "d_steps")],
)
def test_refused_live_settings_name_the_field(tiny, tmp_path, settings, field):
    run = run_of(tiny(), tmp_path)
    with pytest.raises(ConfigError) as refusal:
        run.set(**settings)
    assert refusal.value.field == field


def test_nan_ends_the_run_with_a_sentence_and_keeps_the_last_good_picture(tiny, tmp_path):
    run = run_of(tiny(steps=0), tmp_path)
    run.pause()
    run.start()
    wait_for(lambda: run.state == "paused")
    run.step(5)
    wait_for(lambda: run.step_count == 5 and run.state == "paused")
    good = run.frames.latest
    with torch.no_grad():
        next(iter(run.trainer.algorithm.networks["discriminator"].parameters())).fill_(float("nan"))
    run.resume()
    assert run.join(30)
    assert run.state == "failed"
    assert "discriminator" in run.error and "step 6" in run.error and "learning rate" in run.error
    assert run.frames.latest is good
    assert run.snapshots.step == 5
    assert "no checkpoint yet" in run.error
    elapsed = run.status()["elapsed"]
    time.sleep(0.05)
    assert run.status()["elapsed"] == elapsed, "the clock of a failed run stands still"


def test_memory_exhaustion_names_a_batch_size_that_fits(tiny, tmp_path, monkeypatch):
    from ganviz.algorithms.adversarial import Adversarial

    honest = Adversarial.step

    def greedy(self, draw):
        if self.config.batch_size > 4:
            raise torch.OutOfMemoryError("no memory")
        honest(self, draw)

    monkeypatch.setattr(Adversarial, "step", greedy)
    run = run_of(tiny(), tmp_path).start()
    assert run.join(30)
    assert run.state == "failed" and "batch size of 4 fits" in run.error


def test_a_batch_is_tried_without_what_the_step_that_failed_still_held(tiny, tmp_path, monkeypatch):
    from ganviz.algorithms.adversarial import Adversarial
    from ganviz.engine import diagnosis

    held, alive = [], []

    def greedy(self, draw):
        batch = draw().x  # a local of a frame that the error's traceback keeps
        held.append(weakref.ref(batch))
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(Adversarial, "step", greedy)
    monkeypatch.setattr(
        diagnosis, "_largest_fitting_batch", lambda trainer: alive.append(held[0]() is not None)
    )
    run = run_of(tiny(), tmp_path).start()
    assert run.join(30) and run.state == "failed"
    assert alive == [False]


def test_a_crash_is_a_sentence(tiny, tmp_path, monkeypatch):
    from ganviz.engine.trainer import Trainer

    monkeypatch.setattr(Trainer, "step", lambda self: {}["nothing"])
    run = run_of(tiny(), tmp_path).start()
    assert run.join(30)
    assert run.state == "failed" and "KeyError" in run.error and "\n" not in run.error


def test_missing_data_is_a_sentence(tiny, tmp_path):
    run = run_of(tiny(data="folder", data_path=str(tmp_path / "nowhere")), tmp_path).start()
    assert run.join(30)
    assert run.state == "failed" and "nowhere" in run.error


def test_a_picture_is_begun_in_time_for_the_figures_of_its_tick(tiny, tmp_path, monkeypatch):
    run = run_of(tiny(tick_seconds=0.4, sample_seconds=0.3), tmp_path)
    run._prepare()
    watcher, now, begun = run._recorder, [0.0], []
    monkeypatch.setattr(recorder, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(Painter, "cost", 0.05)
    monkeypatch.setattr(Painter, "begin", lambda self, step, show: not begun.append(step))
    watcher.begin()
    for _ in range(150):
        run.trainer.step()
        now[0] += 0.01  # a step takes 10 ms
        watcher.after_step()
    watcher.close()
    ticks = run.events.rows()["step"].tolist()
    assert ticks == [25, 65, 105, 145]  # the first after 0.25 s, then each 0.4 s
    assert begun == [25, 59, 99, 139]  # a painting's 50 ms and a step before the tick
