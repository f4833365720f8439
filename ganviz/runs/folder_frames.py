"""The sample grids of a run folder, read as files from anywhere: bounded, and nothing decoded."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from ganviz.disk import read_bounded
from ganviz.engine.frames import Frame
from ganviz.runs.store import frames_in
from ganviz.runs.summary import Summary

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000
MIMES = {".png": ("PNG", "image/png"), ".jpg": ("JPEG", "image/jpeg")}


class FolderFrames:
    """The sample grids of a run folder, read when asked for."""

    def __init__(self, folder: Path):
        self._folder = folder

    def _paths(self) -> dict[int, Path]:
        return dict(frames_in(self._folder))

    def steps(self) -> list[int]:
        """Steps of the kept grids, ascending."""
        return list(self._paths())

    def get(self, step: int) -> Frame | None:
        """The grid drawn at ``step``, or None."""
        path = self._paths().get(step)
        return read_frame(path, step, Summary.open(self._folder).layout) if path else None

    @property
    def latest(self) -> Frame | None:
        """The newest grid."""
        steps = self.steps()
        return self.get(steps[-1]) if steps else None


def read_frame(path: Path, step: int, layout: dict[str, Any]) -> Frame | None:
    """The picture at ``path`` as a `Frame`; None where it is missing, not a picture, or
    unreasonably large."""
    form, mime = MIMES[path.suffix]
    try:
        data = read_bounded(path, MAX_BYTES)
        with Image.open(io.BytesIO(data), formats=(form,)) as picture:
            width, height = picture.size  # from the header: nothing is decoded here
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if width * height > MAX_PIXELS:
        return None
    rows, cols = (_side(layout.get(name)) for name in ("rows", "cols"))
    labels = layout.get("labels")
    labels = tuple(map(str, labels)) if isinstance(labels, list) else ()
    return Frame(step, data, mime, width, height, rows, cols, labels)


def _side(value: Any) -> int:
    return value if type(value) is int and value > 0 else 1
