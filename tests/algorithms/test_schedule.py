"""Learning rates that fall over the run."""

import pytest
import torch

from ganviz.algorithms.base import decay_factor
from ganviz.config import RunConfig
from ganviz.errors import ConfigError


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("none", [None] * 5),
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


def test_decay_needs_an_end():
    with pytest.raises(ConfigError) as refusal:
        RunConfig(steps=0, lr_decay="linear")
    assert refusal.value.field == "lr_decay"
