"""Small games that the lab plays beside the run: a duel of two configurations, several seeds at
once, and the Dirac-GAN. They are the presenter's, bounded, and in a thread of their own."""

from __future__ import annotations

import asyncio
import base64
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from torch import Tensor

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.data import DataSource, check_data, expected_spec, load_data
from ganviz.device import prepare_serving_thread
from ganviz.engine.frames import fixed_latents, make_frame
from ganviz.engine.memory_need import check_memory
from ganviz.engine.point_frames import packed_points
from ganviz.engine.snapshot import draw, to_pictures
from ganviz.engine.trainer import Trainer
from ganviz.experiments.batched_seeds import BatchedSeedsTrainer
from ganviz.experiments.batched_seeds import problem as why_not_batched
from ganviz.experiments.dirac import Dirac
from ganviz.experiments.duel import Duel, DuelSide
from ganviz.probes.modes import mode_figures
from ganviz.registry import OBJECTIVES
from ganviz.runs.manager import RunManager
from ganviz.server.commands import Training, as_config
from ganviz.server.discretion import sentence_for
from ganviz.server.guard import Refused, body_as, json_response
from ganviz.server.json_lines import JsonLines, SendLine
from ganviz.server.limits import Places
from ganviz.server.visitor_scope import visitor_of

CPU = torch.device("cpu")
MOST_WAITING = 4
STUMBLED = "This game stumbled; the server's log says how. Try other settings."
BUSY = "Another game is being played here; wait until it has ended, or stop it."
OF_ONE = "A game of this browser is being played; wait until it has ended, or stop it."
MOST_STEPS = 20_000
SEEDS = 6
# Of each seed in its small plane, and for its mode figures.
SEED_POINTS, COUNTED = 200, 2_500
ONLY_POINTS = "Six seeds at once are for points in the plane; choose a preset of that group."
# Of the Dirac-GAN: the plane that is drawn, and its arrows in each direction.
REACH, GRID = 2.0, 15


class DuelRequest(BaseModel):
    """Two sides as a form sends them, and how many steps at most."""

    model_config = ConfigDict(extra="forbid")

    left: Training
    right: Training
    steps: int = Field(3_000, ge=1, le=MOST_STEPS)


class SeedsRequest(BaseModel):
    """One set-up, whose seeds are 0 to 5."""

    model_config = ConfigDict(extra="forbid")

    training: Training
    steps: int = Field(2_000, ge=1, le=MOST_STEPS)


class DiracRequest(BaseModel):
    """A Dirac-GAN; see `ganviz.experiments.dirac.Dirac`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    objective: str = Field("saturating", max_length=40)
    gamma: float = Field(0.0, ge=0, le=10)
    rate: float = Field(0.2, gt=0, le=1)
    update: Literal["alternating", "simultaneous"] = "simultaneous"
    theta: float = Field(1.0, ge=-REACH, le=REACH)
    psi: float = Field(1.0, ge=-REACH, le=REACH)
    steps: int = Field(400, ge=1, le=1_000)


class LabTrials:
    """Plays them one at a time, on one core, beside the training of ``manager``."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._pool = ThreadPoolExecutor(1, "ganviz-lab", prepare_serving_thread)
        self._places = Places(
            MOST_WAITING, MOST_WAITING // 2, per_viewer=1, for_presenters=2, full=BUSY, own=OF_ONE
        )

    async def duel(self, request: Request) -> Response:
        """Lines of JSON: ``differences``, then both sides' samples and statistics as they go."""
        query = await body_as(DuelRequest, request)
        left = as_config(query.left.preset, query.left.settings)
        right = as_config(query.right.preset, query.right.settings)
        return self._lines(request, partial(self._duel, left, right, query.steps))

    async def seeds(self, request: Request) -> Response:
        """Lines of JSON: the points and mode figures of six seeds that train as one."""
        query = await body_as(SeedsRequest, request)
        config = as_config(query.training.preset, query.training.settings)
        reason = why_not_batched(config)
        if expected_spec(config).kind != "points":
            raise Refused(409, ONLY_POINTS)
        if reason:
            raise Refused(409, f"These seeds cannot train together: {reason}.")
        return self._lines(request, partial(self._seeds, config, query.steps))

    async def dirac(self, request: Request) -> Response:
        """``{"field", "path", "trained"}`` of a Dirac-GAN, by closed form and by training."""
        query = await body_as(DiracRequest, request)
        with self._places.place(request.scope):
            loop = asyncio.get_running_loop()
            return json_response(await loop.run_in_executor(None, _dirac, query))

    def _lines(
        self, request: Request, work: Callable[[SendLine, threading.Event], None]
    ) -> Response:
        wording = sentence_for(visitor_of(request))
        return JsonLines(self._pool, self._places.place(request.scope), work, STUMBLED, wording)

    # -- the games -------------------------------------------------------------------------
    def _duel(
        self, left: RunConfig, right: RunConfig, steps: int, send: SendLine, ended: threading.Event
    ) -> None:
        for config in (left, right):
            self._check(config)
        duel = Duel(left, right, self._manager.data_root)
        kind = duel.source.spec.kind
        send(
            {
                "kind": kind,
                "differences": [asdict(one) for one in duel.differences],
                **_reals(duel.source),
            }
        )

        def news() -> dict[str, Any]:
            return {"step": duel.step_count, "sides": [_side(side, kind) for side in duel.sides]}

        _play(duel.step, news, steps, send, ended)

    def _seeds(self, config: RunConfig, steps: int, send: SendLine, ended: threading.Event) -> None:
        self._check(config)
        source = load_data(config, CPU, self._manager.data_root)
        members = [Trainer(config.but(seed=seed), source, CPU) for seed in range(SEEDS)]
        batched = BatchedSeedsTrainer(members)
        z = fixed_latents(config.but(seed=0), COUNTED)
        send({"kind": "points", **_reals(source)})

        def news() -> dict[str, Any]:
            drawn = [draw(batched.averaged(seed), z, None).float() for seed in range(SEEDS)]
            return {
                "step": batched.step_count,
                "seeds": [_seed(seed, x, source) for seed, x in enumerate(drawn)],
            }

        _play(batched.step, news, steps, send, ended)

    def _check(self, config: RunConfig) -> None:
        """Refuse before anything is made what cannot be trained here."""
        check_data(config)
        check_memory(config, CPU, expected_spec(config))


