"""DiffAugment: identity, exact small cases, gradients, seeding."""

import math
from typing import get_args

import pytest
import torch

from ganviz.augmentation import Change
from ganviz.data import augment
from ganviz.data.augment import (
    CHANGES,
    brightness,
    contrast,
    cutout,
    diff_augment,
    hue,
    saturated,
    saturation,
    translation,
    turned_about_grey,
)

ALL = CHANGES
COLOUR_ONLY = {("saturation",), ("hue",)}


def test_the_setting_names_all_changes():
    assert set(get_args(Change)) == set(ALL)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_an_empty_policy_is_the_identity():
    x = torch.randn(4, 3, 16, 16)
    assert diff_augment(x, (), seeded()) is x


def test_an_unknown_change_is_named():
    with pytest.raises(ValueError, match="'mirror'"):
        diff_augment(torch.zeros(1, 1, 8, 8), ("mirror",))


@pytest.mark.parametrize("shape", [(5, 1, 28, 28), (3, 3, 32, 32), (2, 1, 8, 8)])
@pytest.mark.parametrize("policy", [(name,) for name in ALL] + [ALL])
def test_shape_seed_and_gradient(shape, policy):
    x = torch.randn(shape, requires_grad=True)
    out = diff_augment(x, policy, seeded())
    assert out.shape == x.shape and out.dtype == x.dtype
    assert torch.equal(out, diff_augment(x, policy, seeded()))
    colourless = policy in COLOUR_ONLY and shape[1] == 1
    assert torch.equal(out, diff_augment(x, policy, seeded(1))) == colourless
    (gradient,) = torch.autograd.grad(out.square().sum(), x, create_graph=True)
    assert torch.isfinite(gradient).all() and (gradient != 0).any()
    gradient.square().sum().backward()  # R1 and WGAN-GP differentiate twice
    assert (x.grad != 0).any()


def test_translation_moves_whole_pixels_and_fills_with_zero():
    x = torch.rand(200, 2, 16, 16) + 1
    moved = translation(x, seeded())
    seen = set()
    for before, after in zip(x, moved, strict=True):
        rows, columns = after[0].nonzero().unbind(1)
        top, left, height, width = (
            rows.min(),
            columns.min(),
            len(rows.unique()),
            len(columns.unique()),
        )
        dy, dx = (top if top else height - 16), (left if left else width - 16)
        assert abs(int(dy)) <= 2 and abs(int(dx)) <= 2
        source = before[:, max(0, -dy) : 16 - max(0, dy), max(0, -dx) : 16 - max(0, dx)]
        assert torch.equal(after[:, top : top + height, left : left + width], source)
        seen.add((int(dy), int(dx)))
    assert len(seen) == 25  # every shift there is


