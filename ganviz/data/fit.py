"""Bringing a loaded data set to the size, colours and count that a run asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ganviz.data.fingerprint import fingerprint
from ganviz.data.held_out import Index, digest, partition
from ganviz.data.source import DataSource

if TYPE_CHECKING:
    from ganviz.config import RunConfig

LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue look (ITU-R BT.601), as Pillow's grey does."""
CHUNK = 4096


def fit(source: DataSource, config: RunConfig, shuffled: bool = False) -> DataSource:
    """``source`` cut to ``data_limit``, without the share that is held out, and, for pictures, in
    the run's colours and size. ``shuffled``: it stands in random order."""
    share = config.holdout if source.spec.kind == "images" else 0.0
    learned, held = partition(len(source.samples), config.data_limit, share, shuffled)
    training, held_out = (_part(source, config, index) for index in (learned, held))
    numbers = torch.arange(len(source.samples))
    # of what was loaded: pictures that are resized may differ in a last bit from machine to machine
    taken = fingerprint(source, torch.cat([numbers[learned], numbers[held]]))
    spec = replace(training.spec, fingerprint=taken)
    if not held_out.spec.count:
        return replace(training, spec=spec)
    split = digest(training.samples, held_out.samples)
    spec = replace(spec, held_out=held_out.spec.count, split=split)
    return replace(training, spec=spec, held_out=held_out)


def _part(source: DataSource, config: RunConfig, index: Index) -> DataSource:
    samples = source.samples[index]
    labels = None if source.labels is None else source.labels[index]
    if source.spec.kind == "images" and len(samples):
        if config.colour == "grey":
            samples = grey(samples)
        samples = resized(samples, config.image_size)
        if config.colour == "rgb":
            samples = samples.expand(-1, 3, -1, -1)
    samples = samples.contiguous()
    spec = replace(source.spec, shape=tuple(samples.shape[1:]), count=len(samples))
    mapped = source.mapped and _shares_memory(samples, source.samples)
    return DataSource(spec, samples, labels, source.modes, mapped=mapped)


def _shares_memory(one: Tensor, other: Tensor) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def grey(images: Tensor) -> Tensor:
    """uint8 [N, 1, H, W] of [N, 1 or 3, H, W]."""
    if images.shape[1] == 1:
        return images
    weights = torch.tensor(LUMA).view(1, 3, 1, 1)
    return torch.cat(
        [
            (part * weights).sum(1, keepdim=True).round_().to(torch.uint8)
            for part in images.split(CHUNK)
        ]
    )


def resized(images: Tensor, size: int) -> Tensor:
    """uint8 [N, C, size, size], bicubic; smoothed first where it shrinks."""
    if images.shape[2:] == (size, size):
        return images
    parts = []
    for part in images.split(CHUNK):  # in floats a whole set would need four times its memory
        big = F.interpolate(
            part.float(), (size, size), mode="bicubic", antialias=True, align_corners=False
        )
        parts.append(big.round_().clamp_(0, 255).to(torch.uint8))
    return torch.cat(parts)
