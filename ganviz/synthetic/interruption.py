"""Stopping long work between any two of its pieces.

Who asks for a report is told now and then how far it is, and may raise there to stop it. Between
two of these calls lie seconds: pieces of work too small to be told of call `interruption_point`,
and need no parameter for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)


@contextmanager
def interruptible(check: Callable[[], None]) -> Iterator[None]:
    """``check``, which may raise, is called at each `interruption_point` of this thread within the
    block."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def interruption_point() -> None:
    """Raises whatever stops the work of this thread, if anything does."""
    _check.get()()


def raise_if_interrupted() -> bool:
    """The same for work that asks whether it was cancelled: False where nothing stops it."""
    interruption_point()
    return False
