"""Wherever the samples lie, batches are the same in the same order."""

import threading
from dataclasses import replace

import pytest
import torch

from ganviz import data
from ganviz.data import DataSource, DataSpec, Sampler, load_data, picture_cache, read_ahead
from ganviz.engine.distributed import ShardedSampler
from ganviz.engine.trainer import Trainer


@pytest.fixture
def source():
    random = torch.Generator().manual_seed(0)
    samples = torch.randint(0, 256, (50, 1, 3, 4), generator=random, dtype=torch.uint8)
    spec = DataSpec("noise", "images", (1, 3, 4), 50, ("even", "odd"))
    return DataSource(spec, samples, torch.arange(50) % 2)


def copied(state):
    return {name: v.clone() if hasattr(v, "clone") else v for name, v in state.items()}


def equal(one, other):
    return torch.equal(one.x, other.x) and torch.equal(one.y, other.y)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("batch", [1, 7, 25, 50, 120])
def test_batches_are_those_of_resident_samples_and_go_on_after_a_resume(source, batch, flip):
    resident = Sampler(source, batch, 3, flip)
    mapped = Sampler(replace(source, mapped=True), batch, 3, flip)
    for step in range(20):
        if step == 9:
            state = copied(resident.state_dict())
        assert equal(resident(), mapped())
    # back to where they were, and on in a new sampler
    mapped.load_state_dict(copied(state))
    fresh = Sampler(replace(source, mapped=True), batch, 99, flip)
    fresh.load_state_dict(copied(state))
    resident.load_state_dict(state)
    for _ in range(9):
        expected = resident()
        assert equal(expected, mapped()) and equal(expected, fresh())


def test_processes_share_batches_that_are_read_ahead(source):
    whole = Sampler(source, 8, 3)
    parts = [
        ShardedSampler(replace(source, mapped=True), 8, 3, False, rank, 2) for rank in range(2)
    ]
    for _ in range(20):
        expected, (even, odd) = whole(), (part() for part in parts)
        assert torch.equal(expected.x[::2], even.x) and torch.equal(expected.x[1::2], odd.x)
        assert torch.equal(expected.y[::2], even.y) and torch.equal(expected.y[1::2], odd.y)


@pytest.mark.parametrize("most, ahead", [(10**9, True), (10, False)])
def test_what_follows_is_read_before_it_is_asked_for_where_it_is_small(
    source, monkeypatch, most, ahead
):
    monkeypatch.setattr(read_ahead, "MOST_BYTES", most)
    readers, read = [], read_ahead.ReadAhead._read
    monkeypatch.setattr(
        read_ahead.ReadAhead,
        "_read",
        lambda self, index: readers.append(threading.current_thread()) or read(self, index),
    )
    sampler = Sampler(replace(source, mapped=True), 5, 3)
    sampler(), sampler()
    own = threading.current_thread()
    assert readers[0] is own and (readers[1] is not own) == ahead


def test_samples_that_would_crowd_a_gpu_stay_where_they_are(source, monkeypatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr(data, "free_memory", lambda device: 2 * source.samples.nbytes - 2)
    placed = data._placed(source, gpu)
    assert placed.device == gpu and placed.samples.device.type == "cpu" and not placed.is_resident


def weights_after(trainer, steps):
    for _ in range(steps):
        trainer.step()
    return trainer.weights()


def test_training_is_bit_for_bit_the_same_cached_or_not(config, pictures, tmp_path, monkeypatch):
    for name in ("cats", "dogs"):
        for i in range(3):
            pictures(f"own/{name}/{i}", 9, colour=(40 * i, 90, 200 if name == "cats" else 20))
    settings = config(
        "folder",
        data_path=str(tmp_path / "own"),
        conditioning="concat",
        flip=True,
        holdout=0.1,
        data_limit=40,
        batch_size=10,
        image_size=16,
        penalty="r1",
    )
    cpu = torch.device("cpu")
    with monkeypatch.context() as patch:
        patch.setattr(picture_cache, "room", lambda folder: 0)
        plain = load_data(settings, "cpu", tmp_path / "root")
    first = load_data(settings, "cpu", tmp_path / "root")
    again = load_data(settings, "cpu", tmp_path / "root")
    assert (plain.mapped, first.mapped, again.mapped) == (False, True, True)
    expected = weights_after(Trainer(settings, plain, cpu), 12)
    for found in (
        weights_after(Trainer(settings, first, cpu), 12),
        resumed(settings, first, plain, cpu),
        resumed(settings, plain, again, cpu),
    ):
        assert all(torch.equal(expected[name], found[name]) for name in expected)


def resumed(settings, before, after, device):
    """Weights after seven steps on one source and five on the other."""
    trainer = Trainer(settings, before, device)
    weights = weights_after(trainer, 7)
    fresh = Trainer(settings, after, device)
    fresh.load({name: value.clone() for name, value in weights.items()}, trainer.training_state())
    return weights_after(fresh, 5)
