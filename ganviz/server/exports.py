"""Films and pages of kept runs, made one at a time in a thread that leaves the processor to the
training."""

from __future__ import annotations

import os
import re
import shutil
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ganviz import device as devices
from ganviz import registry
from ganviz.disk import disk_sentence
from ganviz.errors import GanvizError
from ganviz.export.formats import ExportFormat, ExportOptions, checked_options
from ganviz.runs import listing as kept
from ganviz.runs.manager import RunManager
from ganviz.server.guard import Refused, command_as, json_response
from ganviz.server.workers import READS

FOLDER = "exports"
NICE = 10
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,230}")


class ExportRequest(BaseModel):
    """What to make of a run."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: str = Field(max_length=40)
    fps: int | None = Field(None, ge=1, le=60)
    seconds: float | None = Field(None, ge=0.2, le=600)
    n: int | None = Field(None, ge=100, le=200_000)
    data_path: str | None = Field(None, max_length=4096)


class Progress(NamedTuple):
    """How an export stands. ``state``: working, done or failed; there is a file once it is done.
    ``field``: the option that makes up for a failure, where there is one."""

    state: str
    fraction: float
    sentence: str
    field: str | None = None


STOPPING = "Stopping the export."
STARTING = Progress("working", 0.0, "Starting.")


@dataclass
class Job:
    """One export. ``progress`` is replaced as a whole, so that whoever reads it gets what belongs
    together."""

    run: str
    name: str
    query: ExportRequest
    progress: Progress = STARTING
    stopping: bool = False


class Stopped(GanvizError):
    """Somebody has no more use for the export."""


class Exports:
    """Exports of the runs of a `RunManager`."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._lock = threading.Lock()
        self._working: Job | None = None
        self._last: dict[str, Job] = {}  # by run: how its newest export stands

    async def begin(self, request: Request) -> Response:
        """Start an export; answers ``{"ok", "sentence"}``, 409 while another one is being made."""
        query = await command_as(ExportRequest, request)
        _check(query)
        return await READS.run(self._begin, request.path_params["run"], query)

    def _begin(self, run_id: str, query: ExportRequest) -> Response:
        folder = self._folder(run_id)
        info = kept.run_info(folder)
        with self._lock:
            busy = self._working
            if busy:
                return json_response(
                    {
                        "ok": False,
                        "busy": True,
                        "sentence": f"An export of {busy.name} is being made "
                        f"({busy.progress.fraction:.0%}); ask again when it is ready.",
                    },
                    409,
                )
            job = self._working = self._last[run_id] = Job(
                run_id, info.title if info else run_id, query
            )
        threading.Thread(
            target=self._work, args=(job, folder), name="ganviz-export", daemon=True
        ).start()
        return json_response({"ok": True, "sentence": "The export is being made."}, 202)

    async def status(self, request: Request) -> Response:
        """How the run's export stands, and what was exported before."""
        run_id = request.path_params["run"]
        folder = await READS.run(self._folder, run_id)
        job = self._last.get(run_id)
        # Before the listing: what is done now is in it, what ends meanwhile may not be.
        progress = job.progress if job else Progress("idle", 0.0, "")
        if job and job.stopping and progress.state == "working":
            progress = progress._replace(sentence=STOPPING)
        files = await READS.run(_listed, folder, run_id)
        made = next((file for file in files if job and file["kind"] == job.query.kind), None)
        return json_response(
            {
                **progress._asdict(),
                "wanted": job.query.model_dump(exclude_none=True) if job else None,
                "url": made["url"] if made and progress.state == "done" else None,
                "files": files,
                "formats": [
                    {
                        "kind": kind,
                        "label": one.label,
                        "why": one.why,
                        "missing": one.missing(),
                        "options": one.options,
                    }
                    for kind, one in _downloadable()
                ],
            }
        )

    async def stop(self, request: Request) -> Response:
        """End the run's export at its next sign of life; what it keeps for a second try stays."""
        job = self._working
        if job is None or job.run != request.path_params["run"]:
            raise Refused(409, "No export of this run is being made.")
        job.stopping = True
        return json_response({"ok": True, "sentence": STOPPING}, 202)

    async def file(self, request: Request) -> Response:
        """A finished export, to be saved by the browser."""
        name, run_id = request.path_params["file"], request.path_params["run"]
        folder = await READS.run(self._folder, run_id)
        path = folder / FOLDER / name
        kind = next(
            (one.media_type for _, one in _downloadable() if one.file_name(run_id) == name), ""
        )
        plain = (
            _SAFE.fullmatch(name)
            and kind
            and not path.is_symlink()
            and not path.parent.is_symlink()
            and path.is_file()
        )
        if not plain:
            raise Refused(404, "There is no such export; make it again.")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
        return FileResponse(path, media_type=kind, filename=name, headers=headers)

    def _folder(self, run_id: str) -> Path:
        try:
            return kept.find(self._manager.runs_root, run_id)
        except GanvizError as error:
            raise Refused(404, error.sentence) from None

    def _options(self, query: ExportRequest) -> ExportOptions:
        return replace(_options(query), data_root=self._manager.data_root, replace=True)

    # -- in the exporting thread -----------------------------------------------------------
    def _work(self, job: Job, folder: Path) -> None:
        def report(fraction: float, sentence: str) -> None:
            # A run that was deleted meanwhile lies in the trash: nobody could stop its export.
            if job.stopping or not folder.is_dir():
                raise Stopped("The export was stopped.")
            job.progress = Progress("working", min(1.0, fraction), sentence)

        try:
            _yield_to_training()
            out = _target(folder, job.run, job.query.kind)
            _make(folder, out, (job.query.kind, self._options(job.query)), report)
            job.progress = Progress("done", 1.0, "Ready to download.")
        except GanvizError as error:
            job.progress = job.progress._replace(
                state="failed", sentence=error.sentence, field=error.field
            )
        except Exception as error:
            sentence = f"The export failed ({type(error).__name__}); the server's log says why."
            job.progress = job.progress._replace(state="failed", sentence=sentence)
            raise
        finally:
            with self._lock:
                self._working = None


