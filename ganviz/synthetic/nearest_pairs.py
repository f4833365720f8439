"""Nearest neighbours among pictures, exact whatever the order of the rows.

A fast product in float32 finds a few candidates; their distances are then taken as differences in
float64. How a product of float32 rounds depends on where in the table a row stands; that decides
nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ganviz.synthetic.interruption import interruption_point

CANDIDATES, MOST_CANDIDATES = 8, 512
# what a sum of products of float32 may be off by, as a share of its largest part
ROUNDING = 1e-5
CHUNK = 512
# values that one product makes at most: 128 MB
BLOCK = 2**25
# multiplications that one product takes at most, where it is of enough rows to be quick: half a
# second of a core, so that nobody waits long to stop it
WORK, LEAST_CHUNK = 2 * 10**10, 64

Notify = Callable[[float], None]


@dataclass(frozen=True)
class Nearest:
    """``distance`` float64 [N] to each sample's nearest, and its ``index`` int64 [N]."""

    distance: Tensor
    index: Tensor


def nearest(
    x: Tensor, among: Tensor, own: Tensor | None = None, notify: Notify = lambda done: None
) -> Nearest:
    """The nearest of each of ``x`` [N, D] in ``among`` [M, D], float32, by Euclidean distance.

    Of several at one distance it is the same one in whatever order the rows of ``among`` stand.
    ``own``: int64 [N], which row of ``among`` each of ``x`` is itself: it is left out.
    ``notify(fraction)`` may raise.
    """
    squares, rank = among.square().sum(1), _rank(among)
    chunk = max(1, min(CHUNK, BLOCK // max(1, len(among))))
    chunk = min(chunk, max(LEAST_CHUNK, WORK // max(1, among.numel())))
    distances, indices = [], []
    for start in range(0, len(x), chunk):
        interruption_point()
        part = x[start : start + chunk]
        rough = torch.addmm(squares[None], part, among.T, alpha=-2)
        if own is not None:
            rough.scatter_(1, own[start : start + chunk, None], torch.inf)
        most = len(among) - (own is not None)
        found = _best(part, among, rank, rough, min(CANDIDATES, most), most)
        distances.append(found.distance)
        indices.append(found.index)
        notify(min(1.0, (start + chunk) / len(x)))
    return Nearest(torch.cat(distances), torch.cat(indices))


def _best(x: Tensor, among: Tensor, rank: Tensor, rough: Tensor, count: int, most: int) -> Nearest:
    """The nearest of the ``count`` candidates that ``rough`` (squared distances, but for the
    squares of ``x``) names; where the farthest of them may be as near as the first, of more."""
    values, found = rough.topk(count, 1, largest=False)
    exact = (among[found].double() - x[:, None].double()).square().sum(2)
    least = exact.min(1, keepdim=True).values
    first = rank[found].masked_fill(exact > least, torch.inf).argmin(1, keepdim=True)
    distance, index = least[:, 0].sqrt(), found.gather(1, first)[:, 0]
    if count < min(most, MOST_CANDIDATES):
        size = values.abs().amax(1) + x.square().sum(1)
        tied = (values[:, -1] - values[:, 0] <= ROUNDING * size).nonzero()[:, 0]
        if len(tied):
            more = min(8 * count, most, MOST_CANDIDATES)
            again = _best(x[tied], among, rank, rough[tied], more, most)
            distance[tied], index[tied] = again.distance, again.index
    return Nearest(distance, index)


def _rank(rows: Tensor) -> Tensor:
    """A number for each row that goes by its values alone: decides among those equally near."""
    random = torch.Generator().manual_seed(0)
    weights = torch.rand(rows.shape[1], generator=random, dtype=torch.float64)
    return torch.cat([(part.double() * weights).sum(1) for part in rows.split(CHUNK)])


def distances(x: Tensor, y: Tensor) -> Tensor:
    """All Euclidean distances [N, M] of ``x`` [N, D] and ``y`` [M, D]."""
    return torch.cdist(x, y, compute_mode="use_mm_for_euclid_dist")
