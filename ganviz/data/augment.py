"""DiffAugment: the same kind of random change to real and fake pictures, through which gradients
flow.

Zhao, Liu, Lin, Zhu, Han: Differentiable Augmentation for Data-Efficient GAN Training (2020), arXiv
2006.10738. D sees only changed pictures, so it cannot learn the few real ones by heart; G learns
through the change, so it does not copy it. Hue and the changes of `ganviz.data.resampling` are
those of ADA (Karras et al. 2020), arXiv 2006.06676.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ganviz.data.resampling import GEOMETRIC, resampled

SHIFT = 1 / 8
"""Largest translation, as a share of the picture."""
MULTIPLIED = 64
"""Largest picture, in pixels a side, that is moved by products of matrices."""
HOLE = 1 / 2
"""Side of the square that cutout removes, as a share of the picture."""


def brightness(x: Tensor, generator: Generator | None) -> Tensor:
    """Add one number from [-0.5, 0.5) to each whole picture."""
    return x + _uniform(x, generator)[:, None, None, None] - 0.5


def translation(x: Tensor, generator: Generator | None) -> Tensor:
    """Move each picture by whole pixels, up to an eighth of its size; what comes in is 0, mid-grey.

    Up to `MULTIPLIED` pixels, a shift is a product with a shifted identity: unlike indexing, quick
    to differentiate (twice). Beyond, the products would be a third of the work of a step.
    """
    rows, columns = (_come_from(x, size, generator) for size in x.shape[2:])
    if max(x.shape[2:]) > MULTIPLIED:
        return _picked(_picked(x, rows[:, None, :, None], 2), columns[:, None, None, :], 3)
    return _shift(rows, x)[:, None] @ x @ _shift(columns, x)[:, None].mT


def cutout(x: Tensor, generator: Generator | None) -> Tensor:
    """Set a square half the picture's size to 0; its centre is anywhere, so it may stick out."""
    rows, columns = (_hole(x, size, generator) for size in x.shape[2:])
    return x * ~(rows[:, None, :, None] & columns[:, None, None, :])


def saturation(x: Tensor, generator: Generator | None) -> Tensor:
    """Each picture's colours times one number from [0, 2): 0 is grey, 1 leaves them."""
    return saturated(x, 2 * _uniform(x, generator))


def saturated(x: Tensor, factor: Tensor) -> Tensor:
    """How far each colour is from its pixel's mean, times ``factor`` [N]."""
    grey = x.mean(1, keepdim=True)
    return grey + factor[:, None, None, None] * (x - grey)


def contrast(x: Tensor, generator: Generator | None) -> Tensor:
    """How far each number is from its picture's mean, times one number from [0.5, 1.5)."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + (_uniform(x, generator)[:, None, None, None] + 0.5) * (x - mean)


def hue(x: Tensor, generator: Generator | None) -> Tensor:
    """Each picture's colours turned about the axis of greys by one angle from [-pi, pi)."""
    return turned_about_grey(x, (2 * _uniform(x, generator) - 1) * math.pi)


def turned_about_grey(x: Tensor, angle: Tensor) -> Tensor:
    """Red, green and blue turned about (1, 1, 1) by ``angle`` [N], in radians: a third of a turn
    makes red green. A pixel's mean stays; grey pictures stay as they are."""
    grey, angle = x.mean(1, keepdim=True), angle[:, None, None, None]
    # Rodrigues: (1, 1, 1) / sqrt(3) x (r, g, b) is (b - g, r - b, g - r) / sqrt(3).
    across = (x.roll(1, 1) - x.roll(-1, 1)) / math.sqrt(3)
    return grey + angle.cos() * (x - grey) + angle.sin() * across


POLICIES: dict[str, Callable[[Tensor, Generator | None], Tensor]] = {
    "translation": translation,
    "cutout": cutout,
    "brightness": brightness,
    "saturation": saturation,
    "contrast": contrast,
    "hue": hue,
}
CHANGES = (*POLICIES, *GEOMETRIC)


def diff_augment(
    x: Tensor, policy: tuple[str, ...], generator: Generator | None = None, p: Tensor | None = None
) -> Tensor:
    """``x`` (float [N, C, H, W]) with the changes in ``policy``, drawn anew for each picture; on
    ``x``'s device.

    They are made one after the other, but those that are `GEOMETRIC` together, where the first of
    them stands. ``generator`` must be on that device too. An empty policy gives ``x`` itself.
    ``p``: the chance with which each picture gets each of the changes (None: always).
    """
    unknown = [name for name in policy if name not in CHANGES]
    if unknown:
        raise ValueError(f"unknown augmentation {unknown[0]!r}; there are: {', '.join(CHANGES)}")
    geometric = [name for name in policy if name in GEOMETRIC]
    for name in policy:
        if name in POLICIES:
            x = _with_chance(POLICIES[name](x, generator), x, generator, p)
        elif name == geometric[0]:
            x = resampled(x, geometric, generator, p)
    return x


def _with_chance(
    changed: Tensor, x: Tensor, generator: Generator | None, p: Tensor | None
) -> Tensor:
    if p is None:
        return changed
    return torch.where((_uniform(x, generator) < p)[:, None, None, None], changed, x)


def _uniform(x: Tensor, generator: Generator | None) -> Tensor:
    """One number in [0, 1) for each picture."""
    return torch.rand(len(x), device=x.device, dtype=x.dtype, generator=generator)


def _whole(x: Tensor, low: int, high: int, generator: Generator | None) -> Tensor:
    """One whole number in [low, high] for each picture, [N, 1]."""
    return torch.randint(low, high + 1, (len(x), 1), device=x.device, generator=generator)


def _come_from(x: Tensor, size: int, generator: Generator | None) -> Tensor:
    """Where each pixel of a moved row or column comes from, [N, size]; it may be outside."""
    far = int(size * SHIFT + 0.5)
    return torch.arange(size, device=x.device) - _whole(x, -far, far, generator)


def _shift(come_from: Tensor, x: Tensor) -> Tensor:
    """[N, size, size]: the matrix that moves a column of pixels; what is outside matches nothing,
    which is 0."""
    pixels = torch.arange(come_from.shape[1], device=x.device)
    return (come_from[:, :, None] == pixels).to(x.dtype)


def _picked(x: Tensor, come_from: Tensor, dim: int) -> Tensor:
    """The same by indexing. No two gradients but zeros meet in a place, so it is deterministic on a
    GPU, too."""
    last = x.shape[dim] - 1
    inside = (come_from >= 0) & (come_from <= last)
    index = come_from.clamp(0, last).expand(*x.shape)
    return torch.where(inside, x.gather(dim, index), 0.0)


def _hole(x: Tensor, size: int, generator: Generator | None) -> Tensor:
    """bool [N, size]: the random stretch along one axis that is cut out."""
    width = int(size * HOLE + 0.5)
    start = _whole(x, 0, size - 1 + (1 - width % 2), generator) - width // 2
    pixels = torch.arange(size, device=x.device)
    return (pixels >= start) & (pixels < start + width)
