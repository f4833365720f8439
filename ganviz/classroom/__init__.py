"""What a class is beside its run: who is in the room, and what its pieces (follow, polls, the game,
the wall) show to whom. No web framework: `ganviz.server` brings it to browsers."""

from __future__ import annotations

from ganviz.classroom.class_file import ClassFile
from ganviz.classroom.classroom import Classroom
from ganviz.classroom.room import Room
from ganviz.classroom.visitor import Visitor

__all__ = ["ClassFile", "Classroom", "Room", "Visitor"]
