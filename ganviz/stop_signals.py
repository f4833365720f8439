"""Signals that ask a main program to save and end: Ctrl-C, a batch system's SIGTERM, the hang-up of
a terminal or of ssh."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from ganviz import pacing

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
AT_ONCE = "Ended at once, without saving: go on from the last checkpoint with ganviz resume.\n"


class StopSignals:
    """What has come. ``number``: of the first one, None before.

    One that comes soon after the first is the same wish: a terminal, ``timeout`` and batch systems
    send theirs to a process and to its group. A later one ends the process at once.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._came = 0.0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """A signal handler."""
        now = time.monotonic()
        if getattr(signal, "SIGHUP", None) == number:
            _mute()
        if self.number is None:
            self.number, self._came = number, now
        elif now - self._came > pacing.REPEATED_SIGNAL_INTERVAL:
            # an interpreter that is torn down around a training thread aborts
            os.write(2, AT_ONCE.encode())
            os._exit(128 + number)

    @property
    def exit_status(self) -> int:
        """Of a process that has saved and ends: 0 after Ctrl-C, which asks for that; 128 and the
        number after a signal from elsewhere, so that a script does not take the run for
        finished."""
        return 0 if self.number in (None, signal.SIGINT) else 128 + self.number


def catch_stop_signals() -> StopSignals:
    """Catch them from now on (in the main thread). One that the process was started to ignore, as
    ``nohup`` does with SIGHUP, stays ignored."""
    stop = StopSignals()
    for number in _caught():
        signal.signal(number, stop.handle)
    return stop


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Catch them for a while."""
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _caught()}
    try:
        yield catch_stop_signals()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class EndedBySignal(SystemExit):
    """Signal ``number`` has ended what was being made; ``status``: the exit status."""

    def __init__(self, number: int):
        self.status = 128 + number
        super().__init__(self.status)


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """A signal ends the block by an exception, `EndedBySignal`, so that what was begun is cleared
    away."""

    def end(number: int, frame: FrameType | None) -> None:
        raise EndedBySignal(number)

    main = threading.current_thread() is threading.main_thread()
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _caught() if main}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _caught() -> list[int]:
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]


def mute_pipes() -> None:
    """Who read the output is gone, such as ``head`` or ``tee``: whatever is printed to it from now
    on would raise. What goes to a file or a terminal goes on."""
    _mute(stat.S_ISFIFO)


def mute_all() -> None:
    """Nothing that is still to be printed is tried again, as the program ends."""
    _mute(lambda mode: True)


def _mute(of_kind: Callable[[int], bool] = stat.S_ISCHR) -> None:
    """The terminal is gone, or what else is ``of_kind``: whatever is printed to it from now on
    would raise. What goes to a file goes on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for handle in (1, 2):
        with suppress(OSError):
            if of_kind(os.fstat(handle).st_mode):
                os.dup2(nowhere, handle)
    os.close(nowhere)
