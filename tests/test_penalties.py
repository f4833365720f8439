"""Gradient penalties against closed forms, and their way into D's weights against finite
differences."""

import math

import pytest
import torch
from torch import nn

from ganviz.penalties import Penalty, gradient_penalty, input_gradient, squared_norm
from ganviz.registry import PENALTIES

NAMES = PENALTIES.names()
W = torch.tensor([3.0, 4.0, 12.0], dtype=torch.float64)  # length 13
EXPECTED_LINEAR = {
    "none": 0.0,
    "r1": 169 / 2,
    "r2": 169 / 2,
    "r1+r2": 169.0,
    "wgan-gp": 144.0,
    "dragan": 144.0,
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def samples(count=5, seed=1):
    return torch.randn(count, 3, generator=seeded(seed), dtype=torch.float64)


def penalty(name, d, real, fake, seed=0):
    return PENALTIES.get(name).penalty(d, real, fake, seeded(seed))


@pytest.mark.parametrize("name", NAMES)
def test_linear_discriminator(name):
    """D(x) = w.x has the input gradient w everywhere."""
    assert penalty(name, lambda x: x @ W, samples(), samples(seed=2)).item() == pytest.approx(
        EXPECTED_LINEAR[name]
    )


def test_the_norm_is_of_each_sample():
    """D(x) = |x|^2 / 2 has the input gradient x: E |x|^2 and E (|x| - 1)^2, not a norm over the
    whole batch."""

    def d(x):
        return x.square().sum(1) / 2

    real = torch.tensor([[3.0, 4.0], [0.0, 1.0]])  # lengths 5 and 1
    fake = torch.tensor([[0.0, 2.0], [0.0, 0.0]])  # lengths 2 and 0
    assert penalty("r1", d, real, fake).item() == pytest.approx((25 + 1) / 2 / 2)
    assert penalty("r2", d, real, fake).item() == pytest.approx((4 + 0) / 2 / 2)
    assert penalty("r1+r2", d, real, fake).item() == pytest.approx((26 + 4) / 4)
    assert penalty("wgan-gp", d, real, real).item() == pytest.approx(
        (16 + 0) / 2
    )  # between a point and itself


def test_images_are_flattened_for_the_norm():
    x = torch.randn(4, 3, 5, 5, generator=seeded())
    value = gradient_penalty(lambda x: x.square().sum((1, 2, 3)) / 2, x, 0.0)
    assert value.item() == pytest.approx(x.square().sum().item() / 4, rel=1e-5)


def test_interpolates_lie_between_pairs():
    seen = []
    real, fake = torch.zeros(64, 2), torch.tensor([1.0, 2.0]).repeat(64, 1)
    penalty("wgan-gp", lambda x: seen.append(x.detach()) or x.sum(1), real, fake)
    share = seen[0][:, 0]
    assert torch.allclose(seen[0][:, 1], 2 * share)  # one share a sample, for all of its numbers
    assert 0 <= share.min() < 0.1 and 0.9 < share.max() <= 1 and abs(share.mean() - 0.5) < 0.1


def test_dragan_looks_around_the_reals():
    seen = []
    real = torch.randn(4000, 2, generator=seeded(3)) * 4
    penalty("dragan", lambda x: seen.append(x.detach()) or x.sum(1), real, None)
    noise = seen[0] - real
    assert noise.mean().abs() < 0.1 and noise.std().item() == pytest.approx(
        0.5 * real.std().item(), rel=0.05
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_state_gives_the_same_value(name):
    torch.manual_seed(0)
    d = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    values = [penalty(name, d, samples(), samples(seed=2), seed).item() for seed in (0, 0, 1)]
    assert values[0] == values[1]
    assert (values[0] != values[2]) == (name in ("wgan-gp", "dragan"))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "none"])
def test_the_gradient_reaches_the_weights(name):
    torch.manual_seed(0)
    d = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0)).double()
    real, fake, weight = samples(), samples(seed=2), d[0].weight
    (gradient,) = torch.autograd.grad(penalty(name, d, real, fake), weight)
    for index in ((0, 0), (3, 2), (5, 1)):
        values = []
        for step in (1e-6, -1e-6):
            with torch.no_grad():
                weight[index] += step
            values.append(penalty(name, d, real, fake).item())
            with torch.no_grad():
                weight[index] -= step
        assert gradient[index].item() == pytest.approx(
            (values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-8
        )


def test_reused_logits_give_the_same_penalty():
    torch.manual_seed(0)
    d = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0)).double()
    real, fake = samples(), samples(seed=2)
    x = torch.cat([real, fake]).requires_grad_()
    norms = squared_norm(input_gradient(d(x), x))
    assert norms.shape == (10,)
    assert (norms[:5].mean() + norms[5:].mean()).item() / 2 == pytest.approx(
        penalty("r1+r2", d, real, fake).item()
    )


def test_a_pack_has_one_norm():
    """D sums two samples of a pack under w: the slope of one logit is (w, w)."""

    def packed(x):
        return x.reshape(-1, 6) @ torch.cat([W, W])

    assert penalty("r1", packed, samples(4), None).item() == pytest.approx(2 * 169 / 2)
    assert penalty("wgan-gp", packed, samples(4), samples(4, 2)).item() == pytest.approx(
        (13 * math.sqrt(2) - 1) ** 2
    )
    x = samples(4).requires_grad_()
    assert squared_norm(input_gradient(packed(x), x), 2).tolist() == pytest.approx([338.0, 338.0])


@pytest.mark.parametrize("name", NAMES)
def test_fp32_under_autocast(name):
    torch.manual_seed(0)
    d = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0))
    real, fake = samples().float(), samples(seed=2).float()
    plain = penalty(name, d, real, fake)
    with torch.autocast("cpu", torch.bfloat16):
        cast = penalty(name, d, real, fake)
    assert cast.dtype == torch.float32 and cast.item() == plain.item()


def test_a_flat_discriminator_gives_no_nan():
    weight = torch.zeros(3, requires_grad=True)
    for name in NAMES:
        value = penalty(name, lambda x: x @ weight, samples().float(), samples(seed=2).float())
        assert value.item() == (1.0 if name in ("wgan-gp", "dragan") else 0.0)
        if name != "none":
            (gradient,) = torch.autograd.grad(value, weight)
            assert gradient.isfinite().all()


def test_entries_say_what_they_need():
    assert {name for name, entry in PENALTIES if entry.needs_fake} == {"r2", "r1+r2", "wgan-gp"}
    for name, entry in PENALTIES:
        assert entry.name == name and entry.label and entry.why.endswith(".")
        # "none" has no term to write down
        assert bool(entry.formula) == (entry.at is not None)
        assert entry.formula.count("{") == entry.formula.count("}")


@pytest.mark.parametrize("at", ["real", "fake", "both"])
@pytest.mark.parametrize("centre", [0.0, 1.0])
def test_gradients_that_are_there_already_give_the_same_penalty(at, centre):
    """A penalty of one's own with a centre, too."""

    def d(x):
        return x.square().sum(1) / 2

    own = Penalty("own", "Own", "A test.", "0", at, centre, 0.5)
    real, fake = samples(), samples(seed=2)
    wanted = own.penalty(d, real, fake, seeded())
    torch.testing.assert_close(own.of_gradients(real, fake, len(real)), wanted)
