"""Commands from a page: pause, resume, step, stop, and live settings."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ganviz.config import LIVE_FIELDS
from ganviz.engine.events import ENDED
from ganviz.errors import GanvizError
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.guard import Refused, body_as, find_run, json_response

MAX_STEPS = 100_000
DONE = {
    "pause": "Pausing after this step.",
    "resume": "Training on.",
    "stop": "Stopping after this step.",
}


class Command(BaseModel):
    """What a page asks for. ``run``, where given, must be the current run: a stale page commands
    nothing."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    action: Literal["pause", "resume", "step", "stop", "set"]
    n: int = Field(1, ge=1, le=MAX_STEPS)
    settings: dict[str, Any] = Field(default_factory=dict, max_length=len(LIVE_FIELDS))
    run: str | None = Field(None, max_length=200)


class Commands:
    """Passes commands on to the current run of a `RunManager`."""

    def __init__(self, manager: RunManager):
        self._manager = manager

    async def command(self, request: Request) -> Response:
        """Answers ``{"ok", "sentence"}``; a refusal also names the ``field`` that caused it."""
        try:
            if (
                request.headers.get("content-type", "").partition(";")[0].strip().lower()
                != "application/json"
            ):
                raise Refused(415, "Commands are sent as JSON (Content-Type: application/json).")
            command = await body_as(Command, request)
            sentence = await run_in_threadpool(self._obey, command)
        except GanvizError as error:
            answer = {
                "ok": False,
                "sentence": error.sentence,
                "error": error.sentence,
                "field": error.field,
            }
            return json_response(answer, getattr(error, "status", 409))
        return json_response({"ok": True, "sentence": sentence})

    def _obey(self, command: Command) -> str:
        run = find_run(self._manager, None)
        if command.run is not None and command.run != run.id:
            raise Refused(
                409, "Another run has started since; reload the page to command that one."
            )
        if run.state in ENDED:
            raise Refused(409, "This run has ended; click Train to start another one.")
        if command.action == "set":
            return _change(run, command.settings)
        if command.action == "step":
            run.step(command.n)
            return f"Training {command.n} step{'s' if command.n > 1 else ''}, then pausing."
        getattr(run, command.action)()
        return DONE[command.action]


def _change(run: ReadableRun, settings: dict[str, Any]) -> str:
    if not settings:
        raise Refused(422, "Name at least one setting to change.", "settings")
    for name in settings:
        if name not in LIVE_FIELDS:
            raise Refused(
                422,
                f"{name[:80]!r} cannot change while a run trains; these can: "
                f"{', '.join(LIVE_FIELDS)}.",
                name,
            )
    run.set(**settings)
    changes = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return f"From the next step on: {changes[:300]}."
