"""What optimised training asks of a trainer, which stands above it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganviz.config import RunConfig

ElementWise = Callable[[Tensor], Tensor]
Statistic = tuple[str, Tensor, "ElementWise | None"]


class BatchLike(Protocol):
    """Real samples and their classes."""

    @property
    def x(self) -> Tensor: ...

    @property
    def y(self) -> Tensor | None: ...


class StatsLike(Protocol):
    """Collects the statistics of steps on the device."""

    def add(self, name: str, value: Tensor, of: ElementWise | None = None) -> None: ...

    def drain(self) -> list[Statistic]: ...


class AverageLike(Protocol):
    """A moving average of weights."""

    def update(self) -> None: ...


class AlgorithmLike(Protocol):
    """Networks, optimisers and the step that moves them."""

    networks: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    stats: Any
    random: torch.Generator
    steps_done: int

    @property
    def averages(self) -> list[Any]: ...

    def step(self, next_batch: Any) -> None: ...

    def uncounted(self) -> AbstractContextManager[Any]: ...

    def new_stats(self) -> Any: ...

    def why_not_capturable(self) -> str | None: ...


class TrainerLike(Protocol):
    """Takes steps of an algorithm on batches of a sampler."""

    captured_step: Callable[[], None] | None
    sampler: Any

    @property
    def config(self) -> RunConfig: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def algorithm(self) -> AlgorithmLike: ...

    def step(self) -> None: ...

    def weights(self) -> dict[str, Tensor]: ...

    def training_state(self) -> dict[str, Any]: ...

    def rewind(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None: ...
