"""Inside both networks, at one picture: what D looks at and would rather see, what each layer of G
makes of z, and what a unit or a handle changes."""

from __future__ import annotations

import base64
import contextlib
import threading
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from ganviz import latent
from ganviz.engine.snapshot import to_pictures
from ganviz.latent.activations import activations, edited, unit_effects
from ganviz.latent.discriminator_gradients import climb, fooling, input_gradient
from ganviz.latent.handles import Handle, drag
from ganviz.latent.scores import score_unit
from ganviz.objectives import Objective
from ganviz.probes.probe import short
from ganviz.runs.networks import TrainedNetworks
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_directions import some_latents
from ganviz.server.explore_pictures import (
    ExplorePictures,
    ExploreRequest,
    SamplesRequest,
    drawn_by,
    pixels_response,
    samples_of,
)
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as, json_response
from ganviz.server.json_lines import SendLine

# D judges one picture among so many others, as it does in training
COMPANY = 31
# units of a layer whose maps are sent, and the largest side of a map
MAPS = 48
MAP_SIDE = 64
# pixels around a click
NEAR = 1
NO_PICTURES = "This generator makes points, and they have no pixels."


class Edit(BaseModel):
    """A unit's outputs, multiplied by ``factor``: 0 is off."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    layer: str = Field(max_length=80)
    unit: int = Field(ge=0, lt=100_000)
    factor: float = Field(0.0, ge=-8, le=8)


class EditedRequest(SamplesRequest):
    """Samples with some units changed."""

    edits: Annotated[list[Edit], Field(max_length=64)] = Field(default_factory=list)


class EffectRequest(SamplesRequest):
    """Which units of ``layer`` draw what is at a place of the picture."""

    layer: str = Field(max_length=80)
    row: int = Field(ge=0, le=4096)
    column: int = Field(ge=0, le=4096)


class DragRequest(SamplesRequest):
    """A handle: from where to where, as (row, column)."""

    start: tuple[int, int]
    end: tuple[int, int]
    radius: int = Field(3, ge=1, le=16)


class ExploreInside:
    """Looks into the networks that are explored."""

    def __init__(self, pictures: ExplorePictures, runs: ExploreRuns, work: ExploreWork):
        self._pictures, self._runs, self._work = pictures, runs, work

    # -- what D sees -----------------------------------------------------------------------
    async def eye(self, request: Request) -> Response:
        """``{"score", "unit", "gradient", "height", "width"}``: D's verdict on a picture, and
        dD/dx as base64 of int8 [H, W] (summed over channels, the largest 127)."""
        query, run = await self._query(SamplesRequest, request)
        return json_response(await self._work.run(request, lambda: self._eye(run, query)))

    def _eye(self, run: ReadableRun, query: SamplesRequest) -> dict[str, Any]:
        networks, objective = self._judging(run)
        z, y = in_company(networks, *samples_of(run, query))
        x = drawn_by(networks, z, y)
        assert networks.discriminator is not None
        logit, gradient = input_gradient(networks.discriminator, x, _to(y, x))
        per_pixel = gradient.sum(0)
        scaled = per_pixel / per_pixel.abs().max().clamp(min=1e-12) * 127
        data = scaled.round().to(torch.int8).cpu().numpy().tobytes()
        return {
            "score": _score(objective, [logit])[0],
            "unit": score_unit(objective),
            "gradient": base64.b64encode(data).decode(),
            "size": float(per_pixel.abs().mean()),
            "height": per_pixel.shape[0],
            "width": per_pixel.shape[1],
        }

    async def morph(self, request: Request) -> Response:
        """``{"z", "scores", "unit"}``: the way from a latent to what D likes better."""
        query, run = await self._query(SamplesRequest, request)
        return json_response(await self._work.run(request, lambda: self._morph(run, query)))

    def _morph(self, run: ReadableRun, query: SamplesRequest) -> dict[str, Any]:
        networks, objective = self._judging(run)
        z, y = in_company(networks, *samples_of(run, query))
        z, y = z.to(networks.device), _to(y, next(networks.generator.parameters()))
        assert networks.discriminator is not None
        way, logits = climb(networks.generator.network, networks.discriminator, z, y)
        scores = _score(objective, logits)
        return {"z": latent.to_text(way), "scores": scores, "unit": score_unit(objective)}

    async def fool(self, request: Request) -> Response:
        """Pixels of the picture after small steps that D likes and nobody sees; the header
        ``X-Gv-Scores`` has D's scores before and after."""
        query, run = await self._query(SamplesRequest, request)
        return await self._work.run(request, lambda: self._fool(run, query))

    def _fool(self, run: ReadableRun, query: SamplesRequest) -> Response:
        networks, objective = self._judging(run)
        z, y = in_company(networks, *samples_of(run, query))
        x = drawn_by(networks, z, y)
        assert networks.discriminator is not None
        moved, logits = fooling(networks.discriminator, x, _to(y, x))
        response = pixels_response(to_pictures(moved[None]), networks.step, 0)
        response.headers["X-Gv-Scores"] = ",".join(map(str, _score(objective, logits)))
        return response

    def _judging(self, run: ReadableRun) -> tuple[TrainedNetworks, Objective]:
        networks = self._pictured(run)
        if networks.discriminator is None or networks.objective is None:
            raise Refused(409, networks.no_scores)
        return networks, networks.objective

    # -- what G does -----------------------------------------------------------------------
    async def layers(self, request: Request) -> Response:
        """``{"layers": [{"name", "units", "side", "order", "maps"}]}``: the activations of each
        layer, the strongest units first (``order``); ``maps`` is base64 of uint8 [n, *side], 128 is
        0. A unit without a map has one pixel."""
        query, run = await self._query(SamplesRequest, request)
        return json_response(await self._work.run(request, lambda: self._layers(run, query)))

    def _layers(self, run: ReadableRun, query: SamplesRequest) -> dict[str, Any]:
        networks = self._pictured(run)
        z, y = _first(networks, *samples_of(run, query))
        found = activations(networks.generator.network, z, y)
        return {"layers": [layer_maps(name, output[0]) for name, output in found.items()]}

    async def edited(self, request: Request) -> Response:
        """Pixels of samples with some units off, or stronger."""
        query, run = await self._query(EditedRequest, request)
        return await self._work.run(request, lambda: self._edited(run, query))

    def _edited(self, run: ReadableRun, query: EditedRequest) -> Response:
        networks = self._pictured(run)
        z, y = samples_of(run, query)
        layers = activations(networks.generator.network, *_first(networks, z, y))
        with contextlib.ExitStack() as stack:
            for name in {edit.layer for edit in query.edits}:
                units = layers[name].shape[1] if name in layers else 0
                factors = torch.ones(units)
                for edit in query.edits:
                    if edit.layer == name and edit.unit < units:
                        factors[edit.unit] = edit.factor
                stack.enter_context(edited(networks.generator.network, name, factors))
            x = drawn_by(networks, z, y)
        return pixels_response(to_pictures(x), networks.step, 0)

    async def effects(self, request: Request) -> Response:
        """``{"units": [{"unit", "effect"}]}``: which units of a layer draw this stroke, the
        strongest first."""
        query, run = await self._query(EffectRequest, request)
        return json_response(await self._work.run(request, lambda: self._effects(run, query)))

    def _effects(self, run: ReadableRun, query: EffectRequest) -> dict[str, Any]:
        networks = self._pictured(run)
        z, y = _first(networks, *samples_of(run, query))
        if query.layer not in activations(networks.generator.network, z, y):
            raise Refused(422, f"This generator has no layer called {query.layer!r}.", "layer")
        window = tuple(slice(max(0, at - NEAR), at + NEAR + 1) for at in (query.row, query.column))
        height, width = networks.spec.shape[1:]
        if query.row >= height or query.column >= width:
            raise Refused(422, "That place lies outside of the picture.", "row")
        effects = unit_effects(
            networks.generator.network, z, y, query.layer, (window[0], window[1])
        )
        strongest = effects.argsort(descending=True)[:16]
        values = short(effects[strongest].cpu(), 4)
        return {
            "units": [
                {"unit": unit, "effect": effect}
                for unit, effect in zip(strongest.tolist(), values, strict=True)
            ]
        }

    async def drag(self, request: Request) -> Response:
        """Lines ``{"z", "step"}`` while a handle is dragged to where it shall go, the last one with
        ``"done"``."""
        query, run = await self._query(DragRequest, request)

        def work(send: SendLine, ended: threading.Event) -> None:
            networks = self._pictured(run)
            z, y = _first(networks, *samples_of(run, query))

            def on_step(step: int, now: Tensor) -> bool:
                if step % 2 == 0:
                    send({"z": latent.to_text(now), "step": step})
                return ended.is_set()

            handle = Handle(query.start, query.end, query.radius)
            found = drag(networks.generator.network, z[0], y, handle, on_step=on_step)
            send({"z": latent.to_text(found), "done": True})

        return self._work.stream(request, work)

    async def _query(self, model: Any, request: Request) -> tuple[Any, ReadableRun]:
        query: ExploreRequest = await body_as(model, request)
        return query, await self._pictures.opened(query.run)

    def _pictured(self, run: ReadableRun) -> TrainedNetworks:
        networks = self._runs.networks(run)
        if networks.spec.kind != "images":
            raise Refused(409, NO_PICTURES)
        return networks


