"""Networks compiled by `torch.compile`, tried out before they are trusted."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from ganviz.engine.trainer import Trainer

BACKEND = "inductor"
TOLERANCE = {"fp32": 1e-3, "bf16": 5e-2}
"""How far a compiled gradient may be from the plain one: the norm of the difference, in norms of the plain one."""


def compile_networks(trainer: Trainer) -> str | None:
    """Compile the networks of ``trainer``; returns None, or a sentence that says why they stay as they are.

    One step is taken plainly and one compiled, from the same state, and their gradients are compared; then the trainer is
    where it was before both. The weights stay in the plain networks, which snapshots and probes go on using.
    """
    algorithm = trainer.algorithm
    plain = {name: getattr(algorithm, name) for name in algorithm.networks}
    start = copy.deepcopy((trainer.weights(), trainer.training_state()))
    expected = _gradients_of_a_step(trainer)
    _go_back(trainer, start)
    try:
        for name, network in plain.items():
            setattr(algorithm, name, torch.compile(network, backend=BACKEND))
        problem = _difference(expected, _gradients_of_a_step(trainer), TOLERANCE[trainer.config.precision])
    except Exception as error:  # the compilers of three systems raise what they like
        cause = getattr(error, "inner_exception", error)
        problem = f"the compiler gave up ({type(cause).__name__}: {str(cause).strip().partition(chr(10))[0][:160]})"
    _go_back(trainer, start)
    if problem is None:
        return None
    for name, network in plain.items():
        setattr(algorithm, name, network)
    return f"The networks are not compiled, since {problem}; they train as usual."


def _gradients_of_a_step(trainer: Trainer) -> dict[str, list[Tensor]]:
    with torch.random.fork_rng(devices=[]):  # no network draws from torch's own random numbers, but one might
        trainer.step()
    return {name: [weight.grad.clone() for weight in network.parameters() if weight.grad is not None]
            for name, network in trainer.algorithm.networks.items()}


def _go_back(trainer: Trainer, start: tuple[dict[str, Tensor], dict[str, Any]]) -> None:
    trainer.load(*copy.deepcopy(start))
    trainer.algorithm.stats.forget()


def _difference(expected: dict[str, list[Tensor]], found: dict[str, list[Tensor]], tolerance: float) -> str | None:
    """What is wrong with the gradients ``found``, in words; None where they are near enough."""
    for name, gradients in expected.items():
        if len(found[name]) != len(gradients):
            return f"compiled, the {name} gets other gradients than it should"
        size, off = (torch.stack(torch._foreach_norm(parts)).norm().item()
                     for parts in (gradients, torch._foreach_sub(found[name], gradients)))
        if not off <= tolerance * size:  # NaN is not near enough, either
            return f"compiled, the {name}'s gradient is off by {off / size if size else off:.1%}"
    return None
