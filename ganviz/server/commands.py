"""The door for all that a page asks of the training: start, pause, resume, step, stop, settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz.config import LIVE_FIELDS, RunConfig, meta
from ganviz.data.picture_cache import remove_pictures
from ganviz.disk import disk_sentence, megabytes
from ganviz.engine.events import ENDED
from ganviz.errors import Busy, ConfigError, DataError, GanvizError
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server.discretion import status_for_viewers
from ganviz.server.estimate import decoded, estimate
from ganviz.server.guard import Refused, command_as, find_run, json_response
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import CHANGES, COMMANDS, ESTIMATES, Workers
from ganviz.text import counted

MAX_STEPS = 100_000
# in which one player moves alone: they are taken at one go
MAX_TURNS = 100
DONE = {
    "pause": "Pausing after this step.",
    "resume": "Training on.",
    "stop": "Stopping after this step.",
}


class Command(BaseModel):
    """What a page asks for. ``player``: who moves alone in ``n`` steps ("turn"). ``run``, where
    given, must be the current run: a stale page commands nothing."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    action: Literal["pause", "resume", "step", "stop", "set", "turn"]
    n: int = Field(1, ge=1, le=MAX_STEPS)
    player: Literal["", "discriminator", "generator"] = ""
    settings: dict[str, Any] = Field(default_factory=dict, max_length=len(LIVE_FIELDS))
    run: str | None = Field(None, max_length=200)


class Training(BaseModel):
    """A run that a page asks for: a preset, and the settings that differ from it. ``begin_with``:
    the kept run whose networks it begins with, ``name`` or ``name@step``."""

    model_config = ConfigDict(extra="forbid")

    preset: str = Field("", max_length=200)
    settings: dict[str, Any] = Field(default_factory=dict, max_length=len(RunConfig.model_fields))
    replace: bool = False
    begin_with: str = Field("", max_length=220)


Body = TypeVar("Body", bound=BaseModel)


class Commands:
    """Starts runs, and passes commands on to the current run of a manager.

    Every answer is ``{"ok", "sentence"}``; a refusal also names the ``field`` that caused it.
    """

    def __init__(self, manager: RunManager):
        self._manager = manager

    async def command(self, request: Request) -> Response:
        """Pause, resume, step, stop, or change live settings."""
        return await _answer(request, Command, self._obey, COMMANDS)

    async def train(self, request: Request) -> Response:
        """Start a run; ``"busy": true`` in a refusal: another one trains, and ``replace`` would
        stop it first."""
        return await _answer(request, Training, self._train, CHANGES)

    async def estimate(self, request: Request) -> Response:
        """What a run would take on this machine, in a sentence."""
        return await _answer(request, Training, self._estimate, ESTIMATES)

    async def remove_decoded(self, request: Request) -> Response:
        """Delete the decoded pictures of a filled form's folder; a run that reads them goes on."""
        return await _answer(request, Training, self._remove_decoded, CHANGES)

    async def status(self, request: Request) -> Response:
        """The status of the run that trains here (None: there is none), for a page that looks at
        another one."""
        run = self._manager.current
        status = run.status() if run else None
        if status and not visitor_of(request).presenter:
            status = status_for_viewers(status)
        return json_response({"training": status})

    def _train(self, training: Training) -> dict[str, Any]:
        config = as_config(training.preset, training.settings)
        run = self._manager.start(config, training.replace, training.begin_with)
        return {"sentence": "The run has started.", "run": run.id}

    def _estimate(self, training: Training) -> dict[str, Any]:
        config, manager = as_config(training.preset, training.settings), self._manager
        sentence = estimate(config, manager.device, manager.data_root, manager.runs_root)
        found = decoded(config, manager.data_root)
        return {"sentence": sentence, "decoded": found[1] if found else ""}

    def _remove_decoded(self, training: Training) -> dict[str, Any]:
        config = as_config(training.preset, training.settings)
        found = decoded(config, self._manager.data_root)
        if found is None:
            raise ConfigError("These pictures are not decoded yet: there is nothing to delete.")
        try:
            freed = remove_pictures(found[0])
        except OSError as error:
            raise DataError(disk_sentence(error, found[0], "It was not deleted")) from None
        return {"sentence": f"{megabytes(freed)} were freed. The next start decodes them again."}

    def _obey(self, command: Command) -> dict[str, Any]:
        return {"sentence": self._sentence(command)}

    def _sentence(self, command: Command) -> str:
        run = find_run(self._manager, None)
        if command.run is not None and command.run != run.id:
            raise Refused(
                409, "Another run has started since; reload the page to command that one."
            )
        if run.state in ENDED:
            raise Refused(409, "This run has ended; click Train to start another one.")
        if command.action == "set":
            return _change(run, as_settings(command.settings))
        if command.action == "turn":
            return _take_turns(run, command)
        if command.action == "step":
            run.step(command.n)
            return counted(
                command.n, "Training one step, then pausing.", "Training {n} steps, then pausing."
            )
        getattr(run, command.action)()
        return DONE[command.action]


async def _answer(
    request: Request, model: type[Body], act: Callable[[Body], dict[str, Any]], workers: Workers
) -> Response:
    """``act`` on the request's body in a thread of ``workers``; what it refuses becomes a
    sentence."""
    try:
        answer = await workers.run(act, await command_as(model, request))
    except GanvizError as error:
        refusal = {
            "ok": False,
            "sentence": error.sentence,
            "error": error.sentence,
            "field": error.field,
        }
        busy = {"busy": True} if isinstance(error, Busy) else {}
        return json_response(refusal | busy, getattr(error, "status", 409))
    return json_response({"ok": True, **answer})


def as_config(preset: str, settings: dict[str, Any]) -> RunConfig:
    """The config that a filled form stands for; raises `ConfigError` with the field at fault."""
    if "preset" in settings:
        raise ConfigError("Name the preset beside the settings, not among them.", "preset")
    values = as_settings(settings)
    if preset:
        return RunConfig.from_preset(preset, **values)
    return RunConfig.parse(values)


def as_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The fields of a form as `RunConfig` takes them; raises `ConfigError` for one left empty."""
    return {
        name: _value(name, value) if name in RunConfig.model_fields else value
        for name, value in settings.items()
    }


def _value(field: str, value: Any) -> Any:
    """One setting as `RunConfig` takes it: lists become tuples, whole numbers integers."""
    facts = meta(field)
    if value is None or (value == "" and facts["kind"] != "str"):
        wanted = "number" if facts["choices"] is None else "choice"
        raise ConfigError(f"{facts['label']} is empty: give a {wanted}.", field)
    if isinstance(value, list):
        return tuple(value)
    if facts["kind"] == "numbers":
        raise ConfigError(
            f"{facts['label']}: write numbers with commas between them, such as 256, 512.", field
        )
    if facts["kind"] == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _take_turns(run: ReadableRun, command: Command) -> str:
    if not command.player:
        raise Refused(422, "Say who moves: the discriminator or the generator.", "player")
    if command.n > MAX_TURNS:
        raise Refused(422, f"Let one player move at most {MAX_TURNS} times at once.", "n")
    if run.state != "paused":
        raise Refused(409, "Pause the run first: one player moves alone while the game rests.")
    run.turn(command.player, command.n)
    who = {"discriminator": "D", "generator": "G"}[command.player]
    return counted(command.n, "{who} moves once alone.", "{who} moves {n} times alone.", who=who)


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
