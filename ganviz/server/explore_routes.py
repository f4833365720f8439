"""The addresses of the tab Explore. Viewers may explore: nothing here changes a run. Exports
are the presenter's."""

from __future__ import annotations

from starlette.routing import Route

from ganviz.runs.manager import RunManager
from ganviz.server.explore_pictures import ExplorePictures
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Guard


def explore_routes(manager: RunManager, guard: Guard) -> list[Route]:
    """All of them, for the runs of ``manager``."""
    runs, work = ExploreRuns(manager), ExploreWork()
    pictures = ExplorePictures(manager, runs, work)
    posts = {"latents": pictures.latents, "samples": pictures.samples, "scores": pictures.scores}
    posts["exact"] = pictures.exact
    return [
        Route("/gv/explore/runs", guard.http(pictures.runs, viewers=True)),
        Route("/gv/explore/info", guard.http(pictures.describe, viewers=True)),
        *[
            Route(f"/gv/explore/{name}", guard.http(endpoint, viewers=True), methods=["POST"])
            for name, endpoint in posts.items()
        ],
        Route("/gv/explore/zip", guard.http(pictures.zip), methods=["POST"]),
    ]
