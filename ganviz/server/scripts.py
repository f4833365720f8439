"""The page's scripts and styles: all modules that the first view needs in one script, one script
for each view that is opened later, and one style sheet. Over a slow line each further file costs a
round trip; over any line, what has not changed is fetched once."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ganviz.bundle import bundle, later
from ganviz.server.guard import Refused
from ganviz.server.static import ASSETS, address_headers, best_coding, coding_of, compress

MAIN = "main.js"
STYLES = (
    "lib/base.css",
    "lib/ranges.css",
    "lib/curves.css",
    "train/form.css",
    "train/panels.css",
    "latent/latent.css",
    "runs/runs.css",
    "train/points.css",
    "train/coach.css",
    "inside/inside.css",
    "lab/lab.css",
    "lab/plane.css",
    "lab/trials.css",
    "lessons/lessons.css",
    "class/class.css",
    "explore/explore.css",
    "class/take_part.css",
)
STYLE_SHEET = "styles.css"
MEDIA_TYPES = {"js": "text/javascript", "css": "text/css"}


def script_url() -> str:
    """The relative address of the page's script; it changes with what it holds."""
    return _url(MAIN, _files()[MAIN])


def styles_url() -> str:
    """The relative address of the page's style sheet; it changes with what it holds."""
    return _url(STYLE_SHEET, _files()[STYLE_SHEET])


async def script(request: Request) -> Response:
    """One of the page's scripts, or its style sheet, compressed once for everybody."""
    name = request.path_params["name"]
    content = _files().get(name)
    if content is None:
        raise Refused(404, "There is no such script; reload the page.")
    coding, digest = coding_of(request), _digest(content)
    headers = address_headers(f"{digest}-{coding}", request.query_params.get("v") == digest)
    headers["Vary"] = "Accept-Encoding"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if coding != "identity":
        headers["Content-Encoding"] = coding
    body = await run_in_threadpool(_packed, content, coding)
    return Response(body, headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])


def warm() -> None:
    """Join and pack the scripts while the person opens the page."""
    files = _files()
    for name in (MAIN, STYLE_SHEET):
        _packed(files[name], best_coding())


def _url(name: str, content: bytes) -> str:
    return f"gv/scripts/{name}?v={_digest(content)}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _files() -> dict[str, bytes]:
    """Every script and the style sheet, by name, as they stood on the disk less than a second
    ago: each page that opens asks three times."""
    return _joined(_modified(int(time.monotonic())))


@lru_cache(maxsize=1)
def _modified(_second: int) -> tuple[tuple[str, int], ...]:
    sources = (*ASSETS.rglob("*.js"), *(ASSETS / name for name in STYLES))
    return tuple((str(path), path.stat().st_mtime_ns) for path in sources)


@lru_cache(maxsize=2)
def _joined(_modified: tuple[tuple[str, int], ...]) -> dict[str, bytes]:
    there = bundle(ASSETS, MAIN, url=lambda name: name).modules
    files = {name: bundle(ASSETS, name, there).text.encode() for name in later(ASSETS, MAIN)}
    main = bundle(ASSETS, MAIN, url=lambda name: _url(name, files[name]))
    styles = "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in STYLES)
    return {**files, MAIN: main.text.encode(), STYLE_SHEET: styles.encode()}


@lru_cache(maxsize=32)
def _packed(content: bytes, coding: str) -> bytes:
    return compress(content, coding)
