"""Real samples, and the seeded sampler that draws batches from them: the same ones wherever the
samples lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ganviz.data.fingerprint import Fingerprint
from ganviz.data.read_ahead import ReadAhead
from ganviz.device import set_random


@dataclass(frozen=True)
class DataSpec:
    """What a run learns from. ``shape`` is (C, H, W) for images, (2,) for points; ``classes`` is ()
    without labels. ``count``: without the ``held_out`` ones, which no network sees. ``split``:
    tells this split of these samples from any other, "" where nothing is held out.
    ``fingerprint``: tells all of these samples and their labels from others; None where it is not
    known."""

    name: str
    kind: str
    shape: tuple[int, ...]
    count: int
    classes: tuple[str, ...] = ()
    note: str = ""
    held_out: int = 0
    split: str = ""
    fingerprint: Fingerprint | None = None

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
    """The real samples that a run learns from, as one tensor: uint8 [N, C, H, W], or float32 [N, 2]
    points.

    It lies on the device that trains, or on the CPU where it is ``mapped`` (in a file, and comes
    into memory when it is read) or too large for the device, whose batches ``batch_device`` then
    names. ``labels``: int64 [N], beside the samples. ``modes``: for points with known modes, a dict
    with ``centres`` [K, 2] and ``sigma``; for stacked digits the single ``digits``, uint8 [M, 1, H,
    W], and their ``digit_labels`` [M]. ``held_out``: real samples of the same kind that no network
    may see; they stay on the CPU. ``checksums``: where they are known, the CRC-32 of each picture,
    uint32 [N]. ``computed``: the samples are drawn by computing, and their last bits differ from
    machine to machine.
    """

    spec: DataSpec
    samples: Tensor
    labels: Tensor | None = None
    modes: dict[str, Any] | None = None
    held_out: DataSource | None = None
    mapped: bool = False
    batch_device: torch.device | None = None
    checksums: np.ndarray | None = None
    computed: bool = False

    @property
    def device(self) -> torch.device:
        """Where batches of it are wanted."""
        return self.batch_device or self.samples.device

    @property
    def is_resident(self) -> bool:
        """Whether its samples lie in the memory of that device."""
        return not self.mapped and self.device == self.samples.device

    def at(self, index: Tensor) -> tuple[Tensor, Tensor | None]:
        """The samples with these numbers, and their labels, on `device`."""
        index = index.to(self.samples.device)
        labels = None if self.labels is None else self.labels[index].to(self.device)
        return self.samples[index].to(self.device), labels

    def to(self, device: torch.device) -> DataSource:
        """The same source with its tensors in the memory of ``device``."""
        labels = None if self.labels is None else self.labels.to(device)
        mapped = self.mapped and device.type == "cpu"
        return replace(self, samples=self.samples.to(device), labels=labels, mapped=mapped)


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
        self._ahead = None if source.is_resident else ReadAhead(source.samples, source.device)
        self._generator = torch.Generator(source.device).manual_seed(seed)
        self._epoch_state = self._generator.get_state()
        self._order = self._shuffle()
        self._position = 0

    def __call__(self) -> Batch:
        """The next batch."""
        source, device = self.source, self.source.device
        index = self._share(self._next_index())
        if self._ahead is None:
            x = to_float(source.samples.index_select(0, index))
        else:
            x = to_float(self._ahead.gather(index, self._following()))
        if self.flip:
            mirrored = torch.rand(len(x), 1, 1, 1, device=device, generator=self._generator) < 0.5
            x = torch.where(mirrored, x.flip(-1), x)
        labels = source.labels
        return Batch(x, None if labels is None else labels.index_select(0, index).to(device))

    def _shuffle(self) -> Tensor:
        """The order of an epoch, drawn on the device of the batches, beside the samples."""
        self._epoch_state = self._generator.get_state()
        samples = self.source.samples
        order = torch.randperm(
            len(samples), generator=self._generator, device=self._generator.device
        )
        return order.to(samples.device)

    def _share(self, index: Tensor) -> Tensor:
        """What this process takes of a batch."""
        return index

    def _following(self) -> Iterator[Tensor]:
        """The batches that this epoch still holds, for reading ahead: the order of the next one is
        not drawn yet."""
        for start in range(self._position, len(self._order) - self.batch_size + 1, self.batch_size):
            yield self._share(self._order[start : start + self.batch_size])

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
