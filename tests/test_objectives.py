"""Every objective against numbers worked out by hand, its gradients, its equilibrium, and extreme
logits."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from ganviz import objectives
from ganviz.registry import OBJECTIVES

LN2 = math.log(2)
NAMES = OBJECTIVES.names()

# softplus at -2, -1, 0, 2.5, ... with pen and paper, for the logits below
REAL, FAKE = [2.0, -1.0], [0.0, 3.0]
BY_HAND = {
    "non-saturating": (
        2.590962,
        0.370867,
    ),  # (0.126928 + 1.313262 + 0.693147 + 3.048587) / 2, (0.693147 + 0.048587) / 2
    "saturating": (2.590962, -1.870867),  # G: -(0.693147 + 3.048587) / 2
    "least-squares": (7.0, 2.5),  # (1 + 4 + 0 + 9) / 2, (1 + 4) / 2
    "hinge": (3.5, -1.5),  # (0 + 2 + 1 + 4) / 2
    "wasserstein": (1.0, -1.5),
    "relativistic": (2.072539, 1.072539),  # (0.126928 + 4.018150) / 2, (2.126928 + 0.018150) / 2
    "relativistic-average": (
        3.052967,
        1.052967,
    ),  # 2 (0.474077 + 2.578890) / 2, 2 (0.974077 + 0.078890) / 2
}
AT_ZERO = {
    "non-saturating": (2 * LN2, LN2),
    "saturating": (2 * LN2, -LN2),
    "least-squares": (1.0, 1.0),
    "hinge": (2.0, 0.0),
    "wasserstein": (0.0, 0.0),
    "relativistic": (LN2, LN2),
    "relativistic-average": (2 * LN2, 2 * LN2),
}


def logits(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", NAMES)
def test_values_by_hand(name):
    loss = OBJECTIVES.get(name)
    real, fake = logits(REAL), logits(FAKE)
    assert loss.d(real, fake).item() == pytest.approx(BY_HAND[name][0], abs=2e-6)
    assert loss.g(real, fake).item() == pytest.approx(BY_HAND[name][1], abs=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_values_at_zero_logits(name):
    loss, zero = OBJECTIVES.get(name), logits([0.0, 0.0])
    assert (loss.d(zero, zero).item(), loss.g(zero, zero).item()) == pytest.approx(AT_ZERO[name])


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# At REAL = [2, -1], FAKE = [0, 3]: what each loss pulls at (d/dreal of D, d/dfake of D, d/dfake of
# G), batch of two.
GRADIENTS = {
    "non-saturating": (
        [-(1 - sigmoid(2)) / 2, -(1 - sigmoid(-1)) / 2],
        [sigmoid(0) / 2, sigmoid(3) / 2],
        [-sigmoid(0) / 2, -sigmoid(-3) / 2],
    ),
    "saturating": (
        [-(1 - sigmoid(2)) / 2, -(1 - sigmoid(-1)) / 2],
        [sigmoid(0) / 2, sigmoid(3) / 2],
        [-sigmoid(0) / 2, -sigmoid(3) / 2],
    ),
    "least-squares": ([1.0, -2.0], [0.0, 3.0], [-1.0, 2.0]),
    "hinge": ([0.0, -0.5], [0.5, 0.5], [-0.5, -0.5]),
    "wasserstein": ([-0.5, -0.5], [0.5, 0.5], [-0.5, -0.5]),
    "relativistic": (
        [-sigmoid(-2) / 2, -sigmoid(4) / 2],
        [sigmoid(-2) / 2, sigmoid(4) / 2],
        [-sigmoid(2) / 2, -sigmoid(-4) / 2],
    ),
    # Each logit pulls by itself and through the mean that the other side is compared with.
    "relativistic-average": (
        [
            -(sigmoid(-0.5) + (sigmoid(-0.5) + sigmoid(2.5)) / 2) / 2,
            -(sigmoid(2.5) + (sigmoid(-0.5) + sigmoid(2.5)) / 2) / 2,
        ],
        [
            (sigmoid(-0.5) + (sigmoid(-0.5) + sigmoid(2.5)) / 2) / 2,
            (sigmoid(2.5) + (sigmoid(-0.5) + sigmoid(2.5)) / 2) / 2,
        ],
        [
            -(sigmoid(0.5) + (sigmoid(0.5) + sigmoid(-2.5)) / 2) / 2,
            -(sigmoid(-2.5) + (sigmoid(0.5) + sigmoid(-2.5)) / 2) / 2,
        ],
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name):
    loss, real, fake = OBJECTIVES.get(name), logits(REAL), logits(FAKE)
    of_real, of_fake = torch.autograd.grad(loss.d(real, fake), (real, fake))
    (of_g,) = torch.autograd.grad(loss.g(real, fake), fake)
    for got, expected in zip((of_real, of_fake, of_g), GRADIENTS[name], strict=True):
        assert got.tolist() == pytest.approx(expected)


def variants():
    for name in NAMES:
        yield pytest.param(OBJECTIVES.get(name), id=name)
    for name in ("non-saturating", "saturating", "least-squares"):
        yield pytest.param(
            replace(OBJECTIVES.get(name), label_smoothing=0.2), id=f"{name}, smoothed"
        )
    for targets in ((-1.0, 1.0, 0.0), (0.0, 2.0, 1.5), (0.0, 1.0, 0.5)):
        yield pytest.param(
            replace(OBJECTIVES.get("least-squares"), ls_targets=targets),
            id=f"least-squares {targets}",
        )


@pytest.mark.parametrize("loss", list(variants()))
def test_equilibrium_is_what_the_best_discriminator_reaches_against_a_perfect_generator(loss):
    """Then reals and fakes get the same logit; D chooses the best one, here by trying them all."""
    levels = torch.linspace(-4, 4, 80_001, dtype=torch.float64)
    losses = torch.vmap(lambda level: loss.d(level[None], level[None]))(levels)
    expected = loss.equilibrium
    assert losses.min().item() == pytest.approx(expected["loss_d"], abs=1e-7)
    if expected["loss_g"] is not None:
        best = levels[losses <= losses.min() + 1e-12].mean()
        assert loss.g(best[None], best[None]).item() == pytest.approx(expected["loss_g"], abs=1e-3)


@pytest.mark.parametrize(("name", "loss_d"), [("wasserstein", 0.0), ("hinge", 2.0)])
def test_where_ds_level_is_free_gs_loss_has_no_equilibrium(name, loss_d):
    loss = OBJECTIVES.get(name)
    assert loss.equilibrium == {"loss_d": loss_d, "loss_g": None}
    levels = [torch.tensor([level]) for level in (-0.9, 0.0, 0.9)]
    assert {round(loss.d(level, level).item(), 5) for level in levels} == {loss_d}
    assert len({loss.g(level, level).item() for level in levels}) == 3


@pytest.mark.parametrize("name", NAMES)
def test_charted_verdicts_are_what_the_loss_sees(name):
    """Where a constant added to D's logits leaves both losses as they are, it leaves the chart."""
    loss = OBJECTIVES.get(name)
    real, fake = torch.tensor([2.0, 3.0]), torch.tensor([-1.0, 0.5])
    now, shifted = (
        [loss.score(part).mean().item() for part in loss.compared(real + by, fake + by)]
        for by in (0.0, 3.0)
    )
    assert (now == pytest.approx(shifted)) == loss.pairs
    if loss.pairs:
        assert now[0] > 0.9 and now[1] < 0.1
        for (label, why), kind in zip(loss.score_words, ("fakes", "reals"), strict=True):
            assert label.endswith(f"beside {kind}") and "0.5 it cannot" in why


