"""The generator for browsers: whoever has onnxruntime-web and the network draws without the
server."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.requests import Request
from starlette.responses import Response

from ganviz.engine import checkpoint
from ganviz.export import model, runtime
from ganviz.runs.readable import ReadableRun
from ganviz.server.explore_pictures import ExplorePictures, ExploreRequest, draws_in_browser
from ganviz.server.explore_runs import ExploreRuns
from ganviz.server.explore_work import ExploreWork
from ganviz.server.guard import Refused, body_as
from ganviz.server.sample_grids import IMMUTABLE

MOST_HELD = 4
TYPES = {
    runtime.SCRIPT: "text/javascript",
    runtime.MODULE: "text/javascript",
    runtime.WASM: "application/wasm",
}
TRAINS_ON = "This run trains on, so its pictures are drawn by the server."
NOT_HERE = "Generators are not written for the browser here: that takes {what}."


class ExploreInBrowser:
    """Networks as ONNX, at most `MOST_HELD` of them at a time, and what runs them."""

    def __init__(self, pictures: ExplorePictures, runs: ExploreRuns, work: ExploreWork):
        self._pictures, self._runs, self._work = pictures, runs, work
        self._lock = threading.Lock()
        self._models: OrderedDict[Path, bytes] = OrderedDict()

    async def runtime(self, request: Request) -> Response:
        """A file of onnxruntime-web, from the cache of whoever runs the server."""
        name = request.path_params["name"]
        if name not in TYPES or not runtime.found():
            raise Refused(404, "There is no such file here.")
        data = await self._work.run(request, lambda: runtime.read(name))
        headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
        return Response(data, headers=headers, media_type=TYPES[name])

    async def model(self, request: Request) -> Response:
        """The generator of the checkpoint that is explored: inputs z float32 [1, latent_dim] and,
        where it knows classes, y int64 [1]; output x float32 [1, C, H, W]."""
        query = await body_as(ExploreRequest, request)
        run = await self._pictures.opened(query.run)
        if run.active:
            raise Refused(409, TRAINS_ON)
        if not draws_in_browser(run):
            what = model.NEEDED if runtime.found() else "python -m ganviz fetch-runtime"
            raise Refused(409, NOT_HERE.format(what=what))
        data = await self._work.run(request, lambda: self._written(run), long=True)
        return Response(
            data, headers={"Cache-Control": "no-store"}, media_type="application/octet-stream"
        )

    def _written(self, run: ReadableRun) -> bytes:
        folder = self._runs.folder(run) / checkpoint.CHECKPOINTS
        _, _, step = run.id.partition("@")
        path = checkpoint.path_of(folder, int(step)) if step else checkpoint.newest(folder)
        if path is None:
            raise Refused(409, "This run holds no checkpoint that can be read.")
        with self._lock:
            if path in self._models:
                self._models.move_to_end(path)
                return self._models[path]
        with TemporaryDirectory(prefix="ganviz-") as work:
            data = model.to_onnx(path, Path(work) / "generator.onnx").read_bytes()
        with self._lock:
            self._models[path] = data
            while len(self._models) > MOST_HELD:
                self._models.popitem(last=False)
        return data
