"""Ways from one z to another."""

from __future__ import annotations

from collections.abc import Callable

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


Interpolation = Callable[[Tensor, Tensor, float], Tensor]
INTERPOLATIONS: dict[str, Interpolation] = {"lerp": lerp, "slerp": slerp}


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


def closed_spline(points: Tensor, t: Tensor) -> Tensor:
    """The closed curve through ``points`` [n, dim] whose first and second derivatives are
    continuous: a periodic cubic spline with one unit of ``t`` [m] from each point to the next.
    [m, dim]

    Its second derivatives M at the points solve M[i-1] + 4 M[i] + M[i+1] = 6 (p[i-1] - 2 p[i] +
    p[i+1]), all indices modulo n (de Boor 1978).
    """
    p, count = points.double(), len(points)
    identity = torch.eye(count, dtype=torch.float64)
    ring = identity.roll(1, 0) + identity.roll(-1, 0)
    bend = torch.linalg.solve(4 * identity + ring, 6 * (ring - 2 * identity) @ p)
    start = t.double().floor().long() % count
    end = (start + 1) % count
    b = (t.double() - t.double().floor())[:, None]
    a = 1 - b
    curve = a * p[start] + b * p[end]
    curve += ((a**3 - a) * bend[start] + (b**3 - b) * bend[end]) / 6
    return curve.to(points.dtype)


def through(points: Tensor, frames: int, kind: str) -> tuple[Tensor, list[int]]:
    """``frames`` points of a way through the key frames ``points`` [n, dim], evenly in time, and
    which key frame each is nearest to.

    ``lerp`` and ``slerp`` go from the first to the last; ``spline`` comes back to the first, and
    its last frame is one step before it, so that it plays round and round. Raises `GanvizError`.
    """
    if len(points) < 2:
        raise GanvizError("A path needs at least two key frames; star some pictures.", "keys")
    if kind == "spline":
        t = torch.arange(frames, dtype=torch.float64) * (len(points) / frames)
        z = closed_spline(points, t)
        return z, [round(one) % len(points) for one in t.tolist()]
    if kind not in INTERPOLATIONS:
        known = ", ".join([*INTERPOLATIONS, "spline"])
        raise GanvizError(f"There is no path called {kind[:40]!r}; choose one of: {known}.", "path")
    legs = len(points) - 1
    times = [index * legs / (frames - 1) for index in range(frames)]
    z = torch.stack([_on_legs(points, one, INTERPOLATIONS[kind]) for one in times])
    return z, [round(one) for one in times]


def _on_legs(points: Tensor, t: float, interpolate: Interpolation) -> Tensor:
    leg = min(int(t), len(points) - 2)
    rest = t - leg
    if rest in (0, 1):
        return points[leg + int(rest)]
    return interpolate(points[leg], points[leg + 1], rest)
