"""Real samples, resident on the device, and the seeded sampler that draws batches from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ganviz.device import set_random


@dataclass(frozen=True)
class DataSpec:
    """What a run learns from. ``shape`` is (C, H, W) for images, (2,) for points; ``classes`` is ()
    without labels. ``count``: without the ``held_out`` ones, which no network sees. ``split``:
    tells this split of these samples from any other, "" where nothing is held out."""

    name: str
    kind: str
    shape: tuple[int, ...]
    count: int
    classes: tuple[str, ...] = ()
    note: str = ""
    held_out: int = 0
    split: str = ""

    @property
    def n_classes(self) -> int:
        return len(self.classes)


class Batch(NamedTuple):
    """``x``: float32 in [-1, 1], [N, C, H, W] (points: [N, 2], in their own units); ``y``: int64
    [N] or None."""

    x: Tensor
    y: Tensor | None

    def clone(self) -> Batch:
        """The same samples in memory of their own."""
        return Batch(self.x.clone(), None if self.y is None else self.y.clone())


@dataclass(frozen=True)
class DataSource:
    """The real samples that a run learns from, as one tensor on the device: uint8 [N, C, H, W], or
    float32 [N, 2] points.

    ``modes``: for points with known modes, a dict with ``centres`` [K, 2] and ``sigma``; for
    stacked digits the single ``digits``, uint8 [M, 1, H, W], and their ``digit_labels`` [M].
    ``held_out``: real samples of the same kind that no network may see; they stay on the CPU.
    """

    spec: DataSpec
    samples: Tensor
    labels: Tensor | None = None
    modes: dict[str, Any] | None = None
    held_out: DataSource | None = None

    def to(self, device: torch.device) -> DataSource:
        """The same source with its tensors on ``device``."""
        labels = None if self.labels is None else self.labels.to(device)
        return replace(self, samples=self.samples.to(device), labels=labels)


def to_float(samples: Tensor) -> Tensor:
    """uint8 [0, 255] to float32 [-1, 1]; points pass through."""
    return samples.float().div_(127.5).sub_(1.0) if samples.dtype == torch.uint8 else samples


class Sampler:
    """Draws batches epoch by epoch in a seeded random order; its position is part of a checkpoint.

    Batches cross the end of an epoch, so every batch is full and every sample is seen once an
    epoch.
    """

    def __init__(self, source: DataSource, batch_size: int, seed: int, flip: bool = False):
        self.source = source
        self.batch_size = batch_size
        self.flip = flip
        self._generator = torch.Generator(source.samples.device).manual_seed(seed)
        self._epoch_state = self._generator.get_state()
        self._order = self._shuffle()
        self._position = 0

    def __call__(self) -> Batch:
        """The next batch."""
        index = self._next_index()
        x = to_float(self.source.samples.index_select(0, index))
        if self.flip:
            mirrored = torch.rand(len(x), 1, 1, 1, device=x.device, generator=self._generator) < 0.5
            x = torch.where(mirrored, x.flip(-1), x)
        return Batch(
            x, None if self.source.labels is None else self.source.labels.index_select(0, index)
        )

    def _shuffle(self) -> Tensor:
        self._epoch_state = self._generator.get_state()
        count = len(self.source.samples)
        return torch.randperm(count, generator=self._generator, device=self.source.samples.device)

    def _next_index(self) -> Tensor:
        end = self._position + self.batch_size
        if end <= len(self._order):
            index, self._position = self._order[self._position : end], end
            return index
        parts, missing = [self._order[self._position :]], end - len(self._order)
        while missing > 0:
            self._order = self._shuffle()
            parts.append(self._order[:missing])
            self._position = min(missing, len(self._order))
            missing -= len(parts[-1])
        return torch.cat(parts)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to draw the same next batch."""
        return {
            "epoch": self._epoch_state,
            "generator": self._generator.get_state(),
            "position": self._position,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved position."""
        set_random(self._generator, state["epoch"])
        self._order = self._shuffle()
        set_random(self._generator, state["generator"])
        self._position = int(state["position"])
