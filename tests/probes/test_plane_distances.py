"""Distances over the plane in closed form: a perfect generator, a collapsed one, a shifted one."""

import math

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data.points import ENTRIES
from ganviz.probes.plane_distances import SAMPLES, Distances, Reference, jensen_shannon, reverse_kl
from tests.probes.test_modes import CENTRES, draw

MLP = RunConfig.parse({"generator": "mlp", "discriminator": "mlp", "g_norm": "none"})


@pytest.mark.parametrize("name", ["ring8-wide", "checkerboard", "line"])
def test_a_perfect_generator_is_at_no_distance(name):
    points = ENTRIES[name].load(MLP.but(data=name), None, None).samples
    perfect = Reference(points[SAMPLES:]).figures(points[:SAMPLES])
    assert perfect["js"] < 0.015 and perfect["kl"] < 0.03 and perfect["w2"] < 0.05


def test_one_mode_of_eight_has_the_divergences_of_an_eighth():
    real, one = draw(SAMPLES), draw(SAMPLES, CENTRES[:1], seed=1)
    figures = Reference(real).figures(one)
    p, m = 1.0, (1 + 1 / 8) / 2
    expected = 0.5 * (p * math.log(p / m)) + 0.5 * (math.log(1 / 8 / m) / 8 + 7 / 8 * math.log(2))
    assert figures["js"] == pytest.approx(expected, abs=0.01)
    assert figures["kl"] == pytest.approx(math.log(8), abs=0.05)


def test_a_shift_is_carried_its_own_length_in_each_direction():
    real = draw(SAMPLES, sigma=0.05)
    figures = Reference(real).figures(real + torch.tensor([0.3, 0.4]))
    # the mean over directions of (shift . direction)^2 is half its squared length
    assert figures["w2"] == pytest.approx(0.5 / math.sqrt(2), abs=1e-4)


def test_nothing_in_common_and_points_outside_stay_finite():
    real = draw(SAMPLES)
    figures = Reference(real).figures(torch.full((SAMPLES, 2), 1e6))
    assert figures["js"] == pytest.approx(math.log(2), abs=1e-5)
    assert math.isfinite(figures["kl"]) and figures["kl"] > 5


def test_divergences_of_equal_counts_are_zero_and_of_two_outcomes_as_written():
    half = torch.tensor([5.0, 5.0], dtype=torch.float64)
    quarter = torch.tensor([1.0, 3.0], dtype=torch.float64)
    assert jensen_shannon(half, half) == reverse_kl(half, half) == 0
    assert reverse_kl(half, quarter) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))


def test_a_run_in_the_plane_logs_them_beside_those_of_real_points(lab):
    run = lab(points=True)
    run.watched_by(Distances()).tick()
    (figures,) = run.told("distances")
    assert figures["n"] == SAMPLES and figures["js"] > 10 * figures["js_real"]
    other = lab()
    other.watched_by(Distances()).tick()
    assert not other.told("distances")
