"""Experiments that a page asks for: gradients before the first step, and under each objective while
G stands still."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.device import prepare_serving_thread
from ganviz.experiments.frozen_generator import Frozen, frozen_probe
from ganviz.experiments.initial_gradients import at_start, mlp_config
from ganviz.registry import OBJECTIVES
from ganviz.runs.manager import RunManager
from ganviz.server.discretion import sentence_for
from ganviz.server.guard import body_as, json_response
from ganviz.server.json_lines import JsonLines, SendLine
from ganviz.server.limits import Places
from ganviz.server.visitor_scope import visitor_of

MAX_WAITING = 8
MAX_STEPS = 2000
BUSY = "Too many experiments are under way on this machine; try again in a moment."
OF_ONE = (
    "As many experiments of this browser are under way as one may have; stop one, or wait until it "
    "has ended."
)
STUMBLED = "The experiment stumbled; the server's log says how. Try other choices."
Name = Annotated[str, Field(max_length=40)]
LEARNING = {
    "batch_size": 256,
    "d_lr": 1e-3,
    "beta1": 0.5,
    "beta2": 0.999,
}  # the base recipe of the 2-D lessons


class PlainGenerator(BaseModel):
    """A generator of plain layers for points in the plane."""

    model_config = ConfigDict(extra="forbid")

    depth: int = Field(4, ge=1, le=32)
    width: int = Field(64, ge=2, le=256)
    activation: Name = "relu"
    init: Name = "default"
    norm: Name = "none"
    residual: bool = False

    def config(self, **changes: Any) -> RunConfig:
        """As the settings of a run; raises `ConfigError` for choices that do not exist."""
        return mlp_config(
            self.depth, self.width, self.activation, self.init, self.norm, self.residual, **changes
        )


class FrozenRequest(PlainGenerator):
    """The same generator, frozen, while a discriminator learns to send it from eight Gaussians."""

    objective: Name = "non-saturating"
    steps: int = Field(1000, ge=1, le=MAX_STEPS)


class ExperimentRequests:
    """Runs experiments in one thread of its own, one after another, beside the training of a
    `RunManager`."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._pool = ThreadPoolExecutor(1, "ganviz-experiment", prepare_serving_thread)
        self._places = Places(
            MAX_WAITING, MAX_WAITING // 2, per_viewer=2, for_presenters=2, full=BUSY, own=OF_ONE
        )

    async def initial(self, request: Request) -> Response:
        """Gradient norms of each layer before the first step, as `AtStart` has them."""
        config = (await body_as(PlainGenerator, request)).config()
        with self._places.place(request.scope):
            return json_response(
                await asyncio.get_running_loop().run_in_executor(
                    self._pool, lambda: at_start(config).to_dict()
                )
            )

    async def frozen(self, request: Request) -> Response:
        """Lines of JSON: the objectives, a point each once it is measured, and a last one with
        ``done``. A browser that hangs up ends it."""
        query = await body_as(FrozenRequest, request)
        config = query.config(objective=query.objective, **LEARNING)
        work = partial(self._freeze, config, query.steps)
        wording = sentence_for(visitor_of(request))
        return JsonLines(self._pool, self._places.place(request.scope), work, STUMBLED, wording)

    def _freeze(
        self, config: RunConfig, steps: int, send: SendLine, ended: threading.Event
    ) -> None:
        limit = time.monotonic() + pacing.EXPERIMENT_TIMEOUT

        def on_point(result: Frozen) -> bool:
            send(
                {
                    "step": result.steps[-1],
                    "accuracy": result.accuracy[-1],
                    "gradients": {name: values[-1] for name, values in result.gradients.items()},
                }
            )
            return ended.is_set() or time.monotonic() > limit

        send({"objectives": _objectives()})
        result = frozen_probe(
            config,
            load_data(config, torch.device("cpu"), self._manager.data_root),
            steps,
            on_point=on_point,
        )
        send(
            {
                "done": True,
                "seconds": result.seconds,
                "n": result.n,
                "steps": result.steps[-1],
                "fall": {name: result.fall(name) for name in result.gradients},
            }
        )


def _objectives() -> list[dict[str, Any]]:
    """What a chart of all objectives needs to know of each."""
    return [
        {"name": name, "label": objective.label, "vanishing": objective.vanishing}
        for name, objective in OBJECTIVES
    ]
