"""Pictures of points in the plane: what sample grids are to images, for runs on two-dimensional
data."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from ganviz.engine.frames import Frame

PAGE, LINE = (13, 17, 23), (37, 46, 59)  # of the dashboard's dark theme, assets/lib/base.css
FAKE, REAL = (203, 132, 247), (62, 203, 148)
POINTS = 250  # of each kind in a kept picture
SIDE = 360  # px
FINE = 3  # times as large, to be drawn with hard edges and made smaller


def reach(points: np.ndarray) -> float:
    """Half the side of a square around the origin that shows nearly all of ``points`` [N, 2]."""
    return max(1e-6, float(np.quantile(np.abs(points), 0.995))) * 1.25 if len(points) else 1.0


def draw_plane(
    real: np.ndarray, fake: np.ndarray, extent: float, side: int, radius: float = 2.2
) -> Image.Image:
    """Real points [N, 2] green, generated ones purple on top, in a square from -``extent`` to
    ``extent``."""
    image = Image.new("RGB", (side, side), PAGE)
    draw = ImageDraw.Draw(image, "RGBA")
    draw.line([(0, side / 2), (side, side / 2)], fill=(*LINE, 255))
    draw.line([(side / 2, 0), (side / 2, side)], fill=(*LINE, 255))
    for points, colour, alpha in ((real, REAL, 120), (fake, FAKE, 190)):
        places = (points / extent * [1, -1] + 1) * side / 2
        for x, y in places[((places >= 0) & (places <= side)).all(1)]:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*colour, alpha))
    return image


def some_of(samples: Tensor) -> np.ndarray:
    """`POINTS` of ``samples`` [N, 2], from all over the set."""
    index = torch.linspace(0, len(samples) - 1, POINTS).long()
    return samples[index.to(samples.device)].cpu().numpy()


def plane_frame(real: np.ndarray, fake: np.ndarray, step: int, kept: bool) -> Frame:
    """A picture of ``fake`` beside ``real``, encoded."""
    buffer = io.BytesIO()
    large = draw_plane(real, fake, reach(real), FINE * SIDE, radius=FINE * 2.2)
    large.reduce(FINE).save(buffer, "PNG", compress_level=1)
    return Frame(step, buffer.getvalue(), "image/png", SIDE, SIDE, 1, 1, (), kept)
