"""Pictures for latent sliders, drawn by the newest snapshot of the generator."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz import latent, pacing
from ganviz.device import prepare_serving_thread
from ganviz.engine import frames
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused, body_as, json_response
from ganviz.server.limits import Quota, client_of
from ganviz.server.workers import READS, open_run

N_DIRECTIONS = 8
MAX_WAITING = 64
CLIENT_GONE = 499  # nobody reads this answer; the number is the one that nginx logs

T = TypeVar("T")


class PictureRequest(latent.LatentSpec):
    """One picture: a point in latent space, and of which run (None: the current one)."""

    run: str | None = Field(None, max_length=200)


class StripRequest(BaseModel):
    """A row of pictures on the way from ``a`` to ``b``."""

    model_config = ConfigDict(extra="forbid")

    a: latent.LatentSpec
    b: latent.LatentSpec
    path: Literal["slerp", "lerp"] = "slerp"
    steps: int = Field(8, ge=2, le=32)
    run: str | None = Field(None, max_length=200)


@dataclass(frozen=True)
class _CachedDirections:
    directions: latent.Directions
    version: int
    good_until: float


class LatentRequests:
    """Draws for the viewers of the runs of a `RunManager`, one request at a time, in one thread of
    its own.

    One thread with one core: more would take them from the training.
    """

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._pool = ThreadPoolExecutor(1, "ganviz-latent", prepare_serving_thread)
        self._drawing = asyncio.Semaphore(1)
        self._places = Quota(MAX_WAITING, MAX_WAITING // 2)
        self._directions_of: WeakKeyDictionary[ReadableRun, _CachedDirections] = (
            WeakKeyDictionary()
        )  # touched by the one thread only

    async def picture(self, request: Request) -> Response:
        """RGB bytes of one picture."""
        query = await body_as(PictureRequest, request)
        return await self._answer(
            request, query.run, lambda run: self._draw(run, self._latents(run, [query]), [query])
        )

    async def strip(self, request: Request) -> Response:
        """RGB bytes of one row of pictures, each end exactly the picture of its own."""
        query = await body_as(StripRequest, request)

        def draw(run: ReadableRun) -> Response:
            start, end = self._latents(run, [query.a, query.b])
            z = latent.path(start, end, query.steps, query.path)
            # a class cannot be blended by all networks: the way changes class half-way
            specs = [
                query.a if index < query.steps / 2 else query.b for index in range(query.steps)
            ]
            return self._draw(run, z, specs)

        return await self._answer(request, query.run, draw)

    async def info(self, request: Request) -> Response:
        """What sliders to offer."""
        return await self._answer(request, request.query_params.get("run"), self._describe)

    async def latent_of(
        self, request: Request, query: PictureRequest
    ) -> tuple[torch.Tensor, int | None] | Response:
        """The z that ``query`` names, [latent_dim], and its class."""

        def compose(run: ReadableRun) -> tuple[torch.Tensor, int | None]:
            snapshots = run.snapshots
            n_classes = len(snapshots.classes) if snapshots.conditional else 0
            return self._latents(run, [query])[0], latent.label_of(query, n_classes)

        return await self._answer(request, query.run, compose)

    async def _answer(
        self, request: Request, run_id: str | None, work: Callable[[ReadableRun], T]
    ) -> T | Response:
        """``work(run)`` in the drawing thread, unless the browser has given up on it by then (it
        wants a newer one)."""
        client = client_of(request.scope)
        if not self._places.has_place(client):
            raise Refused(
                503, "Too many viewers are moving sliders at once; try again in a moment."
            )
        with self._places.place(client):
            run = await open_run(self._manager, run_id)
            # a kept run loads its generator when first asked: not while others wait to be drawn for
            if not run.in_memory:
                await READS.run(lambda: run.snapshots)
            try:
                async with self._drawing:
                    if await request.is_disconnected():
                        return Response(status_code=CLIENT_GONE)
                    return await asyncio.get_running_loop().run_in_executor(self._pool, work, run)
            except LookupError as error:
                raise Refused(409, str(error.args[0])) from None

    # -- in the drawing thread -------------------------------------------------------------
    def _latents(self, run: ReadableRun, specs: list[latent.LatentSpec]) -> torch.Tensor:
        dim = run.snapshots.latent_dim
        wanted = any(spec.directions for spec in specs)
        vectors = self._directions(run).vectors if wanted else torch.empty(0, dim)
        tiles = self._tiles(run) if any(spec.tile is not None for spec in specs) else None
        return torch.stack([latent.compose(spec, vectors, dim, tiles) for spec in specs])

    def _tiles(self, run: ReadableRun) -> torch.Tensor:
        """The latents of the sample grid."""
        if run.spec is None:
            raise Refused(409, "The run has not drawn its first pictures yet.")
        layout = frames.layout_for(run.spec, run.config.conditional)
        return frames.fixed_latents(run.config, layout.count)

    def _draw(self, run: ReadableRun, z: torch.Tensor, specs: list[latent.LatentSpec]) -> Response:
        snapshots = run.snapshots
        n_classes = len(snapshots.classes) if snapshots.conditional else 0
        labels = [latent.label_of(spec, n_classes) for spec in specs]
        y = torch.tensor(labels) if n_classes else None
        if snapshots.kind != "images":
            return json_response({"points": snapshots.points(z, y).tolist()})
        pictures, step, version = snapshots.render(z, y)
        row = np.concatenate(list(frames.fitted(pictures, len(pictures))), axis=1)
        if row.shape[2] == 1:
            row = row.repeat(3, axis=2)
        headers = {
            "X-Gv-Width": str(row.shape[1]),
            "X-Gv-Height": str(row.shape[0]),
            "X-Gv-Step": str(step),
            "X-Gv-Version": str(version),
            "X-Gv-Class": "" if labels[0] is None else str(labels[0]),
            "Cache-Control": "no-store",
        }
        return Response(row.tobytes(), headers=headers, media_type="application/octet-stream")

    def _describe(self, run: ReadableRun) -> Response:
        snapshots = run.snapshots
        if run.spec is None:
            raise Refused(
                409,
                "What this run was trained on is not known: its data is not loaded yet, or its "
                "files are damaged.",
            )
        found = self._directions(run)
        shape = run.spec.shape
        width, height = (shape[2], shape[1]) if len(shape) == 3 else (None, None)
        directions = [
            {
                "index": index,
                "label": f"Direction {index + 1}",
                "strength": round(float(strength), 4),
            }
            for index, strength in enumerate(found.strengths)
        ]
        return json_response(
            {
                "latent_dim": snapshots.latent_dim,
                "conditional": snapshots.conditional,
                "classes": snapshots.classes,
                "directions": directions,
                "version": snapshots.version,
                "step": snapshots.step,
                "width": width,
                "height": height,
            }
        )

    def _directions(self, run: ReadableRun) -> latent.Directions:
        """The directions of the newest generator, computed again at most about once a second."""
        snapshots, known, now = run.snapshots, self._directions_of.get(run), time.monotonic()
        version = snapshots.version
        if known and (known.version == version or now < known.good_until):
            return known.directions
        previous = known.directions if known else None
        found = latent.directions(snapshots.first_layer(), N_DIRECTIONS, previous)
        cost = time.monotonic() - now
        good_until = now + max(pacing.DIRECTIONS_INTERVAL, cost / pacing.DIRECTIONS_SHARE)
        self._directions_of[run] = _CachedDirections(found, version, good_until)
        return found
