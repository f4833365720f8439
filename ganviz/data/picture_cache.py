"""Decoded pictures of a folder, kept under the data root: one file for a folder, a size and a
choice of colours, which later runs, resumed ones and other processes map into memory.

A file holds a header, the pixels (uint8 [N, C, size, size]) and the `TABLE` of what became of each
picture file. It is valid for exactly the names, sizes and times that it was made from, and made
anew where anything differs; it is written beside and moved into place.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from ganviz.data.entry import Progress
from ganviz.data.picture_decoding import TABLE, Loaded, bits_in_use, decode, first_usable, is_grey
from ganviz.disk import atomic_replace, leftovers, open_plain
from ganviz.locking import lock, open_lock
from ganviz.text import printable

FOLDER, SUFFIX = "decoded", ".pictures"
SCHEMA = 1
"""Of the file, and of what decoding makes of a picture: raise it where either changes."""
MAGIC = b"ganviz-pictures\n"
HEADER = 4096
# Left free on the disk, for whatever else is written there.
RESERVE = 256 * 2**20
CHECKED = 32
"""So many pictures are compared with their checksums when a file is opened."""
POLL = 0.2


@dataclass(frozen=True)
class Header:
    """What a file says of itself. ``files``: fingerprint of the picture files. ``tried``: rows of
    the table, whose digest is ``table``. ``bits``: see `bits_in_use`."""

    folder: str
    files: str
    size: int
    colour: str
    channels: int
    count: int
    tried: int
    bits: int
    table: str

    @property
    def pixels(self) -> int:
        """Bytes of all pixels."""
        return self.count * self.channels * self.size * self.size

    @property
    def file_bytes(self) -> int:
        """Of the whole file."""
        return HEADER + self.pixels + self.tried * TABLE.itemsize

    def pack(self) -> bytes:
        """The head of the file."""
        body = json.dumps({"schema": SCHEMA, **self.__dict__}).encode()
        packed = MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body
        assert len(packed) <= HEADER, "the folder's name is bounded"
        return packed.ljust(HEADER, b"\n")

    @classmethod
    def read(cls, file: BinaryIO) -> Header | None:
        """Of an open file; None where it is another program's, another version's or damaged."""
        head = file.read(HEADER)
        if len(head) < HEADER or not head.startswith(MAGIC):
            return None
        digest, _, body = head[len(MAGIC) :].rstrip(b"\n").partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        values = json.loads(body)
        return cls(**values) if values.pop("schema", None) == SCHEMA else None


@dataclass(frozen=True)
class PictureCache:
    """The decoded pictures of the folder ``root`` at ``size`` px, ``colour`` as in `RunConfig`."""

    path: Path
    root: Path
    size: int
    colour: str

    @classmethod
    def of(cls, data_root: Path, root: Path, size: int, colour: str) -> PictureCache:
        """Where they are kept under ``data_root``. ``root``: absolute, without links."""
        name = re.sub(r"[^A-Za-z0-9]+", "-", root.name).strip("-")[:40] or "pictures"
        key = hashlib.sha256(os.fsencode(root)).hexdigest()[:10]
        file = f"{name}-{size}px-{colour}-{key}{SUFFIX}"
        return cls(data_root.expanduser() / FOLDER / file, root, size, colour)

    def load(self, files: list[Path], wanted: int, progress: Progress) -> Loaded:
        """Up to ``wanted`` pictures in the order of ``files``, mapped; decoded now where they are
        not kept yet, or were made from anything else.

        Another process that decodes them is waited for. Raises `OSError` where they cannot be kept.
        """
        key = fingerprint(self, files)
        loaded = self._open(key, files, wanted)
        if loaded is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(self.path, progress):
                loaded = self._open(key, files, wanted)
                if loaded is None:
                    self._make(key, files, wanted, progress)
                    loaded = self._open(key, files, wanted)
        if loaded is None:
            raise OSError(errno.EIO, "what was written there cannot be read back")
        return loaded

    def _open(self, key: str, files: list[Path], wanted: int) -> Loaded | None:
        """What is kept, if it is whole and of these ``files``."""
        with suppress(OSError, ValueError, TypeError, RecursionError):
            with open_plain(self.path) as file:
                header = Header.read(file)
                if header is None or header.files != key:
                    return None
                loaded = _mapped(file, header, files, wanted)
            if loaded is not None:
                # When it was used last.
                with suppress(OSError):
                    os.utime(self.path)
            return loaded
        return None

    def _make(self, key: str, files: list[Path], wanted: int, progress: Progress) -> None:
        _remove_leftovers(self.path)
        ensure_room(self.path.parent, needed(wanted, self.size, self.colour))
        with atomic_replace(self.path, durable=True) as beside, open(beside, "xb+") as file:
            table, bits = self._decode_into(file, files, wanted, 16, progress)
            channels = 1 if self.colour == "grey" else 3
            count = int((table["outcome"] == 0).sum())
            if self.colour == "auto" and is_grey(table):
                channels = 1
                _drop_colours(file, table, self.size**2)
            header = Header(
                printable(str(self.root), 300),
                key,
                self.size,
                self.colour,
                channels,
                count,
                len(table),
                bits,
                hashlib.sha256(table.tobytes()).hexdigest(),
            )
            file.seek(HEADER + header.pixels)
            file.write(table.tobytes())
            file.seek(0)
            file.write(header.pack())

    def _decode_into(
        self, file: BinaryIO, files: list[Path], wanted: int, bits: int, progress: Progress
    ) -> tuple[np.ndarray, int]:
        """Write the pixels behind the header; the table, and how many of 16 bits were taken."""
        file.seek(HEADER)
        file.truncate()

        def keep(pixels: np.ndarray) -> None:
            file.write(pixels.data)

        table = decode(files, wanted, self.size, self.colour == "grey", bits, keep, progress)
        used = bits_in_use(table)
        if used == bits:
            return table, bits
        return self._decode_into(file, files, wanted, used, progress)


def fingerprint(cache: PictureCache, files: list[Path]) -> str:
    """The same for the same names, sizes and times of ``files``, and the same decoders."""
    from PIL import Image, features

    decoders = [SCHEMA, Image.__version__, features.version("jpg")]
    digest = hashlib.sha256(json.dumps([*decoders, cache.size, cache.colour]).encode())
    root = f"{cache.root}{os.sep}"
    for path in files:
        facts = ""
        with suppress(OSError):
            found = os.stat(path)
            # The second time is of any change, also of one that set the first one back.
            facts = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
        digest.update(os.fsencode(f"{str(path).removeprefix(root)}\0{facts}\0"))
    return digest.hexdigest()


def _mapped(file: BinaryIO, header: Header, files: list[Path], wanted: int) -> Loaded | None:
    """The pictures of an open file behind its header, or None where it is damaged or has too
    few."""
    if os.fstat(file.fileno()).st_size != header.file_bytes or header.tried > len(files):
        return None
    if header.count < wanted and header.tried < len(files):
        return None
    file.seek(HEADER + header.pixels)
    table = np.frombuffer(file.read(), TABLE)
    if hashlib.sha256(table.tobytes()).hexdigest() != header.table:
        return None
    tried = first_usable(table, wanted)
    # Those of 16 bits are decoded by the values of all that are taken.
    if bits_in_use(tried) != header.bits or int((table["outcome"] == 0).sum()) != header.count:
        return None
    shape = (header.count, header.channels, header.size, header.size)
    # Copy on write: nothing that is done to the tensor reaches the file.
    pixels = np.memmap(file, np.uint8, "c", HEADER, shape) if header.count else np.empty(shape)
    if not _sound(pixels, table["crc"][table["outcome"] == 0]):
        return None
    count = int((tried["outcome"] == 0).sum())
    images = torch.from_numpy(pixels)[:count]
    return Loaded(images, files[: len(tried)], tried, mapped=True)


def _sound(pixels: np.ndarray, checksums: np.ndarray) -> bool:
    """Whether some of the pictures, spread over all, are what they were."""
    some = np.linspace(0, len(pixels) - 1, min(CHECKED, len(pixels))).round().astype(int)
    return all(zlib.crc32(pixels[index].data) == checksums[index] for index in some)


def _drop_colours(file: BinaryIO, table: np.ndarray, pixels: int) -> None:
    """Keep the first of three channels, of ``pixels`` bytes each."""
    used = np.flatnonzero(table["outcome"] == 0)
    for index, row in enumerate(used):
        file.seek(HEADER + 3 * index * pixels)
        channel = file.read(pixels)
        file.seek(HEADER + index * pixels)
        file.write(channel)
        table["crc"][row] = zlib.crc32(channel)
    file.seek(HEADER + len(used) * pixels)
    file.truncate()


def needed(count: int, size: int, colour: str) -> int:
    """Bytes that ``count`` decoded pictures take."""
    return count * (1 if colour == "grey" else 3) * size * size


def ensure_room(folder: Path, count: int) -> None:
    """Raise `OSError` where ``count`` more bytes would fill the disk of ``folder``."""
    if room(folder) < count:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def room(folder: Path) -> int:
    """Bytes that may be written to the disk of ``folder``, which need not exist yet."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return max(0, shutil.disk_usage(folder).free - RESERVE)


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    """Within: no other process, and no other thread, makes ``path``; one that does is waited for.
    Where there are no locks, both do, and the later one's takes its place."""
    handle = open_lock(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT)
    try:
        while lock(handle) is False:
            progress(None, "Waiting for another process that decodes these pictures")
            time.sleep(POLL)
        yield
    finally:
        os.close(handle)


