"""Samples beside the data: which real ones are nearest, how sure a classifier is of them, and what
truncation costs."""

from __future__ import annotations

import threading
from typing import Any, Literal

import torch
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from ganviz import latent
from ganviz.data.source import DataSource, to_float
from ganviz.engine.snapshot import to_pictures
from ganviz.latent.classes import draw_blend
from ganviz.latent.neighbours import nearest, own_distances, place_among
from ganviz.probes.features import Classifier, Inception
from ganviz.probes.metrics import precision_recall
from ganviz.probes.probe import short
from ganviz.runs.networks import TrainedNetworks
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_data import ExploreData
from ganviz.server.explore_directions import some_latents
from ganviz.server.explore_pictures import (
    Class,
    ExplorePictures,
    ExploreRequest,
    SamplesRequest,
    drawn_by,
    known_classes,
    pixels_response,
    samples_of,
)
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as, json_response
from ganviz.server.json_lines import SendLine

# training pictures that samples are looked up among, and how many numbers they may have together
MOST_REALS = 10_000
MOST_NUMBERS = 40_000_000
AMONG = 300
NEIGHBOURS = 8
# truncation: psi, and samples of each kind
PSIS = (0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
JUDGED = 600
NO_FEATURES = "These data have no labels (or too few) for a classifier, so only pixels compare."


class RealsRequest(ExploreRequest):
    """Training pictures by their indices, or the one that ``seed`` chooses."""

    indices: list[int] = Field(default_factory=list, max_length=256)
    seed: int | None = Field(None, ge=0, le=latent.MAX_SEED)


class JudgeRequest(SamplesRequest):
    """What each sample is to be judged by."""

    by: Literal["distance", "confidence"]


class BlendRequest(ExploreRequest):
    """One latent and two classes, in so many steps from one to the other."""

    z: str = Field(max_length=latent.sampling.MAX_TEXT)
    a: Class
    b: Class
    steps: int = Field(9, ge=2, le=32)


class _Known:
    """A run's real samples as they are compared: by pixels, and by features where there are any."""

    def __init__(self, source: DataSource, model: Classifier | Inception | None):
        if source.spec.kind != "images":
            raise Refused(409, "These data are points, and no two of them are copies.")
        count = min(MOST_REALS, max(1, MOST_NUMBERS // source.samples[0].numel()))
        self.model = model
        x = to_float(source.at(torch.arange(min(count, len(source.samples))))[0])
        self.tables = {"pixels": x.flatten(1)}
        if model is not None:
            self.tables["features"] = model(x)[0].to(x.device)
        self.own = {name: own_distances(table, AMONG) for name, table in self.tables.items()}

    def of(self, x: Tensor, name: str) -> Tensor:
        """Samples ``x`` as the table ``name`` has its own."""
        device = self.tables[name].device
        if name == "pixels":
            return x.to(device).float().clamp(-1, 1).flatten(1)
        assert self.model is not None
        return self.model(x)[0].to(device)


class ExploreCompare:
    """Compares samples of the generators that are explored with their data."""

    def __init__(
        self, pictures: ExplorePictures, runs: ExploreRuns, data: ExploreData, work: ExploreWork
    ):
        self._pictures, self._runs, self._data, self._work = pictures, runs, data, work
        self._known: tuple[str, _Known] | None = None  # touched by the long thread only

    async def nearest(self, request: Request) -> Response:
        """``{"pixels", "features"}``, each ``{"neighbours": [{"index", "label", "distance"}],
        "share"}``. ``share``: of real pictures that are nearer to another real one than the sample
        to its nearest."""
        query = await body_as(SamplesRequest, request)
        run = await self._pictures.opened(query.run)
        return json_response(
            await self._work.run(request, lambda: self._nearest(run, query), long=True)
        )

    def _nearest(self, run: ReadableRun, query: SamplesRequest) -> dict[str, Any]:
        z, y = samples_of(run, query)
        known = self._of(run)
        x = drawn_by(self._runs.networks(run), z[:1], None if y is None else y[:1])
        labels = self._data.source(run).labels
        answer: dict[str, Any] = {"count": len(known.tables["pixels"]), "note": ""}
        for name, table in known.tables.items():
            distances, index = nearest(known.of(x, name), table, NEIGHBOURS)
            answer[name] = {
                "share": round(place_among(float(distances[0, 0]), known.own[name]), 3),
                "neighbours": [
                    {
                        "index": at,
                        "label": None if labels is None else int(labels[at]),
                        "distance": round(distance, 3),
                    }
                    for at, distance in zip(index[0].tolist(), distances[0].tolist(), strict=True)
                ],
            }
        if "features" not in known.tables:
            answer["note"] = NO_FEATURES
        return answer

    def _of(self, run: ReadableRun) -> _Known:
        key = run.id.partition("@")[0]
        if self._known is None or self._known[0] != key:
            self._known = None
            self._known = (key, _Known(self._data.source(run), self._data.features(run)))
        return self._known[1]

    async def reals(self, request: Request) -> Response:
        """Pixels of training pictures, as `ExplorePictures.samples` gives those of fakes; the
        header ``X-Gv-Indices`` says which they are."""
        query = await body_as(RealsRequest, request)
        run = await self._pictures.opened(query.run)

        def taken() -> Response:
            source = self._data.source(run)
            if source.spec.kind != "images":
                raise Refused(409, "These data are points.")
            count = len(source.samples)
            indices = query.indices if query.seed is None else [query.seed % count]
            if not indices or not all(0 <= one < count for one in indices):
                raise Refused(422, f"There are {count:,} training pictures.")
            chosen = source.samples[torch.tensor(indices, device=source.samples.device)]
            response = pixels_response(chosen.permute(0, 2, 3, 1).cpu().numpy(), 0, 0)
            response.headers["X-Gv-Indices"] = ",".join(map(str, indices))
            return response

        return await self._work.run(request, taken, long=True)

    async def judge(self, request: Request) -> Response:
        """``{"scores"}``: the distance of each sample to the nearest training picture, by features
        where there are any, or how sure a classifier is of its class."""
        query = await body_as(JudgeRequest, request)
        run = await self._pictures.opened(query.run)
        return json_response(
            await self._work.run(request, lambda: self._judge(run, query), long=True)
        )

    def _judge(self, run: ReadableRun, query: JudgeRequest) -> dict[str, Any]:
        z, y = samples_of(run, query)
        known = self._of(run)
        x = drawn_by(self._runs.networks(run), z, y)
        if query.by == "distance":
            name = list(known.tables)[-1]
            distances, _ = nearest(known.of(x, name), known.tables[name], 1)
            return {"scores": short(distances.flatten().cpu(), 4)}
        probabilities = known.model(x)[1] if known.model else None
        if probabilities is None:
            raise Refused(409, NO_FEATURES)
        return {"scores": short(probabilities.max(1).values, 4)}

    async def truncation(self, request: Request) -> Response:
        """Lines ``{"psi", "precision", "recall"}``, one for each of `PSIS`, as they are
        measured."""
        query = await body_as(ExploreRequest, request)
        run = await self._pictures.opened(query.run)

        def work(send: SendLine, ended: threading.Event) -> None:
            self._data.features(run, ended.is_set)
            if ended.is_set():
                return
            known, networks = self._of(run), self._runs.networks(run)
            name = list(known.tables)[-1]
            real = known.tables[name][:JUDGED]
            z, y = some_latents(networks, JUDGED, seed=2)
            for psi in PSIS:
                if ended.is_set():
                    return
                fake = known.of(drawn_by(networks, psi * z, y), name)
                figures = precision_recall(real, fake)
                line = {key: round(figures[key], 3) for key in ("precision", "recall")}
                send({"psi": psi, "n": len(fake), **line})
            send({"done": True})

        return self._work.stream(request, work)

    async def blend(self, request: Request) -> Response:
        """Pixels of one z on the way from one class to another."""
        query = await body_as(BlendRequest, request)
        run = await self._pictures.opened(query.run)
        return await self._work.run(request, lambda: self._blend(run, query))

    def _blend(self, run: ReadableRun, query: BlendRequest) -> Response:
        networks = self._runs.networks(run)
        return blended(networks, latent.from_text(query.z, run.snapshots.latent_dim)[:1], query)


@torch.no_grad()
def blended(networks: TrainedNetworks, z: Tensor, query: BlendRequest) -> Response:
    """Pixels of ``z`` [1, dim] with the classes of ``query`` mixed in even steps."""
    count = len(networks.generator.classes)
    if max(query.a, query.b) >= count:
        raise Refused(422, known_classes(count), "a")
    share = torch.linspace(0, 1, query.steps)
    weights = torch.zeros(query.steps, count)
    weights[:, query.a] += 1 - share
    weights[:, query.b] += share
    z, weights = z.expand(query.steps, -1).to(networks.device), weights.to(networks.device)
    x = draw_blend(networks.generator.network, z, weights)
    return pixels_response(to_pictures(x), networks.step, 0)
