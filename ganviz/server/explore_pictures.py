"""The tab Explore: which generators there are, samples of any latents, D's scores of them, and each
picture exactly, with the line of Python that makes it."""

from __future__ import annotations

import base64
import csv
import io
import zipfile
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from ganviz import latent
from ganviz.engine.events import ENDED
from ganviz.engine.snapshot import draw
from ganviz.errors import GanvizError
from ganviz.export import model, runtime
from ganviz.latent.scores import discriminator_scores, score_unit
from ganviz.probes.probe import short
from ganviz.runs import listing
from ganviz.runs.manager import RunManager
from ganviz.runs.networks import TrainedNetworks
from ganviz.runs.readable import ReadableRun
from ganviz.runs.trained import one_class_each
from ganviz.server.explore_runs import NO_GENERATOR, ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as, json_response, sees_run
from ganviz.server.workers import READS, open_run, with_generator
from ganviz.text import counted

MOST_RUNS = 100
MOST_PICTURES = 512
MOST_ZIPPED = 256
# of one answer, in bytes of pixels
MOST_BYTES = 32 * 2**20
# base64 of all latents of a request
MAX_TEXT = 60_000

RunId = Annotated[str, Field(max_length=200)]
Seed = Annotated[int, Field(ge=0, le=latent.MAX_SEED)]
Class = Annotated[int, Field(ge=0, le=100_000)]
Classes = Annotated[list[Class], Field(max_length=MOST_PICTURES)]