def _play(
    step: Callable[[], None],
    news: Callable[[], dict[str, Any]],
    steps: int,
    send: SendLine,
    ended: threading.Event,
) -> None:
    """Take ``steps``, sending news a few times a second, until the browser hangs up or the time is
    up; the last line says ``done``."""
    limit = time.monotonic() + pacing.TRIAL_TIMEOUT
    send(news())
    due = time.monotonic() + pacing.TRIAL_NEWS
    for _ in range(steps):
        if ended.is_set() or time.monotonic() > limit:
            break
        step()
        if time.monotonic() >= due:
            began = time.monotonic()
            send(news())
            # looking never takes more than a third of the time
            now = time.monotonic()
            due = now + max(pacing.TRIAL_NEWS, 2 * (now - began))
    send({**news(), "done": True})


def _reals(source: DataSource) -> dict[str, Any]:
    if source.spec.kind != "points":
        return {}
    return {"real": packed_points(source.samples[:SEED_POINTS].cpu().numpy())}


def _side(side: DuelSide, kind: str) -> dict[str, Any]:
    """What a page draws of one side of a duel."""
    x = side.samples()
    stats = {name: float(f"{value:.4g}") for name, value in side.statistics().items()}
    seen: dict[str, Any] = {"stats": stats, "problem": side.problem}
    if kind == "points":
        return seen | {"points": packed_points(x.numpy()), **_modes(x, side.trainer.source)}
    frame = make_frame(to_pictures(x), side.layout, side.trainer.step_count)
    address = f"data:{frame.mime};base64,{base64.b64encode(frame.data).decode()}"
    return seen | {"picture": address, "rows": frame.rows, "cols": frame.cols}


def _seed(seed: int, x: Tensor, source: DataSource) -> dict[str, Any]:
    return {"seed": seed, "points": packed_points(x[:SEED_POINTS].numpy()), **_modes(x, source)}


def _modes(x: Tensor, source: DataSource) -> dict[str, Any]:
    """Captured modes and high quality, where the data have modes."""
    if not source.modes or not torch.isfinite(x).all():
        return {}
    figures = mode_figures(x, source.modes["centres"].cpu(), float(source.modes["sigma"]))
    return {name: figures[name] for name in ("captured", "total", "quality")}


def _dirac(query: DiracRequest) -> dict[str, Any]:
    dirac = Dirac(query.objective, query.gamma, query.rate, query.update == "alternating")
    start = (query.theta, query.psi)
    objective = OBJECTIVES.get(query.objective, "objective")
    return {
        "reach": REACH,
        "field": [[round(value, 4) for value in row] for row in dirac.field(REACH, GRID)],
        "path": _rounded(dirac.path(start, query.steps)),
        "trained": _rounded(dirac.trained(objective, start, query.steps)),
    }


def _rounded(way: list[tuple[float, float]]) -> list[list[float]]:
    """What has run away is cut: no page draws it."""
    return [[round(max(-1e6, min(1e6, value)), 5) for value in place] for place in way]
