"""Pictures for latent sliders, drawn by the newest snapshot of the generator."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
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
from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused, body_as, json_response
from ganviz.server.latent_batches import CLIENT_GONE, Answer, DrawingThread, LatentBatches
from ganviz.server.limits import Places, client_of
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import open_run, with_cost, with_generator

N_DIRECTIONS = 8
MAX_WAITING = 64
BUSY = "Too many viewers are moving sliders at once; try again in a moment."
OF_ONE = "This browser moves as many sliders at once as one may; try again in a moment."

T = TypeVar("T")


class PictureRequest(latent.LatentSpec):
    """One picture: a point in latent space, and of which run (None: the current one). ``page``:
    what a page calls itself, whose newest request takes the place of one that waits."""

    run: str | None = Field(None, max_length=200)
    page: str | None = Field(None, max_length=32)


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
    """Draws for the viewers of the runs of a `RunManager`, in one thread of its own; pictures that
    are wanted at the same time in one pass.

    One thread with one core: more would take them from the training. A picture of a pass may differ
    from the same picture alone in the last bit of a byte.
    """

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._pool = ThreadPoolExecutor(1, "ganviz-latent", prepare_serving_thread)
        self._thread = DrawingThread(self._pool, self._is_training)
        self._batches = LatentBatches[PictureRequest](
            self._thread, lambda run, queries: self._draw_each(run, queries)
        )
        self._places = Places(
            MAX_WAITING, MAX_WAITING // 2, per_viewer=16, for_presenters=8, full=BUSY, own=OF_ONE
        )
        self._directions_of: WeakKeyDictionary[ReadableRun, _CachedDirections] = (
            WeakKeyDictionary()
        )  # touched by the one thread only

    async def picture(self, request: Request) -> Response:
        """RGB bytes of one picture."""
        query = await body_as(PictureRequest, request)
        page = query.page and (visitor_of(request).id, client_of(request.scope), query.page)
        async with self._reading(request, query.run) as run:
            return await self._batches.answer(request, run, query, page)

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
        return await self._answer(request, query.run, lambda run: self._latent(run, query))

    async def _answer(
        self, request: Request, run_id: str | None, work: Callable[[ReadableRun], T]
    ) -> T | Response:
        """``work(run)`` in the drawing thread, unless the browser has given up on it by then (it
        wants a newer one)."""
        async with self._reading(request, run_id) as run, self._thread.turn():
            if await request.is_disconnected():
                return Response(status_code=CLIENT_GONE)
            return await self._thread.call(work, run)

    @asynccontextmanager
    async def _reading(self, request: Request, run_id: str | None) -> AsyncIterator[ReadableRun]:
        """The run, with a generator to draw from, while there is a place for one more request.
        Raises `Refused`."""
        with self._places.place(request.scope):
            # a kept run loads its generator when first asked: not while others wait to be drawn for
            run = await with_generator(await open_run(self._manager, run_id))
            try:
                yield run
            except LookupError as error:
                raise Refused(409, str(error.args[0])) from None

    def _is_training(self) -> bool:
        """Whether a run of this process takes steps now."""
        current = self._manager.current
        return current is not None and current.active and current.state == "running"

    # -- in the drawing thread -------------------------------------------------------------
    def _draw_each(self, run: ReadableRun, queries: list[PictureRequest]) -> list[Answer]:
        """A picture for each of ``queries``, all in one pass, or what is wrong with it."""
        answers: list[Answer] = [LookupError()] * len(queries)
        found: list[tuple[int, torch.Tensor, int | None]] = []
        for index, query in enumerate(queries):
            try:
                found.append((index, *self._latent(run, query)))
            except (GanvizError, LookupError) as error:
                answers[index] = error
        if found:
            drawn = self._draw_pass(run, [z for _, z, _ in found], [y for _, _, y in found])
            for (index, _, _), answer in zip(found, drawn, strict=True):
                answers[index] = answer
        return answers

    def _latent(
        self, run: ReadableRun, query: latent.LatentSpec
    ) -> tuple[torch.Tensor, int | None]:
        """The z that ``query`` names, [latent_dim], and its class."""
        snapshots = run.snapshots
        n_classes = len(snapshots.classes) if snapshots.conditional else 0
        return self._latents(run, [query])[0], latent.label_of(query, n_classes)

    def _draw_pass(
        self, run: ReadableRun, z: list[torch.Tensor], classes: list[int | None]
    ) -> list[Response]:
        snapshots = run.snapshots
        latents, y = torch.stack(z), None if None in classes else torch.tensor(classes)
        if snapshots.kind != "images":
            points = snapshots.points(latents, y).tolist()
            return [json_response({"points": [point]}) for point in points]
        pictures, step, version = snapshots.render(latents, y)
        fitted = frames.fitted(pictures, 1)
        return [
            _rgb(picture, step, version, label)
            for picture, label in zip(fitted, classes, strict=True)
        ]

    def _latents(self, run: ReadableRun, specs: list[latent.LatentSpec]) -> torch.Tensor:
        run.snapshots.require()
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
        return _rgb(row, step, version, labels[0])

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
        """The directions of the newest generator; while it trains, they may be about a second
        old. At rest the same request always means the same picture."""
        snapshots, known, now = run.snapshots, self._directions_of.get(run), time.monotonic()
        version = snapshots.version
        good_enough = run.state == "running" and known is not None and now < known.good_until
        if known and (known.version == version or good_enough):
            return known.directions
        previous = known.directions if known else None
        found, cost = with_cost(latent.directions, snapshots.first_layer(), N_DIRECTIONS, previous)
        good_until = now + max(pacing.DIRECTIONS_INTERVAL, cost / pacing.DIRECTIONS_SHARE)
        self._directions_of[run] = _CachedDirections(found, version, good_until)
        return found


def _rgb(picture: np.ndarray, step: int, version: int, label: int | None) -> Response:
    """``picture`` [H, W, 1 or 3] as plain RGB bytes, with what a page needs to know of it."""
    if picture.shape[2] == 1:
        picture = picture.repeat(3, axis=2)
    headers = {
        "X-Gv-Width": str(picture.shape[1]),
        "X-Gv-Height": str(picture.shape[0]),
        "X-Gv-Step": str(step),
        "X-Gv-Version": str(version),
        "X-Gv-Class": "" if label is None else str(label),
        "Cache-Control": "no-store",
    }
    return Response(picture.tobytes(), headers=headers, media_type="application/octet-stream")
