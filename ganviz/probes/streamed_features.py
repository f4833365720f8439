"""Statistics of features of any number of samples, in bounded memory: what FID, KID, precision and
recall are worked out from where a run is measured as papers do."""

from __future__ import annotations

import torch
from torch import Tensor

from ganviz.probes.metrics import gaussian_distance, kernel_distance

# k of Kynkaanniemi et al. 2019
NEIGHBOURS = 3
# KID is the mean over so many subsets of so many samples (Binkowski et al. 2018)
SUBSETS, SUBSET = 100, 1000
CHUNK = 1000


class StreamedFeatures:
    """Features [N, D] that come in parts: count, mean and covariance of all of them, and the first
    ``keep`` themselves. Memory: D x D numbers, and ``keep`` x D."""

    def __init__(self, keep: int):
        self.count = 0
        self._keep, self._kept = keep, 0
        self._parts: list[Tensor] = []
        self._shift = self._sum = self._products = torch.empty(0)

    def add(self, features: Tensor) -> None:
        """A further part, float [n, D] on the CPU."""
        if self._kept < self._keep:
            part = features[: self._keep - self._kept].clone()
            self._parts.append(part)
            self._kept += len(part)
        exact = features.double()
        if not self.count:
            # Sums around a point near the mean lose no digits.
            self._shift = exact.mean(0)
            self._sum = torch.zeros_like(self._shift)
            self._products = exact.new_zeros(len(self._shift), len(self._shift))
        exact = exact - self._shift
        self._sum += exact.sum(0)
        self._products.addmm_(exact.T, exact)
        self.count += len(features)

    @property
    def mean(self) -> Tensor:
        """float64 [D]."""
        return self._shift + self._sum / self.count

    @property
    def covariance(self) -> Tensor:
        """float64 [D, D], unbiased."""
        outer = torch.outer(self._sum, self._sum) / self.count
        return (self._products - outer) / (self.count - 1)

    @property
    def kept(self) -> Tensor:
        """The first features, float [keep or less, D]."""
        return torch.cat(self._parts)


def frechet_of(real: StreamedFeatures, fake: StreamedFeatures) -> float:
    """FID (Heusel et al. 2017) of all features."""
    return gaussian_distance(real.mean, real.covariance, fake.mean, fake.covariance)


def kernel_distance_of_subsets(real: Tensor, fake: Tensor, seed: int = 2020) -> tuple[float, float]:
    """KID as it is reported (Binkowski et al. 2018): mean and standard deviation over `SUBSETS`
    random subsets of `SUBSET` samples, or of all where there are fewer."""
    random = torch.Generator().manual_seed(seed)
    size = min(SUBSET, len(real), len(fake))

    def some(features: Tensor) -> Tensor:
        return features[torch.randperm(len(features), generator=random)[:size]]

    values = torch.tensor([kernel_distance(some(real), some(fake)) for _ in range(SUBSETS)])
    return float(values.mean()), float(values.std(unbiased=False))


def precision_and_recall(
    real: Tensor, fake: Tensor, k: int = NEIGHBOURS, chunk: int = CHUNK
) -> tuple[float, float]:
    """Precision and recall (Kynkaanniemi et al. 2019): fakes within the ball of any real, and reals
    within that of any fake. Memory: ``chunk`` x N distances."""

    def radii(features: Tensor) -> Tensor:
        # The nearest is the sample itself.
        parts = [torch.cdist(part, features).kthvalue(k + 1, 1).values for part in split(features)]
        return torch.cat(parts)

    def share_within(samples: Tensor, others: Tensor) -> float:
        reach = radii(others)
        inside = [(torch.cdist(part, others) <= reach).any(1) for part in split(samples)]
        return float(torch.cat(inside).float().mean())

    def split(features: Tensor) -> tuple[Tensor, ...]:
        return features.split(chunk)

    return share_within(fake, real), share_within(real, fake)
