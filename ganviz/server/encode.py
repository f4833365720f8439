"""How numbers travel: light JSON, and long histories thinned to what a chart can show."""

from __future__ import annotations

from typing import Any

import orjson

from ganviz.runs.columns import MAX_POINTS, columns, significant, thin

__all__ = ["MAX_POINTS", "columns", "dumps", "significant", "thin"]


def dumps(value: Any) -> bytes:
    """JSON; NaN and infinity become null, for JSON has no word for them, and what JSON does not
    know becomes text."""
    return orjson.dumps(
        value, default=str, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    )
