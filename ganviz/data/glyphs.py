"""Digits and letters drawn from the fonts that matplotlib brings: real-looking labelled pictures
with no download.

Each (font, character) is drawn once, large, and turned into a signed distance field. A picture is
then one look-up in that field along a grid bent by a random affine and elastic map; the threshold
sets the thickness of the stroke. All pictures of a block are computed together, so that 60,000 take
seconds on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ganviz.data.cache import cached
from ganviz.data.entry import DIGITS, Dataset, Progress
from ganviz.data.held_out import samples_to_load
from ganviz.data.source import DataSource, DataSpec
from ganviz.errors import DataError

if TYPE_CHECKING:
    from ganviz.config import RunConfig

COUNT = 60_000
VERSION = 1
"""Part of the cache's file name: raise it whenever a change below changes a pixel."""
SEED = 20_060_709
"""Of the drawing, not of a run: everyone has the same data set, whatever their run's seed."""
GROUPS_PER_BLOCK = 100
"""A group holds each class once. A block is drawn from its own random stream, so a prefix never
depends on the count."""

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

# File, and how much may be taken from or added to its strokes (in 1/28 of the picture's width).
# Upright faces only: slant comes from the shear. DejaVu Sans Mono is left out because its dotted
# zero reads as an 8 at 28 pixels.
FONTS = (
    ("DejaVuSans.ttf", -0.35, 0.75),
    ("DejaVuSans-Bold.ttf", -0.9, 0.1),
    ("DejaVuSerif.ttf", 0.1, 0.6),
    ("DejaVuSerif-Bold.ttf", -0.3, 0.3),
    ("STIXGeneral.ttf", 0.3, 0.8),
    ("STIXGeneralBol.ttf", 0.0, 0.4),
    ("cmr10.ttf", 0.35, 0.85),
    ("cmb10.ttf", -0.1, 0.4),
    ("cmss10.ttf", -0.1, 0.8),
    ("cmtt10.ttf", 0.0, 0.8),
)

FIELD = 128
"""Pixels across a glyph as it is drawn; its distance field is kept at half of that, which is smooth
enough."""
TALL, WIDE = 19 / 28, 19 / 28
"""The box that a glyph is fitted into, as a share of the picture: MNIST's proportions."""
REACH = 14
"""Distances are measured up to so many field pixels: three picture pixels at 28, more than any
stroke changes."""
LATTICE = 4
"""Control points of the elastic map along each axis."""

# Half the range of each random change: degrees; shear; relative size; shift and bend in 1/28 of the
# picture's width.
ROTATE, SHEAR, STRETCH, SHIFT, BEND = 9.0, 0.28, 0.13, 1.2, 2.2
SOFT = (1.0, 1.7)
"""Width of a stroke's edge in picture pixels; 1 is the sharpest without jagged steps."""


def draw(
    chars: tuple[str, ...], count: int, size: int, progress: Progress
) -> tuple[Tensor, Tensor]:
    """The first ``count`` pictures, white on black: uint8 [N, 1, size, size] and their labels,
    int64 [N].

    The same pictures on every machine up to the rounding of the last grey level.
    """
    fields = distance_fields(chars)
    images = torch.empty(count, 1, size, size, dtype=torch.uint8)
    labels = torch.empty(count, dtype=torch.int64)
    block = GROUPS_PER_BLOCK * len(chars)
    for index, first in enumerate(range(0, count, block)):
        progress(first / count, f"Drawing {count:,} pictures")
        pictures, classes = _block(fields, index, size)
        last = min(first + block, count)
        images[first:last, 0], labels[first:last] = (
            pictures[: last - first],
            classes[: last - first],
        )
    return images, labels


@lru_cache(maxsize=2)
def distance_fields(chars: tuple[str, ...]) -> Tensor:
    """float32 [fonts, chars, FIELD / 2, FIELD / 2]: distance to the edge of the stroke (in picture
    widths), negative inside."""
    ink = np.stack([_ink(font, char) for font, _, _ in FONTS for char in chars])
    inside = torch.from_numpy(ink)
    field = _distance(inside) - _distance(~inside)
    return F.avg_pool2d(field / FIELD, 2).unflatten(0, (len(FONTS), len(chars)))


def _ink(font: str, char: str) -> np.ndarray:
    """bool [FIELD, FIELD]: the glyph, centred and fitted into the box."""
    from PIL import Image, ImageDraw, ImageFont

    path = _font_folder() / font
    try:
        left, top, right, bottom = ImageFont.truetype(path, 4 * FIELD).getbbox(char)
        scale = min(TALL * FIELD / (bottom - top), WIDE * FIELD / (right - left))
        face = ImageFont.truetype(path, round(4 * FIELD * scale))
    except (OSError, ZeroDivisionError):
        raise DataError(
            f"The font {font} of matplotlib cannot be read; install matplotlib again.", "data"
        ) from None
    left, top, right, bottom = face.getbbox(char)
    picture = Image.new("L", (FIELD, FIELD))
    ImageDraw.Draw(picture).text(
        ((FIELD - left - right) / 2, (FIELD - top - bottom) / 2), char, 255, face
    )
    return np.asarray(picture) >= 128


