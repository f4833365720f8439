"""The kept runs: the table, one run's history, and what can be done with it."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from ganviz import registry
from ganviz.config import RunConfig, meta
from ganviz.disk import read_bounded
from ganviz.engine import checkpoint
from ganviz.errors import Busy
from ganviz.runs import listing as kept
from ganviz.runs.evaluations import newest_evaluation
from ganviz.runs.listing import RunInfo
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.server import describe, encode
from ganviz.server.commands import as_settings
from ganviz.server.discretion import config_for_viewers, detail_for_viewers, row_for_viewers
from ganviz.server.guard import Refused, command_as, find_run, json_response, sees_run
from ganviz.server.sample_grids import IMMUTABLE
from ganviz.server.visitor_scope import visitor_of
from ganviz.server.workers import CHANGES, READS, open_run, read_to_end
from ganviz.settings import MOST_STEPS

logger = logging.getLogger(__name__)

MAX_THUMB = 2**20
SHORT = Annotated[str, Field(max_length=200)]
# of a setting's value in the table
MOST_LETTERS = 40
MOST_LETTERS_OF_PATH = 4096


class Action(BaseModel):
    """What a page asks to be done with a run."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    action: Literal["rename", "notes", "delete", "restore", "resume", "fork"]
    name: SHORT = ""
    notes: str = Field("", max_length=kept.MAX_NOTES)
    trashed: SHORT = ""
    more_steps: int | None = Field(None, ge=1, le=MOST_STEPS)
    step: int | None = Field(None, ge=0)
    settings: dict[str, Any] = Field(default_factory=dict, max_length=16)
    replace: bool = False
    data_path: str | None = Field(None, min_length=1, max_length=MOST_LETTERS_OF_PATH)


class Library:
    """The runs folder of a `RunManager`."""

    def __init__(self, manager: RunManager):
        self._manager = manager

    async def table(self, request: Request) -> Response:
        """All runs that the visitor may see, newest first: nothing here reads a log or loads a
        network."""
        return json_response(await READS.run(self._table, request))

    def _table(self, request: Request) -> dict[str, Any]:
        seen = [info for info in self._manager.library() if sees_run(request, info.id)]
        rows = [_sound_row(info) for info in seen]
        if not visitor_of(request).presenter:
            return {"runs": [row_for_viewers(row) for row in rows], "folder": ""}
        return {"runs": rows, "folder": str(self._manager.runs_root.resolve())}

    async def detail(self, request: Request) -> Response:
        """One run with its kept pictures and checkpoints: all that can be told without reading its
        log."""
        detail = await READS.run(self._detail, request.path_params["run"])
        if not visitor_of(request).presenter:
            detail = detail_for_viewers(detail)
        return json_response(detail)

    def _detail(self, run_id: str) -> dict[str, Any]:
        run = find_run(self._manager, run_id)
        folder = kept.find(self._manager.runs_root, run_id)
        latest = run.frames.latest
        info = self._manager.run_info(run_id)
        if info is None:
            raise Refused(404, "This run was deleted.")
        steps = [
            int(path.name.removeprefix("step-"))
            for path in checkpoint.list_checkpoints(folder / checkpoint.CHECKPOINTS)
        ]
        return {
            **row(info),
            "run": describe.run(run),
            "folder": str(folder.resolve()),
            "frames": run.frames.steps(),
            "frame": latest and describe.frame(run.id, latest),
            "checkpoints": steps,
        }

    async def history(self, request: Request) -> Response:
        """What a run's log tells: thinned curves, the newest figures, and the settings as they were
        in the end."""
        run = await open_run(self._manager, request.path_params["run"])
        history = await READS.run(_history, await read_to_end(run), self._manager.runs_root)
        if not visitor_of(request).presenter:
            history["config"] = config_for_viewers(history["config"])
        return json_response(history)

    async def thumb(self, request: Request) -> Response:
        """A run's newest small picture."""
        info = await READS.run(
            lambda: kept.run_info(kept.find(self._manager.runs_root, request.path_params["run"]))
        )
        if info is None or info.thumb is None:
            raise Refused(404, "This run has no picture yet.")
        data = await READS.run(read_bounded, info.thumb, MAX_THUMB)
        return Response(
            data,
            headers={"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff"},
            media_type="image/png",
        )

    async def act(self, request: Request) -> Response:
        """Rename, annotate, delete, bring back, resume or fork; answers ``{"ok", "sentence",
        ...}``."""
        action = await command_as(Action, request)
        try:
            answer = await CHANGES.run(
                getattr(self, f"_{action.action}"), request.path_params["run"], action
            )
        except Busy as error:
            return json_response({"ok": False, "sentence": error.sentence, "busy": True}, 409)
        return json_response({"ok": True, **answer})

    def _rename(self, run_id: str, action: Action) -> dict[str, Any]:
        self._manager.rename(run_id, action.name)
        return {"sentence": "Renamed."}

    def _notes(self, run_id: str, action: Action) -> dict[str, Any]:
        kept.set_notes(self._manager.runs_root, run_id, action.notes)
        return {"sentence": "Notes saved."}

    def _delete(self, run_id: str, action: Action) -> dict[str, Any]:
        return {"sentence": "Deleted.", "trashed": self._manager.delete(run_id)}

    def _restore(self, run_id: str, action: Action) -> dict[str, Any]:
        return {
            "sentence": "Brought back.",
            "run": kept.restore(self._manager.runs_root, action.trashed),
        }

    def _resume(self, run_id: str, action: Action) -> dict[str, Any]:
        run = self._manager.resume(run_id, action.more_steps, action.replace, action.data_path)
        sentence = "Going on from the last checkpoint." if run.resumes else "It begins anew."
        return {"sentence": sentence, "run": run.id}

    def _fork(self, run_id: str, action: Action) -> dict[str, Any]:
        settings = as_settings(action.settings)
        run = self._manager.fork(run_id, settings, action.step, action.replace, action.data_path)
        return {"sentence": "A new run goes on from that checkpoint.", "run": run.id}


