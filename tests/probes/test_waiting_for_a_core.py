"""What measures within a share of the time counts its own work, and not what it waited for a core
that something else had: a moment in which the machine is busy would silence it for a minute."""

import asyncio
import time
from types import SimpleNamespace

import pytest
import torch

from ganviz.accel import private_apis
from ganviz.engine.observer import Observer
from ganviz.probes.gradients import Gradients
from ganviz.probes.step_recorder import StepRecorder
from ganviz.server import class_wall, lab_watch, latent_requests

WAITED = 0.3  # a thirty-second silence at a share of 0.01


def wait_for_a_core():
    time.sleep(WAITED)


def work():
    end = time.thread_time() + 0.03
    while time.thread_time() < end:
        pass


def rest_after(observer):
    return observer._due - time.perf_counter()


@pytest.mark.parametrize(
    ("cost", "least", "most"), [(wait_for_a_core, 0.0, 1.0), (work, 2.9, 30.0)]
)
def test_a_measurement_rests_for_what_it_worked(lab, cost, least, most):
    class Costly(Observer):
        def measure(self):
            cost()

    run, observer = lab(), Costly()
    observer.begin(run, run.trainer, run.source)
    observer.tick()
    assert least <= rest_after(observer) <= most


@pytest.fixture
def slow_norms(monkeypatch):
    """Norms come late, as where the thread that takes them gets no core."""
    norm_each = private_apis.norm_each

    def late(tensors):
        wait_for_a_core()
        return norm_each(tensors)

    monkeypatch.setattr(private_apis, "norm_each", late)


def test_so_do_the_gradients_of_a_step(lab, slow_norms):
    run, probe = lab(), Gradients()
    probe.begin(run, run.trainer, run.source)
    for _ in range(2):
        probe.tick()
        run.trainer.step()
    probe.tick()
    assert run.told("gradients") and rest_after(probe) < WAITED / probe.share / 2


def test_so_does_a_step_recorded_for_the_lab(lab, monkeypatch):
    run = lab(points=True)
    recorder = StepRecorder(run.trainer)
    monkeypatch.setattr(recorder, "_note_norms", lambda *_: wait_for_a_core())
    recorder.begin()
    run.trainer.step()
    assert recorder.collect() and recorder.seconds < WAITED / 2

    monkeypatch.setattr(lab_watch, "recording_facts", lambda *_: wait_for_a_core() or {})
    run.observers = []
    watch = lab_watch.LabObserver(run, run.trainer)
    watch.take(recorder, None)
    assert watch.due - time.monotonic() < WAITED / lab_watch.pacing.LAB_SHARE / 2


def test_so_do_the_wall_of_a_class_and_the_directions(monkeypatch):
    sheet = class_wall.Sheet(("a", 1, 1), b"", {})
    monkeypatch.setattr(class_wall, "draw_wall", lambda *_: wait_for_a_core() or sheet)
    monkeypatch.setattr(
        class_wall, "Wall", lambda: SimpleNamespace(entries=lambda _: [1], version=1)
    )

    class Playing:
        id, state = "a", "running"
        snapshots = SimpleNamespace(version=1, first_layer=lambda: torch.ones(2, 2))

    run = Playing()
    wall = class_wall.WallRequests(None, SimpleNamespace(add=lambda *_: None), None)
    assert asyncio.run(wall._newest(run)) is sheet
    assert wall._due - time.monotonic() <= class_wall.pacing.WALL_INTERVAL

    monkeypatch.setattr(latent_requests.latent, "directions", lambda *_: wait_for_a_core())
    requests = latent_requests.LatentRequests(None)
    requests._directions(run)
    rest = requests._directions_of[run].good_until - time.monotonic()
    assert rest <= latent_requests.pacing.DIRECTIONS_INTERVAL
