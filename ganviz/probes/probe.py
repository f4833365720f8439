"""What all probes share: a pace that slows as a run grows old, a failure that ends the probe and
not the run, and looking at a network without leaving a trace in it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from ganviz.accel.private_apis import BatchNormBase
from ganviz.data.source import to_float
from ganviz.engine.observer import Observer

if TYPE_CHECKING:
    from ganviz.data.source import DataSource
    from ganviz.engine.run import Run
    from ganviz.engine.trainer import Trainer

# After so many intervals a probe's interval grows with the run: an hour's log is not sixty times a
# minute's.
MOST_MEASUREMENTS = 200


class Probe(Observer):
    """An observer whose measurements thin out (one each ``elapsed / MOST_MEASUREMENTS`` seconds at
    the least) and that fails alone."""

    name: ClassVar[str] = "probe"
    # of those that measure at the same tick the lowest comes first
    order: ClassVar[int] = 50
    interval = 1.0

    def __init__(self, data_root: Path | str | None = None):
        """``data_root``: where a probe may keep what it learned for other runs; None keeps it
        nowhere."""
        self._data_root = data_root

    # an observer states it; a probe states ``interval``, and this follows from it
    @property
    def every(self) -> float:  # type: ignore[override]
        """Seconds between measurements, at least; an ``interval`` of 0 measures at every tick."""
        return self.interval and max(
            self.interval, (time.perf_counter() - self._began) / MOST_MEASUREMENTS
        )

    def begin(self, run: Run, trainer: Trainer, source: DataSource) -> None:
        super().begin(run, trainer, source)
        self._began = time.perf_counter()
        self._ended = not self.applies()
        if not self._ended:
            self._guarded(self.prepare)

    def applies(self) -> bool:
        """Whether this probe has anything to measure in this run."""
        return True

    def prepare(self) -> None:
        """Called once, when the run is about to begin."""

    def tick(self) -> None:
        if not self._ended:
            self._guarded(super().tick)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Measuring must never end a training: a probe that fails says so and stops."""
        try:
            action()
        except Exception as error:
            if self.run.store:
                self.run.store.write_traceback(traceback.format_exc())
            self._give_up(f"{type(error).__name__}: {str(error)[:200]}")

    def _give_up(self, problem: str) -> None:
        """Measure no more, and say why."""
        self._ended = True
        self.run.log(
            "note",
            level="warning",
            sentence=f"The {self.name} are not measured any more: {problem}",
        )


@contextmanager
def undisturbed(network: nn.Module) -> Iterator[nn.Module]:
    """``network`` as it judges while training, for a moment in which no pass leaves a trace in its
    buffers.

    Batch norm goes on using the statistics of the batch, but its running averages stay; spectral
    norm uses the singular vectors that it has, without another power iteration; everything else is
    in evaluation mode. That holds for synchronised batch norm, too: one that is in training mode
    would wait for other processes, which do not look.
    """
    modes = [(module, module.training) for module in network.modules()]
    norms = [
        (module, module.running_mean, module.running_var)
        for module in network.modules()
        if isinstance(module, BatchNormBase) and module.training
    ]
    try:
        network.eval()
        for norm, _, _ in norms:
            norm.running_mean = norm.running_var = (
                None  # without averages, the statistics of the batch are taken
            )
        with torch.no_grad():
            yield network
    finally:
        for norm, mean, variance in norms:
            norm.running_mean, norm.running_var = mean, variance
        for module, training in modes:
            module.training = training


class HeldBatch:
    """Reals, their labels and latents that a probe looks at again and again, drawn by a generator
    of its own.

    ``x``: float [count, ...]; ``y``: int64 [count] where the generator is told the class, else
    None;
    ``z``: [count, latent_dim].
    """

    def __init__(self, trainer: Trainer, source: DataSource, count: int, salt: int):
        random = torch.Generator().manual_seed(trainer.config.seed + salt)
        index = torch.randint(len(source.samples), (count,), generator=random)
        labels = source.labels if trainer.algorithm.conditional else None
        self.y: Tensor | None = (
            None if labels is None else labels[index.to(labels.device)].to(source.device)
        )
        self._source, self._index = source, index
        self.z: Tensor = torch.randn(count, trainer.config.latent_dim, generator=random).to(
            trainer.device
        )

    @cached_property
    def x(self) -> Tensor:
        """The reals: in memory from when they are first needed."""
        return to_float(self._source.at(self._index)[0])


def short(values: Tensor | list[float], digits: int = 4) -> list[float]:
    """Numbers with so many significant digits: a log of gradients needs no sixteen."""
    return [
        float(f"{value:.{digits}g}")
        for value in (values.tolist() if isinstance(values, Tensor) else values)
    ]
