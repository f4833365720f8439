"""Locks on files, which end with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def open_lock(path: Path, flags: int) -> int:
    """A handle of a plain file. Raises `OSError`, for a pipe at once: its other end may never
    come."""
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o644)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, f"{path.name} is not a plain file", str(path))
    return handle


def lock(handle: int, shared: bool = False) -> bool | None:
    """Try to lock: True when it worked, False when another holds it, None where there are no locks.

    A reader's own short lock must not be mistaken for an owner's, so a writer tries for a moment.
    """
    if not fcntl:
        return None
    for _ in range(1 if shared else 20):
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0 if shared else 0.01)
        except OSError:
            return None
    return False
