"""Captured steps along a burn-in, whose beta 2 moves from step to step until it ends."""

import pytest
import torch

from ganviz.accel.cuda_graphs import capture_steps
from tests.accel.games import PLACES, assert_same_after, counting

BURN_IN = {"burn_in": "cosine", "burn_in_samples": 80, "burn_in_half_life": 50, "penalty": "r1"}


@pytest.mark.parametrize("place", PLACES)
def test_a_replay_follows_a_beta_2_that_moves(trainer, place):
    """Along a burn-in of five steps, past its end, and when a person makes it longer."""
    game = {**BURN_IN, "beta2": 0.5, "burn_in_beta2": 0.999}
    plain, ours, captures = trainer(place, **game), trainer(place, **game), []

    assert capture_steps(ours, counting(captures, place)) is None
    for samples, wanted in ((80, 2), (1000, 3)):
        for one in (plain, ours):
            one.apply("burn_in_samples", samples)
            for _ in range(8):
                one.step()
        # anew where the fused kernel can read it again, and where it begins to move again
        assert ours.captured_step and len(captures) == wanted
        theirs = plain.weights()
        for name, value in ours.weights().items():
            if value.is_floating_point():
                off = (value - theirs[name]).norm() / (theirs[name].norm() + 1e-6)
                assert off < (1e-4 if place == "cpu" else 1e-2), name
    mine, theirs = (
        one.algorithm.optimizers["generator"].param_groups[0]["betas"] for one in (ours, plain)
    )
    assert mine == theirs and isinstance(mine[1], float)


def test_a_beta_2_that_begins_to_move_is_not_kept(trainer):
    """A capture of after the burn-in holds it as it is."""
    game = {**BURN_IN, "beta2": 0.5, "burn_in_beta2": 0.999, "burn_in_samples": 32}
    plain, ours, captures = trainer("cpu", **game), trainer("cpu", **game), []

    for one in (plain, ours):
        one.step()
        one.step()
    assert capture_steps(ours, counting(captures, "cpu")) is None
    assert_same_after(ours, plain, 2)
    for one in (plain, ours):
        one.apply("burn_in_samples", 10_000)
        one.step()
        one.step()
    assert ours.captured_step and len(captures) == 2
    theirs = plain.weights()
    for name, value in ours.weights().items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-4, atol=1e-5)
