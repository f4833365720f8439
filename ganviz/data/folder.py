"""A folder of one's own pictures. Nothing in it is trusted: files are read by their content, within
bounds."""

from __future__ import annotations

import os
import random
import re
import stat
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ganviz.data.entry import Dataset, Progress
from ganviz.data.source import DataSource, DataSpec
from ganviz.errors import DataError

if TYPE_CHECKING:
    from ganviz.config import RunConfig

MIN_PICTURES = 16
MAX_FILES = 200_000
MAX_ENTRIES = 1_000_000
MAX_CLASSES = 1000
MAX_PIXELS = 64_000_000
GREY_TOLERANCE = 6
"""JPEG's rounding colours a grey picture by a few levels."""

SUFFIXES = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".jfif",
        ".gif",
        ".bmp",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".tga",
        ".avif",
    }
)
# Only decoders that decode: Pillow would hand an EPS file, whatever its name, to an outside
# interpreter.
FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "WEBP", "TIFF", "PPM", "TGA", "AVIF")


@dataclass
class Found:
    """What a walk through the folder saw."""

    files: list[Path] = field(default_factory=list)
    links: int = 0
    more: bool = False


def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
    """All readable pictures under ``config.data_path`` at ``config.image_size``; sub-folders become
    classes.

    The order is a fixed shuffle, so that a data limit takes from every class.
    """
    root = _root(config.data_path)
    progress(None, f"Looking through {root.name}")
    found = find(root)
    if not found.files:
        raise DataError(
            f"The folder {printable(config.data_path)} holds no pictures (png, jpg, gif, bmp, "
            f"webp, tiff, ppm).",
            "data_path",
        )
    files = sorted(found.files, key=lambda path: path.as_posix())
    random.Random(0).shuffle(files)
    wanted = min(
        max(config.data_limit, MIN_PICTURES) if config.data_limit else len(files), len(files)
    )
    grey, size = config.colour == "grey", config.image_size
    _fits_memory(wanted * (1 if grey else 3) * size * size, wanted, size)
    images, kept, failed = read_all(files, wanted, size, grey, progress)
    if len(kept) < MIN_PICTURES:
        raise DataError(
            f"Only {len(kept)} of {len(kept) + len(failed)} pictures in "
            f"{printable(config.data_path)} can be used; "
            f"at least {MIN_PICTURES} are needed.{_failures(root, kept, failed)}",
            "data_path",
        )
    if config.colour == "auto" and _all_grey(images):
        images = images[:, :1].contiguous()
    unreadable = set(failed)
    classes, labels, about_classes = label([path for path in files if path not in unreadable], kept)
    notes = [
        _failures(root, kept, failed),
        about_classes,
        f"{found.links} links to other places were not followed." if found.links else "",
        f"Only the first {MAX_FILES:,} pictures found are used." if found.more else "",
    ]
    spec = DataSpec(
        "folder",
        "images",
        tuple(images.shape[1:]),
        len(images),
        classes,
        " ".join(note.strip() for note in notes if note),
    )
    return DataSource(spec, images, labels)


def find(root: Path) -> Found:
    """Picture files below ``root``, by their suffix. Hidden files, pipes, devices and links that
    lead out are left alone."""
    found, seen = Found(), 0
    for folder, folders, names in os.walk(root):  # does not follow links to folders
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.links += sum(Path(folder, name).is_symlink() for name in folders)
        seen += len(folders) + len(names)
        if seen > MAX_ENTRIES:
            raise DataError(
                f"The folder {printable(str(root))} holds more than {MAX_ENTRIES:,} files; "
                "name the folder of the pictures itself.",
                "data_path",
            )
        for name in sorted(names):
            path = Path(folder, name)
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                continue
            if path.is_symlink() and not _inside(path, root):
                found.links += 1
            elif _is_plain(path):
                if len(found.files) == MAX_FILES:
                    found.more = True
                    return found
                found.files.append(path)
    return found


def read_all(
    files: list[Path], wanted: int, size: int, grey: bool, progress: Progress
) -> tuple[Tensor, list[Path], list[Path]]:
    """Up to ``wanted`` pictures, uint8 [N, C, size, size]; the files they come from; the files that
    cannot be read."""
    images = torch.empty(wanted, 1 if grey else 3, size, size, dtype=torch.uint8)
    kept: list[Path] = []
    failed: list[Path] = []
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # Pillow's remarks about odd files: those that matter are counted and named here
        for path, pixels in _read_ahead(files, size, grey):
            if pixels is None:
                failed.append(path)
            else:
                images[len(kept)] = torch.from_numpy(pixels).permute(2, 0, 1)
                kept.append(path)
            progress(len(kept) / wanted, f"Reading {wanted:,} pictures")
            if len(kept) == wanted:
                break
    return images[: len(kept)], kept, failed


def _read_ahead(
    files: list[Path], size: int, grey: bool, batch: int = 256
) -> Iterator[tuple[Path, np.ndarray | None]]:
    """Pictures in the order of ``files``, decoded by a few threads (decoders let go of Python's
    lock)."""
    remaining = iter(files)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        while some := list(islice(remaining, batch)):
            yield from zip(
                some, pool.map(lambda path: read_picture(path, size, grey), some), strict=True
            )


