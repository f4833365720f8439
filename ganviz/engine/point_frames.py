"""Points in the plane: what sample grids are to images, for runs on two-dimensional data.

A page draws the points itself, so that a frame is their data as JSON. A frame that is kept is a
picture (films, thumbnails and trackers show it), and carries that JSON as a text chunk of its PNG.
"""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from ganviz.engine.frames import Frame

# Of the dashboard's dark theme, assets/lib/base.css.
PAGE, LINE = (13, 17, 23), (37, 46, 59)
FAKE, REAL = (203, 132, 247), (62, 203, 148)
# How far one disc hides what lies beneath it.
FAKE_ALPHA, REAL_ALPHA = 0.75, 0.47
# Of each kind in a picture.
POINTS = 250
# In px: of a picture, and of a disc.
SIDE, RADIUS = 360, 2.2
# Generated points in the data of a frame.
MAX_GENERATED = 500
# The keyword of a kept picture's text chunk, assets/lib/plane_data.js.
CHUNK = "ganviz"
FINEST = 32_767
# D's verdict is coloured as on the page (assets/lib/diverging.js), more strongly: a thumbnail is
# small.
EXPONENT, STRENGTH, WITHIN = 0.6, 0.6, 0.98
# Times the data's reach that coordinates may lie outside; others are drawn at the edge.
ROOM = 8.0


def reach(points: np.ndarray) -> float:
    """Half the side of a square around the origin that shows nearly all of ``points`` [N, 2]."""
    return max(1e-6, float(np.quantile(np.abs(points), 0.995))) * 1.25 if len(points) else 1.0


def draw_plane(
    real: np.ndarray,
    fake: np.ndarray,
    extent: float,
    side: int,
    surface: dict[str, Any] | None = None,
) -> Image.Image:
    """Real points [N, 2] green, generated ones purple on top, in a square from -``extent`` to
    ``extent``; beneath them D's verdict, where there is one (as `packed_surface` has it)."""
    image = Image.new("RGB", (side, side), PAGE)
    if surface:
        _draw_surface(image, surface, extent)
    draw = ImageDraw.Draw(image)
    draw.line([(0, side / 2), (side, side / 2)], fill=LINE)
    draw.line([(side / 2, 0), (side / 2, side)], fill=LINE)
    pixels: np.ndarray = np.asarray(image, np.float32)
    for points, colour, alpha in ((real, REAL, REAL_ALPHA), (fake, FAKE, FAKE_ALPHA)):
        places = (points / extent * [1, -1] + 1) * side / 2
        inside = places[((places >= 0) & (places <= side)).all(1)]
        through = (1 - alpha) ** _discs(inside, side)[..., None]
        pixels = through * pixels + (1 - through) * np.array(colour, np.float32)
    return Image.fromarray(pixels.round().astype(np.uint8))


def _discs(places: np.ndarray, side: int) -> np.ndarray:
    """How many discs around ``places`` [N, 2] (x and y in px) lie on each pixel [side, side]; a
    pixel on an edge counts in part."""
    reach = int(np.ceil(RADIUS)) + 1
    window = np.arange(-reach, reach + 1)
    first = np.floor(places).astype(int)
    x, y = (first[:, axis, None] + window for axis in (0, 1))
    across, up = (place + 0.5 - places[:, axis, None] for axis, place in ((0, x), (1, y)))
    far = np.hypot(across[:, None, :], up[:, :, None])
    covered = np.clip(RADIUS + 0.5 - far, 0, 1)
    inside = ((x >= 0) & (x < side))[:, None, :] & ((y >= 0) & (y < side))[:, :, None]
    index = (y[:, :, None] * side + x[:, None, :])[inside]
    counts = np.bincount(index, covered[inside], side * side)
    return counts.reshape(side, side).astype(np.float32)