def _remove_leftovers(path: Path) -> None:
    """What a process that was killed while it made ``path`` has left, and what is out of date: both
    take room."""
    for old in (*leftovers(path), path):
        with suppress(OSError):
            old.unlink()


# -- what is kept ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class KeptPictures:
    """One file of decoded pictures. ``header``: None of one that cannot be read. ``used``: when,
    in seconds since 1970."""

    path: Path
    bytes: int
    used: float
    header: Header | None


def kept_pictures(data_root: Path) -> list[KeptPictures]:
    """All decoded pictures under ``data_root``, the largest first."""
    found = []
    for path in (data_root.expanduser() / FOLDER).glob(f"*{SUFFIX}"):
        with suppress(OSError):
            facts = path.stat()
            found.append(KeptPictures(path, facts.st_size, facts.st_mtime, _header(path)))
    return sorted(found, key=lambda one: (-one.bytes, one.path.name))


def _header(path: Path) -> Header | None:
    with suppress(OSError, ValueError, TypeError, RecursionError), open_plain(path) as file:
        return Header.read(file)
    return None


def remove_pictures(path: Path) -> int:
    """Delete one of `kept_pictures`; how many bytes were freed. A run that reads it goes on with
    it. Raises `OSError`."""
    size = path.stat().st_size
    path.unlink()
    with suppress(OSError):
        path.with_name(f".{path.name}.lock").unlink()
    return size
