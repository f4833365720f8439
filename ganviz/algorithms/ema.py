"""A moving average of a network's weights, which draws steadier pictures than the network
itself."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganviz.accel import private_apis as private


class Ema:
    """Exponential moving average of ``network``'s parameters; its buffers are copied.

    The decay ramps up as min(decay, (1 + t) / (10 + t)), so that the average forgets the random
    initial weights within the first steps instead of showing them for hundreds. An average that
    begins with a decay of 0 is the network itself: it shares its memory, and costs nothing, until
    the decay changes. ``scheduled`` gives the decay of an update (from 0) in place of all that,
    where it gives one.
    """

    def __init__(
        self,
        network: nn.Module,
        decay: float,
        scheduled: Callable[[int], float | None] = lambda update: None,
    ):
        self._decay = decay
        self._scheduled = scheduled
        self.updates = 0
        # While it is, `update` does nothing but count how often it was called.
        self.frozen = False
        self.calls = 0
        # Where a captured step moves it several times: how far each time, read by the capture.
        self.captured_weights: list[Tensor] = []
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._averages: list[Tensor] = list(self.network.parameters())
        self._weights: list[Tensor] = list(network.parameters())
        self._buffers = list(zip(self.network.buffers(), network.buffers(), strict=True))
        self._is_network = decay == 0 and scheduled(0) is None
        if self._is_network:
            for mine, theirs in (*zip(self._averages, self._weights, strict=True), *self._buffers):
                mine.data = theirs.data

    @property
    def is_network(self) -> bool:
        """Whether it is the network itself, whose memory it shares."""
        return self._is_network

    @property
    def decay(self) -> float:
        """What the ramp ends at, 0 to 1."""
        return self._decay

    @decay.setter
    def decay(self, value: float) -> None:
        self._decay = value
        if value and self._is_network:
            self._is_network = False
            for mine in (*self.network.parameters(), *self.network.buffers()):
                mine.data = mine.data.clone()

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the current weights by one step."""
        self.calls += 1
        if self.captured_weights:
            self._move(self.captured_weights[self.calls - 1])
            return
        if self.frozen:
            return
        decay = self.decay_at(self.updates)
        self.updates += 1
        self._move(1 - decay)

    def _move(self, weight: float | Tensor) -> None:
        if self._is_network:
            return
        if isinstance(weight, Tensor):
            private.lerp_each_by_(self._averages, self._weights, weight)
        else:
            private.lerp_each_(self._averages, self._weights, weight)
        for mine, theirs in self._buffers:
            mine.copy_(theirs)

    def load(self, weights: dict[str, Tensor]) -> None:
        """Take over the saved weights of an average; one that is the network has those already."""
        if not self._is_network:
            self.network.load_state_dict(weights)

    def decay_at(self, update: int) -> float:
        """The decay that the update number ``update`` (from 0) uses."""
        scheduled = self._scheduled(update)
        return min(self.decay, (1 + update) / (10 + update)) if scheduled is None else scheduled
