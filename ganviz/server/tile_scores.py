"""What D says of the samples of the grid: asked of the training thread, between two steps."""

from __future__ import annotations

from typing import Any, cast

import torch
from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine import frames
from ganviz.engine.run import Run
from ganviz.engine.snapshot import draw
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError
from ganviz.latent.scores import discriminator_scores, score_unit
from ganviz.probes.probe import short
from ganviz.runs.manager import RunManager
from ganviz.server.guard import Refused, json_response
from ganviz.server.shared_task import SharedTask


class TileScores:
    """D's scores for the run that trains here: its discriminator is in no snapshot."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._scores = SharedTask(tile_scores, pacing.SCORES_INTERVAL)

    async def scores(self, request: Request) -> Response:
        """``{"step", "scores", "unit"}``: one score for each tile, row by row; ``unit`` is
        probability, raw, or relative where D only compares."""
        run = self._manager.current
        wanted = request.path_params["run"]
        if not isinstance(run, Run) or run.id != wanted or not run.active:
            raise Refused(409, "D's scores are known only of the run that trains here now.")
        return json_response(await self._scores.answer(run))


@torch.no_grad()
def tile_scores(trainer: Trainer) -> dict[str, Any]:
    """D's scores of the samples in the grid, as the generator's moving average draws them now.

    All of them are judged together, as a D with batch statistics needs it. Raises `GanvizError`
    for an algorithm without a discriminator, and for one that judges several samples at once.
    """
    networks = trainer.algorithm.networks
    if "discriminator" not in networks:
        raise GanvizError("This algorithm has no discriminator.")
    if trainer.config.pac > 1:
        raise GanvizError("This discriminator judges several samples at once, and none by itself.")
    layout = frames.layout_for(trainer.source.spec, trainer.algorithm.conditional)
    z = frames.fixed_latents(trainer.config, layout.count).to(trainer.device)
    y = None if layout.y is None else layout.y.to(trainer.device)
    x = draw(trainer.algorithm.ema.network, z, y)
    objective = cast(Adversarial, trainer.algorithm).objective
    scores = discriminator_scores(networks["discriminator"], objective, x, y)
    unit = score_unit(objective)
    return {"step": trainer.step_count, "scores": short(scores.cpu(), 3), "unit": unit}
