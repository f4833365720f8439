"""Find this picture: the latent whose picture is nearest to one that was drawn, chosen or brought.

A picture comes as plain pixels in the generator's own size: a browser decodes and fits whatever
somebody opens, so that no file of a stranger is ever opened here.
"""

from __future__ import annotations

import base64
import binascii
import threading
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor, nn

from ganviz import latent
from ganviz.data.source import DataSpec, to_float
from ganviz.errors import GanvizError
from ganviz.latent.inversion import Features, Inversion, invert, train_encoder
from ganviz.probes.features import Classifier
from ganviz.runs.networks import TrainedNetworks
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_data import ExploreData
from ganviz.server.explore_pictures import Class, ExplorePictures, ExploreRequest, known_classes
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as
from ganviz.server.json_lines import SendLine

ENCODER_STEPS = 120
# an encoder serves until the run has trained so many times longer
STILL_GOOD = 1.25


class FindRequest(ExploreRequest):
    """``pixels``: base64 of uint8 [H, W, C]; or ``index`` of a training picture. ``y``: the class
    to be drawn; None tries them all."""

    pixels: str | None = Field(None, max_length=60_000)
    index: int | None = Field(None, ge=0)
    y: Class | None = None
    steps: int = Field(120, ge=10, le=400)


class ExploreFind:
    """Inverts the generators that are explored."""

    def __init__(
        self, pictures: ExplorePictures, runs: ExploreRuns, data: ExploreData, work: ExploreWork
    ):
        self._pictures, self._runs, self._data, self._work = pictures, runs, data, work
        self._encoders: dict[str, tuple[int, nn.Module]] = {}

    async def find(self, request: Request) -> Response:
        """Lines ``{"z", "y", "error", "step", "steps"}``, better and better, the last one with
        ``"done"``."""
        query = await body_as(FindRequest, request)
        run = await self._pictures.opened(query.run)

        def work(send: SendLine, ended: threading.Event) -> None:
            self._find(run, query, send, ended)

        return self._work.stream(request, work)

    def _find(
        self, run: ReadableRun, query: FindRequest, send: SendLine, ended: threading.Event
    ) -> None:
        networks = self._runs.networks(run)
        generator = networks.generator
        target = self._target(run, networks.spec, query).to(networks.device)
        n_classes = len(generator.classes)
        if query.y is not None and query.y >= max(1, n_classes):
            raise Refused(422, known_classes(n_classes), "y")
        y = query.y if n_classes else None

        def draw(z: Tensor, labels: Tensor | None) -> Tensor:
            z = z.to(networks.device)
            return generator.network(z, None if labels is None else labels.to(z.device))

        start, start_y = self._guess(run, networks, draw, target, y, ended)
        features = self._features(run, ended)
        if ended.is_set():
            return
        found = invert(
            draw,
            target,
            generator.latent_dim,
            n_classes,
            y=y,
            start=start,
            start_y=start_y,
            features=features,
            steps=query.steps,
            on_step=lambda found: send(_line(found)),
            ended=ended.is_set,
        )
        send({**_line(found), "done": True})

    def _target(self, run: ReadableRun, spec: DataSpec, query: FindRequest) -> Tensor:
        if spec.kind != "images":
            raise Refused(409, "This generator makes points; drag the dot on the map instead.")
        if query.index is not None:
            samples = self._data.source(run).samples
            if query.index >= len(samples):
                raise Refused(422, f"There are {len(samples):,} training pictures.", "index")
            return to_float(samples[query.index])
        return picture_of(query.pixels or "", spec)

    def _guess(
        self,
        run: ReadableRun,
        networks: TrainedNetworks,
        draw: Any,
        target: Tensor,
        y: int | None,
        ended: threading.Event,
    ) -> tuple[Tensor | None, Tensor | None]:
        """Where to begin, and with which classes (None: with every one): what an encoder says, a
        VAE's own, which guesses for each class, or one of G's samples."""
        spec, dim = networks.spec, networks.generator.latent_dim
        n_classes = len(networks.generator.classes)
        if networks.encoder is not None:
            with torch.no_grad():
                if not n_classes:
                    return networks.encoder(target[None], None)[0], None
                classes = torch.arange(n_classes) if y is None else torch.tensor([y])
                classes = classes.to(target.device)
                each = [networks.encoder(target[None], one[None])[0] for one in classes]
            return torch.cat(each), classes
        step, encoder = self._encoders.get(run.id, (0, None))
        if encoder is None or not step <= networks.step <= STILL_GOOD * step:
            encoder = train_encoder(
                draw, dim, n_classes, spec.shape, steps=ENCODER_STEPS, ended=ended.is_set
            )
            if encoder is None:
                return None, None
            self._encoders = {run.id: (networks.step, encoder)}
        with torch.no_grad():
            return encoder(target[None]), None

    def _features(self, run: ReadableRun, ended: threading.Event) -> Features | None:
        """A classifier's features, where the data are at hand to have one."""
        model = None
        with suppress(GanvizError, OSError):
            model = self._data.features(run, ended.is_set)
        if not isinstance(model, Classifier):
            return None
        network = model.network
        return lambda x: network(x)[0]


def picture_of(text: str, spec: DataSpec) -> Tensor:
    """Pixels in base64, uint8 [H, W, C] in the generator's size, as [C, H, W] in [-1, 1]. Raises
    `GanvizError`."""
    channels, height, width = spec.shape
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise GanvizError("The picture's pixels are sent as base64.", "pixels") from None
    if len(data) != channels * height * width:
        raise GanvizError(
            "This generator draws {width} by {height} pixels of {channels} channels, and the "
            "picture that came has {bytes} bytes.",
            "pixels",
            width=width,
            height=height,
            channels=channels,
            bytes=len(data),
        )
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, channels)
    return to_float(torch.from_numpy(pixels.transpose(2, 0, 1).copy()))


def _line(found: Inversion) -> dict[str, Any]:
    return {
        "z": latent.to_text(found.z),
        "y": found.y,
        "error": round(found.error, 6),
        "step": found.step,
        "steps": found.steps,
    }
