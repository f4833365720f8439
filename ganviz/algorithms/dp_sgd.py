"""What DP-SGD is made of: gradients of single samples, clipped and summed, and an account of the
privacy that their noise buys.

Abadi et al.: Deep Learning with Differential Privacy (2016), arXiv 1607.00133. The accountant is
that of Opacus (Yousefpour et al. 2021, arXiv 2109.12298), which is optional.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from ganviz.config import RunConfig
from ganviz.errors import ConfigError

# Opacus adds as much, so that a gradient of 0 is not divided by 0
SMALLEST_NORM = 1e-6
# Gradients of single samples that are held at a time, in numbers
MOST_HELD = 2**25
INSTALL = (
    "Private training needs the package opacus, which counts what it costs: pip install "
    "ganviz[private]. For a machine without internet, run pip download opacus -d wheels on one "
    "that has it, carry the folder over, and run pip install --no-index --find-links wheels opacus."
)

LossOfLogit = Callable[[Tensor], Tensor]


def check_accountant(config: RunConfig) -> None:
    """Raise `ConfigError` where ``config`` asks for private training and Opacus is not there."""
    if config.private and find_spec("opacus") is None:
        raise ConfigError(INSTALL, "private")


def secret_seed() -> int:
    """A seed that nobody knows: whoever knows the noise can take it away."""
    return secrets.randbits(63)


def clipped_sum(
    network: nn.Module, loss: LossOfLogit, x: Tensor, y: Tensor | None, norm: float
) -> tuple[list[Tensor], Tensor]:
    """The sum over samples of the gradient of ``loss(network(x, y))`` at the weights of
    ``network``, each sample's scaled down to ``norm`` at most; and the logits [N].

    The network must take each sample on its own. Gradients are in the order of those parameters
    that require them.
    """
    weights = {name: p.detach() for name, p in network.named_parameters() if p.requires_grad}

    def of_one(weights: dict[str, Tensor], x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
        logit = functional_call(network, weights, (x[None], None if y is None else y[None]))
        logit = logit.float()
        return loss(logit).sum(), logit.detach()

    each = vmap(grad(of_one, has_aux=True), in_dims=(None, 0, None if y is None else 0))
    sums = [torch.zeros_like(weight) for weight in weights.values()]
    logits = [x.new_zeros(0)]
    at_a_time = max(1, MOST_HELD // max(1, sum(weight.numel() for weight in weights.values())))
    for first in range(0, len(x), at_a_time):
        part = slice(first, first + at_a_time)
        gradients, said = each(weights, x[part], None if y is None else y[part])
        of_samples = list(gradients.values())
        _add_clipped(sums, of_samples, norm)
        logits.append(said.flatten())
    return sums, torch.cat(logits)


def _add_clipped(sums: list[Tensor], gradients: list[Tensor], norm: float) -> None:
    """Add gradients [N, ...] of N samples to ``sums`` [...], each scaled down to ``norm``."""
    squares = torch.stack([one.flatten(1).square().sum(1) for one in gradients])
    factors = (norm / (squares.sum(0).sqrt() + SMALLEST_NORM)).clamp(max=1.0)
    for total, one in zip(sums, gradients, strict=True):
        total += torch.tensordot(factors, one, 1)


class PrivacyAccount:
    """What a training has spent, by the Renyi accountant of Opacus (Mironov 2017).

    It assumes Poisson sampling at the rate that `spend` is told, and Gaussian noise that nobody
    knows. Raises `ConfigError` where Opacus is not installed.
    """

    def __init__(self, noise_multiplier: float, rate: float, delta: float):
        try:
            from opacus.accountants import RDPAccountant
        except ImportError:
            raise ConfigError(INSTALL, "private") from None
        self.noise_multiplier, self.rate, self.delta = noise_multiplier, rate, delta
        self._accountant: Any = RDPAccountant()

    def spend(self) -> None:
        """One gradient with noise was used."""
        self._accountant.step(noise_multiplier=self.noise_multiplier, sample_rate=self.rate)

    @property
    def updates(self) -> int:
        """How many gradients with noise were used."""
        return sum(int(steps) for _, _, steps in self._accountant.history)

    def epsilon(self) -> float:
        """The epsilon spent so far at `delta`; 0 before the first update."""
        if not self.updates:
            return 0.0
        with warnings.catch_warnings():
            # that the best order is the last of its table: the bound holds as it is
            warnings.simplefilter("ignore")
            return float(self._accountant.get_epsilon(self.delta))

    def facts(self) -> dict[str, Any]:
        """What people and files are given, as plain JSON."""
        return {
            "epsilon": self.epsilon(),
            "delta": self.delta,
            "noise_multiplier": self.noise_multiplier,
            "rate": self.rate,
            "updates": self.updates,
        }

    def history(self) -> list[list[float]]:
        """[noise multiplier, rate, updates] of each stretch of training, for a checkpoint."""
        return [list(stretch) for stretch in self._accountant.history]

    def load(self, history: list[list[float]]) -> None:
        """Go on from a saved `history`."""
        self._accountant.history = [
            (float(noise), float(rate), int(steps)) for noise, rate, steps in history
        ]
