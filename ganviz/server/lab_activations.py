"""What both networks of a run compute on the way: asked of the training thread, between two steps,
or kept of a run that has ended."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.server.guard import json_response
from ganviz.server.lab_recording import network_maps
from ganviz.server.lab_watch import LabWatch
from ganviz.server.shared_task import SharedTask


class LabActivations:
    """The maps of a run, for the parts of the lab's graph."""

    def __init__(self, watch: LabWatch):
        self._watch = watch
        self._maps = SharedTask(network_maps, pacing.SCORES_INTERVAL)

    async def activations(self, request: Request) -> Response:
        """``{"generator", "discriminator"}``: of each non-linear layer ``{"name", "units", "side",
        "order", "maps"}``, as the tab Explore has them."""
        run = self._watch.training(request)
        if run is None:
            return json_response((await self._watch.kept(request))["activations"])
        return json_response(await self._maps.answer(run))
