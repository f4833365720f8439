"""Sample grids, encoded once by the run and served as they are at addresses that never change their
content."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ganviz.engine.frames import Frame
from ganviz.probes.reconstruction import FILE, Reconstruction
from ganviz.runs.folder_frames import MIMES, read_frame
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused
from ganviz.server.workers import READS, open_run

MAX_STEP_DIGITS = 12
# A page that asks for an older one than that many kept grids did not just miss it.
PASSED = 10
IMMUTABLE = "public, max-age=31536000, immutable"


class SampleGrids:
    """The pictures of the runs of a `RunManager`."""

    def __init__(self, manager: RunManager):
        self._manager = manager

    async def frame(self, request: Request) -> Response:
        """The sample grid of one step."""
        step = request.path_params["step"]
        run = await open_run(self._manager, request.path_params["run"])
        # a count of steps has so many digits
        plain = step.isascii() and step.isdecimal() and len(step) <= MAX_STEP_DIGITS
        picture = await READS.run(run.frames.get, int(step)) if plain else None
        if picture is None and plain and _was_passed(run, int(step)):
            # a slow page asks for what was the newest a moment ago
            newest = cast(Frame, run.frames.latest)
            return RedirectResponse(
                f"{newest.step}.{newest.extension}", 307, {"Cache-Control": "no-store"}
            )
        if picture is None:
            raise Refused(
                404,
                f"No picture of step {step[:20]} is kept; take one of the steps that the scrubber "
                f"shows.",
            )
        return _image(picture)

    async def reals(self, request: Request) -> Response:
        """A grid of real samples in the same layout."""
        run = await open_run(self._manager, request.path_params["run"])
        reals = await READS.run(lambda: run.reals)
        if reals is None:
            raise Refused(404, "The real samples are not loaded yet; try again in a moment.")
        return _image(reals)

    async def reconstruction(self, request: Request) -> Response:
        """The newest pairs; the address names a step so that a browser asks again."""
        run = await open_run(self._manager, request.path_params["run"])
        frame = await READS.run(_newest, run)
        if frame is None:
            raise Refused(
                404, "This run has no reconstructions: only an autoencoder on pictures makes them."
            )
        return Response(
            frame.data,
            headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"},
            media_type=frame.mime,
        )


def _was_passed(run: ReadableRun, step: int) -> bool:
    """Whether a grid of ``step`` may have been the newest a moment ago: one that is not kept is let
    go soon."""
    if not (run.in_memory and run.active):
        return False
    newest, kept = run.frames.latest, run.frames.steps()
    since = kept[-PASSED] if len(kept) >= PASSED else -1
    return newest is not None and since < step < newest.step


def _newest(run: ReadableRun) -> Frame | None:
    for observer in getattr(run, "observers", ()):
        if isinstance(observer, Reconstruction):
            return observer.frame
    folder = getattr(run, "folder", None)
    found = (
        (read_frame(folder / f"{FILE}{extension}", 0, {}) for extension in MIMES) if folder else ()
    )
    return next((frame for frame in found if frame), None)


def _image(picture: Frame) -> Response:
    headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"}
    return Response(picture.data, headers=headers, media_type=picture.mime)
