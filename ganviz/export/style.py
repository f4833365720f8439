"""Colours and letters of a film: those of the dashboard's dark theme (``assets/lib/base.css``)."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

from ganviz.engine import point_frames as plane

PAGE, LINE, FAKE, REAL = plane.PAGE, plane.LINE, plane.FAKE, plane.REAL
CARD = (21, 27, 36)
INK, SOFT, MUTED = (232, 235, 240), (195, 202, 214), (147, 160, 179)
D = (90, 162, 245)
ROLES = {"d": D, "g": FAKE, "fake": FAKE, "real": REAL}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=32)
def letters(size: int, wide: bool = False) -> Font:
    """Pillow's own typeface; ``wide``: matplotlib's DejaVu Sans, which also knows Greek, Cyrillic
    and arrows."""
    spec = find_spec("matplotlib") if wide else None
    if spec and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        path = package / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size * 7 // 8)
    return ImageFont.load_default(size)


def letters_for(text: str, size: int) -> Font:
    """A typeface that has the letters of ``text``."""
    return letters(size, wide=any(ord(letter) > 0xFF for letter in text))


def fitted(text: str, size: int, width: float) -> str:
    """``text`` on one line of at most ``width`` px, shortened with dots."""
    text = " ".join(text.split())
    font = letters_for(text, size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text.rstrip() + "..."


def figure(value: float) -> str:
    """A number for a legend: three significant digits or so."""
    if value != value:
        return "-"
    size = abs(value)
    return (
        f"{value:,.0f}"
        if size >= 1000
        else f"{value:.{1 if size >= 100 else 2 if size >= 10 else 3}f}"
    )
