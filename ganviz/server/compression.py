"""What travels compressed: text. Pictures are compressed already, and what is streamed or sent to
sliders many times a second goes out at once, without taking a core from the training."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

MIN_BYTES = 1000
LEVEL = 5
LEFT_ALONE = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream", "application/x-ndjson")


def compression() -> Middleware:
    """The middleware of an application. What is compressed already, such as plotly.js, it leaves
    alone."""
    return Middleware(
        GZipMiddleware,
        minimum_size=MIN_BYTES,
        compresslevel=LEVEL,
        exclude_content_types=LEFT_ALONE,
    )
