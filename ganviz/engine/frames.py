"""Sample grids: drawn from fixed latents, encoded once for all viewers, kept for looking back."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.data.source import DataSource, DataSpec

RECENT = 16
MOST_KEPT = 600
PNG_UP_TO = 32  # px: tiny pictures stay exact and small as PNG, larger ones go as JPEG
WIDEST = (
    1600  # px of a grid: pictures that would make it wider are shown at a fraction of their size
)
GAP, LINE = 1, 64  # px between tiles, and its grey: quiet beside black and white pictures alike


@dataclass(frozen=True)
class Frame:
    """One encoded grid, or the data of a plane of points. ``labels``: the class of each column, or
    () where columns have none."""

    step: int
    data: bytes
    mime: str
    width: int
    height: int
    rows: int
    cols: int
    labels: tuple[str, ...] = ()
    kept: bool = True

    @property
    def extension(self) -> str:
        return {"image/png": "png", "image/jpeg": "jpg", "application/json": "json"}[self.mime]

    @property
    def is_picture(self) -> bool:
        """Whether ``data`` is a picture, and not the points that one would show."""
        return self.mime.startswith("image/")


@dataclass(frozen=True)
class Layout:
    """How a grid is laid out: with classes, each column shows one class."""

    rows: int
    cols: int
    labels: tuple[str, ...]
    y: Tensor | None

    @property
    def count(self) -> int:
        return self.rows * self.cols


def layout_for(spec: DataSpec, conditional: bool) -> Layout:
    """8 x 8; with a known class, a column for each of up to 10 classes. Points share one
    picture."""
    if spec.kind == "points":
        return Layout(1, 1, (), None)
    if not conditional:
        return Layout(8, 8, (), None)
    cols = min(10, spec.n_classes) if spec.n_classes >= 4 else 8
    y = (torch.arange(cols) % spec.n_classes).repeat(8)
    labels = tuple(spec.classes[int(i)] for i in y[:cols])
    return Layout(8, cols, labels, y)


def fixed_latents(config: RunConfig, count: int) -> Tensor:
    """The z of the samples that are shown again and again, float32 [count, latent_dim]: the same
    for every run of one seed."""
    random = torch.Generator().manual_seed(config.seed + 3)
    return torch.randn(count, config.latent_dim, generator=random)


def grid_of(pictures: np.ndarray, layout: Layout) -> np.ndarray:
    """uint8 [N, H, W, C] to one picture [rows*(H+1)-1, cols*(W+1)-1, C] with thin grey lines
    between."""
    _, height, width, channels = pictures.shape
    sheet = np.full(
        (layout.rows * (height + GAP), layout.cols * (width + GAP), channels), LINE, np.uint8
    )
    cells = sheet.reshape(layout.rows, height + GAP, layout.cols, width + GAP, channels)
    tiles = pictures.reshape(layout.rows, layout.cols, height, width, channels)
    cells[:, :height, :, :width] = tiles.transpose(0, 2, 1, 3, 4)
    return sheet[:-GAP, :-GAP]


def fitted(pictures: np.ndarray, cols: int) -> np.ndarray:
    """``pictures`` uint8 [N, H, W, C], averaged over squares of 2, 4 ... px until ``cols`` of them
    fit beside each other into `WIDEST` px."""
    factor, width = 1, pictures.shape[2]
    while cols * (width // factor + GAP) > WIDEST and width % (2 * factor) == 0:
        factor *= 2
    if factor == 1:
        return pictures
    flat = pictures[..., 0] if pictures.shape[-1] == 1 else pictures
    small = np.stack([np.asarray(Image.fromarray(p).reduce(factor)) for p in flat])
    return small.reshape(*small.shape[:3], -1)


def png_of(sheet: np.ndarray, shrink: int = 1) -> tuple[bytes, int, int]:
    """``sheet`` uint8 [H, W, 1 or 3], averaged over squares of ``shrink`` px, as PNG, and the
    width and height of that in px."""
    image = _image(sheet)
    if shrink > 1:
        image = image.reduce(shrink)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue(), image.width, image.height


def _image(sheet: np.ndarray) -> Image.Image:
    return Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)


def encode(sheet: np.ndarray, tile: int) -> tuple[bytes, str]:
    """Bytes and MIME type of a grid whose tiles are ``tile`` px wide."""
    if tile <= PNG_UP_TO:
        return png_of(sheet)[0], "image/png"
    buffer = io.BytesIO()
    _image(sheet).save(buffer, "JPEG", quality=90)
    return buffer.getvalue(), "image/jpeg"


def make_frame(pictures: np.ndarray, layout: Layout, step: int, kept: bool = True) -> Frame:
    """Encode ``pictures`` in ``layout``."""
    pictures = fitted(pictures, layout.cols)
    sheet = grid_of(pictures, layout)
    data, mime = encode(sheet, pictures.shape[2])
    return Frame(
        step,
        data,
        mime,
        sheet.shape[1],
        sheet.shape[0],
        layout.rows,
        layout.cols,
        layout.labels,
        kept,
    )


def reals_frame(source: DataSource, layout: Layout) -> Frame:
    """Real samples in the same layout: column by column the same classes where there are labels."""
    if layout.y is None or source.labels is None:
        index = torch.arange(min(layout.count, len(source.samples))).repeat(layout.count)[
            : layout.count
        ]
    else:
        index = _indices_by_class(source.labels.cpu(), layout.y)
    pictures = source.samples[index.to(source.samples.device)].permute(0, 2, 3, 1).cpu().numpy()
    return make_frame(pictures, layout, 0)


def _indices_by_class(labels: Tensor, wanted: Tensor) -> Tensor:
    seen: dict[int, int] = {}
    places = {int(c): torch.nonzero(labels == c).flatten() for c in wanted.unique()}
    index = []
    for c in wanted.tolist():
        of_class = places[c] if len(places[c]) else torch.arange(len(labels))
        index.append(int(of_class[seen.get(c, 0) % len(of_class)]))
        seen[c] = seen.get(c, 0) + 1
    return torch.tensor(index)


class FrameStore:
    """The newest frames, and older ones at growing distances so that a long run stays light.

    A frame is kept when at least 1 % of the time trained has passed since the last kept one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: OrderedDict[int, Frame] = OrderedDict()
        self._kept: OrderedDict[int, Frame] = OrderedDict()
        self._last_kept = float("-inf")

    def wants_to_keep(self, elapsed: float) -> bool:
        """Whether a frame drawn after ``elapsed`` seconds of training would be kept."""
        return elapsed - self._last_kept >= max(
            pacing.FRAME_KEEP_INTERVAL, pacing.FRAME_KEEP_SHARE * elapsed
        )

    def add(self, frame: Frame, elapsed: float = 0.0) -> None:
        """Take a frame in."""
        with self._lock:
            self._recent[frame.step] = frame
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)
            if frame.kept:
                self._last_kept = elapsed
                self._kept[frame.step] = frame
                if len(self._kept) > MOST_KEPT:
                    for step in list(self._kept)[1 : MOST_KEPT // 2 : 2]:
                        del self._kept[step]

    @property
    def latest(self) -> Frame | None:
        """The newest frame."""
        with self._lock:
            return next(reversed(self._recent.values()), None)

    def get(self, step: int) -> Frame | None:
        """The frame drawn at ``step``, if it is still held."""
        with self._lock:
            return self._recent.get(step) or self._kept.get(step)

    def steps(self) -> list[int]:
        """Steps of the kept frames, ascending: what a scrubber can walk through."""
        with self._lock:
            return list(self._kept)
