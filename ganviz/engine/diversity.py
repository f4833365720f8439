"""How varied samples are, as cheaply as can be: it is measured of every sample grid."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Of large pictures fewer are taken: as floats they may hold so many numbers.
REALS, LEAST_REALS, VALUES = 512, 64, 8_000_000


def spread(x: Tensor, y: Tensor | None = None) -> float:
    """The root mean square distance of samples [N, ...] from their mean; with classes ``y`` [N]
    from the mean of their class, so that a grid of ten classes of one picture each has none."""
    flat = x.detach().flatten(1).float()
    if y is None or len(x) < 2:
        return math.sqrt(float((flat - flat.mean(0)).square().sum()) / len(x))
    y = y.to(flat.device)
    count = int(y.max()) + 1
    sums = flat.new_zeros(count, flat.shape[1]).index_add_(0, y, flat)
    sizes = torch.bincount(y, minlength=count).clamp_min(1)
    inside = flat - (sums / sizes[:, None])[y]
    # one sample of a class lies on its own mean, which says nothing
    degrees = max(1, len(x) - int((torch.bincount(y, minlength=count) > 0).sum()))
    return math.sqrt(float(inside.square().sum()) / degrees)


class Diversity:
    """Spread of generated samples over that of the reals: 1 is as varied as the data, 0 is one
    sample again and again.

    ``reals``: [N, ...] in the samples' own units; ``labels``: their classes, where the generator is
    told them.
    """

    def __init__(self, reals: Tensor, labels: Tensor | None):
        self._conditional = labels is not None
        self._real = spread(reals, labels)

    def of(self, x: Tensor, y: Tensor | None) -> float:
        """NaN where it is not known."""
        if not self._real or len(x) < 2:
            return math.nan
        return round(spread(x, y if self._conditional else None) / self._real, 4)
