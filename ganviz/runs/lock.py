"""Whether a run's process lives, told by a lock that ends with the process, however it ends.

On another machine that shares the disk, where the lock may not be seen, the time stamp of the file
tells.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import stat
import threading
import time
from pathlib import Path
from types import ModuleType

from ganviz import pacing
from ganviz.disk import read_json
from ganviz.errors import Busy

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: the time stamp alone
    fcntl = None

LIVE = "live.json"


class FolderLock:
    """Holds ``live.json`` (process, machine) while a process writes to the run folder, and keeps
    its time stamp fresh."""

    def __init__(self, folder: Path):
        self.path = folder / LIVE
        self._handle: int | None = None
        self._ended = threading.Event()

    def begin(self) -> None:
        """Take the folder. Raises `Busy` when another process (or run) has it, `OSError` where it
        cannot be written."""
        handle = _open(self.path, os.O_RDWR | os.O_CREAT)
        if _lock(handle) is False:
            os.close(handle)
            owner = read_json(self.path)
            raise Busy(
                f"The run in {self.path.parent} is being trained by process "
                f"{owner.get('pid', '?')} "
                f"on {owner.get('host', 'another machine')}. Stop it there first."
            )
        self._handle = handle
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps({"pid": os.getpid(), "host": platform.node()}).encode())
        threading.Thread(target=self._heartbeat, name="ganviz-live", daemon=True).start()

    def end(self) -> None:
        """Give the folder back."""
        self._ended.set()
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.utime(self.path, (0, 0))
            os.close(self._handle)
            self._handle = None

    def _heartbeat(self) -> None:
        while not self._ended.wait(pacing.HEARTBEAT_INTERVAL):
            with contextlib.suppress(OSError):  # a deleted folder is told by the log
                os.utime(self.path)


def is_locked(folder: Path) -> bool:
    """Whether some process is writing to ``folder`` now."""
    path = folder / LIVE
    try:
        handle = _open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        locked = _lock(handle, shared=True)
        if locked is False:
            return True
        here = (
            read_json(path).get("host", platform.node()) == platform.node()
        )  # none: killed before it could say
        fresh = abs(time.time() - os.fstat(handle).st_mtime) < pacing.HEARTBEAT_TIMEOUT
        return fresh and not (locked and here)
    finally:
        os.close(handle)


def _open(path: Path, flags: int) -> int:
    """A handle of a plain file. Raises `OSError`, for a pipe at once: its other end may never
    come."""
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags, 0o644)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, f"{path.name} is not a plain file", str(path))
    return handle


def _lock(handle: int, shared: bool = False) -> bool | None:
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
