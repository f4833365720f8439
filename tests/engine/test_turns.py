"""Steps in which one player moves alone: the other's weights stay, and the log keeps a mark."""

import time

import pytest
import torch

from ganviz.engine.run import Run
from ganviz.errors import ConfigError


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def weights_of(run, name):
    return [p.detach().clone() for p in run.trainer.algorithm.networks[name].parameters()]


def same(before, after):
    return all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_one_player_moves_alone(tiny):
    run = Run(tiny(steps=0), device=torch.device("cpu"))
    run.pause()
    run.start()
    wait_for(lambda: run.state == "paused")
    for player, other in (("discriminator", "generator"), ("generator", "discriminator")):
        before, rest = weights_of(run, player), weights_of(run, other)
        at = run.step_count
        run.turn(player, 3)
        wait_for(lambda at=at: run.frames.latest.step == at + 3)
        assert run.state == "paused"
        assert not same(before, weights_of(run, player)) and same(rest, weights_of(run, other))
    marks = [(event.step, event.data) for event in run.events.since(0, ("turn",))]
    assert marks == [(1, {"player": "discriminator", "n": 3}), (4, {"player": "generator", "n": 3})]
    rows = run.events.rows()
    assert rows["step"].tolist() == [3, 6] and rows["loss_d"][0] > 0
    run.stop()
    assert run.join(30)


def test_a_vae_has_nobody_who_moves_alone(tiny):
    run = Run(tiny(steps=0, algorithm="vae"), device=torch.device("cpu"))
    run.pause()
    run.start()
    wait_for(lambda: run.state == "paused")
    with pytest.raises(ConfigError, match="none moves alone"):
        run.turn("discriminator")
    run.stop()
    assert run.join(30)
