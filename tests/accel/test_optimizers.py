"""The optimisers: torch's own steps, bit for bit."""

import copy

import pytest
import torch
from torch import nn

from ganviz.accel import private_apis
from ganviz.accel.optimizers import CachedAdam, make_optimizer
from ganviz.config import RunConfig

CPU = torch.device("cpu")


def pair():
    """Two networks alike, one with ours and one with torch's optimiser."""
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    theirs = copy.deepcopy(ours)
    return (
        ours,
        theirs,
        CachedAdam(ours.parameters(), 1e-2, (0.5, 0.9), fused=True),
        torch.optim.Adam(theirs.parameters(), 1e-2, (0.5, 0.9), fused=True),
    )


def take(network, optimizer, step, only=None):
    optimizer.zero_grad()
    inputs = None if only is None else [list(network.parameters())[only]]
    network(torch.full((5, 3), 0.1 * step + 1)).square().sum().backward(inputs=inputs)
    optimizer.step()


def take_alike(ours, theirs, optimizer, reference, step, only=None):
    take(ours, optimizer, step, only)
    take(theirs, reference, step, only)


def same(ours, theirs, optimizer, reference):
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)
        for name in ("step", "exp_avg", "exp_avg_sq"):
            assert torch.equal(optimizer.state[mine][name], reference.state[other][name])


def test_steps_are_torchs_own():
    ours, theirs, optimizer, reference = pair()
    for step in range(5):
        take_alike(ours, theirs, optimizer, reference, step)
    same(ours, theirs, optimizer, reference)


def test_a_new_rate_counts_at_once():
    ours, theirs, optimizer, reference = pair()
    for step in range(4):
        for one in (optimizer, reference):
            one.param_groups[0]["lr"] = 0.1 / (step + 1)
        take_alike(ours, theirs, optimizer, reference, step)
    same(ours, theirs, optimizer, reference)


def test_a_loaded_state_is_the_one_that_moves():
    ours, theirs, optimizer, reference = pair()
    take_alike(ours, theirs, optimizer, reference, 0)
    saved = copy.deepcopy(optimizer.state_dict())
    for step in range(1, 4):
        take(ours, optimizer, step)
    ours.load_state_dict(theirs.state_dict())
    optimizer.load_state_dict(saved)
    for step in range(4, 7):
        take_alike(ours, theirs, optimizer, reference, step)
    same(ours, theirs, optimizer, reference)


def test_weights_that_no_loss_reaches_are_left_until_one_does(monkeypatch):
    """As a head that a game does not use. The others take the quick way, which a CUDA graph can
    hold and torch's own step cannot."""
    ours, theirs, optimizer, reference = pair()
    plain, taken = private_apis.adam_step, []
    monkeypatch.setattr(private_apis, "adam_step", lambda *given: taken.append(1) or plain(*given))
    for step, (only, wanted) in enumerate([(2, 1), (2, 1), (None, 2), (None, 2), (2, 3)]):
        take_alike(ours, theirs, optimizer, reference, step, only)
        assert len(taken) == wanted, step
    same(ours, theirs, optimizer, reference)


def test_a_copy_moves_alone():
    ours, theirs, optimizer, reference = pair()
    for step in range(2):
        take_alike(ours, theirs, optimizer, reference, step)
    network, twin = copy.deepcopy((ours, optimizer))
    take(network, twin, 9)
    same(ours, theirs, optimizer, reference)
    assert not torch.equal(network[0].weight, ours[0].weight)


def test_weights_without_a_gradient_rest():
    ours, theirs, optimizer, reference = pair()
    for step, only in enumerate((None, 2, None, 0)):
        take_alike(ours, theirs, optimizer, reference, step, only)
    same(ours, theirs, optimizer, reference)


def test_hooks_see_each_step_once():
    network, _, optimizer, _ = pair()
    seen = []
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    handle = optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    for step in range(3):
        take(network, optimizer, step)
    assert seen == ["before", "after"] * 3
    handle.remove()
    take(network, optimizer, 4)
    assert seen[6:] == ["before"]


@pytest.mark.parametrize("name", ["adam", "sgd", "momentum", "rmsprop"])
def test_each_optimizer_learns(name):
    network = nn.Linear(3, 1)
    optimizer = make_optimizer(RunConfig.parse({"optimizer": name}), network, 1e-3, CPU)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = (network(torch.ones(4, 3)) - 5).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_weights_that_sat_out_a_step_are_found():
    ours, _, optimizer, _ = pair()
    assert optimizer.counts_agree()
    take(ours, optimizer, 0)
    assert optimizer.counts_agree()
    take(ours, optimizer, 1, only=0)
    assert not optimizer.counts_agree()
