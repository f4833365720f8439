"""Pictures that were expensive to make, kept on disk."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

Pictures = tuple[Tensor, Tensor]


def cached(path: Path, count: int, full: int, make: Callable[[int], Pictures]) -> Pictures:
    """The first ``count`` of ``full`` pictures (uint8 [N, C, H, W]) and labels (int64 [N]), from
    ``path`` or ``make(n)``.

    ``make`` must give the same first pictures whatever ``n``. Only the full set is kept; a damaged
    file is made anew, and a folder that cannot be written just means no cache.
    """
    kept = _read(path, full)
    if kept is None:
        kept = make(count)
        if count == full:
            _write(path, *kept)
    images, labels = kept
    return images[:count], labels[:count]


def _read(path: Path, full: int) -> Pictures | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        zipfile.BadZipFile,
    ):  # absent, torn, or another program's
        return None
    if (
        images.dtype != np.uint8
        or labels.dtype != np.uint8
        or images.ndim != 4
        or images.shape[0] != full
        or labels.shape != (full,)
    ):
        return None
    return torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))


def _write(path: Path, images: Tensor, labels: Tensor) -> None:
    """Write beside and rename into place: a reader sees a whole file or none."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = file.name
            np.savez(file, images=images.numpy(), labels=labels.numpy().astype(np.uint8))
        os.replace(temporary, path)
        temporary = None
    except OSError:
        return  # a read-only or full disk: the set is made again next time
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
