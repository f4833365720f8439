"""Learning rates that fall over the run."""

import pytest
import torch

from ganviz.algorithms.scheduled_values import (
    beta2_at,
    decay_factor,
    ema_decay_at,
    penalty_weight_at,
    rate_share,
)
from ganviz.config import RunConfig
from ganviz.errors import ConfigError


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", [1, 1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25, 0]),
        ("cosine", [1, 0.853553, 0.5, 0.146447, 0]),
    ],
)
def test_the_share_that_is_left(kind, expected):
    config = RunConfig(steps=400, lr_decay=kind)
    assert [decay_factor(config, step) for step in (0, 100, 200, 300, 400)] == pytest.approx(
        expected, abs=1e-6
    )


def test_both_players_slow_down_and_live_rates_are_scaled(tiny):
    trainer = tiny(lr_decay="linear", steps=10, g_lr=1e-3, d_lr=4e-3)
    for _ in range(6):
        trainer.step()
    rates = {
        name: optimizer.param_groups[0]["lr"]
        for name, optimizer in trainer.algorithm.optimizers.items()
    }
    assert rates == pytest.approx({"generator": 0.5e-3, "discriminator": 2e-3})
    trainer.apply("g_lr", 1e-2)
    trainer.step()
    assert trainer.algorithm.optimizers["generator"].param_groups[0]["lr"] == pytest.approx(0.4e-2)


def test_resumed_is_uninterrupted(tiny):
    whole, first, second = (tiny(lr_decay="cosine", steps=12) for _ in range(3))
    for _ in range(8):
        whole.step()
    for _ in range(4):
        first.step()
    second.load(
        {name: value.clone() for name, value in first.weights().items()}, first.training_state()
    )
    for _ in range(4):
        second.step()
    assert all(
        torch.equal(value, second.weights()[name]) for name, value in whole.weights().items()
    )


# CIFAR-10's burn-in, as R3GAN has it: 20 million samples in batches of 512
PAPER = dict(
    burn_in="cosine", burn_in_samples=20_000_000, burn_in_half_life=5_000_000, batch_size=512,
    g_lr=2e-4, d_lr=2e-4, beta2=0.9, penalty="r1+r2", penalty_weight=0.05,
)  # fmt: skip


@pytest.mark.parametrize(
    ("samples", "share", "gamma", "beta2", "half_life"),
    [
        (0, 1.0, 0.05, 0.9, 0),
        (5_000_000, 0.890165, 0.0434099, 0.913180, 732_233),
        (10_000_000, 0.625, 0.0275, 0.945, 2_500_000),
        (20_000_000, 0.25, 0.005, 0.99, 5_000_000),
        (90_000_000, 0.25, 0.005, 0.99, 5_000_000),
    ],
)
def test_the_burn_in_of_the_paper(samples, share, gamma, beta2, half_life):
    config, step = RunConfig(**PAPER), samples / 512
    assert rate_share(config, step) == pytest.approx(share, abs=1e-6)
    assert penalty_weight_at(config, step) == pytest.approx(gamma, abs=1e-7)
    assert beta2_at(config, step) == pytest.approx(beta2, abs=1e-6)
    decay = ema_decay_at(config, step)
    assert decay == pytest.approx(0.5 ** (512 / max(half_life, 1e-8)), rel=1e-6)
    # what an average of that decay forgets in a half-life
    assert not half_life or decay ** (half_life / 512) == pytest.approx(0.5)


def test_without_a_burn_in_everything_is_constant():
    config = RunConfig(penalty="r1", penalty_weight=2.0)
    assert rate_share(config, 9) is None and ema_decay_at(config, 9) is None
    assert (penalty_weight_at(config, 9), beta2_at(config, 9)) == (2.0, 0.999)
    assert ema_decay_at(RunConfig(burn_in="cosine"), 9) is None


def test_a_burn_in_reaches_optimisers_penalty_and_average(tiny):
    trainer = tiny(
        **{**PAPER, "burn_in_samples": 4 * 32, "burn_in_half_life": 64, "batch_size": 32}
    )
    algorithm = trainer.algorithm
    assert algorithm.beta2_moves
    before = [value.clone() for value in algorithm.ema.network.parameters()]
    for _ in range(3):
        trainer.step()
    # the third step was number 2, half of the way: 1 - 0.75 / 2 of the rates
    for optimizer in algorithm.optimizers.values():
        (group,) = optimizer.param_groups
        assert group["lr"] == pytest.approx(0.625 * 2e-4)
        assert group["betas"] == (trainer.config.beta1, pytest.approx(0.945))
    assert algorithm.ema.decay_at(2) == pytest.approx(0.5 ** (32 / 32))
    assert algorithm.ema.decay_at(0) == 0.0
    assert any(
        not torch.equal(a, b)
        for a, b in zip(before, algorithm.ema.network.parameters(), strict=True)
    )
    for _ in range(2):
        trainer.step()
    assert algorithm.number("penalty_weight") == pytest.approx(0.005)
    assert not algorithm.beta2_moves
    trainer.apply("penalty_weight", 1.0)
    assert algorithm.number("penalty_weight") == pytest.approx(0.1)


def test_an_average_with_a_half_life_is_none_of_no_decay(tiny):
    shared = tiny(ema_decay=0.0).algorithm.ema
    assert shared.is_network
    assert not tiny(**{**PAPER, "batch_size": 32, "ema_decay": 0.0}).algorithm.ema.is_network


def test_decay_needs_an_end():
    with pytest.raises(ConfigError) as refusal:
        RunConfig(steps=0, lr_decay="linear")
    assert refusal.value.field == "lr_decay"
