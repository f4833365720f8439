"""The addresses of the tab Lab."""

from __future__ import annotations

from starlette.routing import Route

from ganviz.runs.manager import RunManager
from ganviz.server.guard import Guard
from ganviz.server.lab_latents import LabLatents
from ganviz.server.lab_trials import LabTrials


def lab_routes(manager: RunManager, guard: Guard) -> list[Route]:
    """All of them, for the runs of ``manager``. Viewers may look; what trains is the
    presenter's."""
    trials = LabTrials(manager)
    played = {"duel": trials.duel, "seeds": trials.seeds, "dirac": trials.dirac}
    looked_at = {"latents": LabLatents(manager).latents}
    return [
        Route(f"/gv/lab/{name}", guard.http(endpoint, viewers=True), methods=["POST"])
        for name, endpoint in looked_at.items()
    ] + [
        Route(f"/gv/lab/{name}", guard.http(endpoint), methods=["POST"])
        for name, endpoint in played.items()
    ]
