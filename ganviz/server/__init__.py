"""What browsers talk to beside Gradio: the live socket, pictures, latent requests, commands and
assets.

``demo.launch(app_kwargs={"routes": routes(manager)})`` puts them all under ``/gv``.
"""

from __future__ import annotations

import os
from typing import Any

from starlette.routing import BaseRoute, Route, WebSocketRoute

from ganviz.server.commands import Commands
from ganviz.server.exports import Exports
from ganviz.server.guard import HOSTS_VARIABLE, Guard, missing
from ganviz.server.latent import Latent
from ganviz.server.lessons import lessons
from ganviz.server.library import Library
from ganviz.server.pictures import Frames
from ganviz.server.probes import Experiments, Reconstructions
from ganviz.server.socket import Live
from ganviz.server.static import asset, asset_url, plotly, plotly_url, warm

__all__ = ["asset_url", "plotly_url", "routes"]


def routes(manager: Any) -> list[BaseRoute]:
    """All routes of ganviz for the runs of ``manager`` (a `RunManager`), each behind one `Guard`.

    The environment variable GANVIZ_HOSTS (names, separated by commas) lists further host names
    under which a loopback server may be addressed: those of a proxy in front of it.
    """
    guard = Guard(tuple(os.environ.get(HOSTS_VARIABLE, "").replace(",", " ").split()))
    frames, latent, commands, live = (
        Frames(manager),
        Latent(manager),
        Commands(manager),
        Live(manager),
    )
    library, experiments, reconstructions = (
        Library(manager),
        Experiments(manager),
        Reconstructions(manager),
    )
    exports = Exports(manager)
    warm()
    return [
        WebSocketRoute("/gv/live", guard.socket(live.endpoint)),
        Route("/gv/assets/{name:path}", guard.http(asset)),
        Route("/gv/plotly.js", guard.http(plotly)),
        Route("/gv/runs/{run}/frames/{step:int}.{ext}", guard.http(frames.frame)),
        Route("/gv/runs/{run}/reals.{ext}", guard.http(frames.reals)),
        Route("/gv/runs/{run}/reconstruction", guard.http(reconstructions.picture)),
        Route("/gv/probe/initial", guard.http(experiments.initial), methods=["POST"]),
        Route("/gv/probe/frozen", guard.http(experiments.frozen), methods=["POST"]),
        Route("/gv/latent", guard.http(latent.picture), methods=["POST"]),
        Route("/gv/strip", guard.http(latent.strip), methods=["POST"]),
        Route("/gv/latent/info", guard.http(latent.info)),
        Route("/gv/command", guard.http(commands.command), methods=["POST"]),
        Route("/gv/lessons", guard.http(lessons)),
        Route("/gv/library", guard.http(library.table)),
        Route("/gv/library/{run}", guard.http(library.detail), methods=["GET"]),
        Route("/gv/library/{run}", guard.http(library.act), methods=["POST"]),
        Route("/gv/library/{run}/history", guard.http(library.history)),
        Route("/gv/library/{run}/thumb.png", guard.http(library.thumb)),
        Route("/gv/library/{run}/export", guard.http(exports.status), methods=["GET"]),
        Route("/gv/library/{run}/export", guard.http(exports.begin), methods=["POST"]),
        Route("/gv/library/{run}/exports/{file}", guard.http(exports.file)),
        Route("/gv/{path:path}", guard.http(missing), methods=["GET", "POST"]),
    ]
