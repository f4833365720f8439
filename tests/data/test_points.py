"""Point sets: centres in closed form, spread as told, order without meaning."""

import math

import pytest
import torch

from ganviz.data import points
from ganviz.registry import DATASETS

POINTS = [name for name, entry in DATASETS if entry.kind == "points"]
MODAL = ["two-gaussians", "three-gaussians", "ring8", "ring8-wide", "grid25", "blobs"]


@pytest.mark.parametrize("name", POINTS)
def test_a_hundred_thousand_the_same_ones_in_every_run(load, name):
    first, second = load(name, seed=1), load(name, seed=2)
    assert first.spec.count == 100_000 and torch.equal(first.samples, second.samples)
    assert (first.modes is not None) == (name in MODAL)
    assert first.samples.abs().max() < 5 and first.samples.std(0).min() > 0.1


@pytest.mark.parametrize("name, sigma", [("ring8", 0.01), ("ring8-wide", 0.05)])
def test_the_ring_has_eight_distinct_centres(load, name, sigma):
    modes = load(name).modes
    centres = modes["centres"]
    half = math.sqrt(0.5)
    true = torch.tensor(
        [
            [1, 0],
            [half, half],
            [0, 1],
            [-half, half],
            [-1, 0],
            [-half, -half],
            [0, -1],
            [half, -half],
        ]
    )
    assert torch.allclose(centres, true, atol=1e-6) and modes["sigma"] == sigma
    assert torch.pdist(centres).min() == pytest.approx(2 * math.sin(math.pi / 8), abs=1e-5)


def test_the_grid_is_the_papers(load):
    modes = load("grid25").modes
    assert sorted(map(tuple, modes["centres"].tolist())) == [
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    ]
    assert modes["sigma"] == 0.05


@pytest.mark.parametrize("name", MODAL)
def test_samples_lie_round_their_centres_evenly(load, name):
    source = load(name)
    centres, sigma = source.modes["centres"], source.modes["sigma"]
    assert (
        centres.dtype == torch.float32 and torch.pdist(centres).min() > 6 * sigma
    )  # disjoint at three sigma
    distance, nearest = torch.cdist(source.samples, centres).min(1)
    shares = nearest.bincount(minlength=len(centres)) / len(source.samples)
    assert torch.allclose(shares, torch.full_like(shares, 1 / len(centres)), atol=0.005)
    assert distance.square().mean().div(2).sqrt() == pytest.approx(sigma, rel=0.01)
    assert (distance < 3 * sigma).float().mean() == pytest.approx(1 - math.exp(-4.5), abs=0.002)


@pytest.mark.parametrize("name", POINTS)
def test_any_prefix_looks_like_the_whole(load, name):
    samples = load(name).samples
    part, whole = samples[:5000], samples
    spread = whole.std(0)
    assert ((part.mean(0) - whole.mean(0)).abs() < 0.06 * spread).all()
    assert ((part.std(0) / spread - 1).abs() < 0.05).all()


def test_shapes_are_what_their_names_say(load):
    line = load("line").samples
    assert (line[:, 1] - 0.5 * line[:, 0]).std() == pytest.approx(0.03 * math.sqrt(1.25), rel=0.02)
    board = (load("checkerboard").samples + 2).floor().long()
    assert board.min() >= 0 and board.max() <= 3 and (board.sum(1) % 2 == 0).all()
    roll = load("swiss-roll").samples
    assert roll.norm(dim=1).max() < 2.3
    assert len(points.ring_centres(5)) == 5 and len(points.grid_centres(3)) == 9
    spiral = load("spiral").samples
    assert torch.allclose(spiral.mean(0), torch.zeros(2), atol=0.02)
    moons = load("moons").samples
    assert moons[:, 0].max() == pytest.approx(1.875, abs=0.3)