def _downloadable() -> list[tuple[str, ExportFormat]]:
    """The formats that are one file, by name."""
    return [(kind, one) for kind, one in registry.EXPORTS if one.media_type]


def _check(query: ExportRequest) -> None:
    """Raises `GanvizError` for a format that there is not, that a package is missing for, or that
    does not heed an option."""
    if query.kind not in dict(_downloadable()):
        registry.EXPORTS.get(query.kind, "kind")
        raise Refused(
            422, "This format is a folder: use ganviz export on the command line.", "kind"
        )
    missing = registry.EXPORTS.get(query.kind).missing()
    if missing:
        raise Refused(422, missing, "kind")
    _options(query)


def _options(query: ExportRequest) -> ExportOptions:
    return checked_options(query.kind, query.model_dump(exclude={"kind"}))


def _make(
    folder: Path, out: Path, choice: tuple[str, ExportOptions], report: Callable[[float, str], None]
) -> None:
    kind, options = choice
    registry.EXPORTS.get(kind).write(folder, out, options, report)


def _yield_to_training() -> None:
    """This thread takes one core, and only what the training leaves of it."""
    devices.prepare_serving_thread()
    if hasattr(os, "setpriority"):
        with suppress(OSError):  # on Linux a thread has a niceness of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _target(folder: Path, run_id: str, kind: str) -> Path:
    """Where the export goes; what a process that died left half made is removed."""
    exports = folder / FOLDER
    try:
        if exports.is_symlink():
            raise GanvizError(f"{exports} is a link, where a plain folder belongs; remove it.")
        exports.mkdir(exist_ok=True)
        for left in exports.glob(".*"):
            shutil.rmtree(
                left, ignore_errors=True
            ) if left.is_dir() and not left.is_symlink() else left.unlink(missing_ok=True)
    except OSError as error:
        raise GanvizError(disk_sentence(error, folder, "The export was not written")) from None
    return exports / registry.EXPORTS.get(kind).file_name(run_id)


def _listed(folder: Path, run_id: str) -> list[dict[str, Any]]:
    """The finished exports of a run."""
    files = []
    for kind, one in _downloadable():
        path = folder / FOLDER / one.file_name(run_id)
        with suppress(OSError):
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                continue  # it would not be handed out either
            at = status.st_mtime
            files.append(
                {
                    "kind": kind,
                    "name": path.name,
                    "bytes": status.st_size,
                    "at": at,
                    "url": f"/gv/library/{run_id}/{FOLDER}/{path.name}?at={at:.0f}",
                }
            )
    return files
