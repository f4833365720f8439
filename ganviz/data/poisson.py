"""Batches as differential privacy accounts for them: every sample is taken by a chance of its
own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from ganviz.data.source import DataSource, Sampler
from ganviz.device import set_random


class PoissonSampler(Sampler):
    """Takes each sample into a batch with the chance ``rate``, whatever was taken before.

    ``batch_size`` is the size that batches have on average: one may be smaller, larger, or empty.
    The bounds of DP-SGD hold for batches drawn so (Abadi et al. 2016), and not for epochs.
    """

    def __init__(self, source: DataSource, batch_size: int, seed: int, flip: bool = False):
        super().__init__(source, batch_size, seed, flip)
        self.rate = rate_of(batch_size, len(source.samples))

    def _next_index(self) -> Tensor:
        samples, device = self.source.samples, self._generator.device
        chance = torch.rand(
            len(samples), generator=self._generator, device=device, dtype=torch.float64
        )
        return torch.nonzero(chance < self.rate).flatten().to(samples.device)

    def _following(self) -> Iterator[Tensor]:
        """Nobody knows what the next batch holds."""
        return iter(())

    def state_dict(self) -> dict[str, Any]:
        return {"generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        set_random(self._generator, state["generator"])


def rate_of(batch_size: int, count: int) -> float:
    """The chance of each of ``count`` samples under which a batch has ``batch_size`` on average."""
    return min(1.0, batch_size / max(1, count))
