"""A distribution that somebody drew: points along the strokes of a brush.

The drawing is a setting of the run, so that whatever resumes, forks or evaluates the run has the
same points, and no page and no file is needed for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ganviz.data.entry import Dataset, Progress
from ganviz.data.points import COUNT, SEED
from ganviz.data.source import DataSource, DataSpec
from ganviz.errors import ConfigError
from ganviz.registry import DATASETS

if TYPE_CHECKING:
    from ganviz.config import RunConfig

# A drawing's text counts in hundredths of the plane's unit.
UNIT = 0.01
REACH = 200
WIDEST = 100
# Standard deviations from the middle of a stroke to the brush's edge.
SIGMAS = 2.0
MOST_MODES = 64
# Dots whose centres are so many standard deviations apart are modes.
APART = 6.0
NUMBERS = re.compile(r"-?\d{1,4}(,-?\d{1,4})*")
EMPTY = "There is no drawing yet: draw at least a dot, in the tab Lab."
UNREADABLE = (
    "Stroke {number} of the drawing cannot be read: write the brush's width and then x,y,x,y... "
    "in hundredths, with _ between strokes, such as 10,-50,0,50,0_10,0,30."
)
TOO_WIDE = "The brush of stroke {number} is {width} hundredths wide: it may be 1 to {widest} wide."
OUTSIDE = (
    "Stroke {number} leaves the plane, which reaches from -{reach} to {reach} hundredths: draw it "
    "inside."
)


@dataclass(frozen=True)
class Stroke:
    """``width`` of the brush and the ``points`` [N, 2] of its way, N at least 1, in the plane's
    units."""

    width: float
    points: np.ndarray

    @property
    def sigma(self) -> float:
        """Standard deviation of the points about the way."""
        return self.width / 2 / SIGMAS


def parse_drawing(text: str) -> list[Stroke]:
    """The strokes of a drawing's text. Raises `ConfigError` for the field ``drawing``."""
    if not text.strip("_ "):
        raise ConfigError(EMPTY, "drawing")
    return [_stroke(part, number) for number, part in enumerate(text.strip("_ ").split("_"), 1)]


def _stroke(part: str, number: int) -> Stroke:
    if not NUMBERS.fullmatch(part):
        raise ConfigError(UNREADABLE, "drawing", number=number)
    width, *places = (int(value) for value in part.split(","))
    if not places or len(places) % 2:
        raise ConfigError(UNREADABLE, "drawing", number=number)
    if not 1 <= width <= WIDEST:
        raise ConfigError(TOO_WIDE, "drawing", number=number, width=width, widest=WIDEST)
    if max(map(abs, places)) > REACH:
        raise ConfigError(OUTSIDE, "drawing", number=number, reach=REACH)
    return Stroke(width * UNIT, UNIT * np.array(places, float).reshape(-1, 2))


def draw_points(strokes: list[Stroke], random: np.random.Generator, count: int) -> np.ndarray:
    """[count, 2]: evenly along all strokes, normally distributed across. A stroke counts by its
    length and the brush's width, so that a dot has a share, too."""
    starts, ends, weights, sigmas = [], [], [], []
    for stroke in strokes:
        # a dot goes nowhere
        way = stroke.points if len(stroke.points) > 1 else np.repeat(stroke.points, 2, 0)
        starts.append(way[:-1])
        ends.append(way[1:])
        pieces = len(way) - 1
        weights.append(np.linalg.norm(way[1:] - way[:-1], axis=1) + stroke.width / pieces)
        sigmas.append(np.full(pieces, stroke.sigma))
    start, end, weight = np.concatenate(starts), np.concatenate(ends), np.concatenate(weights)
    which = random.choice(len(weight), size=count, p=weight / weight.sum())
    along = random.random((count, 1))
    on_way = start[which] + along * (end[which] - start[which])
    return on_way + random.normal(size=(count, 2)) * np.concatenate(sigmas)[which, None]


def modes_of(strokes: list[Stroke]) -> dict[str, Any] | None:
    """Separate dots of one brush are modes, which can be counted; other drawings have none."""
    if len({stroke.width for stroke in strokes}) > 1 or not 2 <= len(strokes) <= MOST_MODES:
        return None
    if any(len(stroke.points) > 1 for stroke in strokes):
        return None
    centres = torch.from_numpy(np.concatenate([one.points for one in strokes])).float()
    if torch.pdist(centres).min() < APART * strokes[0].sigma:
        return None
    return {"centres": centres, "sigma": strokes[0].sigma}


def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
    """The drawing's points, the same in every run of it."""
    strokes = parse_drawing(config.drawing)
    points = draw_points(strokes, np.random.default_rng(SEED), COUNT).astype(np.float32)
    spec = DataSpec(config.data, "points", (2,), COUNT)
    return DataSource(spec, torch.from_numpy(points), modes=modes_of(strokes))


def check(config: RunConfig) -> dict[str, Any]:
    """Refuse a drawing that gives no points before a run is made of it."""
    parse_drawing(config.drawing)
    return {}


DATASETS.add(
    "drawn",
    Dataset(
        "Your drawing",
        "Points along the strokes that you draw in the tab Lab, kept with the run.",
        load,
        kind="points",
        extra_reads=("drawing",),
        check=check,
    ),
)
