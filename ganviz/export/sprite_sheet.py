"""Pictures drawn beforehand over two directions of latent space: sliders for a page that has no
generator at hand."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, features

from ganviz import latent
from ganviz.engine.snapshot import draw, to_pictures
from ganviz.export.run_data import Progress
from ganviz.models.parts import latent_weight
from ganviz.runs.trained import TrainedGenerator

SPAN = 3.0  # standard deviations to either side
N_DIRECTIONS = 8
MOST_BYTES = 6_000_000
MOST_SECONDS = 25.0
MOST_CLASSES = 40
MOST_SHEETS = 36
CRISP_UP_TO = 32  # px: larger tiles are stored with loss


@dataclass(frozen=True)
class SpriteSheets:
    """``sheets[base][class]``: file names of grids of ``rows`` x ``columns`` tiles; direction 2
    grows upwards in the row's number. ``directions`` [k, dim]; ``bases`` [n, dim]; ``classes``:
    those that have sheets."""

    rows: int
    columns: int
    sheets: list[list[str]]
    directions: torch.Tensor
    bases: torch.Tensor
    classes: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """What the page reads."""
        return {"rows": self.rows, "columns": self.columns, "sheets": self.sheets}


def write_sprite_sheets(
    generator: TrainedGenerator, folder: Path, notify: Progress
) -> SpriteSheets:
    """Draw the sheets into ``folder``/sprite_sheet: for each class, over as many base z as time and
    space allow.

    Stops adding bases after `MOST_BYTES` or `MOST_SECONDS`; the first base is always whole. Raises
    `OSError`.
    """
    found = latent.directions(
        latent_weight(generator.network, generator.latent_dim), N_DIRECTIONS
    ).vectors
    classes = generator.classes[:MOST_CLASSES]
    per_base = max(1, len(classes))
    side = generator.spec.shape[-1]
    columns = 15 if side <= CRISP_UP_TO and per_base <= 12 else 11
    rows = columns if len(found) > 1 else 1
    wanted = max(1, min(6, MOST_SHEETS // per_base))
    (folder / "sprite_sheet").mkdir()
    began, written, sheets = time.monotonic(), 0, []
    bases = torch.stack([latent.base_z(seed, generator.latent_dim) for seed in range(wanted)])
    for base in range(wanted):
        names = []
        for index in range(per_base):
            notify((base + index / per_base) / wanted, "Drawing the pictures of latent space.")
            data, ending = encode(
                _sheet(generator, bases[base], found, index if classes else None, rows, columns),
                side,
            )
            names.append(f"sprite_sheet/{base}-{index}.{ending}")
            (folder / names[-1]).write_bytes(data)
            written += len(data)
        sheets.append(names)
        following = (base + 2) / (base + 1)
        if (
            written * following > MOST_BYTES
            or (time.monotonic() - began) * following > MOST_SECONDS
        ):
            break
    return SpriteSheets(rows, columns, sheets, found, bases[: len(sheets)], tuple(classes))


def _sheet(
    generator: TrainedGenerator,
    base: torch.Tensor,
    directions: torch.Tensor,
    label: int | None,
    rows: int,
    columns: int,
) -> np.ndarray:
    """uint8 [rows * H, columns * W, C]."""
    across, along = (
        torch.linspace(-SPAN, SPAN, columns),
        torch.linspace(-SPAN, SPAN, rows) if rows > 1 else torch.zeros(1),
    )
    z = base + across[None, :, None] * directions[0]
    if rows > 1:
        z = z + along[:, None, None] * directions[1]
    z = z.reshape(rows * columns, -1)
    y = None if label is None else torch.full((len(z),), label)
    tiles = to_pictures(draw(generator.network, z, y))
    _, height, width, channels = tiles.shape
    return (
        tiles.reshape(rows, columns, height, width, channels)
        .transpose(0, 2, 1, 3, 4)
        .reshape(rows * height, columns * width, channels)
    )


def encode(sheet: np.ndarray, tile: int) -> tuple[bytes, str]:
    """A sheet as WebP (exact for small tiles), or as PNG or JPEG where Pillow has none."""
    image = Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)
    packed = io.BytesIO()
    if features.check("webp"):
        image.convert("RGB").save(
            packed,
            "WEBP",
            lossless=tile <= CRISP_UP_TO and sheet.shape[-1] == 1,
            quality=80,
            method=2,
        )
        return packed.getvalue(), "webp"
    if tile <= CRISP_UP_TO:
        image.save(packed, "PNG", optimize=True)
        return packed.getvalue(), "png"
    image.save(packed, "JPEG", quality=88)
    return packed.getvalue(), "jpg"
