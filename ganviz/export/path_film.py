"""A path through latent space as a film, an animation, or one long picture."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from ganviz.errors import GanvizError
from ganviz.export.video import KINDS, Film

FORMATS = (*KINDS, "png")
MEDIA_TYPES = {"mp4": "video/mp4", "gif": "image/gif", "webp": "image/webp", "png": "image/png"}
# small pictures are enlarged in whole steps, so that their pixels stay sharp, to about this side
SIDE = 224
# a picture wider than this is opened by few programs
WIDEST = 30_000


def encode_path(pictures: np.ndarray, kind: str, fps: int) -> bytes:
    """``pictures`` uint8 [N, H, W, C] as ``kind``: mp4, gif or webp, or png, a strip of all of
    them side by side in their own size. Raises `GanvizError`."""
    if kind not in FORMATS:
        raise GanvizError(
            "A path is saved as one of: {formats}.", "format", formats=", ".join(FORMATS)
        )
    colour = np.broadcast_to(pictures, (*pictures.shape[:3], 3))
    if kind == "png":
        return _strip(colour)
    times = max(1, round(SIDE / colour.shape[2]))
    frames = [_enlarged(picture, times) for picture in colour]
    palette = Image.fromarray(np.concatenate(list(colour[:: max(1, len(colour) // 16)]), 1))
    # PyAV writes files
    with tempfile.TemporaryDirectory(prefix="ganviz-") as folder:
        path = Path(folder) / f"path.{kind}"
        with Film(path, kind, frames[0].size, fps, palette) as film:
            for frame in frames:
                film.add(frame)
        return path.read_bytes()


def _enlarged(picture: np.ndarray, times: int) -> Image.Image:
    """In whole steps, with even sides, as films need them."""
    large = picture.repeat(times, 0).repeat(times, 1)
    height, width = large.shape[0] // 2 * 2, large.shape[1] // 2 * 2
    return Image.fromarray(np.ascontiguousarray(large[:height, :width]))


def _strip(colour: np.ndarray) -> bytes:
    if colour.shape[0] * colour.shape[2] > WIDEST:
        raise GanvizError("That strip would be too wide a picture; take fewer frames.", "frames")
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate(list(colour), 1)).save(buffer, "PNG")
    return buffer.getvalue()
