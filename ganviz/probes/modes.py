"""Two-dimensional data: which modes the generator has, how true its samples are, and the picture of
both with D's surface.

Definitions of the VEEGAN and PacGAN papers, on 2,500 samples: a sample is of *high quality* within
three standard deviations (of one coordinate) of its nearest mode; a mode is *captured* with at
least one such sample. One lucky sample flatters a blur, so a strict count asks for 20.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor

from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine.event_kinds import Card, Figure, Reported, event_kind
from ganviz.engine.point_frames import packed_surface
from ganviz.engine.snapshot import draw
from ganviz.probes.frame_probe import FrameProbe
from ganviz.probes.probe import HeldBatch, Probe, short, undisturbed
from ganviz.registry import PROBES

SAMPLES = 2500
STRICT = 20  # of 2,500
SIGMAS = 3.0
SCATTER_POINTS = 500
GRID = 40

VEEGAN = "Srivastava et al., 2017 (VEEGAN), table 1"
GDPP = "Elfeki et al., 2019 (GDPP), table 1"
PACGAN = "Lin et al., 2018 (PacGAN), table 1"
# Method, source, then modes captured, percentage of high quality and, where given, reverse KL: on
# the ring, on the grid. Mean of 10 trials in PacGAN's table, of 2,500 samples everywhere;
# architectures and training lengths differ between papers.
Row = tuple[str, str, tuple[float, ...], tuple[float, ...]]
PAPERS: tuple[Row, ...] = (
    ("GAN", VEEGAN, (1.0, 99.3), (3.3, 0.5)),
    ("ALI", VEEGAN, (2.8, 0.13), (15.8, 1.6)),
    ("Unrolled-5", VEEGAN, (7.6, 35.6), (23.6, 16.0)),
    ("VEEGAN", VEEGAN, (8.0, 52.9), (24.6, 40.0)),
    ("WGAN-GP", GDPP, (6.8, 59.6), (24.2, 28.7)),
    ("GDPP", GDPP, (8.0, 71.7), (24.8, 68.5)),
    ("GAN", PACGAN, (6.3, 98.2, 0.45), (17.3, 94.8, 0.70)),
    ("ALI", PACGAN, (6.6, 97.6), (24.1, 95.7)),
    ("PacGAN2", PACGAN, (7.9, 95.6, 0.07), (23.8, 91.3, 0.13)),
    ("PacGAN3", PACGAN, (7.8, 97.7), (24.6, 94.2)),
    ("PacGAN4", PACGAN, (7.8, 95.9, 0.07), (24.8, 93.6, 0.04)),
)
ON_THE_RING = 8
MEASURED_BY_THEM = "Of 2,500 samples; networks and training lengths differ between papers."


def _papers_sentence() -> str:
    rows = [
        f"{method} {ring[0]:g} and {ring[1]:g} %, {grid[0]:g} and {grid[1]:g} %"
        for method, source, ring, grid in PAPERS
        if source == PACGAN
    ]
    return "In PacGAN's table 1, on the ring of 8 and the grid of 25: " + "; ".join(rows) + "."


def _reported(data: str, note: str, total: int) -> Reported:
    """`PAPERS` on the ring or the grid, by its number of modes, as figures of the kind "modes"."""
    rows = []
    for method, source, ring, grid in PAPERS:
        captured, percent, *divergence = ring if total == ON_THE_RING else grid
        figures = {"captured": captured, "total": total, "quality": round(percent / 100, 6)}
        if divergence:
            figures["reverse_kl"] = divergence[0]
        rows.append((method, source, figures))
    return Reported(data, note, tuple(rows))


MODES = event_kind(
    "modes",
    browser="newest",
    order=50,
    figures=(
        Figure(
            "captured",
            "Modes",
            "Modes with at least one sample of high quality.",
            better="higher",
            format="of total",
            compared=True,
        ),
        Figure(
            "strict",
            "Strict modes",
            "Modes with at least 20 of 2,500 samples of high quality.",
            better="higher",
            format="of total",
            compared=True,
        ),
        Figure(
            "quality",
            "High quality",
            "Samples within three standard deviations of the nearest mode.",
            better="higher",
            format="percent",
            compared=True,
        ),
        Figure(
            "reverse_kl",
            "Reverse KL",
            "How unevenly the good samples are spread over the modes, in nats. 0 is even.",
            better="lower",
        ),
        Figure(
            "spread",
            "Spread within a mode",
            "How wide the good samples lie about their modes, in the modes' own width: real points "
            "have 0.97, a generator that draws dots has less.",
            line=1.0,
        ),
    ),
    cards=(
        Card(
            "Modes over the steps",
            "Of 2,500 generated points, counted as the VEEGAN and PacGAN papers count. "
            + _papers_sentence(),
            once_measured=True,
            tabled=True,
        ),
    ),
    reported=(
        _reported("ring8", MEASURED_BY_THEM, ON_THE_RING),
        _reported(
            "ring8-wide",
            "On a sharper ring (sigma 0.01) than this run's (0.05), which is easier. "
            + MEASURED_BY_THEM,
            ON_THE_RING,
        ),
        _reported("grid25", MEASURED_BY_THEM, 25),
    ),
)
# the points themselves: a picture, no figures
SCATTER = event_kind("scatter", browser="newest")


@PROBES.register("modes")
class Modes(Probe):
    """Logs "modes" (where the data has known modes) and "scatter" (500 fakes, 500 reals), from the
    EMA generator on fixed z."""

    name = "modes"
    interval = 1.0

    def applies(self) -> bool:
        return self.source.spec.kind == "points"

    def prepare(self) -> None:
        self._held = HeldBatch(self.trainer, self.source, SAMPLES, salt=12)
        modes = self.source.modes
        self._modes = modes and (
            torch.as_tensor(modes["centres"], dtype=torch.float32),
            float(modes["sigma"]),
        )
        self._reals = columns(self._held.x[:SCATTER_POINTS])  # one object in all events

    def measure(self) -> None:
        fakes = draw(self.trainer.algorithm.ema.network, self._held.z, self._held.y).float().cpu()
        if self._modes:
            self.run.log("modes", **mode_figures(fakes, *self._modes))
        self.run.log("scatter", fake=columns(fakes[:SCATTER_POINTS]), real=self._reals)


@PROBES.register("surface")
class Surface(FrameProbe):
    """D's verdict over the plane, on a grid around the data; it goes with the frames."""

    name = "discriminator surface"

    def applies(self) -> bool:
        return super().applies() and "discriminator" in self.trainer.algorithm.networks

    def prepare(self) -> None:
        super().prepare()
        points = self.source.samples
        low, high = points.amin(0), points.amax(0)
        margin = 0.2 * (high - low)
        self._box = [
            short([a, b])
            for a, b in zip((low - margin).tolist(), (high + margin).tolist(), strict=True)
        ]
        pac = self.trainer.config.pac
        x, y = self._box
        grid = grid_points(x, y).to(self.trainer.device)
        # PacGAN judges several points together: each point of the grid is seen beside real ones.
        beside = (
            HeldBatch(self.trainer, self.source, len(grid) * (pac - 1), salt=13).x.view(
                len(grid), pac - 1, 2
            )
            if pac > 1
            else grid.new_empty(len(grid), 0, 2)
        )
        self._grid = torch.cat([grid[:, None], beside], 1).flatten(0, 1)

    def for_frame(self) -> dict[str, Any]:
        z, about = self._verdict()
        return {"surface": about | packed_surface(z)}

    def _verdict(self) -> tuple[Tensor, dict[str, Any]]:
        """What D says at each point of the grid, and what is to be known of it."""
        algorithm = self.trainer.algorithm
        with undisturbed(algorithm.networks["discriminator"]) as discriminator:
            logits = discriminator(self._grid, None).float()
        objective = cast(Adversarial, algorithm).objective
        level = objective.threshold
        as_probability = level == 0.0 and objective.score_range is not None
        return logits.sigmoid() if as_probability else logits, {
            "x": self._box[0],
            "y": self._box[1],
            "size": GRID,
            "unit": "probability" if as_probability else "raw",
            "level": 0.5 if as_probability else level,
        }


