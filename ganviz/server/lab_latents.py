"""The latents behind the points of the lab's plane, which a page shows one at a time."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from ganviz.engine.frames import fixed_latents
from ganviz.engine.point_frames import MAX_GENERATED
from ganviz.models.noise import NOISES
from ganviz.probes.probe import short
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_pictures import ExploreRequest
from ganviz.server.guard import Refused, body_as, json_response
from ganviz.server.workers import READS, open_run

# Of more numbers nobody reads more.
MOST_NUMBERS = 6
NO_POINTS = "This run makes pictures: the tab Explore shows their latents."


class LabLatents:
    """Answers for the runs of ``manager``."""

    def __init__(self, manager: RunManager):
        self._manager = manager

    async def latents(self, request: Request) -> Response:
        """``{"z"}``: for each of a frame's fakes the first numbers that G starts from."""
        query = await body_as(ExploreRequest, request)
        run = await open_run(self._manager, query.run)
        return json_response({"z": await READS.run(latents_of, run)})


def latents_of(run: ReadableRun) -> list[list[float]]:
    """At most `MOST_NUMBERS` numbers of each latent, as the run's noise is distributed. Raises
    `Refused` for a run of pictures."""
    if run.spec is None or run.spec.kind != "points":
        raise Refused(409, NO_POINTS)
    z = fixed_latents(run.config, MAX_GENERATED)
    noise = NOISES[run.config.noise]
    shaped = z if noise is None else noise(z)
    return [short(row) for row in shaped[:, :MOST_NUMBERS]]
