"""How long a thread may keep Python's lock from those that wait for it.

A thread that computes in torch gives the lock back at each operation and asks for it again after a
few microseconds. Beside one that always has something to do in Python it waits for the interval
each time: five milliseconds by default, dozens of times in a step.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_wanted: list[float] = []
_usual = 0.0


@contextmanager
def short_switch_interval(seconds: float) -> Iterator[None]:
    """Within, in all threads: the lock changes hands after ``seconds``, or the least that anybody
    asks for meanwhile."""
    global _usual
    with _lock:
        if not _wanted:
            _usual = sys.getswitchinterval()
        _wanted.append(seconds)
        sys.setswitchinterval(min(_wanted))
    try:
        yield
    finally:
        with _lock:
            _wanted.remove(seconds)
            sys.setswitchinterval(min(_wanted, default=_usual))
