"""The Dirac-GAN (Mescheder, Geiger, Nowozin 2018, "Which training methods for GANs do actually
converge?"): the smallest game with all of the trouble.

The data are one point at 0, G makes one point theta, and D(x) = psi * x. The only equilibrium is
(0, 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ganviz.errors import ConfigError
from ganviz.objectives import Objective

Velocity = tuple[float, float]


def _sigmoid(t: float) -> float:
    return 1 / (1 + math.exp(-t)) if t >= 0 else math.exp(t) / (1 + math.exp(t))


# What both players do at (theta, psi), where psi * theta is D's logit of the fake: minus
# dL_G/dtheta and minus dL_D/dpsi.
FIELDS: dict[str, Callable[[float, float], Velocity]] = {
    "saturating": lambda theta, psi: (psi * _sigmoid(psi * theta), -theta * _sigmoid(psi * theta)),
    "non-saturating": lambda theta, psi: (
        psi * _sigmoid(-psi * theta),
        -theta * _sigmoid(psi * theta),
    ),
    "wasserstein": lambda theta, psi: (psi, -theta),
}


@dataclass(frozen=True)
class Dirac:
    """``gamma`` of R1, whose penalty gamma/2 * psi^2 is the same everywhere; ``rate`` of both
    players; ``alternating``: G answers D's new psi. Raises `ConfigError` without a closed form."""

    objective: str
    gamma: float = 0.0
    rate: float = 0.2
    alternating: bool = False

    def __post_init__(self) -> None:
        if self.objective not in FIELDS:
            raise ConfigError(
                "The Dirac-GAN has a closed form for these objectives: {names}.",
                "objective",
                names=", ".join(FIELDS),
            )

    def velocity(self, theta: float, psi: float) -> Velocity:
        """Where both players go from (theta, psi), per unit of the learning rate."""
        move_theta, move_psi = FIELDS[self.objective](theta, psi)
        return move_theta, move_psi - self.gamma * psi

    def path(self, start: Velocity, steps: int) -> list[Velocity]:
        """(theta, psi) at the start and after each step, by the closed form."""
        theta, psi = start
        way = [start]
        for _ in range(steps):
            moved = psi + self.rate * self.velocity(theta, psi)[1]
            theta += self.rate * self.velocity(theta, moved if self.alternating else psi)[0]
            psi = moved
            way.append((theta, psi))
        return way

    def trained(self, objective: Objective, start: Velocity, steps: int) -> list[Velocity]:
        """The same by training: gradients of the losses of ``objective``, plain SGD."""
        theta, psi = (torch.tensor(value, dtype=torch.float64) for value in start)
        way = [start]
        for _ in range(steps):
            loss_d = partial(self._loss_d, objective, theta)
            moved = psi - self.rate * _gradient(psi, loss_d)
            loss_g = partial(_loss_g, objective, moved if self.alternating else psi)
            theta = theta - self.rate * _gradient(theta, loss_g)
            psi = moved
            way.append((float(theta), float(psi)))
        return way

    def _loss_d(self, objective: Objective, theta: Tensor, psi: Tensor) -> Tensor:
        return objective.d(psi * 0.0, psi * theta) + self.gamma / 2 * psi.square()

    def field(self, reach: float, size: int) -> list[tuple[float, float, float, float]]:
        """[theta, psi, and the velocity there] on a grid from -``reach`` to ``reach``."""
        line = [reach * (2 * i / (size - 1) - 1) for i in range(size)]
        return [(theta, psi, *self.velocity(theta, psi)) for psi in line for theta in line]


def _loss_g(objective: Objective, psi: Tensor, theta: Tensor) -> Tensor:
    return objective.g(psi * 0.0, psi * theta)


def _gradient(at: Tensor, loss: Callable[[Tensor], Tensor]) -> Tensor:
    at = at.detach().requires_grad_()
    return torch.autograd.grad(loss(at), at)[0]
