"""Files that are either the old ones or the new ones, never half: and what to say when a disk
refuses."""

from __future__ import annotations

import errno
import glob
import json
import math
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

# whole numbers up to this are exact in a browser, and figures up to that can be summed and squared
MAX_INT, MAX_FLOAT = 2**53, 1e150
_REFUSALS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.ENOENT: "the folder is gone",
    errno.EEXIST: "something else has this name",
    errno.ENOTDIR: "part of this path is a file, not a folder",
    errno.ENAMETOOLONG: "the name is too long",
}


def disk_sentence(error: OSError, folder: Path, what: str) -> str:
    """One sentence for a file system's refusal: "``what`` in ``folder``: the disk is full; free
    some space."."""
    known = _REFUSALS.get(error.errno) if error.errno is not None else None
    return f"{what} in {folder}: {known or error.strerror or error}."


@contextmanager
def atomic_replace(path: Path, durable: bool = False) -> Iterator[Path]:
    """A path beside ``path`` to write a file or a folder to; when the block ends it takes the place
    of ``path`` in one move, and is deleted instead where the block raises.

    A folder that is replaced is set aside as ``path.old`` for an instant: a crash in between leaves
    that. ``durable``: what was written survives a power cut. Raises `OSError`.
    """
    beside = temporary_path(path)
    try:
        yield beside
        if durable:
            _sync(beside)
        _put(beside, path)
        if durable:
            sync_folder(path.parent)
    except BaseException:
        _delete(beside)
        raise


def write_atomic(path: Path, data: bytes | str, durable: bool = False) -> None:
    """Replace ``path`` by ``data`` in one move, see `atomic_replace`. Raises `OSError`."""
    with atomic_replace(path, durable) as beside:
        beside.write_bytes(data.encode() if isinstance(data, str) else data)


def temporary_path(path: Path) -> Path:
    """A hidden name beside ``path`` that nobody else uses; it holds the number of this process."""
    return path.with_name(f".{path.name[:80]}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp")


def leftovers(path: Path) -> Iterator[Path]:
    """What processes that were killed have left of writing ``path``, if nobody writes it now."""
    return path.parent.glob(f".{glob.escape(path.name[:80])}.*.tmp")


def move(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target``, which must be free, on the same disk. Raises
    `OSError`."""
    if target.exists():
        raise FileExistsError(errno.EEXIST, "there is something of that name", str(target))
    os.rename(source, target)


def remove_folder(path: Path) -> None:
    """Delete a folder as far as the system allows. It loses its name first: a process that dies
    meanwhile must not leave half of it behind under that name."""
    if not path.exists():
        return
    gone = temporary_path(path)
    with suppress(OSError):
        os.rename(path, gone)
        shutil.rmtree(gone, ignore_errors=True)


def _put(beside: Path, path: Path) -> None:
    if not beside.is_dir() or not path.exists():
        os.replace(beside, path)
        return
    old = path.with_name(path.name + ".old")
    remove_folder(old)
    os.rename(path, old)
    try:
        os.rename(beside, path)
    except OSError:
        os.rename(old, path)
        raise
    remove_folder(old)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make a file, or a folder with the files in it, durable."""
    for file in [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]:
        with open(file, "rb+") as stream:
            os.fsync(stream.fileno())
    if path.is_dir():
        sync_folder(path)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable, where the system can (Windows cannot open folders)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a plain file of at most ``limit`` bytes; links, pipes and folders are refused.
    Raises `OSError`."""
    if path.is_symlink():
        raise OSError(errno.EINVAL, "it is a link, where a plain file belongs")
    if not path.is_file():
        raise OSError(
            errno.ENOENT, "it is missing" if not path.exists() else "it is not a plain file"
        )
    with open_plain(path, getattr(os, "O_NOFOLLOW", 0)) as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > limit:
            raise OSError(errno.EFBIG, f"it is larger than {megabytes(limit)}")
        return stream.read(size)


def open_plain(path: Path, flags: int = 0) -> BinaryIO:
    """A file to read; raises `OSError` for a pipe, which would be waited for without end, or a
    device."""
    flags |= os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    return os.fdopen(handle, "rb")


def read_json(path: Path, limit: int = 2**20) -> dict[str, Any]:
    """The JSON table in ``path``; an empty one where the file is missing, damaged or too large.

    Numbers that no figure of ours can be (beyond 2**53, not finite, near the end of the range) are
    None, and halves of character pairs are question marks: whatever is in the table can be counted
    with and sent.
    """
    try:
        value = _usable(json.loads(read_bounded(path, limit)))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _usable(value: Any) -> Any:
    if isinstance(value, dict):
        return {_usable(name): _usable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_usable(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool) or value is None:
        return value
    fits = abs(value) <= MAX_INT if isinstance(value, int) else abs(value) <= MAX_FLOAT
    return value if fits else None


def finite_json(value: Any) -> Any:
    """``value`` with NaN and infinities as None (JSON has no such numbers) and scalars of numpy and
    torch as plain ones."""
    if isinstance(value, dict):
        return {str(key): finite_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite_json(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def megabytes(count: float) -> str:
    """'12.3 MB'."""
    return f"{count / 1e6:,.1f} MB"
