"""How far generated points are from the data's: divergences on a grid over the plane, and the
distance that points would have to be carried.

Both need many samples. On the 150 points of a common demonstration a *perfect* generator scores a
Jensen-Shannon divergence of 0.4; on 10,000 it is below 0.01, and the same figure for real points
stands beside it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.probe import HeldBatch, Probe
from ganviz.registry import PROBES

SAMPLES = 10_000
# Real points of the reference: four times as many leave the noise to the generated ones.
REALS = 40_000
# A cell of the grid is an outcome, and so is all that lies outside.
CELLS = 30
MARGIN = 0.1
# Evenly over half a turn: the other half mirrors them.
DIRECTIONS = 16
# Drawn at a time: ten thousand would double the memory of a small run.
CHUNK = 2_500

DISTANCES = event_kind(
    "distances",
    browser="newest",
    order=51,
    figures=(
        Figure(
            "js",
            "Jensen-Shannon",
            "Between generated and real points on a 30 x 30 grid, in nats: 0 is the same, 0.69 has "
            "nothing in common.",
            better="lower",
            line=0.0,
            against=("of real points", "js_real"),
            compared=True,
        ),
        Figure(
            "kl",
            "Reverse KL, plane",
            "KL(generated || real) on the same grid, in nats: it punishes points where the data "
            "has none, and forgives missing ones.",
            better="lower",
            line=0.0,
            against=("of real points", "kl_real"),
        ),
        Figure(
            "w2",
            "Sliced Wasserstein-2",
            "How far points must be carried to become the data, as seen from 16 directions; in the "
            "data's units.",
            better="lower",
            line=0.0,
            against=("of real points", "w2_real"),
            compared=True,
        ),
    ),
    cards=(
        Card(
            "Distance to the data",
            "Jensen-Shannon, reverse KL and sliced Wasserstein-2 between 10,000 generated and "
            "real points. A perfect generator has about what 10,000 real points have, which is "
            "nearly 0.",
            once_measured=True,
        ),
    ),
)


class Reference:
    """The data's side of the distances. ``real``: [M, 2]; with many more points than are generated,
    the noise of the figures is that of the generated ones."""

    def __init__(self, real: Tensor):
        low, high = real.amin(0), real.amax(0)
        room = MARGIN * (high - low).clamp(min=1e-6)
        self._low, self._size = low - room, high - low + 2 * room
        self._real = self._counts(real)
        angle = torch.arange(DIRECTIONS) * (math.pi / DIRECTIONS)
        self._directions = torch.stack([angle.cos(), angle.sin()])
        # as many quantiles as points will be compared with them
        quantile = ((torch.arange(SAMPLES) + 0.5) * (len(real) / SAMPLES)).long()
        self._sorted = self._projected(real)[:, quantile]

    def figures(self, points: Tensor) -> dict[str, float]:
        """``js``, ``kl``, ``w2`` of ``points`` [SAMPLES, 2]."""
        fake = self._counts(points)
        return {
            "js": round(jensen_shannon(fake, self._real), 5),
            "kl": round(reverse_kl(fake, self._real), 5),
            "w2": round(float((self._projected(points) - self._sorted).square().mean().sqrt()), 5),
        }

    def _counts(self, points: Tensor) -> Tensor:
        """How many of ``points`` lie in each cell, and outside of all: [CELLS * CELLS + 1]."""
        cell = ((points - self._low) / self._size * CELLS).floor()
        inside = ((cell >= 0) & (cell < CELLS)).all(1)
        index = torch.where(inside, cell[:, 1] * CELLS + cell[:, 0], CELLS * CELLS)
        return torch.bincount(index.long(), minlength=CELLS * CELLS + 1).double()

    def _projected(self, points: Tensor) -> Tensor:
        """[DIRECTIONS, N]: the points along each direction, in order."""
        return (points @ self._directions).T.contiguous().sort(1).values


def jensen_shannon(fake: Tensor, real: Tensor) -> float:
    """(KL(p || m) + KL(q || m)) / 2 in nats, m the mean of the shares p and q of two counts [K]:
    from 0 to log 2. Its plug-in estimate is about (K' - 1) / 4N too high, K' the cells in use."""
    p, q = fake / fake.sum(), real / real.sum()
    middle = (p + q) / 2
    return max(0.0, 0.5 * (_kl(p, middle) + _kl(q, middle)))


def reverse_kl(fake: Tensor, real: Tensor) -> float:
    """KL(fake || real) in nats of two counts [K]. A cell without real points counts as half a
    point, or a single stray sample would make it infinite."""
    q = real.clamp(min=0.5)
    return max(0.0, _kl(fake / fake.sum(), q / q.sum()))


def _kl(p: Tensor, q: Tensor) -> float:
    used = p > 0
    return float((p[used] * (p[used] / q[used]).log()).sum())


@PROBES.register("distances")
class Distances(Probe):
    """Logs "distances", from the EMA generator on fixed z."""

    name = "distances to the data"
    interval = 2.0

    def applies(self) -> bool:
        return self.source.spec.kind == "points"

    def prepare(self) -> None:
        self._held = HeldBatch(self.trainer, self.source, SAMPLES, salt=14)
        self._reference = Reference(self.source.samples[:REALS].float().cpu())
        of_real = self._reference.figures(self._held.x.float().cpu())
        self._of_real = {f"{name}_real": value for name, value in of_real.items()}

    @torch.no_grad()
    def measure(self) -> None:
        generator, z, y = self.trainer.algorithm.ema.network, self._held.z, self._held.y
        parts = [
            generator(z[i : i + CHUNK], None if y is None else y[i : i + CHUNK])
            for i in range(0, SAMPLES, CHUNK)
        ]
        fakes = torch.cat(parts).float().cpu()
        self.run.log("distances", n=SAMPLES, **self._reference.figures(fakes), **self._of_real)
