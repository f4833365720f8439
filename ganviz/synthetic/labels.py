"""Which classes the pictures of a data set are asked for."""

from __future__ import annotations

import torch
from torch import Tensor

from ganviz.errors import ConfigError

BALANCED, AS_DATA = BALANCES = ("balanced", "as-data")


def labels_for(
    classes: int, data: Tensor | None, n: int, seed: int, balance: str
) -> list[int] | None:
    """The classes of ``n`` pictures; None for a generator that knows none.

    "balanced" goes through all ``classes`` in turn; "as-data" takes each as often as ``data``, the
    labels of the training pictures, have it, in an order drawn from ``seed``. Raises `ConfigError`.
    """
    if balance not in BALANCES:
        raise ConfigError(f"The labels are {' or '.join(BALANCES)}.", "labels")
    if not classes:
        if balance == AS_DATA:
            raise ConfigError(
                "This generator was trained without classes: its pictures come as the data are "
                "anyway, without labels.",
                "labels",
            )
        return None
    if balance == BALANCED or data is None:
        return (torch.arange(n) % classes).tolist()
    counts = apportioned(torch.bincount(data, minlength=classes), n)
    labels = torch.repeat_interleave(torch.arange(classes), counts)
    return labels[torch.randperm(n, generator=torch.Generator().manual_seed(seed))].tolist()


def apportioned(counts: Tensor, n: int) -> Tensor:
    """``n`` shared out in proportion to ``counts``, int64, exactly: by the largest remainders."""
    shares = counts.double() * n / counts.sum()
    whole = shares.floor().long()
    last = (shares - whole).argsort(descending=True, stable=True)[: n - int(whole.sum())]
    whole[last] += 1
    return whole