def read_picture(path: Path, size: int, grey: bool) -> np.ndarray | None:
    """uint8 [size, size, 1 or 3]: upright, cropped to its central square and resized; None for a
    file that cannot be used."""
    from PIL import Image

    try:
        with Image.open(path, formats=_formats()) as image:
            if (
                image.width * image.height > MAX_PIXELS
            ):  # known from the header, before anything is unpacked
                return None
            return _square(image, size, grey)
    except (
        Exception
    ):  # a damaged file can fail in any way at all inside a decoder; the caller counts and names it
        return None


def _square(image: Any, size: int, grey: bool) -> np.ndarray:
    from PIL import Image, ImageOps

    image.draft(
        image.mode, (2 * size, 2 * size)
    )  # a large JPEG is decoded at a fraction of its size
    image = _flat(ImageOps.exif_transpose(image))
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop(
        (left, top, left + side, top + side)
    )  # not resize(box=...), whose filter looks beyond the box
    image = image.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3)
    pixels = np.asarray(image.convert("L" if grey else "RGB"))
    return pixels.reshape(size, size, -1)


def _flat(image: Any) -> Any:
    """The (first) frame in 8-bit grey or RGB without transparency.

    What is transparent becomes white: drawings with a clear ground are made to be seen on paper or
    a page, and their dark outlines would vanish on black.
    """
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        return _to_eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _to_eight_bits(image: Any) -> Any:
    """Deep grey: 16-bit integers by their high byte; floats and wider integers by the range they
    really use."""
    from PIL import Image

    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    low, high = (
        (0.0, 65535.0)
        if image.mode.startswith("I;16")
        else (float(values.min()), float(values.max()))
    )
    if image.mode == "I" and low >= 0 and high <= 65535:  # how some 16-bit files are opened
        low, high = 0.0, 65535.0
    return Image.fromarray(
        ((values - low) * (255 / max(high - low, 1e-12))).round().astype(np.uint8)
    )


def label(files: list[Path], kept: list[Path]) -> tuple[tuple[str, ...], Tensor | None, str]:
    """Class names, int64 labels of ``kept`` and a note. A class is a folder directly below the one
    that all ``files`` share."""
    shared = Path(os.path.commonpath([path.parent for path in files]))
    below = [path.relative_to(shared).parts for path in files]
    loose = sum(len(parts) == 1 for parts in below)
    names = sorted({parts[0] for parts in below if len(parts) > 1}, key=_natural)
    if not names:
        return (), None, ""
    if loose:
        return (
            (),
            None,
            f"{loose} pictures lie beside the sub-folders, so the sub-folders are not used as "
            f"classes.",
        )
    if len(names) > MAX_CLASSES:
        return (
            (),
            None,
            f"There are {len(names):,} sub-folders; more than {MAX_CLASSES:,} are not used as "
            f"classes.",
        )
    number = {name: index for index, name in enumerate(names)}
    labels = torch.tensor([number[path.relative_to(shared).parts[0]] for path in kept])
    return tuple(printable(name) for name in names), labels, ""


def printable(name: str, most: int = 80) -> str:
    """A file's name as it can be shown and sent: no control characters, no undecodable bytes, not
    endless."""
    name = name.encode("utf-8", "replace").decode()
    name = "".join(c if c.isprintable() else "?" for c in name)
    return name if len(name) <= most else name[: most // 2] + "..." + name[-most // 2 :]


def _root(path: str) -> Path:
    if not path.strip():
        raise DataError("Name the folder that holds your pictures.", "data_path")
    try:
        root = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise DataError(f"There is no folder {printable(path)}.", "data_path") from None
    if not root.is_dir():
        raise DataError(
            f"{printable(path)} is not a folder; name the folder that holds the pictures.",
            "data_path",
        )
    if not os.access(root, os.R_OK | os.X_OK):
        raise DataError(f"The folder {printable(path)} may not be read.", "data_path")
    return root


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a link to nothing, or to itself
        return False


def _is_plain(path: Path) -> bool:
    """A pipe or a device would block or never end."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow can read."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _all_grey(images: Tensor) -> bool:
    spreads = (part.amax(1).short() - part.amin(1).short() for part in images.split(4096))
    return all(int(spread.max()) <= GREY_TOLERANCE for spread in spreads)


def _failures(root: Path, kept: list[Path], failed: list[Path]) -> str:
    """'' or ' 3 of 120 files could not be read: a.png, b.jpg, c.gif.'"""
    if not failed:
        return ""
    names = [printable(path.relative_to(root).as_posix()) for path in sorted(failed)]
    rest = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f" {len(failed)} of {len(kept) + len(failed)} files could not be read: {', '.join(names[:10])}{rest}."


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts "2" before "10"."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part.lower())
        for part in re.split(r"(\d+)", name)
        if part
    ] + [(-1, name)]


def _fits_memory(size_bytes: int, count: int, size: int) -> None:
    free = free_memory()
    if size_bytes > free / 2:
        raise DataError(
            f"{count:,} pictures at {size} px need {size_bytes / 1e9:.1f} GB, more than half of "
            f"the free memory "
            f"({free / 1e9:.1f} GB); choose a smaller image size or set a data limit.",
            "data_limit",
        )


def free_memory() -> int:
    """Bytes of main memory that may be used; 4 GB where the system does not tell."""
    try:
        import psutil

        return psutil.virtual_memory().available
    except ImportError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 4 * 10**9


ENTRIES = {
    "folder": Dataset(
        "Your own pictures",
        "A folder of your own: each picture is cropped to its central square and resized; "
        "sub-folders "
        "become classes.",
        load,
        classes=None,
        extra_reads=("data_path",),
        check=lambda config: _root(config.data_path),
    )
}
