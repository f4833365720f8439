"""A kept run, read once for an export: its curves, its pictures in order, and what a person said of
it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganviz import registry
from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.engine.frames import Frame
from ganviz.errors import GanvizError
from ganviz.runs.columns import thin
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import RunError, RunInfo, run_info
from ganviz.version import __version__

Progress = Callable[[float, str], None]
SMOOTHING = 0.1  # as on the dashboard
MOST_SCATTERS = 150


class ExportError(GanvizError):
    """A run cannot be exported as asked."""


class Cancelled(GanvizError):
    """Whoever asked for the export does not want it any more."""


@dataclass(frozen=True)
class Scatter:
    """Points of a 2-D run at one step: ``fake`` and ``real`` float64 [N, 2]."""

    step: int
    fake: np.ndarray
    real: np.ndarray


@dataclass(frozen=True)
class RunData:
    """``rows``: scalar columns, thinned. ``frames``: the kept sample grids as (step, read),
    ascending, or none for points, which have ``scatters``. ``curves``: the series of the first
    chart (losses)."""

    info: RunInfo
    config: RunConfig
    series: list[dict[str, str]]
    equilibrium: dict[str, float | None]
    rows: dict[str, np.ndarray]
    spec: DataSpec | None
    frames: list[int]
    read: Callable[[int], Frame | None]
    reals: Frame | None
    scatters: list[Scatter]

    @property
    def labels(self) -> tuple[str, ...]:
        """The class of each column of the grids, or ()."""
        frame = self.read(self.frames[-1]) if self.frames else None
        return frame.labels if frame else ()

    @property
    def title(self) -> str:
        """What a person calls the run."""
        return self.info.title

    @property
    def preset_label(self) -> str:
        """The preset as a person knows it, or an empty text."""
        return self.info.preset_label

    @property
    def data_label(self) -> str:
        """The data set as a person knows it."""
        return registry.DATASETS.get(self.config.data).label

    def group(self, name: str) -> list[dict[str, str]]:
        """The series of a chart ("loss", "score") that were measured."""
        return [one for one in self.series if one["group"] == name and one["name"] in self.rows]


def read_run_data(folder: Path | str) -> RunData:
    """Everything that an export tells of the run in ``folder``. Raises `GanvizError` where there is
    no readable run."""
    folder = Path(folder)
    run = FolderRun(folder)
    info = run_info(folder)
    if info is None:  # deleted while it was read
        raise RunError(f"There is no run in {folder} any more.", "run")
    scatters = _scatters(run)
    frames = (
        [] if scatters else run.frames.steps()
    )  # a scatter is drawn anew, larger than the picture that was kept
    return RunData(
        info,
        run.config,
        run.series,
        run.equilibrium,
        thin(run.events.rows()),
        run.spec,
        frames,
        run.frames.get,
        run.reals,
        scatters,
    )


def _scatters(run: FolderRun) -> list[Scatter]:
    """The points that a 2-D run showed, at most `MOST_SCATTERS` of them, evenly spaced in time."""
    events = run.events.since(0, ("scatter",))
    found = []
    for event in (events[i] for i in spaced(len(events), MOST_SCATTERS)):
        fake, real = (_points(event.data.get(name)) for name in ("fake", "real"))
        if fake is not None and real is not None:
            found.append(Scatter(event.step, fake, real))
    return found


def _points(table: Any) -> np.ndarray | None:
    try:
        points = np.stack([np.asarray(table[axis], np.float64) for axis in ("x", "y")], 1)
    except (TypeError, ValueError, KeyError, IndexError):
        return None
    return (
        points[np.isfinite(points).all(1)] if points.ndim == 2 and len(points) <= 100_000 else None
    )


def spaced(count: int, most: int) -> list[int]:
    """At most ``most`` of the indices 0 to ``count`` - 1, evenly spaced, both ends included."""
    if count <= most:
        return list(range(count))
    return np.unique(np.linspace(0, count - 1, most).round().astype(int)).tolist()


def picture_of(frame: Frame | None) -> Image.Image | None:
    """A decoded RGB picture; None where the file is damaged."""
    if frame is None:
        return None
    try:
        with Image.open(io.BytesIO(frame.data), formats=("PNG", "JPEG")) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def smoothed(values: np.ndarray) -> np.ndarray:
    """The running mean that the dashboard draws: a plain mean at first, then an exponential one;
    NaN where nothing was."""
    out = np.empty(len(values))
    mean = np.nan
    for i, value in enumerate(values):
        if np.isfinite(value):
            mean = value if np.isnan(mean) else mean + max(SMOOTHING, 1 / (i + 1)) * (value - mean)
        out[i] = mean
    return out


def version_words() -> str:
    """'ganviz 0.1.0, 21 November 2026'."""
    now = time.localtime()
    return f"ganviz {__version__}, {now.tm_mday} {time.strftime('%B %Y', now)}"
