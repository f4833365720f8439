"""Statistics of a run as columns: thinned to what a chart can show, and as plain lists."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

DIGITS = 6
MAX_POINTS = 2000
AXES = ("step", "time", "elapsed")  # run evenly, so that thinning need not look at them


def columns(rows: Mapping[str, np.ndarray]) -> dict[str, list]:
    """Scalar columns as lists: whole steps, times to the millisecond, everything else to six
    significant digits."""
    return {name: _rounded(name, values) for name, values in rows.items()} if _count(rows) else {}


def thin(rows: Mapping[str, np.ndarray], limit: int = MAX_POINTS) -> dict[str, np.ndarray]:
    """At most ``limit`` of the rows, chosen so that every curve keeps its shape and its extremes.

    MinMaxLTTB (Van Der Donckt et al. 2023) picks points for each curve over the step axis; the rows
    kept are the union, so that all columns share their steps.
    """
    count = _count(rows)
    if count <= limit:
        return dict(rows)
    from tsdownsample import (
        MinMaxLTTBDownsampler,
    )  # 0.2 s to import, so only for a run that is long enough

    curves = [name for name in rows if name not in AXES and not np.isnan(rows[name]).all()]
    share = max(3, limit // max(1, len(curves)))
    steps = np.ascontiguousarray(rows["step"], dtype=np.float64)
    keep = [np.linspace(0, count - 1, share).astype(np.int64)] if not curves else []
    for name in curves:
        values = np.ascontiguousarray(rows[name], dtype=np.float64)
        keep.append(MinMaxLTTBDownsampler().downsample(steps, values, n_out=share))
    kept = np.unique(np.concatenate(keep)).astype(np.int64)
    return {name: values[kept] for name, values in rows.items()}


def _count(rows: Mapping[str, np.ndarray]) -> int:
    return len(next(iter(rows.values()))) if rows else 0


def _rounded(name: str, values: np.ndarray) -> list:
    if name == "step":
        return values.astype(np.int64).tolist()
    if name in AXES:
        return np.round(values, 3).tolist()
    return significant(values).tolist()


def significant(values: np.ndarray, digits: int = DIGITS) -> np.ndarray:
    """``values`` rounded to ``digits`` significant digits; NaN, infinity and 0 pass."""
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values) & (values != 0)
    exponent = np.zeros_like(values)
    np.log10(np.abs(values), out=exponent, where=finite)
    places = digits - 1 - np.floor(exponent)
    # powers of ten are exact as doubles up to 1e22: divide by one where it is above 1, multiply
    # where below
    up, down = 10.0 ** np.clip(places, 0, 300), 10.0 ** np.clip(-places, 0, 300)
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.round(values / down * up) / up * down
    return np.where(finite & np.isfinite(rounded) & (rounded != 0), rounded, values)
