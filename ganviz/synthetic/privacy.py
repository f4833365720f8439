"""Figures of copying and of attacks on who was in the training data: pure functions, held to closed
forms by the tests.

T are training samples, H held-out real ones, S synthetic ones.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ganviz.synthetic.nearest_pairs import Nearest, nearest

COPY_PERCENTILE = 0.01
FALSE_POSITIVES = 0.01


def true_positives(members: Tensor, others: Tensor, false: float = FALSE_POSITIVES) -> float:
    """The share of members that an attack finds when it accuses at most the share ``false`` of
    others: what it knows of those that it is surest of (Carlini et al. 2022)."""
    allowed = int(false * len(others))
    threshold = others.sort(descending=True).values[allowed]
    return float((members > threshold).double().mean())


def copy_threshold(held_to_train: Tensor) -> float:
    """Nearer to a training sample than this are only the nearest hundredth of new real ones."""
    return float(torch.quantile(held_to_train.double(), COPY_PERCENTILE))


def authenticity(synthetic_to_train: Nearest, train_to_train: Tensor) -> float:
    """The share of S that is farther from its nearest training sample than that one's nearest
    training sample is (Alaa et al. 2022). ``train_to_train``: for the nearest of each of S, the
    distance to its own nearest other one."""
    return float((synthetic_to_train.distance > train_to_train).double().mean())


def own_nearest(train: Tensor, index: Tensor) -> Tensor:
    """For each of the rows ``index`` of ``train`` [M, D], the distance to its nearest other row:
    float64 like ``index``."""
    rows, where = index.unique(return_inverse=True)
    return nearest(train[rows], train, own=rows).distance[where]


def nearer_to(train: Tensor, held: Tensor) -> float:
    """The share of S nearer to T than to H, from the distances [S, T] and [S, H] to equally many of
    both; ties count half. 0.5 where S was drawn from neither."""
    to_train, to_held = train.min(1).values, held.min(1).values
    less = (to_train < to_held).double() + 0.5 * (to_train == to_held).double()
    return float(less.mean())