def _draw_surface(image: Image.Image, surface: dict[str, Any], extent: float) -> None:
    """Purple where D takes samples for generated, green where it takes them for real."""
    size = surface["size"]
    share = np.frombuffer(base64.b64decode(surface["z"]), np.uint8).reshape(size, size) / 255
    at = _diverging(surface["low"] + (surface["high"] - surface["low"]) * share, surface)
    ends = np.where((at < 0)[..., None], np.array(FAKE), np.array(REAL))
    weight = STRENGTH * np.abs(at)[..., None]
    colours = (weight * ends + (1 - weight) * np.array(PAGE)).round().astype(np.uint8)
    (left, right), (low, high) = surface["x"], surface["y"]
    # what of the grid lies within the picture, in cells, and where
    cells_across, cells_up = size / (right - left), size / (high - low)
    box = (
        max(0.0, (-extent - left) * cells_across),
        max(0.0, (high - extent) * cells_up),
        min(float(size), (extent - left) * cells_across),
        min(float(size), (high + extent) * cells_up),
    )
    scale = image.width / (2 * extent)
    corners = (
        round((left + box[0] / cells_across + extent) * scale),
        round((extent - high + box[1] / cells_up) * scale),
        round((left + box[2] / cells_across + extent) * scale),
        round((extent - high + box[3] / cells_up) * scale),
    )
    size_there = (max(1, corners[2] - corners[0]), max(1, corners[3] - corners[1]))
    grid = Image.fromarray(colours[::-1].copy())
    image.paste(grid.resize(size_there, Image.Resampling.BICUBIC, box), corners[:2])


def _diverging(values: np.ndarray, surface: dict[str, Any]) -> np.ndarray:
    """-1 where D is sure of a generated sample, 0 where it cannot tell, 1 where of a real one."""
    middle = 0.5 if surface["unit"] == "probability" else surface["level"]
    middle = float(np.median(values)) if middle is None else middle
    reach = 0.5
    if surface["unit"] != "probability":
        reach = max(1e-12, float(np.quantile(np.abs(values - middle), WITHIN)))
    share = np.clip((values - middle) / reach, -1, 1)
    return np.sign(share) * np.abs(share) ** EXPONENT


def some_of(samples: Tensor) -> np.ndarray:
    """`POINTS` of ``samples`` [N, 2], from all over the set."""
    index = torch.linspace(0, len(samples) - 1, POINTS).long()
    return samples[index.to(samples.device)].cpu().numpy()


def plane_data(fake: np.ndarray, extent: float, step: int, more: dict[str, Any]) -> bytes:
    """The generated points as JSON, as `packed_points` has them; ``more`` is what probes add."""
    unit = ROOM * extent / FINEST
    packed = packed_points(fake[:MAX_GENERATED], unit)
    return json.dumps({"step": step, **packed, **more}).encode()


def packed_points(points: np.ndarray, unit: float | None = None) -> dict[str, Any]:
    """``points`` [N, 2] as int16 x and y in turns, little-endian and base64, in units of ``unit``;
    without one it follows from the outermost. What is no number lies at 0."""
    points = np.nan_to_num(points, posinf=0.0, neginf=0.0)
    unit = unit or max(float(np.abs(points).max(initial=0.0)), 1e-30) / FINEST
    places = np.clip(np.round(points / unit), -FINEST, FINEST).astype("<i2")
    return {"unit": unit, "points": base64.b64encode(places.tobytes()).decode()}


def packed_surface(z: Tensor) -> dict[str, Any]:
    """Values of a grid as bytes between their extremes: ``low``, ``high`` and base64 ``z``."""
    low, high = float(z.min()), float(z.max())
    share = (z - low) / max(high - low, 1e-12)
    levels = share.mul(255).round().to(torch.uint8).cpu().numpy()
    return {"low": low, "high": high, "z": base64.b64encode(levels.tobytes()).decode()}


def plane_frame(
    real: np.ndarray, fake: np.ndarray, step: int, kept: bool, more: dict[str, Any] | None = None
) -> Frame:
    """``fake`` beside ``real``; a picture where it is ``kept``."""
    extent = reach(real)
    data = plane_data(fake, extent, step, more or {})
    if not kept:
        return Frame(step, data, "application/json", SIDE, SIDE, 1, 1, (), kept)
    about = PngInfo()
    about.add_text(CHUNK, data.decode())
    buffer = io.BytesIO()
    surface = (more or {}).get("surface")
    drawn = draw_plane(real, fake[:POINTS], extent, SIDE, surface=surface)
    drawn.save(buffer, "PNG", compress_level=1, pnginfo=about)
    return Frame(step, buffer.getvalue(), "image/png", SIDE, SIDE, 1, 1, (), kept)
