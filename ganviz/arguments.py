"""Arguments of public functions, checked: what Python itself would say of a wrong one comes late,
and from a place that its caller has never seen."""

from __future__ import annotations

import difflib
import math
import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ganviz.errors import ConfigError

SEEDS = (-(2**63), 2**64 - 1)
"""What torch's random generators begin from."""


def whole(value: Any, name: str, low: int, high: int | None = None) -> int:
    """``value`` as a whole number from ``low`` to ``high``, or of any size. Raises
    `ConfigError`."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < low or (high is not None and number > high):
        raise ConfigError(
            "{name} is a whole number of at least {low:,}; it is {value}."
            if high is None
            else "{name} is a whole number from {low:,} to {high:,}; it is {value}.",
            name,
            name=name,
            low=low,
            high=high,
            value=_quoted(value),
        )
    return number


def seed(value: Any) -> int:
    """``value`` as a seed. Raises `ConfigError`."""
    try:
        return whole(value, "seed", *SEEDS)
    except ConfigError:
        raise ConfigError(
            "seed is a whole number, and the same one draws the same samples; it is {value}.",
            "seed",
            value=_quoted(value),
        ) from None


def finite(value: Any, name: str) -> float:
    """``value`` as a number that is neither endless nor undefined. Raises `ConfigError`."""
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(
            "{name} is a number such as 0.7; it is {value}.", name, name=name, value=_quoted(value)
        )
    return number


def path(value: Any, name: str) -> Path:
    """``value`` as a path. Raises `ConfigError`."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise ConfigError(
            "{name} is the path of a file or a folder; it is {value}.",
            name,
            name=name,
            value=_quoted(value),
        )
    return Path(value)


def nearest(name: object, names: Iterable[str]) -> str:
    """The one of ``names`` that somebody who wrote ``name`` may have meant, or ""."""
    return next(iter(difflib.get_close_matches(str(name)[:80], list(names), 1)), "")


def _quoted(value: Any) -> str:
    return repr(value)[:80]
