"""What held-out pictures say while a run trains: D's memory, and what generated pictures teach."""

import time

import pytest
import torch

from ganviz.data.held_out import MIXED_SPLIT
from ganviz.probes import held_out_scores as held_out
from ganviz.probes.classifier import correct, train_classifier
from ganviz.probes.held_out_scores import HELD_OUT, HeldOut


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(held_out, "STEPS", 40)
    monkeypatch.setattr(held_out.HeldOut, "first", 0.0)


def measured(lab, **changes):
    made = lab(**changes)
    probe = made.watched_by(HeldOut())
    probe._due = 0.0
    probe.tick()
    probe.wait()
    first, told = made.told("held_out")
    assert first["utility"] is None and first["membership"] == told["membership"]
    return made, told


def test_a_d_that_knows_its_pictures_by_heart_is_found(lab):
    made = lab(data_limit=16)
    probe = made.watched_by(HeldOut())

    class ByHeart(torch.nn.Module):
        def forward(self, x, y=None):
            known = probe._members[0].flatten(1).float().div(127.5).sub(1)
            return -torch.cdist(x.flatten(1), known).min(1).values

    made.trainer.algorithm.networks["discriminator"] = ByHeart()
    probe._due = 0.0
    probe.tick()
    (told,) = made.told("held_out")
    assert told["membership"] == 1 and told["n_train"] == 16 and told["n_held"] == 500
    assert "utility" not in told


def test_what_generated_pictures_teach_stands_beside_real_ones(lab):
    random = torch.get_rng_state()
    made, told = measured(lab, conditioning="concat")
    assert torch.equal(random, torch.get_rng_state())
    assert 0.4 < told["membership"] < 0.6
    assert told["utility"] < 0.5 < told["utility_real"] and told["n_tested"] == 180
    assert {figure.name for figure in HELD_OUT.figures} <= told.keys()
    before = [p.clone() for p in made.trainer.algorithm.networks["discriminator"].parameters()]
    after = made.trainer.algorithm.networks["discriminator"].parameters()
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))


def test_who_stops_a_run_does_not_wait_for_classifiers(lab, monkeypatch):
    cancelled = []

    def learns_long(x, y, classes, seed, steps, stopped):
        end = time.monotonic() + 30
        while not stopped() and time.monotonic() < end:
            time.sleep(0.01)
        cancelled.append(stopped())
        return train_classifier(x, y, classes, seed, 0)

    monkeypatch.setattr(held_out, "train_classifier", learns_long)
    made = lab(conditioning="concat")
    probe = made.watched_by(HeldOut())
    probe._due = 0.0
    probe.tick()
    probe.finish()
    assert cancelled[0] and not probe.is_working()
    assert [told["utility"] for told in made.told("held_out")] == [None]


def test_without_held_out_pictures_there_is_nothing_to_say(lab):
    assert not lab(holdout=0.0).watched_by(HeldOut()).applies()
    assert not lab(points=True).watched_by(HeldOut()).applies()
    mixed = lab()
    object.__setattr__(mixed.source.spec, "split", MIXED_SPLIT)
    assert not mixed.watched_by(HeldOut()).applies()


def test_the_classifier_learns_and_is_its_seeds(lab):
    source = lab().source
    x, y = source.samples[:400], source.labels[:400]
    first, again = (train_classifier(x, y, 10, 3, 60) for _ in range(2))
    assert all(
        torch.equal(one, other)
        for one, other in zip(first.parameters(), again.parameters(), strict=True)
    )
    right = correct(first, source.samples[400:600], source.labels[400:600])
    assert right.shape == (200,) and right.mean() > 0.6
