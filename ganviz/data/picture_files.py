"""One picture file: read by its content, within bounds, and brought to a small square."""

from __future__ import annotations

import math
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64_000_000
MAX_DRAFT_PIXELS = 178_000_000
"""Of a JPEG that is decoded at a fraction of its size; beyond that Pillow refuses to open it."""
# Only decoders that decode: Pillow would hand an EPS file, whatever its name, to an outside
# interpreter.
FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "WEBP", "TIFF", "PPM", "TGA", "AVIF")
UNREADABLE, TOO_LARGE = "unreadable", "too large"
SIXTEEN_BITS = 65_535
STRETCHED = -2
# Of pictures that take a hundred megabytes while they are decoded, so many are at once.
MANY_PIXELS, _many_pixels_at_once = 16_000_000, threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Picture:
    """``pixels``: uint8 [size, size, 1 or 3]. ``side``: the shorter side that the file has, in px.
    ``highest``: the largest value of a picture of 16 bits, `STRETCHED` for one of floats or wider
    integers, which is shown by its own range, and None for any other."""

    pixels: np.ndarray
    side: int
    highest: int | None = None


class UnusablePicture(Exception):
    """A file that cannot be used; ``reason`` is UNREADABLE or TOO_LARGE."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def read_picture(path: Path, size: int, grey: bool) -> np.ndarray | None:
    """The pixels of `load_picture`, or None for a file that cannot be used."""
    try:
        return load_picture(path, size, grey).pixels
    except UnusablePicture:
        return None


def load_picture(path: Path, size: int, grey: bool, bits: int = 16) -> Picture:
    """The picture in ``path``: upright, cropped to its central square and resized.

    ``bits``: how many of their 16 bits deep pictures use. Raises `UnusablePicture`.
    """
    from PIL import Image

    try:
        with Image.open(path, formats=_formats()) as image:
            return _load(image, size, grey, bits)
    except UnusablePicture:
        raise
    except Image.DecompressionBombError:
        raise UnusablePicture(TOO_LARGE) from None
    # a damaged file can fail in any way at all inside a decoder; the caller counts and names it
    except Exception:
        raise UnusablePicture(UNREADABLE) from None


def _load(image: Image.Image, size: int, grey: bool, bits: int) -> Picture:
    from PIL import ImageOps

    side, pixels = min(image.size), math.prod(image.size)
    # known from the header, before anything is unpacked; a progressive JPEG is unpacked whole
    if pixels > MAX_PIXELS and "progressive" in image.info:
        raise UnusablePicture(TOO_LARGE)
    # a large JPEG is decoded at a fraction of its size, other kinds as they are
    image.draft(image.mode, (2 * size, 2 * size))
    if math.prod(image.size) > MAX_PIXELS or pixels > MAX_DRAFT_PIXELS:
        raise UnusablePicture(TOO_LARGE)
    with _many_pixels_at_once if math.prod(image.size) > MANY_PIXELS else nullcontext():
        image, highest = ImageOps.exif_transpose(image), None
        # "I;16" and the like, "I" and "F": values that do not fit into 8 bits
        if image.mode.startswith(("I", "F")):
            image, highest = _to_eight_bits(image, bits)
        return Picture(_square(image, size, grey), side, highest)


def _square(image: Image.Image, size: int, grey: bool) -> np.ndarray:
    from PIL import Image

    image = _flat(image)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    # not resize(box=...), whose filter looks beyond the box
    image = image.crop((left, top, left + side, top + side))
    image = image.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3)
    pixels = np.asarray(image.convert("L" if grey else "RGB"))
    return pixels.reshape(size, size, -1)


def _flat(image: Image.Image) -> Image.Image:
    """The (first) frame in 8-bit grey or RGB without transparency.

    What is transparent becomes white: drawings with a clear ground are made to be seen on paper or
    a page, and their dark outlines would vanish on black.
    """
    from PIL import Image

    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _to_eight_bits(image: Image.Image, bits: int) -> tuple[Image.Image, int]:
    """Deep grey: 16-bit integers by their high byte, or by that of the bits in use; floats and
    wider integers by the range they really use. With `Picture.highest` of it."""
    from PIL import Image

    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    low, high = float(values.min()), float(values.max())
    stretched = image.mode.startswith("F") or low < 0 or high > SIXTEEN_BITS
    highest = STRETCHED if stretched else int(high)
    if not stretched:
        low, high = 0.0, float(2**bits - 1)
    scaled = (values - low) * (255 / max(high - low, 1e-12))
    return Image.fromarray(scaled.round().clip(0, 255).astype(np.uint8)), highest


def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow can read."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)
