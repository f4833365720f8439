"""Sample grids, encoded once by the run and served as they are at addresses that never change their
content."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ganviz.server.guard import Refused, find_run

IMMUTABLE = "public, max-age=31536000, immutable"


class Frames:
    """The pictures of the runs of a `RunManager`."""

    def __init__(self, manager: Any):
        self._manager = manager

    async def frame(self, request: Request) -> Response:
        """The sample grid of one step."""
        step = request.path_params["step"]
        run = await run_in_threadpool(find_run, self._manager, request.path_params["run"], False)
        picture = await run_in_threadpool(run.frames.get, step)
        if picture is None:
            raise Refused(
                404,
                f"No picture of step {step} is kept; take one of the steps that the scrubber "
                f"shows.",
            )
        return _image(picture)

    async def reals(self, request: Request) -> Response:
        """A grid of real samples in the same layout."""
        run = await run_in_threadpool(find_run, self._manager, request.path_params["run"], False)
        if run.reals is None:
            raise Refused(404, "The real samples are not loaded yet; try again in a moment.")
        return _image(run.reals)


def _image(picture: Any) -> Response:
    headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    return Response(picture.data, headers=headers, media_type=picture.mime)
