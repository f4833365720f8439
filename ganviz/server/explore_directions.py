"""Directions to walk along: found in a generator, or kept with its run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from ganviz import latent
from ganviz.data.source import to_float
from ganviz.errors import GanvizError
from ganviz.latent.activations import activations
from ganviz.latent.directions import Directions, ganspace, informative_axes, mean_difference
from ganviz.models.parts import latent_weight
from ganviz.runs import kept_latents
from ganviz.runs.networks import TrainedNetworks
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_data import ExploreData
from ganviz.server.explore_pictures import ExplorePictures, ExploreRequest, drawn_by
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as, command_as, json_response
from ganviz.server.workers import READS

MOST_DIRECTIONS = 12
DRAWN = 1024
ENCODED = 2000
PLOTTED = 800
# samples around which the change is measured
AROUND = 32
CLASSES_ARE_GIVEN = (
    "This generator takes the class beside z, so that z itself says nothing of it; choose the "
    "class left."
)
NO_LABELS = "These data have no labels, so there are no classes to walk towards."
NO_ENCODER = "This run has no encoder, so no axis of z has a meaning of its own."

Name = Annotated[str, Field(min_length=1, max_length=200)]


class DirectionsRequest(ExploreRequest):
    """Which kind; ``starred``: base64 of the latents that the kind of that name starts from."""

    kind: Literal["sefa", "pca", "classes", "starred", "axes", "kept"]
    starred: str | None = Field(None, max_length=60_000)


class CodesRequest(ExploreRequest):
    """A plane: its ``centre`` and two unit vectors, each as base64 of one latent."""

    centre: str = Field(max_length=latent.sampling.MAX_TEXT)
    u: str = Field(max_length=latent.sampling.MAX_TEXT)
    v: str = Field(max_length=latent.sampling.MAX_TEXT)


class KeepRequest(ExploreRequest):
    """A direction or a path to be kept with the run, or, with ``forget``, no longer."""

    kind: Literal["directions", "paths"]
    name: Name
    content: dict[str, Any] = Field(default_factory=dict, max_length=16)
    forget: bool = False


Found = list[tuple[str, Tensor]]


class ExploreDirections:
    """Finds directions of the generators of `ExploreRuns`."""

    def __init__(
        self, pictures: ExplorePictures, runs: ExploreRuns, data: ExploreData, work: ExploreWork
    ):
        self._pictures, self._runs, self._data, self._work = pictures, runs, data, work
        self._ways: dict[str, Callable[[ReadableRun, DirectionsRequest], Found]] = {
            "sefa": self._sefa,
            "pca": self._pca,
            "classes": self._classes,
            "starred": self._starred,
            "axes": self._axes,
            "kept": self._kept,
        }

    async def directions(self, request: Request) -> Response:
        """``{"directions": [{"key", "label", "vector", "change"}], "step"}``. ``change``: how much
        of the way from black to white a pixel goes on average between -1 and +1."""
        query = await body_as(DirectionsRequest, request)
        run = await self._pictures.opened(query.run)
        long = query.kind in ("classes", "axes")
        return json_response(
            await self._work.run(request, lambda: self._directions(run, query), long=long)
        )

    def _directions(self, run: ReadableRun, query: DirectionsRequest) -> dict[str, Any]:
        found = self._ways[query.kind](run, query)
        networks = self._runs.networks(run)
        changes = changes_along(networks, [vector for _, vector in found])
        return {
            "step": networks.step,
            "directions": [
                {
                    "key": f"{query.kind}{index}",
                    "label": label,
                    "vector": latent.to_text(vector),
                    "change": round(change, 4),
                }
                for index, ((label, vector), change) in enumerate(zip(found, changes, strict=True))
            ],
        }

    def _sefa(self, run: ReadableRun, query: DirectionsRequest) -> Found:
        weight = latent_weight(self._generator(run), run.snapshots.latent_dim)
        return _numbered("SeFa", latent.directions(weight, MOST_DIRECTIONS))

    def _pca(self, run: ReadableRun, query: DirectionsRequest) -> Found:
        networks = self._runs.networks(run)
        z, y = some_latents(networks, DRAWN // 2)
        z, y = z.to(networks.device), None if y is None else y.to(networks.device)
        (first,) = activations(networks.generator.network, z, y, most=1).values()
        return _numbered("Component", ganspace(z, first, MOST_DIRECTIONS))

    def _classes(self, run: ReadableRun, query: DirectionsRequest) -> Found:
        """For each class, from the samples of the others to its own: as a classifier sees them, or
        as the labels of encoded data say."""
        networks = self._runs.networks(run)
        if networks.generator.classes:
            raise Refused(409, CLASSES_ARE_GIVEN)
        if not networks.spec.classes:
            raise Refused(409, NO_LABELS)
        z, labels = self._labelled(run, networks)
        found: Found = []
        for index, name in enumerate(networks.spec.classes[:MOST_DIRECTIONS]):
            own = labels == index
            if bool(own.any()) and not bool(own.all()):
                found.append((f"Towards {name}", mean_difference(z[own], z[~own])))
        if not found:
            raise Refused(409, "All samples of this generator fall into one class.")
        return found

    def _labelled(self, run: ReadableRun, networks: TrainedNetworks) -> tuple[Tensor, Tensor]:
        if networks.encoder is not None:
            return self._codes(run, networks)
        features = self._data.features(run)
        z, y = some_latents(networks, DRAWN)
        probabilities = features(drawn_by(networks, z, y))[1] if features else None
        if probabilities is None:
            raise Refused(409, "Too few of these data have labels to tell the classes apart.")
        return z, probabilities.argmax(1).cpu()

    def _starred(self, run: ReadableRun, query: DirectionsRequest) -> Found:
        if not query.starred:
            raise Refused(409, "Star some pictures first: the direction leads from others to them.")
        chosen = latent.from_text(query.starred, run.snapshots.latent_dim)
        # the others are all that could have been drawn: N(0, 1), whose mean is 0
        others = torch.zeros(1, chosen.shape[1])
        return [("Towards the starred", mean_difference(chosen, others))]

    def _axes(self, run: ReadableRun, query: DirectionsRequest) -> Found:
        networks = self._runs.networks(run)
        if networks.encoder is None:
            raise Refused(409, NO_ENCODER)
        found = informative_axes(self._codes(run, networks)[0], MOST_DIRECTIONS)
        return [(f"z[{int(vector.argmax())}]", vector) for vector in found.vectors]

    def _codes(self, run: ReadableRun, networks: TrainedNetworks) -> tuple[Tensor, Tensor]:
        """Encoded data and their labels (-1 without)."""
        codes, labels = encoded(networks, self._data, run, ENCODED)
        return codes, labels if labels is not None else torch.full((len(codes),), -1)

    def _kept(self, run: ReadableRun, query: DirectionsRequest) -> Found:
        dim, found = run.snapshots.latent_dim, []
        for entry in kept_latents.read_kept(self._runs.folder(run))["directions"]:
            text = entry.get("vector")
            with suppress(GanvizError):  # of a network of another size, or damaged
                found.append((entry["name"], latent.from_text(str(text), dim)[0]))
        return found

    def _generator(self, run: ReadableRun) -> torch.nn.Module:
        return self._runs.networks(run).generator.network

    async def codes(self, request: Request) -> Response:
        """``{"at": [[x, y], ...], "labels"}``: encoded data as they lie over a plane."""
        query = await body_as(CodesRequest, request)
        run = await self._pictures.opened(query.run)
        return json_response(
            await self._work.run(request, lambda: self._codes_on(run, query), long=True)
        )

    def _codes_on(self, run: ReadableRun, query: CodesRequest) -> dict[str, Any]:
        dim = run.snapshots.latent_dim
        centre, u, v = (latent.from_text(one, dim)[0] for one in (query.centre, query.u, query.v))
        codes, labels = encoded(self._runs.networks(run), self._data, run, PLOTTED)
        at = (codes - centre) @ torch.stack([u, v], 1)
        rows = [[round(x, 3), round(y, 3)] for x, y in at.tolist()]
        return {"at": rows, "labels": None if labels is None else labels.tolist()}

    async def keep(self, request: Request) -> Response:
        """Keep something with the run, or take it away: ``{"ok", "sentence"}``."""
        query = await command_as(KeepRequest, request)
        run = await self._pictures.opened(query.run)
        return json_response(await READS.run(self._keep, run, query))

    def _keep(self, run: ReadableRun, query: KeepRequest) -> dict[str, Any]:
        folder = self._runs.folder(run)
        if query.forget:
            kept_latents.forget(folder, query.kind, query.name)
            return {"ok": True, "sentence": "Taken away."}
        kept_latents.keep(folder, query.kind, query.name, query.content)
        return {"ok": True, "sentence": "Kept with the run."}

    async def kept(self, request: Request) -> Response:
        """What is kept with ``?run=``: ``{"directions", "paths"}``."""
        run = await self._pictures.opened(request.query_params.get("run"))
        return json_response(
            await READS.run(lambda: kept_latents.read_kept(self._runs.folder(run)))
        )


def _numbered(word: str, found: Directions) -> Found:
    return [(f"{word} {index + 1}", vector) for index, vector in enumerate(found.vectors)]


def some_latents(
    networks: TrainedNetworks, count: int, seed: int = 0
) -> tuple[Tensor, Tensor | None]:
    """``count`` latents of N(0, 1) [count, latent_dim], the same each time, and a class for each
    where the generator takes one."""
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(count, networks.generator.latent_dim, generator=random)
    return z, networks.generator.labels(count)


@torch.no_grad()
def changes_along(networks: TrainedNetworks, vectors: list[Tensor]) -> list[float]:
    """For each direction, how far a pixel goes on average between -1 and +1 sigma, as a share of
    the way from black to white; for points, the way itself."""
    if not vectors:
        return []
    z, y = some_latents(networks, AROUND, seed=1)
    steps = torch.stack(vectors)[:, None]
    ends = [
        drawn_by(
            networks,
            (z[None] + sign * steps).flatten(0, 1),
            None if y is None else y.repeat(len(vectors)),
        )
        for sign in (-1, 1)
    ]
    gone = (ends[1] - ends[0]).flatten(1)
    images = networks.spec.kind == "images"
    each = gone.abs().mean(1) / 2 if images else gone.norm(dim=1)
    return each.view(len(vectors), AROUND).mean(1).tolist()


@torch.no_grad()
def encoded(
    networks: TrainedNetworks, data: ExploreData, run: ReadableRun, most: int
) -> tuple[Tensor, Tensor | None]:
    """The encoder's means of the first ``most`` real samples [n, latent_dim], and their labels.
    Raises `Refused` without an encoder."""
    if networks.encoder is None:
        raise Refused(409, NO_ENCODER)
    source = data.source(run)
    x = to_float(source.samples[:most]).to(networks.device)
    labels = None if source.labels is None else source.labels[:most].cpu()
    y = labels.to(networks.device) if labels is not None and networks.generator.classes else None
    means = [
        networks.encoder(x[at : at + 256], None if y is None else y[at : at + 256])[0]
        for at in range(0, len(x), 256)
    ]
    return torch.cat(means).cpu(), labels
