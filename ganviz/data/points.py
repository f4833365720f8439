"""Two-dimensional toy distributions, where every success and failure of a GAN can be seen at a
glance."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ganviz.data.entry import Dataset, Progress
from ganviz.data.source import DataSource, DataSpec

if TYPE_CHECKING:
    from ganviz.config import RunConfig

COUNT = 100_000
SEED = 20_160_601
"""Of the data, not of a run: the points are the same in every run."""

Distribution = Callable[[np.random.Generator, int], np.ndarray]


def ring_centres(k: int = 8, radius: float = 1.0) -> np.ndarray:
    """[k, 2]: k distinct centres, evenly on a circle. (``linspace(0, 2 pi, k)`` would give the
    first one twice.)"""
    angle = 2 * math.pi * np.arange(k) / k
    return radius * np.stack([np.cos(angle), np.sin(angle)], 1)


def grid_centres(k: int = 5, spacing: float = 2.0) -> np.ndarray:
    """[k * k, 2]: a square grid around the origin."""
    axis = spacing * (np.arange(k) - (k - 1) / 2)
    return np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)


def mixture(centres: np.ndarray, sigma: float) -> Distribution:
    """Equal, round Gaussians."""
    return lambda random, n: (
        centres[random.integers(len(centres), size=n)] + random.normal(0, sigma, (n, 2))
    )


def line(random: np.random.Generator, n: int) -> np.ndarray:
    """A thin slanted stroke."""
    along = random.uniform(-1.5, 1.5, n)
    return np.stack([along, 0.5 * along], 1) + random.normal(0, 0.03, (n, 2))


def spiral(random: np.random.Generator, n: int) -> np.ndarray:
    """Two arms, one the other's mirror image through the origin; points evenly along each arm."""
    turn = 2.5 * math.pi * np.sqrt(random.uniform(0.02, 1, n))
    arm = random.choice([-1.0, 1.0], n)
    radius = arm * 2 * turn / (2.5 * math.pi)
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], 1) + random.normal(
        0, 0.05, (n, 2)
    )


def moons(random: np.random.Generator, n: int) -> np.ndarray:
    """Two interleaved half circles."""
    angle, lower = random.uniform(0, math.pi, n), random.random(n) < 0.5
    x = np.where(lower, 1 - np.cos(angle), np.cos(angle)) - 0.5
    y = np.where(lower, 0.5 - np.sin(angle), np.sin(angle)) - 0.25
    return 1.25 * np.stack([x, y], 1) + random.normal(0, 0.06, (n, 2))


def checkerboard(random: np.random.Generator, n: int) -> np.ndarray:
    """The eight dark squares of a 4 x 4 board over [-2, 2]^2, evenly filled."""
    row = random.integers(4, size=n)
    column = 2 * random.integers(2, size=n) + row % 2
    return np.stack([column, row], 1) - 2.0 + random.random((n, 2))


def swiss_roll(random: np.random.Generator, n: int) -> np.ndarray:
    """The rolled sheet seen from its side: one arm, one and a half turns out."""
    turn = 1.5 * math.pi * (1 + 2 * random.random(n))
    return np.stack([turn * np.cos(turn), turn * np.sin(turn)], 1) * (
        2 / (4.5 * math.pi)
    ) + random.normal(0, 0.04, (n, 2))


TWO = np.array([[-1.0, 0.0], [1.0, 0.0]])
THREE = np.array([[-1.0, -0.6], [1.0, -0.6], [0.0, 1.1]])
BLOBS = np.array([[-1.7, 1.2], [0.1, 1.8], [1.8, 0.6], [-0.9, -0.4], [-1.6, -1.7], [1.1, -1.5]])


def _entry(
    label: str, why: str, distribution: Distribution, modes: dict[str, Any] | None = None
) -> Dataset:
    def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
        points = torch.from_numpy(
            distribution(np.random.default_rng(SEED), COUNT).astype(np.float32)
        )
        return DataSource(DataSpec(config.data, "points", (2,), COUNT), points, modes=modes)

    return Dataset(label, why, load, kind="points")


def _modal(label: str, why: str, centres: np.ndarray, sigma: float) -> Dataset:
    """A mixture, whose modes are known."""
    modes = {"centres": torch.from_numpy(centres.astype(np.float32)), "sigma": sigma}
    return _entry(label, why, mixture(centres, sigma), modes)


ENTRIES = {
    "line": _entry("Line", "A thin slanted line: the simplest thing to learn.", line),
    "two-gaussians": _modal(
        "Two Gaussians",
        "Two round clouds: the smallest set on which a mode can be lost.",
        TWO,
        0.15,
    ),
    "three-gaussians": _modal(
        "Three Gaussians",
        "Three round clouds with nothing between them: G must learn to jump.",
        THREE,
        0.15,
    ),
    "ring8": _modal(
        "Ring of 8, sharp",
        "Eight tiny Gaussians (sigma 0.01) on a circle of radius 1, as in the VEEGAN and "
        "PacGAN papers: the classic test for mode collapse.",
        ring_centres(),
        0.01,
    ),
    "ring8-wide": _modal(
        "Ring of 8, soft",
        "Eight Gaussians (sigma 0.05) on a circle of radius 1: mode collapse in seconds.",
        ring_centres(),
        0.05,
    ),
    "grid25": _modal(
        "Grid of 25",
        "Twenty-five Gaussians (sigma 0.05), two apart, as in the VEEGAN and PacGAN papers.",
        grid_centres(),
        0.05,
    ),
    "blobs": _modal(
        "Blobs", "Six separate clouds at irregular places: G must jump across the gaps.", BLOBS, 0.2
    ),
    "spiral": _entry(
        "Spiral", "Two thin intertwined arms: never straight, and close to each other.", spiral
    ),
    "moons": _entry("Two moons", "Two interleaved half circles.", moons),
    "checkerboard": _entry(
        "Checkerboard", "Eight squares with sharp edges that touch at their corners.", checkerboard
    ),
    "swiss-roll": _entry("Swiss roll", "A single rolled-up band.", swiss_roll),
}
