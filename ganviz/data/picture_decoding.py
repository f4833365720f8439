"""Decoding many picture files, a few at a time: what became of each, and the pixels of those that
can be used."""

from __future__ import annotations

import os
import warnings
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganviz.data.entry import Progress
from ganviz.data.picture_files import (
    MAX_PIXELS,
    STRETCHED,
    TOO_LARGE,
    UNREADABLE,
    UnusablePicture,
    load_picture,
)
from ganviz.text import counted, listed, printable

GREY_TOLERANCE = 6
"""JPEG's rounding colours a grey picture by a few levels."""
AHEAD = 64
"""So many pictures at most are decoded and not yet taken: what bounds the memory."""
THREADS = 8
LOOKED_AT, NEARLY_BLACK = 64, 40
"""So many pictures are looked at; where none has a value above this, of 255, that is noted."""

OUTCOMES = ("used", UNREADABLE, TOO_LARGE)
# One row for each file that was tried, in the order of trying. ``spread``: how far red, green and
# blue lie apart at most. ``side``: the shorter one of the file, in px. ``highest``: the largest
# value of a picture of 16 bits, STRETCHED of one that is shown by its own range, -1 of any other.
# ``crc``: of the pixels, channels first.
TABLE = np.dtype(
    [("outcome", "u1"), ("spread", "u1"), ("side", "<u4"), ("highest", "<i4"), ("crc", "<u4")]
)


