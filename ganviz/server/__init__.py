"""What browsers talk to beside Gradio: the live socket, pictures, latent requests, commands and
assets.

`routes` are all under ``/gv``; `Gate` stands before the application that has them, and `serve` (in
`ganviz.server.serve`) opens it to browsers.
"""

from __future__ import annotations

import threading

from starlette.routing import BaseRoute, Route, WebSocketRoute

from ganviz.classroom import Classroom
from ganviz.runs.manager import RunManager
from ganviz.server import scripts, static
from ganviz.server.class_game import GameRequests
from ganviz.server.class_polls import PollRequests
from ganviz.server.class_requests import ClassRequests
from ganviz.server.class_wall import WallRequests
from ganviz.server.commands import Commands
from ganviz.server.declarations import declarations
from ganviz.server.discretion import Sight
from ganviz.server.experiment_requests import ExperimentRequests
from ganviz.server.explore_routes import explore_routes
from ganviz.server.exports import Exports
from ganviz.server.gate import Gate
from ganviz.server.guard import Guard, missing
from ganviz.server.lab_routes import lab_routes
from ganviz.server.latent_requests import LatentRequests
from ganviz.server.lessons import lessons
from ganviz.server.library import Library
from ganviz.server.live_socket import LiveSocket
from ganviz.server.sample_grids import SampleGrids
from ganviz.server.scripts import script, script_url, styles_url
from ganviz.server.static import asset, asset_url, plotly, plotly_url
from ganviz.server.tile_scores import TileScores

__all__ = ["Gate", "asset_url", "plotly_url", "routes", "script_url", "styles_url"]


def routes(manager: RunManager, classroom: Classroom | None = None) -> list[BaseRoute]:
    """All routes of ganviz for the runs of ``manager`` and the class that watches them; the
    application that has them belongs behind a `Gate`. Each is the presenter's, unless it says that
    it is for ``viewers``."""
    classroom = classroom or Classroom()
    guard = Guard(sees=Sight(manager, classroom).sees)
    grids, latent = SampleGrids(manager), LatentRequests(manager)
    commands, live = Commands(manager), LiveSocket(manager, classroom)
    library, exports = Library(manager), Exports(manager)
    experiments, of_class = ExperimentRequests(manager), ClassRequests(classroom)
    polls, games = PollRequests(manager, classroom), GameRequests(manager, classroom)
    wall = WallRequests(manager, classroom, latent)
    for task in (static.warm, scripts.warm):
        threading.Thread(target=task, name="warm", daemon=True).start()
    return [
        WebSocketRoute("/gv/live", live.endpoint),
        Route("/gv/assets/{name:path}", guard.http(asset, viewers=True)),
        Route("/gv/scripts/{name:path}", guard.http(script, viewers=True)),
        Route("/gv/plotly.js", guard.http(plotly, viewers=True)),
        Route("/gv/runs/{run}/frames/{step}.{ext}", guard.http(grids.frame, viewers=True)),
        Route("/gv/runs/{run}/reals.{ext}", guard.http(grids.reals, viewers=True)),
        Route("/gv/runs/{run}/reconstruction", guard.http(grids.reconstruction, viewers=True)),
        Route("/gv/runs/{run}/scores", guard.http(TileScores(manager).scores, viewers=True)),
        Route("/gv/probe/initial", guard.http(experiments.initial), methods=["POST"]),
        Route("/gv/probe/frozen", guard.http(experiments.frozen), methods=["POST"]),
        Route("/gv/latent", guard.http(latent.picture, viewers=True), methods=["POST"]),
        Route("/gv/strip", guard.http(latent.strip, viewers=True), methods=["POST"]),
        Route("/gv/latent/info", guard.http(latent.info, viewers=True)),
        *explore_routes(manager, guard),
        *lab_routes(manager, guard, classroom),
        Route("/gv/command", guard.http(commands.command), methods=["POST"]),
        Route("/gv/probes", guard.http(declarations, viewers=True)),
        Route("/gv/train", guard.http(commands.train), methods=["POST"]),
        Route("/gv/estimate", guard.http(commands.estimate), methods=["POST"]),
        Route("/gv/decoded/remove", guard.http(commands.remove_decoded), methods=["POST"]),
        Route("/gv/status", guard.http(commands.status, viewers=True)),
        Route("/gv/lessons", guard.http(lessons, viewers=True)),
        Route("/gv/library", guard.http(library.table, viewers=True)),
        Route("/gv/library/{run}", guard.http(library.detail, viewers=True), methods=["GET"]),
        Route("/gv/library/{run}", guard.http(library.act), methods=["POST"]),
        Route("/gv/library/{run}/history", guard.http(library.history, viewers=True)),
        Route("/gv/library/{run}/thumb.png", guard.http(library.thumb, viewers=True)),
        Route("/gv/library/{run}/export", guard.http(exports.status), methods=["GET"]),
        Route("/gv/library/{run}/export", guard.http(exports.begin), methods=["POST"]),
        Route("/gv/library/{run}/export/stop", guard.http(exports.stop), methods=["POST"]),
        Route("/gv/library/{run}/exports/{file}", guard.http(exports.file)),
        Route("/gv/class", guard.http(of_class.act), methods=["POST"]),
        Route("/gv/class/shown", guard.http(of_class.show), methods=["POST"]),
        Route("/gv/class/invitation", guard.http(of_class.invitation)),
        Route("/gv/answer", guard.http(polls.answer, viewers=True)),
        Route("/gv/class/predict", guard.http(polls.predict), methods=["POST"]),
        Route("/gv/class/poll", guard.http(polls.command), methods=["POST"]),
        Route("/gv/class/vote", guard.http(polls.vote, viewers=True), methods=["POST"]),
        Route("/gv/class/results.csv", guard.http(polls.results)),
        Route("/gv/class/game", guard.http(games.make), methods=["POST"]),
        Route("/gv/class/play", guard.http(games.play, viewers=True), methods=["POST"]),
        Route("/gv/class/games/{game}.png", guard.http(games.sheet, viewers=True)),
        Route("/gv/class/wall", guard.http(wall.command), methods=["POST"]),
        Route("/gv/class/wall/put", guard.http(wall.put, viewers=True), methods=["POST"]),
        Route("/gv/class/wall.png", guard.http(wall.picture, viewers=True)),
        Route("/gv/{path:path}", guard.http(missing, viewers=True), methods=["GET", "POST"]),
    ]
