"""Whether a run's process lives, told by a lock that ends with the process, however it ends.

On another machine that shares the disk, where the lock may not be seen, the time stamp of the file
tells.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import threading
import time
from pathlib import Path

from ganviz import pacing
from ganviz.disk import read_json
from ganviz.errors import Busy
from ganviz.locking import lock, open_lock

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
        handle = open_lock(self.path, os.O_RDWR | os.O_CREAT)
        if lock(handle) is False:
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
        handle = open_lock(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        locked = lock(handle, shared=True)
        if locked is False:
            return True
        here = (
            read_json(path).get("host", platform.node()) == platform.node()
        )  # none: killed before it could say
        fresh = abs(time.time() - os.fstat(handle).st_mtime) < pacing.HEARTBEAT_TIMEOUT
        return fresh and not (locked and here)
    finally:
        os.close(handle)
