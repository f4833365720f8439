"""Scaling and rotation: exact cases, the paper's chances and distributions, gradients."""

import math

import pytest
import torch

from ganviz.data.augment import diff_augment
from ganviz.data.resampling import GEOMETRIC, moved, origins, resampled, scaled_back, turned_back

CPU = torch.device("cpu")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(count=4, channels=3, size=9):
    return torch.rand(count, channels, size, size, generator=seeded(), dtype=torch.float64)


@pytest.mark.parametrize("size", [8, 9])
def test_a_quarter_turn_is_that_of_rot90(size):
    """torch turns from rows to columns, which is anticlockwise as pictures are drawn."""
    x = pictures(size=size)
    for quarters in (-1, 1, 2):
        angle = torch.full((4,), -quarters * math.pi / 2, dtype=torch.float64)
        turned = moved(x, turned_back(angle))
        torch.testing.assert_close(turned, x.rot90(quarters, (2, 3)), atol=1e-12, rtol=0)


def test_what_is_halved_shows_every_second_pixel_and_its_own_mirror_image():
    x = pictures(size=9)
    minus, none = torch.full((4,), -1.0), torch.zeros(4)
    out = moved(x, scaled_back(minus, none))
    torch.testing.assert_close(out[..., 2:7], x[..., ::2], atol=1e-12, rtol=0)
    # beyond the outermost pixels: 2 and 4 places back inside
    torch.testing.assert_close(out[..., 1], x[..., 2], atol=1e-12, rtol=0)
    torch.testing.assert_close(out[..., 0], x[..., 4], atol=1e-12, rtol=0)
    down = moved(x, scaled_back(none, minus))
    torch.testing.assert_close(down[..., 2:7, :], x[..., ::2, :], atol=1e-12, rtol=0)


def test_nothing_happens_at_p_0_and_everything_at_1():
    x = pictures(8).float().requires_grad_()
    out = diff_augment(x, (*GEOMETRIC, "hue"), seeded(), torch.zeros((), dtype=torch.float64))
    assert torch.equal(out, x)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    assert torch.equal(gradient, torch.ones_like(x))
    for name in GEOMETRIC:
        always = origins(100, [name], seeded(), torch.ones(()), CPU)
        assert (always != torch.eye(2)).flatten(1).any(1).all()
        assert torch.equal(always, origins(100, [name], seeded(), None, CPU))


def test_each_change_has_the_chance_and_the_distribution_of_the_paper():
    count, p, eye = 20_000, 0.4, torch.eye(2)

    def of(name):
        matrix = origins(count, [name], seeded(), torch.tensor(p, dtype=torch.float64), CPU)
        changed = ((matrix - eye).abs() > 1e-6).flatten(1).any(1)
        assert changed.float().mean().item() == pytest.approx(p, abs=0.015), name
        return matrix[changed]

    scaled = of("scaling")
    assert (scaled[:, 0, 0] == scaled[:, 1, 1]).all() and (scaled[:, 0, 1] == 0).all()
    log = -scaled[:, 0, 0].log2()
    assert log.mean().abs() < 0.01 and log.std().item() == pytest.approx(0.2, rel=0.03)

    stretched = of("anisotropic-scaling")
    torch.testing.assert_close(torch.det(stretched), torch.ones(len(stretched)))
    assert stretched[:, 0, 0].log2().std().item() == pytest.approx(0.2, rel=0.03)

    turned = of("rotation")
    torch.testing.assert_close(turned @ turned.mT, eye.expand_as(turned), atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.det(turned), torch.ones(len(turned)))
    angle = torch.atan2(turned[:, 0, 1], turned[:, 0, 0])
    # uniform over a whole turn
    assert angle.std().item() == pytest.approx(2 * math.pi / math.sqrt(12), rel=0.02)
    assert angle.cos().mean().abs() < 0.02 and angle.sin().mean().abs() < 0.02


def test_all_changes_together_are_one_matrix_in_the_order_of_the_paper():
    """Between its two rotations the anisotropic scaling stretches along any line."""
    every = origins(2000, GEOMETRIC, seeded(), None, CPU)
    log = torch.det(every).log2()
    # the area: isotropic scaling alone
    assert log.std().item() == pytest.approx(0.4, rel=0.06)
    u, s, v = torch.linalg.svd(every)
    ratio = (s[:, 0] / s[:, 1]).log2()
    # |2 m| of m ~ N(0, 0.2^2)
    assert ratio.mean().item() == pytest.approx(0.4 * math.sqrt(2 / math.pi), rel=0.06)
    apart = (u[:, :, 0] * v[:, 0]).sum(1).abs()
    assert apart.mean().item() == pytest.approx(2 / math.pi, abs=0.04)


def test_the_gradient_is_the_transposed_operation_twice():
    x = pictures(3, 2, 6)[:, :, :5, :5].contiguous().requires_grad_()
    matrix = origins(3, GEOMETRIC, seeded(), None, CPU).double()
    assert torch.autograd.gradcheck(lambda x: moved(x, matrix), (x,))
    assert torch.autograd.gradgradcheck(lambda x: moved(x, matrix).pow(3), (x,))


def test_pictures_are_changed_one_by_one_where_the_first_of_them_stands():
    x = pictures(6).float()
    one = torch.ones(()).double()
    together = resampled(x + 0.0, GEOMETRIC, seeded(), one)
    for policy in (GEOMETRIC, GEOMETRIC[::-1]):
        assert torch.equal(diff_augment(x, policy, seeded(), one), together)
    assert len({tuple(row) for row in (together - x).flatten(1).tolist()}) == 6
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(resampled(x, GEOMETRIC, seeded(), one), together)
    half = x[:, :, :8, :8].bfloat16()
    assert resampled(half, GEOMETRIC, seeded(), None).dtype == torch.bfloat16
