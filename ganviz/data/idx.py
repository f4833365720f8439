"""The idx files of MNIST and its relatives, gzipped or plain."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import torch
from torch import Tensor

from ganviz.errors import DataError

LIMIT = 2**31
"""Bytes that one file may unpack to: more than any set of the family, less than a decompression
bomb."""

SPELLINGS = ("{part}-images-idx3-ubyte{gz}", "{part}-images.idx3-ubyte{gz}")


def find_pair(folder: Path, part: str) -> tuple[Path, Path] | None:
    """The image and label file of ``part`` ("train" or "t10k") in ``folder``, or None where one is
    missing."""
    for spelling in SPELLINGS:
        for gz in ("", ".gz"):
            images = folder / spelling.format(part=part, gz=gz)
            labels = images.with_name(
                images.name.replace("images", "labels").replace("idx3", "idx1")
            )
            if images.is_file():
                for candidate in (
                    labels,
                    labels.with_name(labels.name.removesuffix(".gz")),
                    labels.with_name(labels.name.removesuffix(".gz") + ".gz"),
                ):
                    if candidate.is_file():
                        return images, candidate
    return None


def read_pair(images: Path, labels: Path) -> tuple[Tensor, Tensor]:
    """uint8 [N, 1, H, W] and int64 [N]; raises `DataError` where a file is damaged or the two do
    not belong together."""
    pictures, classes = read_idx(images), read_idx(labels)
    if (
        pictures.ndim != 3
        or classes.ndim != 1
        or len(pictures) != len(classes)
        or not len(pictures)
    ):
        raise DataError(
            f"The files {images.name} and {labels.name} in {images.parent} do not belong together.",
            "data",
        )
    return pictures[:, None], classes.long()


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path) if path.suffix == ".gz" else path.open("rb"))


def read_idx(path: Path) -> Tensor:
    """The uint8 array in an idx file."""
    try:
        with _opened(path) as file:
            return parse_idx(file)
    except (OSError, EOFError, ValueError, zlib.error, struct.error) as error:
        raise DataError(
            f"The file {path} is damaged or cut short ({_short(error)}); delete it and get it "
            f"again.",
            "data",
        ) from None


def parse_idx(file: BinaryIO) -> Tensor:
    """The uint8 array in an open idx stream; raises `ValueError` where it is not one, or another
    length than it says."""
    zero, kind, dims = struct.unpack(">HBB", file.read(4))
    if zero or kind != 8 or not 1 <= dims <= 4:
        raise ValueError("it is not an idx file of bytes")
    shape = struct.unpack(f">{dims}I", file.read(4 * dims))
    if math.prod(shape) > LIMIT:
        raise ValueError(f"it claims {math.prod(shape):,} bytes")
    data = file.read(
        math.prod(shape) + 1
    )  # never more than the header promises; one more to reach gzip's checksum
    if len(data) != math.prod(shape):
        raise ValueError("its length is not what its header says")
    return torch.from_numpy(np.frombuffer(data, np.uint8).reshape(shape).copy())


def _short(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