def _history(run: ReadableRun, runs_root: Path) -> dict[str, Any]:
    compared = describe.kinds_compared()
    evaluation = newest_evaluation(runs_root / run.id.partition("@")[0])
    return {
        "history": encode.columns(encode.thin(run.events.rows())),
        "config": run.config.model_dump(mode="json"),
        "probes": {
            **describe.newest(run.events.since(0, compared), compared),
            **({evaluation["kind"]: evaluation} if evaluation else {}),
        },
    }


def _sound_row(info: RunInfo) -> dict[str, Any]:
    """A line of the table, also of a run whose files are damaged: one is not to hide the others."""
    try:
        line = row(info)
        encode.dumps(line)
    except (TypeError, ValueError, ArithmeticError) as error:
        logger.warning("the summary of run %s is damaged: %r", info.id, error)
        damaged = replace(info, step=0, steps=0, created=0.0, updated=0.0, figures={}, notes="")
        line = {**row(damaged), "sentence": "The files of this run are damaged."}
    return line


def changed(info: RunInfo) -> list[dict[str, str]]:
    """What was set otherwise than the preset has it, as people read it. Where its own pictures lie
    is nobody's business."""
    return [
        {"label": meta(name)["label"], "value": str(value)[:MOST_LETTERS]}
        for name, value in info.changed.items()
        if name in RunConfig.model_fields and name != "data_path"
    ]


def row(info: RunInfo) -> dict[str, Any]:
    """One line of the table."""
    sets = registry.DATASETS
    return {
        "id": info.id,
        "name": info.title,
        "preset": info.preset,
        "data": info.data,
        "preset_label": info.preset_label,
        "data_label": sets.get(info.data).label if info.data in sets.names() else info.data,
        "steps": info.steps,
        "step": info.step,
        "state": info.state,
        "sentence": info.sentence,
        "created": info.created,
        "updated": info.updated,
        "figures": info.figures,
        "notes": info.notes,
        "changed": changed(info),
        "resumable": info.resumable,
        "thumb": f"/gv/library/{info.id}/thumb.png?at={info.updated:.0f}" if info.thumb else None,
    }
