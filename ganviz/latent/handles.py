"""Drag a part of a picture to where it shall go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ganviz.errors import GanvizError
from ganviz.latent.adam import Adam

Draw = Callable[[Tensor, "Tensor | None"], Tensor]

# how dearly the latent leaves where it began, per unit of mean square
STAY = 0.02


@dataclass(frozen=True)
class Handle:
    """What lies within ``radius`` pixels of ``start`` (row, column) shall lie around ``end``."""

    start: tuple[int, int]
    end: tuple[int, int]
    radius: int = 3


def drag(
    draw: Draw,
    z: Tensor,
    y: Tensor | None,
    handle: Handle,
    steps: int = 40,
    rate: float = 0.06,
    on_step: Callable[[int, Tensor], bool] = lambda _, __: False,
) -> Tensor:
    """The latent [dim] near ``z`` [dim] whose picture has the handle's patch at its new place.

    As DragGAN does (Pan et al. 2023) the patch goes there in small stages, each of them a few steps
    of descent on its squared difference; unlike it, pixels are compared, not features: small
    pictures have little else. ``on_step(step, z)`` sees each step; True ends it. Raises
    `GanvizError` for a handle outside of the picture.
    """
    with torch.no_grad():
        x = draw(z[None], y)[0]
    height, width = x.shape[-2:]
    for row, column in (handle.start, handle.end):
        if not (0 <= row < height and 0 <= column < width):
            raise GanvizError("A handle is dragged from and to places in the picture.", "handle")
    moving = z.detach().clone()
    optimizer = Adam(moving, decay=(0.8, 0.95))
    for step in range(1, steps + 1):
        share = min(1.0, step / (0.7 * steps))
        place = [round(a + share * (b - a)) for a, b in zip(handle.start, handle.end, strict=True)]
        there, patch = _windows(x.shape, handle, place)
        variable = moving.clone().requires_grad_()
        drawn = draw(variable[None], y)[0]
        apart = (drawn[..., there[0], there[1]] - x[..., patch[0], patch[1]]).square().mean()
        loss = apart + STAY * (variable - z).square().mean()
        (gradient,) = torch.autograd.grad(loss, variable)
        optimizer.step(gradient, rate)
        if on_step(step, moving.clone()):
            break
    return moving


def _windows(
    shape: torch.Size, handle: Handle, place: list[int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The patch around ``place`` and that around the handle's start, both cut where either would
    leave the picture."""
    slices = []
    for axis, (start, now) in enumerate(zip(handle.start, place, strict=True)):
        size = shape[-2:][axis]
        before = min(handle.radius, start, now)
        after = min(handle.radius, size - 1 - start, size - 1 - now)
        slices.append(
            (slice(now - before, now + after + 1), slice(start - before, start + after + 1))
        )
    (rows_there, rows), (columns_there, columns) = slices
    return (rows_there, columns_there), (rows, columns)
