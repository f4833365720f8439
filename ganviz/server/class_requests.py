"""What a presenter does with the class: invite, lock, send out, let go, show."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz.classroom import Classroom, Visitor
from ganviz.classroom.follow import Follow, PresenterView
from ganviz.server.guard import Refused, command_as, json_response
from ganviz.server.invitation import Invitation, home_seen_by
from ganviz.server.workers import CLASS_ACTS

NO_CLASS = (
    "Only this machine can reach this server, so nobody can join. Start it with --host 0.0.0.0 for "
    "a class on the network, or with --class behind a proxy."
)


class ClassAction(BaseModel):
    """What a presenter asks for; ``visitor``: whom to send out."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["lock", "unlock", "remove", "readmit", "renew", "empty", "free", "call"]
    visitor: str = Field("", max_length=64)


class ClassRequests:
    """The requests of presenters about ``classroom``."""

    def __init__(self, classroom: Classroom):
        self._classroom = classroom
        self._follow = Follow(classroom)
        classroom.add("room", self._view)

    async def invitation(self, request: Request) -> Response:
        """Address, code and QR code, as others reach the server that this browser reaches."""
        keys = self._classroom.keys
        if keys is None:
            raise Refused(409, NO_CLASS)
        invitation = Invitation.at(home_seen_by(request.scope), keys)
        return json_response(
            {"address": invitation.address, "code": invitation.code, "qr": invitation.svg()}
        )

    async def act(self, request: Request) -> Response:
        """One of the actions of `ClassAction`; answers ``{"ok", "sentence"}``."""
        action = await command_as(ClassAction, request)
        if self._classroom.keys is None:
            raise Refused(409, NO_CLASS)
        sentence = await CLASS_ACTS.run(getattr(self, f"_{action.action}"), action.visitor)
        return json_response({"ok": True, "sentence": sentence})

    async def show(self, request: Request) -> Response:
        """What the presenter's page shows now."""
        await CLASS_ACTS.run(self._follow.show, await command_as(PresenterView, request))
        return json_response({"ok": True})

    # -- actions ---------------------------------------------------------------------------
    def _lock(self, _: str) -> str:
        self._classroom.room.locked = True
        self._classroom.update()
        return "Nobody else can join."

    def _unlock(self, _: str) -> str:
        self._classroom.room.locked = False
        self._classroom.update()
        return "Whoever has the code can join."

    def _remove(self, visitor: str) -> str:
        self._classroom.room.remove(visitor)
        self._classroom.update()
        return "Sent out."

    def _readmit(self, _: str) -> str:
        self._classroom.room.readmit()
        self._classroom.update()
        return "Who was sent out may join again."

    def _renew(self, _: str) -> str:
        self._classroom.renew_code()
        return "The code is a new one; who is in stays."

    def _empty(self, _: str) -> str:
        self._classroom.room.empty()
        self._classroom.renew_code()
        return "The room is empty, and the code is a new one."

    def _free(self, _: str) -> str:
        self._follow.let_go(True)
        return "Everybody explores on their own."

    def _call(self, _: str) -> str:
        self._follow.let_go(False)
        return "Everybody follows you again."

    def _view(self, visitor: Visitor) -> dict[str, Any]:
        room, keys = self._classroom.room, self._classroom.keys
        seen: dict[str, Any] = {
            "joined": keys is not None,
            "presenter": visitor.presenter,
            "handle": visitor.handle,
        }
        if visitor.presenter:
            seen["pages"] = room.open_pages
        if visitor.presenter and keys is not None:
            seen["code"] = keys.code
            seen["locked"] = room.locked
            seen["removed"] = room.removed_count
            seen["members"] = [
                {"id": one.id, "handle": one.handle, "presenter": one.presenter, "here": one.here}
                for one in room.members()
            ]
        return seen
