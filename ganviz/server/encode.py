"""How numbers travel: light JSON, and long histories thinned to what a chart can show."""

from __future__ import annotations

from typing import Any

import orjson

from ganviz.runs.columns import MAX_POINTS, columns, significant, thin

__all__ = ["MAX_POINTS", "columns", "dumps", "significant", "thin"]


_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_MAX_DEPTH = 100


def dumps(value: Any) -> bytes:
    """JSON; NaN and infinity become null, for JSON has no word for them, what JSON does not know
    becomes text, and so do whole numbers that no browser could count with."""
    try:
        return orjson.dumps(value, default=str, option=_OPTIONS)
    except TypeError:
        # orjson takes whole numbers of 64 bits, and no text with half a character in it
        return orjson.dumps(_plain(value), default=str, option=_OPTIONS)


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, depth + 1) for one in value]
    if type(value) is int and not -(2**63) <= value < 2**64:
        return hex(value)[:40]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value
