"""DiffAugment: identity, exact small cases, gradients, seeding."""

import pytest
import torch

from ganviz.data.augment import POLICIES, brightness, cutout, diff_augment, translation

ALL = tuple(POLICIES)


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
    assert torch.equal(out, diff_augment(x, policy, seeded())) and not torch.equal(
        out, diff_augment(x, policy, seeded(1))
    )
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


def test_each_picture_gets_its_own_change():
    out = diff_augment(torch.ones(8, 1, 16, 16), ALL, seeded())
    assert out.flatten(1).unique(dim=0).shape[0] == 8


def test_half_precision_stays_half():
    assert (
        diff_augment(torch.zeros(2, 1, 8, 8, dtype=torch.bfloat16), ALL, seeded()).dtype
        == torch.bfloat16
    )