def _font_folder() -> Path:
    try:
        import matplotlib
    except ImportError:
        raise DataError(
            "Drawing glyphs needs matplotlib's fonts: run 'pip install matplotlib'.", "data"
        ) from None
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _distance(ink: Tensor) -> Tensor:
    """Euclidean distance of each pixel of bool [G, H, W] to the nearest true one, at most REACH;
    exact and separable."""
    along = (
        torch.where(ink, 0.0, REACH + 1.0).movedim(2, 0).contiguous()
    )  # columns first: each pass reads whole ones
    for x in range(1, len(along)):
        torch.minimum(along[x], along[x - 1] + 1, out=along[x])
    for x in range(len(along) - 2, -1, -1):
        torch.minimum(along[x], along[x + 1] + 1, out=along[x])
    square = along.square_()
    nearest = square.clone()
    for step in range(1, REACH + 1):
        moved = square + step * step
        torch.minimum(nearest[..., step:], moved[..., :-step], out=nearest[..., step:])
        torch.minimum(nearest[..., :-step], moved[..., step:], out=nearest[..., :-step])
    return nearest.sqrt_().clamp_max_(REACH).movedim(0, 2)


def _block(fields: Tensor, index: int, size: int) -> tuple[Tensor, Tensor]:
    """Block ``index`` of the endless data set: uint8 [N, size, size] and labels [N]."""
    n_chars = fields.shape[1]
    n = GROUPS_PER_BLOCK * n_chars
    # numpy's PCG64 and plain uniform numbers: the same on every processor, unlike vectorised normal
    # ones
    random = np.random.default_rng([SEED, n_chars, index])
    labels = torch.from_numpy(random.random((GROUPS_PER_BLOCK, n_chars)).argsort(1).reshape(n))
    fonts = torch.from_numpy(random.integers(len(FONTS), size=n))

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(
            (low + (high - low) * random.random((n, *shape))).astype(np.float32)
        )

    grid = _grid(uniform, size)
    distance = F.grid_sample(
        fields[fonts, labels][:, None], grid, padding_mode="border", align_corners=False
    )[:, 0]
    light, heavy = torch.tensor([font[1:] for font in FONTS])[fonts].unbind(1)
    thicker = (light + (heavy - light) * uniform(0, 1)) / 28
    edge = uniform(*SOFT) / size
    coverage = 0.5 - (distance - thicker[:, None, None]) / edge[:, None, None]
    return coverage.clamp_(0, 1).mul_(255).round_().to(torch.uint8), labels


def _grid(uniform: Callable[..., Tensor], size: int) -> Tensor:
    """Where each pixel looks into its field, [N, size, size, 2] as (x, y) in [-1, 1]: affine, then
    elastic."""
    angle, shear = torch.deg2rad(uniform(-ROTATE, ROTATE)), uniform(-SHEAR, SHEAR)
    wide, tall = 1 / uniform(1 - STRETCH, 1 + STRETCH), 1 / uniform(1 - STRETCH, 1 + STRETCH)
    shift = uniform(-SHIFT, SHIFT, 2) * (2 / 28)
    bend = uniform(-BEND, BEND, 2, LATTICE, LATTICE) * (2 / 28)
    cos, sin = angle.cos(), angle.sin()
    x_from = torch.stack([wide * (cos + shear * sin), wide * (shear * cos - sin)], 1)
    y_from = torch.stack([tall * sin, tall * cos], 1)
    centres = (torch.arange(size) + 0.5) * (2 / size) - 1
    mix = torch.softmax(
        -3.0 * (centres[:, None] - torch.linspace(-1, 1, LATTICE)) ** 2, 1
    )  # [size, LATTICE]
    bent = mix @ bend @ mix.T  # [N, 2, size, size]
    axes = torch.stack([x_from, y_from], 1)  # [N, 2 (x, y), 2 (of x, of y)]
    across = (axes[:, :, 0, None] * centres + shift[:, :, None])[:, :, None, :]
    down = (axes[:, :, 1, None] * centres)[:, :, :, None]
    return bent.add_(across).add_(down).permute(0, 2, 3, 1)


def _loader(name: str, chars: tuple[str, ...]) -> Callable[[RunConfig, Path, Progress], DataSource]:
    def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
        count = min(samples_to_load(config) or COUNT, COUNT)
        size = config.image_size
        images, labels = cached(
            data_root / "glyphs" / f"{name}-v{VERSION}-{COUNT}-{size}px.npz",
            count,
            COUNT,
            lambda wanted: draw(chars, wanted, size, progress),
            lambda: progress(None, f"Drawing {count:,} pictures"),
        )
        spec = DataSpec(name, "images", tuple(images.shape[1:]), len(images), chars)
        return DataSource(spec, images, labels, computed=True)

    return load


ENTRIES = {
    "glyphs": Dataset(
        "Digits from fonts",
        "60,000 digits drawn from ten typefaces, bent and thickened at random; made here in "
        "seconds, no download.",
        _loader("glyphs", DIGITS),
        classes=DIGITS,
        shuffled=True,
    ),
    "letters": Dataset(
        "Letters from fonts",
        "60,000 capital letters A to Z, drawn the same way; 26 classes, no download.",
        _loader("letters", LETTERS),
        classes=LETTERS,
        shuffled=True,
    ),
}
