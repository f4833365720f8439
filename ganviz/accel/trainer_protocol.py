"""What optimised training asks of a trainer, which stands above it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ganviz.accel.choices import Choices
from ganviz.config import RunConfig

if TYPE_CHECKING:
    from typing_extensions import Self

ElementWise = Callable[[Tensor], Tensor]
Statistic = tuple[str, Tensor, "ElementWise | None"]


class BatchLike(Protocol):
    """Real samples and their classes."""

    @property
    def x(self) -> Tensor: ...

    @property
    def y(self) -> Tensor | None: ...

    def clone(self) -> Self: ...


class StatsLike(Protocol):
    """Collects the statistics of steps on the device."""

    def add(self, name: str, value: Tensor, of: ElementWise | None = None) -> None: ...

    def drain(self) -> list[Statistic]: ...


class AverageLike(Protocol):
    """A moving average of weights; see `ganviz.algorithms.ema.Ema`."""

    frozen: bool
    calls: int
    updates: int
    captured_weights: list[Tensor]

    def update(self) -> None: ...

    def decay_at(self, update: int) -> float: ...


Batch = TypeVar("Batch", bound=BatchLike)
Batch_contra = TypeVar("Batch_contra", bound=BatchLike, contravariant=True)
Stats = TypeVar("Stats", bound=StatsLike)


class AlgorithmLike(Protocol[Stats, Batch_contra]):
    """Networks, optimisers and the step that moves them."""

    networks: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    stats: Stats
    random: torch.Generator
    steps_done: int
    choices: Choices
    scheduled: ClassVar[tuple[str, ...]]
    tensors_of_numbers: dict[str, Tensor]

    @property
    def averages(self) -> Sequence[AverageLike]: ...

    @property
    def beta2_moves(self) -> bool: ...

    def structure(self) -> Hashable: ...

    def schedule(self, step: int) -> None: ...

    def step(self, next_batch: Callable[[], Batch_contra]) -> None: ...

    def uncounted(self) -> AbstractContextManager[Stats]: ...

    def new_stats(self) -> Stats: ...

    def why_not_capturable(self) -> str | None: ...


class TrainerLike(Protocol[Stats, Batch]):
    """Takes steps of an algorithm on batches of a sampler."""

    captured_step: Callable[[], None] | None
    step_count: int
    # Where a trial began, whose steps are taken back; None outside of one.
    step_before_trial: int | None

    @property
    def is_single_process(self) -> bool: ...

    @property
    def config(self) -> RunConfig: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def algorithm(self) -> AlgorithmLike[Stats, Batch]: ...

    @property
    def sampler(self) -> Callable[[], Batch]: ...

    def step(self) -> None: ...

    def weights(self) -> dict[str, Tensor]: ...

    def training_state(self) -> dict[str, Any]: ...

    def rewind(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None: ...
