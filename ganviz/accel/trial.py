"""A quicker way to take a step is tried against the plain one before it is trusted."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from ganviz.accel import private_apis as private
from ganviz.accel.choices import BF16, BF16_BUT_LOWEST, TF32
from ganviz.accel.memory import is_out_of_memory
from ganviz.accel.trainer_protocol import Batch, Stats, TrainerLike

Trainer = TypeVar("Trainer", bound=TrainerLike[Any, Any])

# How far a gradient may be from the plain one: norm of the difference, in norms of it.
PLAIN_OFF, TF32_OFF, BF16_OFF = 1e-3, 1e-2, 5e-2


def try_quicker(trainer: Trainer, attempt: Callable[[Trainer], str | None]) -> str | None:
    """Have ``attempt`` make ``trainer`` quicker; returns None, or a sentence that says why it goes
    on as it did."""
    if not trainer.is_single_process:
        return "Steps that several processes share are taken as usual."
    try:
        return attempt(trainer)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return "There is no room to try a quicker way to take steps; they are taken as usual."


class StartingPoint(Generic[Stats, Batch]):
    """Where a trainer stands, to come back to as often as needed and at the end of the ``with``
    block. The optimisers' tensors stay where they are in memory, and what was measured before is
    kept."""

    def __init__(self, trainer: TrainerLike[Stats, Batch]):
        self._trainer = trainer
        self._stats = trainer.algorithm.stats
        state = trainer.training_state()
        # The optimisers are restored here.
        state["algorithm"]["optimizers"] = None
        self._weights, self._state = copy.deepcopy((trainer.weights(), state))
        self._moments = {
            name: {
                weight: {
                    key: value.clone() for key, value in state.items() if isinstance(value, Tensor)
                }
                for weight, state in optimizer.state.items()
            }
            for name, optimizer in trainer.algorithm.optimizers.items()
        }

    def __enter__(self) -> StartingPoint[Stats, Batch]:
        self._trainer.algorithm.stats = self._trainer.algorithm.new_stats()
        self._trainer.step_before_trial = self._trainer.step_count
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        try:
            self.restore()
        finally:
            self._trainer.algorithm.stats = self._stats
            self._trainer.step_before_trial = None

    @torch.no_grad()
    def restore(self) -> None:
        """Go back. State that an optimiser did not have yet becomes zero, which is what it begins
        with."""
        trainer = self._trainer
        trainer.rewind(self._weights, self._state)
        for name, optimizer in trainer.algorithm.optimizers.items():
            for weight, state in optimizer.state.items():
                before = self._moments[name].get(weight, {})
                for key, value in state.items():
                    if isinstance(value, Tensor):
                        value.copy_(before[key]) if key in before else value.zero_()


def tolerance(trainer: TrainerLike[Stats, Batch]) -> float:
    """How far two ways to take a step may differ, with the digits that ``trainer`` computes
    with."""
    numbers = trainer.algorithm.choices.penalty_numbers
    if trainer.config.precision == "bf16" or numbers in (BF16, BF16_BUT_LOWEST):
        return BF16_OFF
    short = trainer.config.short_products or numbers == TF32
    return TF32_OFF if short and trainer.device.type == "cuda" else PLAIN_OFF


# How many times as far apart as two plain steps another way may be.
NOISE = 3.0

Gradients = dict[str, list[Tensor]]
Distances = dict[str, float]


def torch_random_kept(device: torch.device) -> AbstractContextManager[None]:
    """Within: torch's own random numbers may be drawn, as dropout does; afterwards they go on as if
    nobody had."""
    return torch.random.fork_rng(devices=[device] if device.type == "cuda" else [])


def gradients_of_a_step(trainer: TrainerLike[Stats, Batch]) -> Gradients:
    """Copies of the gradients that each network ends a step with."""
    with torch_random_kept(trainer.device):
        trainer.step()
    return {
        name: [weight.grad.clone() for weight in network.parameters() if weight.grad is not None]
        for name, network in trainer.algorithm.networks.items()
    }


def plain_steps(
    trainer: TrainerLike[Stats, Batch], start: StartingPoint[Stats, Batch]
) -> tuple[Gradients, Distances]:
    """The gradients of a plain step, and how far those of a second one from the same state are from
    them: sums whose order is left to chance, kernels that are chosen anew."""
    expected = gradients_of_a_step(trainer)
    start.restore()
    again = gradients_of_a_step(trainer)
    start.restore()
    return expected, distances(expected, again)


def distances(expected: Gradients, found: Gradients) -> Distances:
    """How far each network's gradient in ``found`` is from that in ``expected``: the norm of the
    difference, in norms of it; infinite where they are gradients of other weights."""
    result = {}
    for name, gradients in expected.items():
        if len(found[name]) != len(gradients):
            result[name] = float("inf")
        elif gradients:
            size, off = (
                torch.stack(private.norm_each(parts)).norm().item()
                for parts in (gradients, private.subtract_each(found[name], gradients))
            )
            result[name] = off / size if size else off
    return result


def verdict(found: Distances, noise: Distances, allowed: float) -> tuple[str | None, str | None]:
    """What is wrong with another way to take a step, in words (None: nothing), and what makes it
    acceptable where it is further off than ``allowed`` (None: it is not)."""
    excuse = None
    for name, off in found.items():
        between = noise.get(name, 0.0)
        # NaN is not near enough, either.
        if not off <= max(allowed, NOISE * between):
            return _how_far_off(name, off, between), None
        if off > allowed:
            excuse = (
                f"the {name}'s gradient is off by {off:.1%}, as two plain steps differ by "
                f"{between:.1%} themselves"
            )
    return None, excuse


def _how_far_off(name: str, off: float, between: float) -> str:
    if math.isnan(between):
        return f"the {name}'s gradient is not a finite number, however the step is taken"
    if math.isnan(off):
        return f"the {name}'s gradient would not be a finite number"
    if math.isinf(off):
        return f"the {name}'s gradient would be that of other weights"
    return (
        f"the {name}'s gradient would be off by {off:.1%}, where two plain steps differ by "
        f"{between:.1%}"
    )


def first_line(error: BaseException) -> str:
    """What kind of error, and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:160]}"
