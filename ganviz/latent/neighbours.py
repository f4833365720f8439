"""Is it copied? The nearest real samples, and how near that is beside what real ones are to each
other."""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 2048


def nearest(x: Tensor, reals: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Distances and indices [N, k] of the ``k`` nearest of ``reals`` [M, F] to each of ``x``
    [N, F], ascending.

    In memory: N x `CHUNK` distances.
    """
    best = x.new_full((len(x), k), float("inf"))
    index = torch.zeros(len(x), k, dtype=torch.long, device=x.device)
    for start in range(0, len(reals), CHUNK):
        part = reals[start : start + CHUNK]
        # by differences: the usual expansion loses all digits where two are nearly equal
        distances = torch.cdist(x, part, compute_mode="donot_use_mm_for_euclid_dist")
        places = torch.arange(start, start + len(part), device=x.device).expand(len(x), -1)
        both, places = torch.cat([best, distances], 1), torch.cat([index, places], 1)
        best, order = both.topk(min(k, both.shape[1]), 1, largest=False)
        index = places.gather(1, order)
    return best, index


def own_distances(reals: Tensor, count: int, seed: int = 0) -> Tensor:
    """How far ``count`` random ones of ``reals`` [M, F] are from the nearest other: ascending."""
    random = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(reals), generator=random)[:count].to(reals.device)
    # the nearest is the sample itself
    distances, _ = nearest(reals[chosen], reals, 2)
    return distances[:, 1].sort().values


def place_among(distance: float, among: Tensor) -> float:
    """The share (0 to 1) of the distances ``among`` that are smaller than ``distance``."""
    return float((among < distance).float().mean())