class ExploreRequest(BaseModel):
    """What each request of the tab names: a run, or ``run@step``; None is the current run."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    run: RunId | None = None


class LatentsRequest(ExploreRequest):
    """The latents that seeds draw."""

    seeds: list[Seed] = Field(min_length=1, max_length=MOST_PICTURES)


class SamplesRequest(ExploreRequest):
    """Samples of ``z`` (base64 of [n, latent_dim] float32) with classes ``y``: one each, one for
    all, or None."""

    z: str = Field(max_length=MAX_TEXT)
    y: Classes | Class | None = None


class ExactRequest(ExploreRequest):
    """One sample by ``z``, or by ``seed`` and ``psi``, of the checkpoint of ``step``."""

    step: int = Field(ge=0)
    z: str | None = Field(None, max_length=latent.sampling.MAX_TEXT)
    seed: Seed = 0
    y: Class | None = None
    psi: float = Field(1.0, ge=0.0, le=2.0)


class ZipRequest(ExploreRequest):
    """Pictures of ``seeds`` with classes ``y``, as `ExactRequest` makes each."""

    step: int = Field(ge=0)
    seeds: list[Seed] = Field(min_length=1, max_length=MOST_ZIPPED)
    y: Classes | Class | None = None
    psi: float = Field(1.0, ge=0.0, le=2.0)


def known_classes(count: int) -> str:
    """What to say to whoever names a class that a generator does not know."""
    return counted(
        count,
        "This generator knows one class, counted from 0.",
        "This generator knows {n} classes, counted from 0.",
    )


def labels_of(
    y: list[int] | int | None, count: int, classes: tuple[str, ...], conditional: bool
) -> Tensor | None:
    """Classes as the generator takes them, int64 [count]. Raises `GanvizError` for those that it
    does not know."""
    if not conditional:
        if y is not None:
            raise GanvizError(
                "This generator was trained without classes, so it cannot be asked for one.", "y"
            )
        return None
    if y is None:
        raise GanvizError("This generator draws a class: say which.", "y")
    labels = torch.as_tensor(y).expand(count) if isinstance(y, int) else torch.tensor(y)
    if len(labels) != count or not bool((labels < len(classes)).all()):
        raise GanvizError(one_class_each(count, len(classes)), "y")
    return labels.long()


def samples_of(run: ReadableRun, query: SamplesRequest) -> tuple[Tensor, Tensor | None]:
    """The latents [n, latent_dim] and classes [n] that a request names. Raises `GanvizError`."""
    snapshots = run.snapshots
    if not snapshots.version:
        raise Refused(409, NO_GENERATOR)
    z = latent.from_text(query.z, snapshots.latent_dim)
    if len(z) > MOST_PICTURES:
        raise GanvizError("At most {most} samples at a time.", "z", most=MOST_PICTURES)
    return z, labels_of(query.y, len(z), tuple(snapshots.classes), snapshots.conditional)


def drawn_by(networks: TrainedNetworks, z: Tensor, y: Tensor | None) -> Tensor:
    """Samples of ``z`` where the networks lie."""
    device = networks.device
    return draw(networks.generator.network, z.to(device), None if y is None else y.to(device))


def draws_in_browser(run: ReadableRun) -> bool:
    """Whether a browser can be given the generator of ``run``: one of pictures that does not change
    any more, where all that it takes is at hand."""
    spec = run.spec
    pictures = spec is not None and spec.kind == "images"
    return pictures and not run.active and runtime.found() and model.available()


class ExplorePictures:
    """What every panel of the tab draws with."""

    def __init__(self, manager: RunManager, runs: ExploreRuns, work: ExploreWork):
        self._manager, self._runs, self._work = manager, runs, work

    async def runs(self, request: Request) -> Response:
        """The newest runs: ``{"runs": [{"id", "name", "step", "active"}]}``."""
        rows = [row for row in await READS.run(self._list) if sees_run(request, row["id"])]
        return json_response({"runs": rows[:MOST_RUNS]})

    def _list(self) -> list[dict[str, Any]]:
        return [
            {"id": info.id, "name": info.title, "step": info.step, "active": _is_active(info)}
            for info in listing.list_runs(self._manager.runs_root)
        ]

    async def describe(self, request: Request) -> Response:
        """What the generator of ``?run=`` takes and makes, and what else the run has."""
        run = await self.opened(request.query_params.get("run"))
        return json_response(await READS.run(self._describe, run))

    async def opened(self, run_id: str | None) -> ReadableRun:
        """The run, its generator loaded where it is kept. Raises `Refused`."""
        if run_id is not None and len(run_id) > 200:
            raise Refused(404, "There is no run of that name here.")
        return await with_generator(await open_run(self._manager, run_id))

    def _describe(self, run: ReadableRun) -> dict[str, Any]:
        snapshots, spec = run.snapshots, run.spec
        if spec is None:
            raise Refused(
                409,
                "What this run was trained on is not known: its data is not loaded yet, or its "
                "files are damaged.",
            )
        if not snapshots.version:
            problem = getattr(run, "problem", None)
            raise Refused(409, problem or NO_GENERATOR)
        height, width = (spec.shape[1], spec.shape[2]) if spec.kind == "images" else (0, 0)
        return {
            "run": run.id,
            "name": run.status()["name"],
            "active": run.active,
            "kind": spec.kind,
            "latent_dim": snapshots.latent_dim,
            "conditional": snapshots.conditional,
            "classes": snapshots.classes if snapshots.conditional else (),
            "labels": spec.classes,
            "width": width,
            "height": height,
            "channels": spec.shape[0] if spec.kind == "images" else 0,
            "step": snapshots.step,
            "version": snapshots.version,
            "checkpoints": self._runs.checkpoints(run),
            "autoencoder": not run.config.adversarial,
            "in_browser": draws_in_browser(run),
        }

    async def latents(self, request: Request) -> Response:
        """float32 [n, latent_dim], little endian: the z of each seed."""
        query = await body_as(LatentsRequest, request)
        run = await self.opened(query.run)
        dim = run.snapshots.latent_dim

        def drawn() -> bytes:
            z = torch.stack([latent.base_z(seed, dim) for seed in query.seeds])
            return z.numpy().astype("<f4").tobytes()

        body = await self._work.run(request, drawn)
        return Response(
            body, headers={"Cache-Control": "no-store"}, media_type="application/octet-stream"
        )

    async def samples(self, request: Request) -> Response:
        """Pixels [n, height, width, channels] of pictures; ``{"points"}`` for points."""
        query = await body_as(SamplesRequest, request)
        run = await self.opened(query.run)
        return await self._work.run(request, lambda: _drawn(run, query))

    async def scores(self, request: Request) -> Response:
        """``{"scores", "unit", "step"}``: what D says of each sample."""
        query = await body_as(SamplesRequest, request)
        run = await self.opened(query.run)
        return json_response(await self._work.run(request, lambda: self._scores(run, query)))

    def _scores(self, run: ReadableRun, query: SamplesRequest) -> dict[str, Any]:
        z, y = samples_of(run, query)
        networks = self._runs.networks(run)
        discriminator, objective = networks.discriminator, networks.objective
        if discriminator is None or objective is None:
            raise Refused(409, networks.no_scores)
        x = drawn_by(networks, z, y)
        y = None if y is None else y.to(x.device)
        scores = discriminator_scores(discriminator, objective, x, y)
        return {
            "scores": short(scores.cpu(), 4),
            "unit": score_unit(objective),
            "step": networks.step,
        }

    async def exact(self, request: Request) -> Response:
        """``{"line", "png"}``: one picture as anybody makes it again, and how (``"point"`` in the
        place of ``"png"`` for points)."""
        query = await body_as(ExactRequest, request)
        run = await self.opened(query.run)
        return json_response(await self._work.run(request, lambda: self._exact(run, query)))

    def _exact(self, run: ReadableRun, query: ExactRequest) -> dict[str, Any]:
        generator = self._runs.exact(run, query.step)
        arguments = _arguments(query.z, query.seed, query.y, query.psi)
        answer: dict[str, Any] = {"line": self._runs.line(run, query.step, arguments)}
        if generator.spec.kind == "points":
            return {**answer, "point": generator.at(**arguments).tolist()}
        return {**answer, "png": base64.b64encode(png_of(generator, arguments)).decode()}

    async def zip(self, request: Request) -> Response:
        """A .zip of pictures, each with the line that makes it in ``pictures.csv``."""
        query = await body_as(ZipRequest, request)
        run = await self.opened(query.run)
        body = await self._work.run(request, lambda: self._zip(run, query), long=True)
        name = f"{run.id.partition('@')[0]}-{query.step}.zip"
        return Response(
            body,
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{name}"',
            },
            media_type="application/zip",
        )

    def _zip(self, run: ReadableRun, query: ZipRequest) -> bytes:
        generator = self._runs.exact(run, query.step)
        if generator.spec.kind != "images":
            raise Refused(409, "This generator makes points, and they have no pictures.")
        count = len(query.seeds)
        y = labels_of(query.y, count, generator.classes, bool(generator.classes))
        labels = [None] * count if y is None else y.tolist()
        table, buffer = io.StringIO(), io.BytesIO()
        rows = csv.writer(table)
        rows.writerow(["file", "seed", "class", "psi", "step", "python"])
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for seed, label in zip(query.seeds, labels, strict=True):
                arguments = _arguments(None, seed, label, query.psi)
                name = f"seed-{seed:010d}{'' if label is None else f'-class-{label}'}.png"
                archive.writestr(name, png_of(generator, arguments))
                line = self._runs.line(run, query.step, arguments)
                named = "" if label is None else generator.classes[label]
                rows.writerow([name, seed, named, query.psi, query.step, line])
            archive.writestr("pictures.csv", table.getvalue())
        return buffer.getvalue()


def _is_active(info: listing.RunInfo) -> bool:
    return info.state not in (*ENDED, listing.INTERRUPTED)


def _arguments(z: str | None, seed: int, y: int | None, psi: float) -> dict[str, Any]:
    """What `TrainedGenerator.picture` is called with: no more than is needed."""
    arguments: dict[str, Any] = {"seed": seed} if z is None else {"z": z}
    if y is not None:
        arguments["y"] = y
    if z is None and psi != 1:
        arguments["psi"] = psi
    return arguments


def png_of(generator: Any, arguments: dict[str, Any]) -> bytes:
    """The bytes that saving `TrainedGenerator.picture` writes."""
    buffer = io.BytesIO()
    generator.picture(**arguments).save(buffer, "PNG")
    return buffer.getvalue()


def _drawn(run: ReadableRun, query: SamplesRequest) -> Response:
    z, y = samples_of(run, query)
    snapshots = run.snapshots
    if snapshots.kind != "images":
        return json_response({"points": snapshots.points(z, y).tolist()})
    shape = run.spec.shape if run.spec else (1, 1, 1)
    if len(z) * shape[0] * shape[1] * shape[2] > MOST_BYTES:
        raise GanvizError("That many pictures of this size are too much for one answer.", "z")
    pixels, step, version = snapshots.render(z, y)
    return pixels_response(pixels, step, version)


def pixels_response(pixels: np.ndarray, step: int, version: int) -> Response:
    """uint8 [n, height, width, channels] as they are, with their sizes in headers."""
    headers = {
        "X-Gv-Count": str(len(pixels)),
        "X-Gv-Height": str(pixels.shape[1]),
        "X-Gv-Width": str(pixels.shape[2]),
        "X-Gv-Channels": str(pixels.shape[3]),
        "X-Gv-Step": str(step),
        "X-Gv-Version": str(version),
        "Cache-Control": "no-store",
    }
    return Response(pixels.tobytes(), headers=headers, media_type="application/octet-stream")