def test_large_pictures_are_moved_to_the_same_place_by_indexing(monkeypatch):
    def moved(most):
        monkeypatch.setattr(augment, "MULTIPLIED", most)
        x = torch.randn(6, 3, 20, 20, dtype=torch.float64, generator=seeded(), requires_grad=True)
        out = translation(x, seeded())
        (grad,) = torch.autograd.grad((out**3).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad((grad**2).sum(), x)
        return out, grad, second

    for multiplied, picked in zip(moved(64), moved(8), strict=True):
        assert torch.equal(multiplied, picked)


def test_cutout_removes_half_a_side_at_most():
    out = cutout(torch.ones(500, 1, 16, 16), seeded())
    holes = (out == 0).sum((1, 2, 3))
    assert holes.max() == 64 and holes.min() >= 16
    assert set(out.unique().tolist()) == {0.0, 1.0}
    assert (out[:, 0, 0, 0] == 0).any() and (out[:, 0, -1, -1] == 0).any()


def test_brightness_is_one_number_a_picture():
    change = brightness(torch.zeros(400, 3, 4, 4), seeded()).flatten(1)
    assert (change == change[:, :1]).all() and change.abs().max() <= 0.5
    assert change[:, 0].mean().abs() < 0.05 and change[:, 0].std() == pytest.approx(
        12**-0.5, rel=0.1
    )


def test_saturation_moves_colours_along_their_way_to_grey():
    x = torch.randn(3, 3, 4, 4)
    grey = x.mean(1, keepdim=True).expand_as(x)
    out = saturated(x, torch.tensor([0.0, 1.0, 2.0]))
    torch.testing.assert_close(out[0], grey[0])
    torch.testing.assert_close(out[1], x[1])
    torch.testing.assert_close(out[2], 2 * x[2] - grey[2])
    many = x[:1].expand(4000, -1, -1, -1)
    drawn = saturation(many, seeded())
    torch.testing.assert_close(drawn.mean(1), grey[:1, 0].expand(4000, -1, -1))
    # the factor is 1 on average, and uniform: its standard deviation is 2 / sqrt(12)
    torch.testing.assert_close(drawn.mean(0), x[0], atol=0.1, rtol=0)
    factor = ((drawn - grey[:1]) / (x[:1] - grey[:1])).flatten(1)[:, 0]
    assert factor.min() >= 0 and factor.max() < 2
    assert factor.std().item() == pytest.approx(2 / 12**0.5, rel=0.05)
    one = torch.randn(5, 1, 4, 4)
    torch.testing.assert_close(saturation(one, seeded()), one)


def test_hue_turns_colours_about_the_axis_of_greys():
    x = torch.rand(3, 3, 4, 4)
    third = torch.tensor([2, -2, 4]) * math.pi / 3
    red_to_green = x.roll(1, 1)
    out = turned_about_grey(x, third)
    torch.testing.assert_close(out[0], red_to_green[0])
    torch.testing.assert_close(out[1], x[1].roll(-1, 0))
    torch.testing.assert_close(out[2], x[2].roll(-1, 0))
    # as the rotation matrix does by Rodrigues' formula
    v = torch.full((3,), 3**-0.5)
    cross = torch.tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    matrix = math.cos(0.7) * torch.eye(3) + math.sin(0.7) * cross
    matrix = matrix + (1 - math.cos(0.7)) * torch.outer(v, v)
    turned = turned_about_grey(x, torch.full((3,), 0.7))
    torch.testing.assert_close(turned, torch.einsum("ij,njhw->nihw", matrix, x))
    # neither the mean brightness nor the strength of a colour changes
    torch.testing.assert_close(turned.mean(1), x.mean(1))
    torch.testing.assert_close(turned.norm(dim=1), x.norm(dim=1))
    many = torch.tensor([1.0, 0.0, 0.0])[None, :, None, None].expand(4000, -1, 2, 2)
    drawn = hue(many, seeded())
    # any angle: red is each colour alike
    torch.testing.assert_close(drawn.mean((0, 2, 3)), torch.full((3,), 1 / 3), atol=0.03, rtol=0)
    assert torch.equal(drawn[:, :, :1, :1].expand_as(drawn), drawn)
    one = torch.randn(5, 1, 4, 4)
    torch.testing.assert_close(hue(one, seeded()), one)


def test_contrast_keeps_the_mean_of_a_picture():
    x = torch.randn(1, 3, 4, 4).expand(2000, -1, -1, -1)
    out = contrast(x, seeded())
    torch.testing.assert_close(out.mean((1, 2, 3)), x.mean((1, 2, 3)))
    factor = ((out - x[:1].mean()) / (x - x[:1].mean())).flatten(1)
    torch.testing.assert_close(factor, factor[:, :1].expand_as(factor), atol=1e-3, rtol=1e-3)
    assert factor[:, 0].min() >= 0.5 and factor[:, 0].max() < 1.5
    assert factor[:, 0].mean().item() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_each_picture_is_changed_with_chance_p(p):
    x = torch.zeros(2000, 1, 4, 4)
    out = diff_augment(x, ("brightness",), seeded(), torch.tensor(p, dtype=torch.float64))
    assert (out.flatten(1)[:, 0] != 0).double().mean().item() == pytest.approx(p, abs=0.04)
    # expectation: brightness adds 0 on average
    assert out.mean().abs() < 0.03


def test_each_picture_gets_its_own_change():
    out = diff_augment(torch.ones(8, 1, 16, 16), ALL, seeded())
    assert out.flatten(1).unique(dim=0).shape[0] == 8


def test_half_precision_stays_half():
    assert (
        diff_augment(torch.zeros(2, 1, 8, 8, dtype=torch.bfloat16), ALL, seeded()).dtype
        == torch.bfloat16
    )
