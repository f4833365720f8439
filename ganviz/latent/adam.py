"""Adam on one tensor: torch's own imports a second's worth of modules."""

from __future__ import annotations

import torch
from torch import Tensor


class Adam:
    """Adam (Kingma and Ba 2015) on ``z``, which it changes in place. ``decay``: of the means of the
    gradient and of its square."""

    def __init__(self, z: Tensor, decay: tuple[float, float] = (0.9, 0.99)):
        self._z = z
        self._decay = decay
        self._mean = torch.zeros_like(z)
        self._square = torch.zeros_like(z)
        self._steps = 0

    @torch.no_grad()
    def step(self, gradient: Tensor, rate: float) -> None:
        """Go down ``gradient``, of the shape of z."""
        self._steps += 1
        first, second = self._decay
        self._mean.lerp_(gradient, 1 - first)
        self._square.lerp_(gradient.square(), 1 - second)
        mean = self._mean / (1 - first**self._steps)
        square = self._square / (1 - second**self._steps)
        self._z.sub_(rate * mean / (square.sqrt() + 1e-8))
