"""Numbers that change from step to step, as tensors that a captured step reads: learning rates that
decay, a burn-in's beta 2, a penalty's weight that a person turns, noise that fades, an average's
ramp."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Iterator
from typing import Any

import torch
from torch import Tensor

from ganviz.accel.optimizers import CachedAdam
from ganviz.accel.trainer_protocol import AlgorithmLike


class CapturedNumbers:
    """The numbers of ``algorithm``, held on ``device``.

    ``moves``: how often a step moves each of its averages. Where that is once or never, the moving
    stays outside the capture, as one kernel; else it is captured, its weights held here.
    """

    def __init__(self, algorithm: AlgorithmLike[Any, Any], device: torch.device, moves: list[int]):
        self._algorithm = algorithm
        # The fused optimisers of CUDA read fp32, those of CPUs any number.
        exact = torch.float32 if device.type == "cuda" else torch.float64
        self._groups: list[dict[str, Any]] = [
            group for one in algorithm.optimizers.values() for group in one.param_groups
        ]
        self._rates = [_Held(device, exact) for _ in self._groups]
        self._beta2s = self._hold_beta2s(device) if algorithm.beta2_moves else []
        self._scheduled = {name: _Held(device) for name in algorithm.scheduled}
        self._moves = list(zip(algorithm.averages, moves, strict=True))
        self._weights = [
            [_Held(device) for _ in range(count)] if count > 1 else [] for _, count in self._moves
        ]
        self.refresh()

    def refresh(self) -> None:
        """Write what has changed since the last step."""
        for group, rate in zip(self._groups, self._rates, strict=True):
            rate.set(group["lr"])
        for group, beta2 in self._beta2s:
            beta2.set(group["betas"][1])
        for name, number in self._scheduled.items():
            number.set(getattr(self._algorithm, name))
        for (average, _), weights in zip(self._moves, self._weights, strict=True):
            for i, weight in enumerate(weights):
                weight.set(1 - average.decay_at(average.updates + i))

    def fixed(self) -> Hashable:
        """What a capture holds as it is: the beta 2 of optimisers where it does not move. (Another
        one makes a step another kind of work, as does the end of its way: the fused kernel then
        reads it again.)"""
        if self._beta2s and self._algorithm.beta2_moves:
            return None
        return tuple(group["betas"][1] for group in self._groups if "betas" in group)

    def move_averages(self) -> None:
        """What a replayed step leaves to be done: move the averages, or count that it has."""
        for (average, count), weights in zip(self._moves, self._weights, strict=True):
            if weights:
                average.updates += count
            elif count:
                average.update()

    @contextlib.contextmanager
    def as_tensors(self) -> Iterator[None]:
        """Within: a step takes its numbers from the tensors."""
        algorithm = self._algorithm
        before = [dict(group) for group in self._groups]
        for group, rate in zip(self._groups, self._rates, strict=True):
            group["lr"] = rate.tensor
        for group, beta2 in self._beta2s:
            group["betas"] = (group["betas"][0], beta2.tensor)
        algorithm.tensors_of_numbers = {
            name: number.tensor for name, number in self._scheduled.items()
        }
        for (average, _), weights in zip(self._moves, self._weights, strict=True):
            average.captured_weights = [weight.tensor for weight in weights]
            average.calls = 0
        try:
            yield
        finally:
            for group, kept in zip(self._groups, before, strict=True):
                group.update(kept)
            algorithm.tensors_of_numbers = {}
            for average, _ in self._moves:
                average.captured_weights = []

    def _hold_beta2s(self, device: torch.device) -> list[tuple[dict[str, Any], _Held]]:
        for optimizer in self._algorithm.optimizers.values():
            if not isinstance(optimizer, CachedAdam):
                raise RuntimeError("this form of Adam cannot read a beta 2 that moves")
            if not optimizer.counts_agree():
                raise RuntimeError("some weights have taken fewer steps than others")
        return [(group, _Held(device, torch.float64)) for group in self._groups]


class _Held:
    """A number on the device, written where it changes only."""

    def __init__(self, device: torch.device, dtype: torch.dtype = torch.float32):
        self.tensor: Tensor = torch.zeros((), device=device, dtype=dtype)
        self._value = 0.0

    def set(self, value: float) -> None:
        if value != self._value:
            self.tensor.fill_(value)
            self._value = value
