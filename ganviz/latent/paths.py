"""Ways from one z to another."""

from __future__ import annotations

import torch
from torch import Tensor

from ganviz.errors import GanvizError

_NEARLY = 1e-6


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The straight line: ``a`` at t = 0, ``b`` at t = 1. Between Gaussian vectors it cuts through
    the inside of the shell where samples lie: the midpoint has about 0.71 of their norm."""
    return a + t * (b - a)


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The great circle (Shoemake 1985; for latents White 2016): the direction turns evenly, the
    norm goes from that of ``a`` to that of ``b`` in a straight line. ``a``, ``b``: [dim].

    Where a and b are (nearly) parallel this is `lerp`. Where they are antiparallel every half
    circle is a shortest way, and a fixed one is taken. A vector of zero length has no direction:
    `lerp`.
    """
    start, end = a.double(), b.double()
    norms = start.norm(), end.norm()
    if min(norms) < _NEARLY:
        return lerp(a, b, t)
    start, end = start / norms[0], end / norms[1]
    angle = 2 * torch.atan2(
        (start - end).norm(), (start + end).norm()
    )  # exact near 0 and pi, where acos is not
    aside = end - (start @ end) * start
    if angle < _NEARLY:
        return lerp(a, b, t)
    if torch.pi - angle < _NEARLY:
        if len(a) == 1:
            return lerp(a, b, t)
        aside = torch.zeros_like(start)
        aside[start.abs().argmin()] = 1.0
        aside -= (start @ aside) * start
    aside = aside / aside.norm()
    direction = torch.cos(t * angle) * start + torch.sin(t * angle) * aside
    return (direction * lerp(norms[0], norms[1], t)).to(a.dtype)


INTERPOLATIONS = {"lerp": lerp, "slerp": slerp}


def path(a: Tensor, b: Tensor, steps: int, kind: str = "slerp") -> Tensor:
    """``steps`` points from ``a`` to ``b``, both ends included and exact: [steps, dim].

    Raises `GanvizError` for an unknown ``kind`` or fewer than two steps.
    """
    if kind not in INTERPOLATIONS:
        raise GanvizError(
            f"There is no path called {kind!r}; choose one of: {', '.join(INTERPOLATIONS)}.", "path"
        )
    if steps < 2:
        raise GanvizError("A path needs at least two steps: its two ends.", "steps")
    interpolate = INTERPOLATIONS[kind]
    between = [interpolate(a, b, index / (steps - 1)) for index in range(1, steps - 1)]
    return torch.stack([a, *between, b])
