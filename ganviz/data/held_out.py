"""The held-out split: real samples that no network of a run ever sees.

Whatever is said of memorising, of privacy or of how well generated samples stand in for real ones
is measured against them. The split belongs to the data, not to a run: runs with other seeds hold
out the same samples, so that their figures can be compared.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ganviz.config import RunConfig

SEED = 20_200_607
# how many are held out where a data limit leaves them over anyway
LEAST = 500
DIGESTED = 500
DIGESTED_BYTES = 12_500_000  # of either part: fewer of large pictures are looked at
# the split of a run whose data changed while it was not training
MIXED_SPLIT = "mixed"

Index = slice | Tensor


def samples_to_load(config: RunConfig) -> int:
    """How many samples of an endless or a large set a run takes, held-out ones included; 0 for
    all."""
    limit = config.data_limit
    return limit + _beside(limit, config.holdout) if limit else 0


def largest_limit(samples: int, share: float) -> int:
    """The largest data limit under which a run takes at most so many ``samples``."""
    limit = int(samples / (1 + share))
    return limit if round(share * limit) >= LEAST or not share else max(0, samples - LEAST)


def _beside(limit: int, share: float) -> int:
    return max(round(share * limit), LEAST) if share else 0


def partition(count: int, limit: int, share: float, shuffled: bool) -> tuple[Index, Index]:
    """Which of ``count`` samples a run learns from, and which it holds out: both in their order.

    Under a ``limit`` (0: none) the first so many are learned from and the held-out ones come from
    the rest, where the rest has as many as ``share`` of the limit; else ``share`` of all is held
    out. ``shuffled``: the samples stand in random order already, so the last ones do, and nothing
    needs to be copied.
    """
    taken = min(limit or count, count)
    wanted = round(share * taken)
    if not wanted:
        return slice(0, taken), slice(0, 0)
    from_rest = count - taken >= wanted
    learned = taken if from_rest else count - wanted
    held = min(count - taken, _beside(limit, share)) if from_rest else wanted
    if shuffled:
        return slice(0, learned), slice(learned, learned + held)
    random = torch.Generator().manual_seed(SEED)
    if from_rest:
        some = torch.randperm(count - taken, generator=random)[:held]
        return slice(0, taken), (taken + some).sort().values
    order = torch.randperm(count, generator=random)
    return order[held:].sort().values, order[:held].sort().values


def digest(learned: Tensor, held: Tensor) -> str:
    """Tells another split, or other samples, from those that a run was trained with; some hundred
    of each are looked at."""
    found = hashlib.sha256(repr((tuple(learned.shape), len(held))).encode())
    for samples in (learned, held):
        each = max(1, samples[:1].nbytes)
        some = samples[:: max(1, len(samples) // min(DIGESTED, max(1, DIGESTED_BYTES // each)))]
        found.update(some.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:32]
