"""Files that are either the old ones or the new ones, never half: and what to say when a disk
refuses."""

from __future__ import annotations

import errno
import json
import math
import os
import uuid
from pathlib import Path
from typing import Any

_REFUSALS = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the disk quota is used up; free some space",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "the folder may not be written",
    errno.EPERM: "the folder may not be written",
    errno.ENOENT: "the folder is gone",
}


def disk_sentence(error: OSError, folder: Path, what: str) -> str:
    """One sentence for a file system's refusal: "``what`` in ``folder``: the disk is full; free
    some space."."""
    known = _REFUSALS.get(error.errno) if error.errno is not None else None
    return f"{what} in {folder}: {known or error.strerror or error}."


def write_atomic(path: Path, data: bytes | str, durable: bool = False) -> None:
    """Replace ``path`` by ``data`` in one move. ``durable``: it survives a power cut. Raises
    `OSError`."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with open(beside, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


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
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as stream:
        size = os.fstat(handle).st_size
        if size > limit:
            raise OSError(errno.EFBIG, f"it is larger than {megabytes(limit)}")
        return stream.read(size)


def read_json(path: Path, limit: int = 2**20) -> dict[str, Any]:
    """The JSON table in ``path``; an empty one where the file is missing, damaged or too large."""
    try:
        value = json.loads(read_bounded(path, limit))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


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