@dataclass(frozen=True)
class Loaded:
    """``images``: uint8 [N, C, size, size]. ``files``: those that were tried, and ``table`` what
    became of each. ``mapped``: the images lie in a file and come into memory when they are read."""

    images: Tensor
    files: list[Path]
    table: np.ndarray
    mapped: bool = False

    @property
    def kept(self) -> list[Path]:
        """The files of ``images``, in their order."""
        used = self.table["outcome"] == 0
        return [path for path, one in zip(self.files, used.tolist(), strict=True) if one]

    @property
    def checksums(self) -> np.ndarray:
        """The CRC-32 of each of ``images``, uint32 [N]."""
        return self.table["crc"][self.table["outcome"] == 0]

    @property
    def rejected(self) -> dict[Path, str]:
        """Files that cannot be used, and why."""
        return {
            self.files[index]: OUTCOMES[self.table["outcome"][index]]
            for index in np.flatnonzero(self.table["outcome"]).tolist()
        }

    @property
    def is_grey(self) -> bool:
        """Whether all of them are grey."""
        return is_grey(self.table)

    def notes(self, root: Path) -> list[str]:
        """Sentences about files that cannot be used, and about pictures that were changed much."""
        total, size, rejected = len(self.files), self.images.shape[-1], self.rejected
        unreadable, large = (_names(root, rejected, why) for why in (UNREADABLE, TOO_LARGE))
        notes = []
        if unreadable:
            notes.append(
                f"{len(unreadable):,} of {total:,} files could not be read: {listed(unreadable)}."
            )
        if large:
            notes.append(
                counted(
                    len(large),
                    "One of {total:,} files has more than {most} megapixels and was left out: "
                    "{names}.",
                    "{n} of {total:,} files have more than {most} megapixels and were left out: "
                    "{names}.",
                    total=total,
                    most=MAX_PIXELS // 10**6,
                    names=listed(large),
                )
            )
        sides = self.table["side"][self.table["outcome"] == 0]
        # Those that were enlarged at least twofold.
        small = sides[2 * sides <= size]
        if len(small):
            notes.append(
                counted(
                    len(small),
                    "One of {total:,} pictures has less than half of the {size} px and was "
                    "enlarged, from {smallest} px; a smaller image size shows it as it is.",
                    "{n} of {total:,} pictures have less than half of the {size} px and were "
                    "enlarged, the smallest from {smallest} px; a smaller image size shows them as "
                    "they are.",
                    total=len(sides),
                    size=size,
                    smallest=small.min(),
                )
            )
        return [*notes, *self._notes_on_brightness()]

    def _notes_on_brightness(self) -> list[str]:
        used = self.table["outcome"] == 0
        notes, stretched = [], int((self.table["highest"][used] == STRETCHED).sum())
        if stretched:
            notes.append(
                counted(
                    stretched,
                    "One of {total:,} pictures holds floats or integers of more than 16 bits; it "
                    "is shown by its own range, from its darkest value to its brightest.",
                    "{n} of {total:,} pictures hold floats or integers of more than 16 bits; each "
                    "is shown by its own range, from its darkest value to its brightest.",
                    total=used.sum(),
                )
            )
        looked_at = self.images[:: max(1, len(self.images) // LOOKED_AT)]
        brightest = int(looked_at.max()) if len(looked_at) else 0
        if 0 < brightest <= NEARLY_BLACK:
            notes.append(
                f"The pictures are nearly black: no value is above {brightest} of 255. Where they "
                "have fewer bits than their files, or hold numbers of classes, spread their values "
                "first."
            )
        return notes


def _names(root: Path, rejected: dict[Path, str], reason: str) -> list[str]:
    paths = sorted(path for path, why in rejected.items() if why == reason)
    return [printable(path.relative_to(root).as_posix()) for path in paths]


def is_grey(table: np.ndarray) -> bool:
    """Whether all pictures of a table are grey."""
    spreads = table["spread"][table["outcome"] == 0]
    return bool((spreads <= GREY_TOLERANCE).all())


def bits_in_use(table: np.ndarray) -> int:
    """How many of their bits pictures of 16 bits use: cameras and scanners of 10 or 12 bits store
    their values as they are. 16 where there are no such pictures, or they use nearly all."""
    highest = int(table["highest"].max(initial=-1))
    bits = highest.bit_length() if highest > 0 else 16
    return bits if bits <= 12 else 16


def first_usable(table: np.ndarray, wanted: int) -> np.ndarray:
    """The rows that trying up to ``wanted`` usable pictures takes."""
    used = np.flatnonzero(table["outcome"] == 0)
    return table if len(used) < wanted else table[: used[wanted - 1] + 1]


def decode_into_memory(
    files: list[Path], wanted: int, size: int, grey: bool, progress: Progress, bits: int = 16
) -> Loaded:
    """Up to ``wanted`` pictures in the order of ``files``; see `load_picture`."""
    images = torch.empty(wanted, 1 if grey else 3, size, size, dtype=torch.uint8)
    count = 0

    def keep(pixels: np.ndarray) -> None:
        nonlocal count
        images[count] = torch.from_numpy(pixels)
        count += 1

    table = decode(files, wanted, size, grey, bits, keep, progress)
    return Loaded(images[:count], files[: len(table)], table)


def decode(
    files: list[Path],
    wanted: int,
    size: int,
    grey: bool,
    bits: int,
    keep: Callable[[np.ndarray], None],
    progress: Progress,
) -> np.ndarray:
    """Give ``keep`` the pixels, uint8 [C, size, size], of up to ``wanted`` pictures, in the order
    of ``files``; returns the `TABLE` of what was tried."""
    rows, kept = [], 0
    with warnings.catch_warnings():
        # Pillow's remarks about odd files: those that matter are counted and named here.
        warnings.simplefilter("ignore")
        for row, pixels in _decoded_ahead(files, wanted, size, grey, bits):
            rows.append(row)
            if pixels is not None:
                keep(pixels)
                kept += 1
            progress(kept / wanted, f"Decoding {wanted:,} pictures")
    return np.array(rows, TABLE)


Row = tuple[int, int, int, int, int]


def _decoded_ahead(
    files: list[Path], wanted: int, size: int, grey: bool, bits: int
) -> Iterator[tuple[Row, np.ndarray | None]]:
    """What becomes of each file, in their order, until ``wanted`` are used; decoded by a few
    threads (decoders let go of Python's lock)."""
    waiting: deque[Future[tuple[Row, np.ndarray | None]]] = deque()
    remaining, missing = iter(files), wanted
    pool = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1), "ganviz-decode")
    try:
        while missing:
            for path in islice(remaining, min(AHEAD, missing) - len(waiting)):
                waiting.append(pool.submit(_decoded, path, size, grey, bits))
            if not waiting:
                break
            row, pixels = waiting.popleft().result()
            missing -= pixels is not None
            yield row, pixels
    finally:
        pool.shutdown(cancel_futures=True)


def _decoded(path: Path, size: int, grey: bool, bits: int) -> tuple[Row, np.ndarray | None]:
    """The file's row of the `TABLE`, and its pixels with the channels first."""
    try:
        picture = load_picture(path, size, grey, bits)
    except UnusablePicture as error:
        return (OUTCOMES.index(error.reason), 0, 0, -1, 0), None
    pixels = np.ascontiguousarray(picture.pixels.transpose(2, 0, 1))
    spread = int((pixels.max(0) - pixels.min(0)).max())
    highest = -1 if picture.highest is None else picture.highest
    return (0, spread, picture.side, highest, zlib.crc32(pixels.data)), pixels
