"""Pictures on disk, in the files that the usual scripts read: drawn once into a temporary
folder."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image

DIGITS = tuple("0123456789")
COUNT = 12_800
FACES = 1_280


def mnist_files(root: Path, count: int = COUNT) -> Path:
    """``count`` drawn digits as the MNIST training files, where torchvision (and ganviz) look for
    them under ``root``."""
    raw = root / "MNIST" / "raw"
    if raw.exists():
        return root
    pictures, labels = _digits(count, 28)
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):  # torchvision insists on all four files
        _write_idx(raw / f"{part}-images-idx3-ubyte", pictures[:, 0].numpy())
        _write_idx(raw / f"{part}-labels-idx1-ubyte", labels.to(torch.uint8).numpy())
    return root


def image_folder(root: Path, size: int, count: int = FACES) -> Path:
    """``count`` coloured PNGs of ``size`` px, one sub-folder a class, as torchvision's ImageFolder
    reads them."""
    folder = root / f"pictures-{size}"
    if folder.exists():
        return folder
    pictures, labels = _digits(count, size)
    tints = torch.rand(count, 3, 1, 1, generator=torch.Generator().manual_seed(1))
    colour = (
        (pictures.float() * tints + 40 * (1 - tints)).to(torch.uint8).permute(0, 2, 3, 1).numpy()
    )
    for index, (picture, label) in enumerate(zip(colour, labels.tolist(), strict=True)):
        path = folder / str(label) / f"{index:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return folder


def _digits(count: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """uint8 [count, 1, size, size] and labels [count]."""
    from ganviz.data.entry import ignore_progress
    from ganviz.data.glyphs import draw

    return draw(DIGITS, count, size, ignore_progress)


def _write_idx(path: Path, array: np.ndarray) -> None:
    """The format of LeCun's files: a magic number with the rank, the big-endian shape, the
    bytes."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())
