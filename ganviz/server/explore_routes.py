"""The addresses of the tab Explore. Viewers may explore; exports, and what is kept with a run,
are the presenter's."""

from __future__ import annotations

from starlette.routing import Route

from ganviz.runs.manager import RunManager
from ganviz.server.explore_browser import ExploreInBrowser
from ganviz.server.explore_compare import ExploreCompare
from ganviz.server.explore_data import ExploreData
from ganviz.server.explore_directions import ExploreDirections
from ganviz.server.explore_find import ExploreFind
from ganviz.server.explore_inside import ExploreInside
from ganviz.server.explore_paths import ExplorePaths
from ganviz.server.explore_pictures import ExplorePictures
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Guard


def explore_routes(manager: RunManager, guard: Guard) -> list[Route]:
    """All of them, for the runs of ``manager``."""
    runs, work, data = ExploreRuns(manager), ExploreWork(), ExploreData(manager)
    pictures = ExplorePictures(manager, runs, work)
    directions = ExploreDirections(pictures, runs, data, work)
    paths = ExplorePaths(pictures, work)
    find = ExploreFind(pictures, runs, data, work)
    compare = ExploreCompare(pictures, runs, data, work)
    inside = ExploreInside(pictures, runs, work)
    in_browser = ExploreInBrowser(pictures, runs, work)
    explored = {
        "model": in_browser.model,
        "latents": pictures.latents,
        "samples": pictures.samples,
        "scores": pictures.scores,
        "exact": pictures.exact,
        "directions": directions.directions,
        "codes": directions.codes,
        "path": paths.path,
        "find": find.find,
        "nearest": compare.nearest,
        "reals": compare.reals,
        "judge": compare.judge,
        "truncation": compare.truncation,
        "blend": compare.blend,
        "eye": inside.eye,
        "morph": inside.morph,
        "fool": inside.fool,
        "layers": inside.layers,
        "edited": inside.edited,
        "effects": inside.effects,
        "drag": inside.drag,
    }
    # exports, and what is kept with a run, are the presenter's
    presented = {"zip": pictures.zip, "film": paths.film, "keep": directions.keep}
    read = {"runs": pictures.runs, "info": pictures.describe, "kept": directions.kept}
    read["runtime/{name}"] = in_browser.runtime
    return guard.routes("/gv/explore", read, viewers_post=explored, presenters_post=presented)
