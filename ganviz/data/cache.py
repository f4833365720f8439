"""Pictures that were expensive to make, kept on disk."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganviz.disk import atomic_replace

Pictures = tuple[Tensor, Tensor]
LOOK_AGAIN = 0.1
"""Seconds between two looks of who waits for pictures that another thread makes."""
_makers: dict[Path, threading.Lock] = {}


def cached(
    path: Path,
    count: int,
    full: int,
    make: Callable[[int], Pictures],
    waiting: Callable[[], None] = lambda: None,
) -> Pictures:
    """The first ``count`` of ``full`` pictures (uint8 [N, C, H, W]) and labels (int64 [N]), from
    ``path`` or ``make(n)``.

    ``make`` must give the same first pictures whatever ``n``. Only the full set is kept; a damaged
    file is made anew, and a folder that cannot be written just means no cache. A full set that
    another thread makes already is waited for; ``waiting`` is called meanwhile, and may raise.
    """
    kept = _read(path, full)
    if kept is None and count < full:
        kept = make(count)
    if kept is None:
        with one_maker(path, waiting):
            kept = _read(path, full)
            if kept is None:
                kept = make(full)
                _write(path, *kept)
    images, labels = kept
    return images[:count], labels[:count]


@contextmanager
def one_maker(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Within, no other thread of this process makes what ``path`` shall keep: who comes second
    waits, calls ``waiting`` meanwhile, which may raise, and finds it there."""
    lock = _makers.setdefault(path, threading.Lock())
    while not lock.acquire(timeout=LOOK_AGAIN):
        waiting()
    try:
        yield
    finally:
        lock.release()


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
    # a read-only or full disk: the set is made again next time
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(path) as beside, open(beside, "wb") as file:
            np.savez(file, images=images.numpy(), labels=labels.numpy().astype(np.uint8))
