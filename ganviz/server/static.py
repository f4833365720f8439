"""Scripts and styles: ganviz's own from ``assets/``, plotly.js from the installed plotly
package."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ganviz.server.guard import Refused
from ganviz.server.sample_grids import IMMUTABLE
from ganviz.version import assets_folder

ASSETS = assets_folder()
SERVED = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
}  # mimetypes differ between machines
# plotly.js is large: better packing would take seconds
PLOTLY_QUALITY = 5
GZIP_LEVEL = 6


def asset_url(name: str) -> str:
    """The address of ``assets/name`` that changes with its content. Raises `FileNotFoundError` for
    no such asset."""
    path = _inside(name)
    if path is None:
        raise FileNotFoundError(f"there is no asset {name!r} in {ASSETS}")
    return f"/gv/assets/{name}?v={_digest(path)}"


def plotly_url() -> str:
    """The address of plotly.js that changes with the installed version of plotly."""
    return f"/gv/plotly.js?v={version('plotly')}"


def plotly_file() -> Path:
    """The plotly.min.js that the plotly package brings along."""
    # found, not imported: that would take half a second
    package = find_spec("plotly")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("plotly is not installed")
    return Path(package.submodule_search_locations[0]) / "package_data" / "plotly.min.js"


async def asset(request: Request) -> Response:
    """A file of ``assets/``; kept for ever by browsers that asked for it by `asset_url`."""
    path = _inside(request.path_params["name"])
    if path is None:
        raise Refused(404, "There is no such file; reload the page.")
    digest = _digest(path)
    headers = address_headers(digest, current=request.query_params.get("v") == digest)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(path.read_bytes(), headers=headers, media_type=SERVED[path.suffix])


async def plotly(request: Request) -> Response:
    """plotly.js, compressed once for everybody."""
    coding = coding_of(request)
    headers = address_headers(
        f"plotly-{version('plotly')}-{coding}", current="v" in request.query_params
    )
    headers["Vary"] = "Accept-Encoding"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    content = await asyncio.shield(asyncio.wrap_future(_compressed(coding)))
    if coding != "identity":
        headers["Content-Encoding"] = coding
    return Response(content, headers=headers, media_type="text/javascript")


def warm() -> None:
    """Begin to compress plotly.js, so that the first page need not wait for it."""
    _compressed(best_coding())


def best_coding() -> str:
    """The coding that most browsers will get."""
    return "br" if _brotli() else "gzip"


def address_headers(digest: str, current: bool) -> dict[str, str]:
    """A content address may be kept for ever; a bare one is asked for again each time."""
    return {
        "ETag": f'"{digest}"',
        "Cache-Control": IMMUTABLE if current else "no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def _inside(name: str) -> Path | None:
    """The asset called ``name``; None unless it is a file of a served kind that really lies in
    ``assets/``."""
    try:
        path = (ASSETS / name).resolve()
        return (
            path
            if path.is_relative_to(ASSETS.resolve()) and path.suffix in SERVED and path.is_file()
            else None
        )
    except (ValueError, OSError):  # a NUL byte, a name too long
        return None


def _digest(path: Path) -> str:
    stat = path.stat()
    return _digest_of(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _digest_of(path: Path, _modified: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def coding_of(request: Request) -> str:
    """The best coding that a request's Accept-Encoding allows: br, gzip or identity."""
    return _coding(request.headers.get("accept-encoding", ""))


def compress(content: bytes, coding: str, quality: int = 9) -> bytes:
    """``content`` in a coding of `coding_of`; ``quality`` is brotli's, 0 to 11."""
    if coding == "br" and (brotli := _brotli()):
        return brotli(content, quality=quality)
    return gzip.compress(content, GZIP_LEVEL, mtime=0) if coding == "gzip" else content


def _coding(accepted: str) -> str:
    offers = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        offers[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    if offers.get("br") and _brotli():
        return "br"
    return "gzip" if offers.get("gzip") else "identity"


def _brotli() -> Callable[..., bytes] | None:
    try:
        from brotli import compress
    except ImportError:
        return None
    return compress


_lock = threading.Lock()
_bodies: dict[str, Future] = {}


def _compressed(coding: str) -> Future:
    """plotly.js in ``coding``; the first to ask starts the one thread that makes it, everybody
    waits for that one."""
    with _lock:
        future = _bodies.get(coding)
        if future is None:
            future = _bodies[coding] = Future()
            threading.Thread(
                target=_compress, args=(coding, future), name=f"plotly-{coding}", daemon=True
            ).start()
    return future


def _compress(coding: str, future: Future) -> None:
    try:
        future.set_result(compress(plotly_file().read_bytes(), coding, PLOTLY_QUALITY))
    except Exception as error:
        with _lock:
            del _bodies[coding]  # the next request tries again
        future.set_exception(error)
