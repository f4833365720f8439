"""Paths through latent space that people kept with a run, drawn beforehand: an exported page plays
them without a generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganviz import latent
from ganviz.engine.snapshot import draw, to_pictures
from ganviz.errors import GanvizError
from ganviz.export.sprite_sheet import encode
from ganviz.latent.paths import through
from ganviz.runs.kept_latents import read_kept
from ganviz.runs.trained import TrainedGenerator

FOLDER = "paths"
COLUMNS = 8
MOST_PATHS, MOST_FRAMES, MOST_KEYS = 12, 64, 48
MOST_BYTES = 4_000_000


def write_paths(generator: TrainedGenerator, run_folder: Path, page: Path) -> list[dict[str, Any]]:
    """Draw the run's paths into ``page``/paths, a sheet of frames each, and say what is there:
    ``{"name", "file", "frames", "columns"}``.

    What is damaged, or was kept for another generator, is left out; so are paths beyond
    `MOST_PATHS` and `MOST_BYTES`. Raises `OSError`.
    """
    written = 0
    found: list[dict[str, Any]] = []
    for one in read_kept(run_folder)["paths"]:
        try:
            z, y = path_latents(generator, one)
        except (GanvizError, TypeError, ValueError, AttributeError, KeyError):
            continue
        sheet = _sheet(to_pictures(draw(generator.network, z, y)))
        data, ending = encode(sheet, generator.spec.shape[-1])
        written += len(data)
        if written > MOST_BYTES or len(found) == MOST_PATHS:
            break
        (page / FOLDER).mkdir(exist_ok=True)
        file = f"{FOLDER}/{len(found)}.{ending}"
        (page / file).write_bytes(data)
        found.append({"name": one["name"], "file": file, "frames": len(z), "columns": COLUMNS})
    return found


def path_latents(generator: TrainedGenerator, kept: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
    """The latents [frames, dim] and classes of a path as ``explore.json`` has it. Raises
    `GanvizError`, or what a damaged table raises."""
    keys = kept["keys"][:MOST_KEYS]
    points = torch.cat([latent.from_text(str(key["z"]), generator.latent_dim) for key in keys])
    frames = max(2, min(MOST_FRAMES, int(kept.get("frames", MOST_FRAMES))))
    z, nearest = through(points, frames, str(kept.get("kind", "slerp")))
    if not generator.classes:
        return z, None
    classes = [int(keys[index].get("y") or 0) for index in nearest]
    if not all(0 <= one < len(generator.classes) for one in classes):
        raise GanvizError("The path asks for a class that this generator does not know.", "y")
    return z, torch.tensor(classes)


def _sheet(frames: np.ndarray) -> np.ndarray:
    """uint8 [N, H, W, C] as one picture of `COLUMNS` frames a row; what is left over is black."""
    count, height, width, channels = frames.shape
    rows = -(-count // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, height, width, channels), np.uint8)
    sheet[:count] = frames
    return (
        sheet.reshape(rows, COLUMNS, height, width, channels)
        .transpose(0, 2, 1, 3, 4)
        .reshape(rows * height, COLUMNS * width, channels)
    )
