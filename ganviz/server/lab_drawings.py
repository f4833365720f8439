"""Drawings that the class sends, and the presenter's choice among them."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz.classroom import Classroom
from ganviz.classroom.drawings import ClassDrawing, Drawings
from ganviz.config import MAX_DRAWING
from ganviz.data.drawn import parse_drawing
from ganviz.server.guard import command_as, json_response
from ganviz.server.visitor_scope import visitor_of


class DrawingRequest(BaseModel):
    """The strokes, as the setting ``drawing`` has them."""

    model_config = ConfigDict(extra="forbid")

    drawing: str = Field(max_length=MAX_DRAWING)


class NothingRequest(BaseModel):
    """A command that needs no more words."""

    model_config = ConfigDict(extra="forbid")


class LabDrawings:
    """The drawings of a `Classroom`."""

    def __init__(self, classroom: Classroom):
        self._classroom = classroom
        self._drawings = Drawings()
        classroom.add("drawings", lambda visitor: self._drawings.view(visitor.id))

    async def put(self, request: Request) -> Response:
        """Take a student's drawing. Raises `ConfigError` for what is none."""
        query, visitor = await command_as(DrawingRequest, request), visitor_of(request)
        parse_drawing(query.drawing)
        self._drawings.put(visitor.id, ClassDrawing(visitor.handle, query.drawing))
        self._classroom.changed()
        return json_response({"ok": True, "sentence": "Your drawing is with the presenter."})

    async def all(self, request: Request) -> Response:
        """``{"drawings": [{"handle", "text"}]}``, for the presenter."""
        return json_response({"drawings": [asdict(one) for one in self._drawings.all()]})

    async def clear(self, request: Request) -> Response:
        """Let go of all drawings."""
        await command_as(NothingRequest, request)
        self._drawings.clear()
        self._classroom.changed()
        return json_response({"ok": True, "sentence": ""})
