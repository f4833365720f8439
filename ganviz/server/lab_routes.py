"""The addresses of the tab Lab."""

from __future__ import annotations

from starlette.routing import Route

from ganviz.classroom import Classroom
from ganviz.runs.manager import RunManager
from ganviz.server.guard import Guard
from ganviz.server.lab_activations import LabActivations
from ganviz.server.lab_drawings import LabDrawings
from ganviz.server.lab_latents import LabLatents
from ganviz.server.lab_steps import LabSteps
from ganviz.server.lab_trials import LabTrials
from ganviz.server.lab_watch import LabWatch


def lab_routes(manager: RunManager, guard: Guard, classroom: Classroom) -> list[Route]:
    """All of them, for the runs of ``manager``. Viewers may look and send a drawing; what
    trains is the presenter's."""
    watch = LabWatch(manager)
    steps, trials, drawings = LabSteps(watch), LabTrials(manager), LabDrawings(classroom)
    read = {
        "step": steps.step,
        "code": steps.code,
        "activations": LabActivations(watch).activations,
    }
    played = {
        "duel": trials.duel,
        "seeds": trials.seeds,
        "dirac": trials.dirac,
        "drawings/clear": drawings.clear,
    }
    looked_at = {"latents": LabLatents(manager).latents, "drawings/put": drawings.put}
    return [
        Route("/gv/lab/drawings", guard.http(drawings.all)),
        *guard.routes("/gv/lab", read, viewers_post=looked_at, presenters_post=played),
    ]
