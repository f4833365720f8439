"""Drawn pictures on their way to a data set: one file of PNGs, added to part by part.

What is there survives Ctrl-C, a killed process and a full disk; the same request goes on where the
file ends. Memory is bounded by one part.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganviz.disk import read_json, remove_folder, write_atomic
from ganviz.engine.snapshot import to_pictures
from ganviz.errors import ConfigError
from ganviz.runs.sample_files import encoded
from ganviz.runs.trained import TrainedGenerator

STATE, PICTURES = "unfinished.json", "pictures.bin"
_HEAD = struct.Struct("<iI")

Notify = Callable[[int], None]


class Spool:
    """``request``: what the pictures are drawn from and how, as plain JSON; a folder that holds
    pictures of another request is refused with `ConfigError`, and left alone."""

    def __init__(self, folder: Path, request: dict[str, Any]):
        self.folder = folder
        state = read_json(folder / STATE)
        # as it is read again
        request = json.loads(json.dumps(request))
        # An empty one is of a disk that was full before the first file.
        if folder.exists() and any(folder.iterdir()) and state.get("request") != request:
            raise ConfigError(
                f"{folder} holds an unfinished data set that was asked for otherwise: give the "
                "settings of then to go on with it, or delete it.",
                "out",
            )
        self._request = request
        self.done, self._bytes = self._drawn(state)

    def _drawn(self, state: dict[str, Any]) -> tuple[int, int]:
        """How many pictures there are, and their bytes: none where the files disagree, as
        after a power cut. They are then drawn again."""
        done, size = (_count(state.get(name)) for name in ("done", "bytes"))
        pictures = self.folder / PICTURES
        there = pictures.stat().st_size if pictures.is_file() else 0
        return (done, size) if done <= self._request["n"] and size <= there else (0, 0)

    def fill(
        self, generator: TrainedGenerator, labels: list[int] | None, psi: float, notify: Notify
    ) -> None:
        """Draw what is missing. ``labels``: of all pictures; None for a generator without classes.
        Raises `OSError`, and whatever ``notify(done)`` raises; what was drawn stays."""
        n, seed = self._request["n"], self._request["seed"]
        self.folder.mkdir(exist_ok=True)
        self._keep()
        with open(self.folder / PICTURES, "ab") as file:
            # a part that was not finished is drawn again
            file.truncate(self._bytes)
            for x, some in generator.batches(n, seed, labels, psi, start=self.done):
                known = [-1] * len(x) if some is None else some.tolist()
                for pixels, label in zip(to_pictures(x), known, strict=True):
                    data = encoded(pixels)
                    file.write(_HEAD.pack(label, len(data)) + data)
                file.flush()
                self.done, self._bytes = self.done + len(x), os.fstat(file.fileno()).st_size
                self._keep()
                notify(self.done)

    def _keep(self) -> None:
        state = {"request": self._request, "done": self.done, "bytes": self._bytes}
        write_atomic(self.folder / STATE, json.dumps(state, indent=1))

    def singles(self, notify: Notify | None = None) -> Iterator[tuple[bytes, int]]:
        """Each picture as PNG with its label (-1: none)."""
        with open(self.folder / PICTURES, "rb") as file:
            for number in range(self.done):
                label, size = _HEAD.unpack(file.read(_HEAD.size))
                yield file.read(size), label
                if notify:
                    notify(number + 1)

    def arrays(self) -> Iterator[tuple[np.ndarray, int]]:
        """Each picture as uint8 [H, W, C] with its label."""
        for data, label in self.singles():
            pixels = np.asarray(Image.open(io.BytesIO(data)))
            yield pixels if pixels.ndim == 3 else pixels[..., None], label

    def remove(self) -> None:
        """Delete it: the data set is written."""
        remove_folder(self.folder)


def _count(value: Any) -> int:
    """``value`` of a file, where it is a number of things; else more than there can be."""
    return value if type(value) is int and value >= 0 else sys.maxsize
