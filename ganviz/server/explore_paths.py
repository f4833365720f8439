"""Paths from one picture to the next: their latents, and the same frames as a film."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from ganviz import latent
from ganviz.export.path_film import MEDIA_TYPES, encode_path
from ganviz.latent.paths import through
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_pictures import Class, ExplorePictures, ExploreRequest, labels_of
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as

MOST_KEYS = 48
MOST_FRAMES = 480
# of all frames of a film together
MOST_PIXELS = 64 * 2**20


class PathRequest(ExploreRequest):
    """``keys``: base64 of the key frames' latents; ``y``: their classes."""

    keys: str = Field(max_length=60_000)
    y: Annotated[list[Class], Field(max_length=MOST_KEYS)] | None = None
    kind: str = Field("slerp", max_length=20)
    frames: int = Field(64, ge=2, le=MOST_FRAMES)


class FilmRequest(PathRequest):
    """The same path as a file."""

    format: str = Field("gif", max_length=8)
    fps: int = Field(24, ge=1, le=60)


class ExplorePaths:
    """Paths of the generators that are explored."""

    def __init__(self, pictures: ExplorePictures, work: ExploreWork):
        self._pictures, self._work = pictures, work

    async def path(self, request: Request) -> Response:
        """float32 [frames, latent_dim], little endian; the header ``X-Gv-Nearest`` lists for each
        frame the key frame whose class it takes."""
        query = await body_as(PathRequest, request)
        run = await self._pictures.opened(query.run)
        z, nearest = await self._work.run(request, lambda: _points(run, query))
        return Response(
            z.numpy().astype("<f4").tobytes(),
            headers={"Cache-Control": "no-store", "X-Gv-Nearest": ",".join(map(str, nearest))},
            media_type="application/octet-stream",
        )

    async def film(self, request: Request) -> Response:
        """The path's pictures as GIF, WebP, MP4, or a PNG strip."""
        query = await body_as(FilmRequest, request)
        run = await self._pictures.opened(query.run)
        body = await self._work.run(request, lambda: _film(run, query), long=True)
        return Response(
            body, headers={"Cache-Control": "no-store"}, media_type=MEDIA_TYPES[query.format]
        )


def _points(run: ReadableRun, query: PathRequest) -> tuple[Tensor, list[int]]:
    keys = latent.from_text(query.keys, run.snapshots.latent_dim)
    if len(keys) > MOST_KEYS:
        raise Refused(422, f"A path has at most {MOST_KEYS} key frames.", "keys")
    return through(keys, query.frames, query.kind)


def _film(run: ReadableRun, query: FilmRequest) -> bytes:
    snapshots, spec = run.snapshots, run.spec
    if snapshots.kind != "images" or spec is None:
        raise Refused(409, "This generator makes points, and a film shows pictures.")
    if query.frames * spec.shape[1] * spec.shape[2] > MOST_PIXELS:
        raise Refused(422, "That film is too long for pictures of this size.", "frames")
    z, nearest = _points(run, query)
    keys = max(nearest) + 1
    labels = labels_of(query.y, keys, tuple(snapshots.classes), snapshots.conditional)
    y = None if labels is None else labels[torch.tensor(nearest)]
    pixels, _, _ = snapshots.render(z, y)
    return encode_path(pixels, query.format, query.fps)