def in_company(
    networks: TrainedNetworks, z: Tensor, y: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """The first of ``z`` before `COMPANY` others, for a D that looks at a whole batch."""
    others, classes = some_latents(networks, COMPANY, seed=3)
    labels = None if y is None or classes is None else torch.cat([y[:1], classes])
    return torch.cat([z[:1], others]), labels


def _first(networks: TrainedNetworks, z: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor | None]:
    device = networks.device
    return z[:1].to(device), None if y is None else y[:1].to(device)


def _to(y: Tensor | None, x: Tensor) -> Tensor | None:
    return None if y is None else y.to(x.device)


def _score(objective: Objective, logits: list[float]) -> list[float]:
    values = torch.tensor(logits)
    return short(objective.score(values) if score_unit(objective) == "probability" else values)


def layer_maps(name: str, output: Tensor) -> dict[str, Any]:
    """A layer's units [C] or [C, H, W] as small grey maps, the strongest first."""
    maps = output.float() if output.dim() == 3 else output.float()[:, None, None]
    if maps.shape[-1] > MAP_SIDE:
        maps = torch.nn.functional.adaptive_avg_pool2d(maps, MAP_SIDE)
    order = maps.abs().flatten(1).mean(1).argsort(descending=True)[:MAPS]
    largest = maps.abs().max().clamp(min=1e-9)
    grey = (maps[order] / largest * 127 + 128).round().clamp(0, 255).byte().cpu()
    return {
        "name": name,
        "units": len(maps),
        "side": [maps.shape[1], maps.shape[2]],
        "order": order.tolist(),
        "maps": base64.b64encode(np.ascontiguousarray(grey.numpy()).tobytes()).decode(),
    }
