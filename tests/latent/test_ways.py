"""Paths through key frames against closed forms."""

import math

import pytest
import torch

from ganviz.errors import GanvizError
from ganviz.latent.paths import closed_spline, lerp, slerp, through

SQUARE = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def test_a_closed_spline_through_a_square_is_nearly_its_circle():
    """Periodic cubic splines through n points of a circle: at the middle between two, the radius
    by hand is sqrt(2) / 2 * (1 + 6 / 16) for n = 4."""
    middle = closed_spline(SQUARE, torch.tensor([0.5, 1.5, 3.5]))
    assert torch.allclose(middle.norm(dim=1), torch.full((3,), math.sqrt(0.5) * 1.375), atol=1e-6)
    assert torch.allclose(closed_spline(SQUARE, torch.arange(8.0)), SQUARE.repeat(2, 1), atol=1e-6)


def test_its_derivatives_are_continuous_where_it_closes():
    t = torch.tensor([-2e-2, -1e-2, 0.0, 1e-2, 2e-2], dtype=torch.float64)
    points = torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    before, near, here, soon, after = closed_spline(points, t)
    assert torch.allclose((here - near) / 1e-2, (soon - here) / 1e-2, atol=0.2)
    bend_before, bend_after = (before - 2 * near + here) / 1e-4, (here - 2 * soon + after) / 1e-4
    assert torch.allclose(bend_before, bend_after, atol=0.5)


@pytest.mark.parametrize(("kind", "between"), [("lerp", lerp), ("slerp", slerp)])
def test_a_way_of_two_legs(kind, between):
    z, nearest = through(SQUARE[:3], 9, kind)
    assert torch.equal(z[0], SQUARE[0]) and torch.equal(z[4], SQUARE[1])
    assert torch.equal(z[8], SQUARE[2])
    assert torch.allclose(z[1], between(SQUARE[0], SQUARE[1], 0.25))
    assert nearest == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_lerp_cuts_through_the_inside_and_slerp_does_not():
    assert through(SQUARE[:2], 3, "lerp")[0][1].norm() == pytest.approx(math.sqrt(0.5))
    assert through(SQUARE[:2], 3, "slerp")[0][1].norm() == pytest.approx(1)


def test_a_closed_way_plays_round_and_round():
    z, nearest = through(SQUARE, 8, "spline")
    assert (
        torch.allclose(z[::2], SQUARE, atol=1e-6)
        and nearest[0] == 0
        and set(nearest) == {0, 1, 2, 3}
    )


def test_a_way_that_is_none():
    with pytest.raises(GanvizError, match="at least two"):
        through(SQUARE[:1], 8, "lerp")
    with pytest.raises(GanvizError, match="spline"):
        through(SQUARE, 8, "warp")
