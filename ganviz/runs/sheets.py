"""Samples as files: a grid, single pictures, raw values, or a scatter of points."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ganviz.disk import disk_sentence
from ganviz.engine.frames import Layout, grid_of
from ganviz.engine.snapshot import to_pictures
from ganviz.errors import ConfigError, GanvizError
from ganviz.runs.trained import TrainedGenerator

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
MAX_GRID_PIXELS = 100_000_000
PLOT_SIDE = 640
FAKE = (124, 77, 190)  # purple, as everywhere


def write_samples(
    generator: TrainedGenerator,
    out: Path | str,
    n: int,
    seed: int = 0,
    y: str | None = None,
    psi: float = 1.0,
) -> Path:
    """Write ``n`` samples to ``out`` and return it.

    A picture's name gets a grid of all (points: a scatter), ``.npy`` the raw float32 values,
    anything without an ending a folder of single PNGs named by number and class. Raises
    `ConfigError` for what cannot be done.
    """
    text, out = str(out), Path(out)
    folder = text.endswith(("/", "\\")) or out.is_dir() or not out.suffix
    if not folder and out.suffix.lower() not in (*PICTURES, ".npy"):
        raise ConfigError(
            f"{out.name}: samples go to a .png, .jpg, .webp or .npy file, or to a folder.", "out"
        )
    try:
        (out if folder else out.parent).mkdir(parents=True, exist_ok=True)
        if folder:
            _write_singles(generator, out, n, seed, y, psi)
        elif out.suffix.lower() == ".npy":
            np.save(out, generator.sample(n, seed, y, psi).float().cpu().numpy())
        else:
            _write_picture(generator, out, n, seed, y, psi)
    except OSError as error:
        raise GanvizError(disk_sentence(error, out, "The samples were not written")) from None
    return out


def _write_picture(
    generator: TrainedGenerator, out: Path, n: int, seed: int, y: str | None, psi: float
) -> None:
    if generator.spec.kind == "points":
        scatter(generator.sample(n, seed, y, psi).float().cpu().numpy()).save(out)
        return
    _, height, width = generator.spec.shape
    if n * (height + 1) * (width + 1) > MAX_GRID_PIXELS:
        raise ConfigError(
            f"{n:,} samples are too many for one picture; write them to a folder or a .npy file.",
            "n",
        )
    classes = len(generator.classes)
    cols = classes if y is None and 2 <= classes <= min(n, 32) else math.ceil(math.sqrt(n))
    pictures = to_pictures(generator.sample(n, seed, y, psi))
    rows = math.ceil(n / cols)
    full = np.full((rows * cols, *pictures.shape[1:]), 128, np.uint8)
    full[:n] = pictures
    _image(grid_of(full, Layout(rows, cols, (), None))).save(out)


def _write_singles(
    generator: TrainedGenerator, folder: Path, n: int, seed: int, y: str | None, psi: float
) -> None:
    if generator.spec.kind == "points":
        raise ConfigError(
            "Points have no single pictures; write them to a .png or a .npy file.", "out"
        )
    first, digits = 0, len(str(n - 1))
    for x, labels in generator.batches(n, seed, y, psi):
        for i, picture in enumerate(to_pictures(x)):
            name = f"{first + i:0{digits}d}" + (
                f"-class{int(labels[i])}" if labels is not None else ""
            )
            _image(picture).save(folder / f"{name}.png")
        first += len(x)


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def scatter(points: np.ndarray) -> Image.Image:
    """A square picture of points [N, 2], the origin in its middle."""
    finite = points[np.isfinite(points).all(1)]
    reach = max(1e-6, float(np.quantile(np.abs(finite), 0.995))) * 1.15 if len(finite) else 1.0
    image = Image.new("RGB", (PLOT_SIDE, PLOT_SIDE), "white")
    draw = ImageDraw.Draw(image, "RGBA")
    middle = PLOT_SIDE // 2
    draw.line([(0, middle), (PLOT_SIDE, middle)], fill=(0, 0, 0, 40))
    draw.line([(middle, 0), (middle, PLOT_SIDE)], fill=(0, 0, 0, 40))
    for x, y in (finite / reach * [1, -1] + 1) * PLOT_SIDE / 2:
        draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill=(*FAKE, 140))
    return image
