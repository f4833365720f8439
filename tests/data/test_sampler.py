"""The sampler: every sample once an epoch, every batch full, resumed = uninterrupted."""

import pytest
import torch

from ganviz.data import DataSource, DataSpec, Sampler, to_float


def numbered(count, kind="points", labels=False):
    """Sample i is (i, -i); as a picture, its first two pixels are i."""
    if kind == "points":
        samples = torch.stack([torch.arange(count), -torch.arange(count)], 1).float()
        return DataSource(DataSpec("numbers", kind, (2,), count), samples)
    samples = torch.zeros(count, 1, 2, 2, dtype=torch.uint8)
    samples[:, 0, 0, 0] = torch.arange(count)
    return DataSource(
        DataSpec("numbers", kind, (1, 2, 2), count),
        samples,
        torch.arange(count) if labels else None,
    )


@pytest.mark.parametrize("count, batch", [(12, 4), (10, 4), (7, 7), (5, 13), (1, 3), (100, 1)])
def test_each_sample_once_an_epoch_in_full_batches(count, batch):
    sampler = Sampler(numbered(count), batch, seed=3)
    drawn = []
    while len(drawn) < 3 * count * batch:
        x, y = sampler()
        assert x.shape == (batch, 2) and y is None
        drawn += x[:, 0].long().tolist()
    for start in range(0, len(drawn) - count + 1, count):
        assert sorted(drawn[start : start + count]) == list(range(count))


def test_epochs_differ_and_seeds_differ():
    sampler, same, other = (
        Sampler(numbered(50), 50, 1),
        Sampler(numbered(50), 50, 1),
        Sampler(numbered(50), 50, 2),
    )
    first = sampler().x
    assert (
        torch.equal(first, same().x)
        and not torch.equal(first, other().x)
        and not torch.equal(first, sampler().x)
    )


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 9])
def test_resumed_equals_uninterrupted(steps, flip):
    source = numbered(10, "images", labels=True)
    sampler = Sampler(source, 4, seed=5, flip=flip)
    for _ in range(steps):
        sampler()
    state = {
        name: value.clone() if isinstance(value, torch.Tensor) else value
        for name, value in sampler.state_dict().items()
    }
    expected = [sampler() for _ in range(12)]
    fresh = Sampler(source, 4, seed=99, flip=flip)
    fresh()
    fresh.load_state_dict(state)
    for batch in expected:
        again = fresh()
        assert torch.equal(batch.x, again.x) and torch.equal(batch.y, again.y)


def test_resume_with_a_batch_larger_than_the_set():
    sampler = Sampler(numbered(3), 8, seed=0)
    sampler()
    state = sampler.state_dict()
    expected = sampler().x
    fresh = Sampler(numbered(3), 8, seed=1)
    fresh.load_state_dict(state)
    assert torch.equal(expected, fresh().x)


def test_labels_belong_to_their_pictures_flipped_or_not():
    sampler = Sampler(numbered(200, "images", labels=True), 64, seed=0, flip=True)
    for _ in range(10):
        x, y = sampler()
        assert x.dtype == torch.float32 and x.shape == (64, 1, 2, 2) and y.dtype == torch.int64
        values = ((x[:, 0, 0] + 1) * 127.5).round().long()
        assert torch.equal(values.amax(1), y)
    mirrored = (x[:, 0, 0, 1] > x[:, 0, 0, 0]).float().mean()
    assert 0.2 < mirrored < 0.8


def test_to_float_spans_minus_one_to_one_and_leaves_points():
    grey = torch.tensor([0, 255], dtype=torch.uint8)
    assert to_float(grey).tolist() == [-1.0, 1.0] and grey.tolist() == [0, 255]
    points = torch.randn(3, 2)
    assert to_float(points) is points
