"""What both networks of the run that trains compute on the way: asked of the training thread,
between two steps."""

from __future__ import annotations

from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.engine import frames
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError
from ganviz.latent.activations import activations
from ganviz.probes.probe import undisturbed
from ganviz.runs.manager import RunManager
from ganviz.server.explore_inside import layer_maps
from ganviz.server.guard import Refused, json_response
from ganviz.server.shared_task import SharedTask

# judged together, as a D that looks at its batch needs it; the first one's maps are sent
SAMPLES = 16


class LabActivations:
    """The maps of the run that trains here, for the parts of the lab's graph."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._maps = SharedTask(network_maps, pacing.SCORES_INTERVAL)

    async def activations(self, request: Request) -> Response:
        """``{"generator", "discriminator"}``: of each non-linear layer ``{"name", "units", "side",
        "order", "maps"}``, as the tab Explore has them."""
        run, wanted = self._manager.current, request.query_params.get("run")
        if not isinstance(run, Run) or (wanted and run.id != wanted) or not run.active:
            raise Refused(409, "Activations are known only of the run that trains here now.")
        return json_response(await self._maps.answer(run))


@torch.no_grad()
def network_maps(trainer: Trainer) -> dict[str, Any]:
    """The activations that the first of the run's fixed latents causes in G, and its fake in D.
    Raises `GanvizError` where there is no discriminator, or one that judges several samples at
    once."""
    networks = trainer.algorithm.networks
    if "discriminator" not in networks or trainer.config.pac > 1:
        raise GanvizError("This run has no discriminator that judges one sample by itself.")
    layout = frames.layout_for(trainer.source.spec, trainer.algorithm.conditional)
    z = frames.fixed_latents(trainer.config, layout.count)[:SAMPLES].to(trainer.device)
    y = None if layout.y is None else layout.y[:SAMPLES].to(trainer.device)
    found: dict[str, Any] = {}
    with undisturbed(networks["generator"]) as generator:
        x = generator(z, y)
        found["generator"] = activations(generator, z, y)
    with undisturbed(networks["discriminator"]) as discriminator:
        found["discriminator"] = activations(discriminator, x, y)
    return {
        network: [layer_maps(name, output[0]) for name, output in layers.items()]
        for network, layers in found.items()
    }