@pytest.mark.parametrize("name", NAMES)
def test_extreme_logits_stay_finite(name):
    loss = OBJECTIVES.get(name)
    for size in (1e4, -1e4):
        real, fake = (
            torch.full((3,), size, requires_grad=True),
            torch.full((3,), -size, requires_grad=True),
        )
        both = loss.d(real, fake) + loss.g(real, fake)
        gradients = torch.autograd.grad(both, (real, fake), allow_unused=True)
        assert both.isfinite()
        assert all(gradient is None or gradient.isfinite().all() for gradient in gradients)


def test_saturating_starves_g_where_non_saturating_feeds_it():
    fake = logits([-8.0])  # D is sure that it is fake
    (starved,) = torch.autograd.grad(OBJECTIVES.get("saturating").g(fake, fake), fake)
    (fed,) = torch.autograd.grad(OBJECTIVES.get("non-saturating").g(fake, fake), fake)
    assert abs(starved.item()) < 4e-4 and abs(fed.item()) > 0.999


def build(**changes):
    settings = {
        "objective": "non-saturating",
        "label_smoothing": 0.0,
        "ls_targets": (0.0, 1.0, 1.0),
        **changes,
    }
    return objectives.build(SimpleNamespace(**settings))


def test_one_sided_smoothing_moves_only_the_target_of_reals():
    real, fake = logits(REAL), logits(FAKE)
    smooth, plain = build(label_smoothing=0.1), build()
    # t log D + (1 - t) log(1 - D) with t = 0.9, against the plain value: 0.1 times the mean real
    # logit, 0.5
    assert smooth.d(real, fake).item() == pytest.approx(plain.d(real, fake).item() + 0.05)
    assert smooth.g(real, fake) == plain.g(real, fake)
    assert smooth.equilibrium["loss_g"] == pytest.approx(-math.log(0.45))


def test_smoothing_of_least_squares_draws_b_towards_a():
    assert build(objective="least-squares", label_smoothing=0.1).targets == pytest.approx(
        (0.0, 0.9, 1.0)
    )
    centred = build(objective="least-squares", ls_targets=(-1.0, 1.0, 0.0), label_smoothing=0.1)
    assert centred.targets == pytest.approx((-1.0, 0.8, 0.0))


def test_options_are_left_out_where_there_are_no_targets():
    for name, entry in OBJECTIVES:
        assert (
            build(objective=name, label_smoothing=0.3).label_smoothing == 0.3
        ) == entry.has_targets


def test_score_is_a_probability_or_the_raw_output():
    x = logits([0.0, 3.0])
    for name, entry in OBJECTIVES:
        probability = name in (
            "non-saturating",
            "saturating",
            "relativistic",
            "relativistic-average",
        )
        assert (entry.score_range == (0.0, 1.0)) == probability
        assert entry.score(x).tolist() == pytest.approx(
            [0.5, sigmoid(3)] if probability else [0.0, 3.0]
        )


@pytest.mark.parametrize("name", NAMES)
def test_only_relativistic_objectives_read_reals_in_gs_loss(name):
    loss, real, fake = OBJECTIVES.get(name), logits(REAL), logits(FAKE)
    read = torch.autograd.grad(loss.g(real, fake), real, allow_unused=True)[0] is not None
    assert read == loss.needs_real_in_g


@pytest.mark.parametrize("name", NAMES)
def test_every_objective_explains_itself(name):
    entry = OBJECTIVES.get(name)
    assert entry.name == name and entry.label and entry.why.endswith(".")
    for formula in (entry.formula_d, entry.formula_g):
        assert formula and formula.count("{") == formula.count("}")
