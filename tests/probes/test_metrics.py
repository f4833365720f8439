"""Fidelity figures against closed forms, scipy's matrix root and brute force."""

import math

import numpy as np
import pytest
import torch

from ganviz.accel.precision import bf16_products
from ganviz.probes import metrics
from ganviz.probes.metrics import (
    class_figures,
    copies,
    frechet,
    kernel_distance,
    nearest_two,
    precision_recall,
)


def draw(n, d=4, shift=0.0, scale=1.0, seed=0):
    return shift + scale * torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_frechet_of_the_same_and_of_shifted_samples():
    x = draw(500)
    assert frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x + 3) == pytest.approx(4 * 9)
    assert frechet(x, 2 * x - x.mean(0)) == pytest.approx(
        torch.cov(x.double().T).trace().item()
    )  # tr(S + 4S - 2 * 2S)


def test_frechet_agrees_with_the_matrix_root():
    from scipy.linalg import sqrtm

    a, b = draw(300, seed=1), draw(400, seed=2) @ draw(4, seed=3)
    s1, s2 = (np.cov(x.double().numpy().T) for x in (a, b))
    gap = (a.double().mean(0) - b.double().mean(0)).square().sum().item()
    assert frechet(a, b) == pytest.approx(
        gap + np.trace(s1 + s2 - 2 * sqrtm(s1 @ s2).real), rel=1e-6
    )


def test_kernel_distance_by_brute_force_and_unbiased():
    a, b = draw(7, seed=1).double(), draw(9, shift=1.0, seed=2).double()

    def k(x, y):
        return float((x @ y / 4 + 1) ** 3)

    among_a = sum(k(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j) / (7 * 6)
    among_b = sum(k(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j) / (9 * 8)
    between = sum(k(x, y) for x in a for y in b) / 63
    assert kernel_distance(a, b) == pytest.approx(among_a + among_b - 2 * between)
    assert (
        abs(np.mean([kernel_distance(draw(60, seed=i), draw(60, seed=100 + i)) for i in range(40)]))
        < 0.02
    )


def test_precision_recall_density_coverage_by_brute_force():
    real, fake, k = draw(40, 2, seed=1), draw(50, 2, shift=0.7, scale=0.6, seed=2), 3

    def radius(x):
        return [sorted(torch.dist(a, b).item() for b in x)[k] for a in x]

    rr, rf = radius(real), radius(fake)
    inside = [[torch.dist(r, f).item() < rr[i] for i, r in enumerate(real)] for f in fake]
    figures = precision_recall(real, fake, k)
    assert figures["precision"] == pytest.approx(np.mean([any(row) for row in inside]))
    assert figures["density"] == pytest.approx(np.sum(inside) / k / len(fake))
    assert figures["coverage"] == pytest.approx(np.mean(np.any(inside, 0)))
    assert figures["recall"] == pytest.approx(
        np.mean([any(torch.dist(r, f).item() < rf[j] for j, f in enumerate(fake)) for r in real])
    )


def test_the_extremes_of_precision_and_recall():
    real = draw(300, 2)
    good, point, far = (
        precision_recall(real, fake)
        for fake in (draw(300, 2, seed=1), real[:1] + draw(300, 2, scale=1e-3), real + 100)
    )
    assert (
        good["coverage"] > 0.9
        and good["precision"] > 0.9
        and good["recall"] > 0.9
        and 0.8 < good["density"] < 1.2
    )
    assert point["precision"] == 1.0 and point["recall"] < 0.05 and point["coverage"] < 0.1
    assert far == {"precision": 0.0, "recall": 0.0, "density": 0.0, "coverage": 0.0}


def test_class_figures():
    even = torch.eye(4).repeat(5, 1)
    figures = class_figures(even, 4, requested=torch.arange(20) % 4)
    assert (
        figures["histogram"] == [5, 5, 5, 5]
        and figures["covered"] == 4
        and figures["agreement"] == 1.0
    )
    assert figures["entropy"] == figures["entropy_max"] == pytest.approx(math.log(4), abs=1e-4)
    one = class_figures(torch.tensor([[0.7, 0.3]]).repeat(10, 1), 2)
    assert (
        one["covered"] == 1
        and one["entropy"] == 0
        and one["confidence"] == pytest.approx(0.7)
        and one["agreement"] is None
    )


def test_copies_are_found_and_blur_is_not_taken_for_one():
    train = draw(2000, 16, seed=1)
    copied, fresh, blur = (
        train[:50] + draw(50, 16, scale=0.02, seed=2),
        draw(50, 16, seed=3),
        draw(50, 16, scale=0.01, seed=4),
    )
    assert copies(nearest_two(copied, train)) == 1.0
    assert copies(nearest_two(fresh, train)) == copies(nearest_two(blur, train)) == 0.0
    assert copies(nearest_two(train[:50], train, skip_same=True)) == 0.0


def test_a_sample_is_not_a_copy_of_itself_while_a_run_takes_short_products():
    train = draw(300, 784, scale=0.7, seed=1).clamp(-1, 1)
    with bf16_products():
        assert copies(nearest_two(train[:50], train, skip_same=True)) == 0.0
        nearest = nearest_two(train[:50], train)
    assert nearest[:, 0].max() < 1e-4


def test_neighbours_are_found_across_chunks(monkeypatch):
    monkeypatch.setattr(metrics, "LARGEST_CHUNK", 1)
    monkeypatch.setattr(metrics, "LEAST_CHUNK", 1)
    train = torch.tensor([[0.0], [10.0], [3.0], [4.0]])
    assert nearest_two(torch.tensor([[3.9]]), train)[0].tolist() == pytest.approx(
        [0.1, 0.9], abs=1e-6
    )
    assert nearest_two(train[:1], train, skip_same=True)[0].tolist() == [3.0, 4.0]
    uint8 = torch.tensor([[0], [255]], dtype=torch.uint8)
    assert nearest_two(torch.tensor([[1.0]]), uint8)[0].tolist() == pytest.approx([0.0, 2.0])
