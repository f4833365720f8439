"""The wall: pictures that students sent, drawn together by the newest generator."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz import pacing
from ganviz.classroom import Classroom, Visitor
from ganviz.classroom.wall import Wall, WallPicture
from ganviz.device import prepare_serving_thread
from ganviz.engine.frames import png_of
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused, command_as, find_run, json_response
from ganviz.server.latent_requests import LatentRequests, PictureRequest
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import with_cost

COLUMNS = 6
MAX_TILE = 128
"""px: larger pictures hang there smaller."""


class WallCommand(BaseModel):
    """What a presenter does with the wall. ``owner``: whose picture is taken down."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["open", "close", "remove", "clear"]
    owner: Annotated[str, Field(max_length=80)] = ""


@dataclass(frozen=True)
class Sheet:
    """The drawn wall. ``key``: run, version of the wall, version of the generator."""

    key: tuple[str, int, int]
    png: bytes
    headers: dict[str, str]


class WallRequests:
    """The wall of a `Classroom`, drawn for all who look at it in one pass, in a thread of its own
    that works a bounded share of the time."""

    def __init__(self, manager: RunManager, classroom: Classroom, latent: LatentRequests):
        self._manager = manager
        self._classroom = classroom
        self._latent = latent
        self._wall = Wall()
        self._pool = ThreadPoolExecutor(1, "ganviz-wall", prepare_serving_thread)
        self._drawing = asyncio.Lock()
        self._sheet: Sheet | None = None
        self._due = 0.0
        classroom.add("wall", self._view)

    def _view(self, visitor: Visitor) -> dict[str, Any]:
        run = self._manager.current
        return self._wall.view(run.id if run else "", visitor.id, visitor.presenter)

    async def command(self, request: Request) -> Response:
        """Open, close, take down, clear: for presenters."""
        command = await command_as(WallCommand, request)
        if command.action == "remove":
            self._wall.remove(command.owner)
        elif command.action == "clear":
            self._wall.clear()
        else:
            self._wall.open(command.action == "open")
        self._classroom.changed()
        return json_response({"ok": True, "sentence": ""})

    async def put(self, request: Request) -> Response:
        """Hang up the picture of a z."""
        query, visitor = await command_as(PictureRequest, request), visitor_of(request)
        run = find_run(self._manager, None)
        _check_pictures(run)
        if not self._wall.is_open:
            # told before anything is drawn
            raise Refused(409, "The wall takes no pictures now; the presenter opens it.")
        found = await self._latent.latent_of(request, query.model_copy(update={"run": run.id}))
        if isinstance(found, Response):
            return found
        z, y = found
        self._wall.put(WallPicture(visitor.id, visitor.handle, run.id, z, y))
        self._classroom.changed()
        return json_response({"ok": True, "sentence": "Your picture hangs on the wall."})

    async def picture(self, request: Request) -> Response:
        """All pictures as one PNG of `COLUMNS` columns, in the order of the handles."""
        run = find_run(self._manager, None)
        _check_pictures(run)
        async with self._drawing:
            sheet = await self._newest(run)
        if sheet is None:
            raise Refused(409, "Nothing hangs on the wall yet.")
        return Response(sheet.png, headers=sheet.headers, media_type="image/png")

    async def _newest(self, run: ReadableRun) -> Sheet | None:
        """The sheet as the wall is now, or the last one while the drawing rests."""
        entries = self._wall.entries(run.id)
        key = (run.id, self._wall.version, run.snapshots.version)
        known = self._sheet if self._sheet and self._sheet.key[0] == run.id else None
        rests = known is not None and time.monotonic() < self._due
        if not entries or (known and (known.key == key or rests)):
            return known if entries else None
        try:
            loop = asyncio.get_running_loop()
            self._sheet, cost = await loop.run_in_executor(
                self._pool, with_cost, draw_wall, run, entries, key
            )
        except LookupError as error:
            raise Refused(409, str(error.args[0])) from None
        self._due = time.monotonic() + max(pacing.WALL_INTERVAL, cost / pacing.WALL_SHARE)
        return self._sheet


def draw_wall(run: ReadableRun, entries: list[WallPicture], key: tuple[str, int, int]) -> Sheet:
    """All ``entries`` in one pass of the newest generator."""
    z = torch.stack([one.z for one in entries])
    classes = [one.y for one in entries]
    y = None if None in classes else torch.tensor(classes)
    pictures, step, _ = run.snapshots.render(z, y)
    rows = -(-len(pictures) // COLUMNS)
    n, height, width, channels = pictures.shape
    tiles = np.zeros((rows * COLUMNS, height, width, channels), np.uint8)
    tiles[:n] = pictures
    tiles = tiles.reshape(rows, COLUMNS, height, width, channels).transpose(0, 2, 1, 3, 4)
    sheet = tiles.reshape(rows * height, COLUMNS * width, channels)
    png, width_sent, _ = png_of(sheet, shrink=max(1, -(-width // MAX_TILE)))
    headers = {
        "X-Gv-Step": str(step),
        "X-Gv-Wall": str(key[1]),
        "X-Gv-Columns": str(COLUMNS),
        "X-Gv-Tile": str(width_sent // COLUMNS),
        "Cache-Control": "no-store",
    }
    return Sheet(key, png, headers)


def _check_pictures(run: ReadableRun) -> None:
    if run.spec is not None and run.spec.kind != "images":
        raise Refused(409, "The wall shows pictures; this run draws points.")