def grid_points(x: list[float], y: list[float], size: int = GRID) -> Tensor:
    """[size * size, 2], row by row from the lowest y, each row from the lowest x."""
    ys, xs = torch.meshgrid(
        torch.linspace(y[0], y[1], size), torch.linspace(x[0], x[1], size), indexing="ij"
    )
    return torch.stack([xs, ys], -1).view(-1, 2)


def columns(points: Tensor) -> dict[str, list[float]]:
    """{"x": [N], "y": [N]} with three decimals."""
    x, y = points.double().mul(1000).round().div(1000).T.cpu().tolist()
    return {"x": x, "y": y}


def mode_figures(points: Tensor, centres: Tensor, sigma: float) -> dict[str, Any]:
    """Modes captured, strict modes, high quality and reverse KL of ``points`` [N, 2] for equal
    Gaussians at ``centres`` [K, 2].

    ``reverse_kl``: KL(p || uniform) = log K - H(p) in nats, p the distribution of the high-quality
    samples over the modes, as in PacGAN's code; None without any such sample. Its plug-in estimate
    is about (K - 1) / 2N too high.
    ``spread``: the standard deviation of the high-quality samples about their modes, per coordinate
    and in units of ``sigma``; that of the Gaussians themselves, cut at three sigma, is 0.974.
    ``counts``: high-quality samples of each mode; ``nearest``: all samples by their nearest mode.
    """
    distance, nearest = torch.cdist(points[None], centres[None])[0].min(1)
    good = distance <= SIGMAS * sigma
    counts = torch.bincount(nearest[good], minlength=len(centres))
    total = int(counts.sum())
    share = counts[counts > 0].double() / max(1, total)
    entropy = float(-(share * share.log()).sum())
    spread = float((points - centres[nearest])[good].square().mean().sqrt()) / sigma
    return {
        "n": len(points),
        "total": len(centres),
        "captured": int((counts > 0).sum()),
        "strict": int((counts >= STRICT * len(points) / SAMPLES).sum()),
        "quality": round(total / len(points), 4),
        "reverse_kl": round(max(0.0, math.log(len(centres)) - entropy), 4) if total else None,
        "spread": round(spread, 4) if total else None,
        "counts": counts.tolist(),
        "nearest": torch.bincount(nearest, minlength=len(centres)).tolist(),
    }
