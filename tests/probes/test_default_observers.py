"""All default probes together on a real run: they tell what they should, and change nothing."""

import time

import pytest
import torch

from ganviz.engine.run import Run
from ganviz.probes import default_observers, features
from ganviz.probes.probe import MOST_MEASUREMENTS, Probe

CPU = torch.device("cpu")


def trained(config, root, observers=()):
    run = Run(config, device=CPU, data_root=root, observers=observers).start()
    assert run.join(60) and run.state == "finished", run.error
    return run


def eager(observers):
    for observer in observers:
        observer.interval, observer.share = 0.0, 1e9
    return observers


@pytest.mark.parametrize(
    ("points", "settings"),
    [
        (
            False,
            {
                "generator": "dcgan",
                "discriminator": "dcgan",
                "g_norm": "batch",
                "d_norm": "batch",
                "g_width": 4,
                "d_width": 4,
            },
        ),
        (False, {"d_norm": "spectral", "objective": "hinge", "conditioning": "projection"}),
        (False, {"objective": "relativistic", "penalty": "r1+r2", "update": "simultaneous"}),
        (True, {"pac": 2, "instance_noise": 0.1}),
        (False, {"algorithm": "vae"}),
    ],
)
def test_watched_is_unwatched_bit_for_bit(config, tmp_path, monkeypatch, points, settings):
    monkeypatch.setattr(features, "STEPS", 20)
    monkeypatch.setattr("ganviz.probes.fidelity.Fidelity.first", 0.0)
    quiet, busy = ({"tick_seconds": 60, "sample_seconds": 3600}, {"tick_seconds": 0.02})
    alone = trained(config(points, steps=60, **settings, **quiet), tmp_path)
    watched = trained(
        config(points, steps=60, **settings, **busy), tmp_path, eager(default_observers(tmp_path))
    )
    a, b = alone.trainer.weights(), watched.trainer.weights()
    assert all(torch.equal(a[name], b[name]) for name in a)
    kinds = {event.kind for event in watched.events.since(0)}
    assert {"outputs", "gradients", "coach"} <= kinds
    assert {"modes", "scatter"} <= kinds or not points
    warnings = [
        event.data
        for event in watched.events.since(0, ("note",))
        if event.data["level"] == "warning"
    ]
    assert not warnings


def test_a_probe_that_fails_does_not_end_the_run(config, tmp_path):
    class Broken(Probe):
        name = "broken things"

        def measure(self):
            raise ValueError("no")

    run = trained(config(), tmp_path, [Broken()])
    notes = [
        event.data["sentence"]
        for event in run.events.since(0, ("note",))
        if event.data["level"] == "warning"
    ]
    assert [note for note in notes if "broken things" in note and "ValueError" in note] and len(
        notes
    ) == 1


def test_looks_thin_out_as_a_run_grows_old(lab):
    run = lab()
    probe = Probe()
    probe.begin(run, run.trainer, run.source)
    assert probe.every == 1.0
    probe._began = time.perf_counter() - 10 * MOST_MEASUREMENTS
    assert probe.every == pytest.approx(10, rel=0.01)
