"""The runs in a folder: how each stands, renaming, notes, and deleting with a way back. Reads no
log and loads no network."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganviz.disk import disk_sentence, move, read_json, write_atomic
from ganviz.engine.events import ENDED
from ganviz.errors import GanvizError
from ganviz.presets import label_of, title
from ganviz.runs.lock import is_locked
from ganviz.runs.log import LOG, last_events
from ganviz.runs.summary import CONFIG, SUMMARY, Summary
from ganviz.text import without_controls

NOTES, THUMB, TRASH = "notes.json", "thumb.png", ".trash"
INTERRUPTED = "interrupted"
MAX_NOTES, MAX_NAME = 20_000, 80
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class RunError(GanvizError):
    """A run is missing, busy, or cannot be changed."""


@dataclass(frozen=True)
class RunInfo:
    """One line of the table of runs. ``name``: that a person gave it, else its id. ``state`` is
    that of the run, or "interrupted" when its process died. ``origin``: the run, and its step,
    whose networks it begins with; "" where it begins with its own."""

    id: str
    folder: Path
    name: str
    preset: str
    data: str
    steps: int
    step: int
    state: str
    sentence: str
    created: float
    updated: float
    figures: dict[str, float | None] = field(default_factory=dict)
    thumb: Path | None = None
    notes: str = ""
    changed: dict[str, Any] = field(default_factory=dict)
    origin: str = ""

    @property
    def preset_label(self) -> str:
        """Its preset as people know it; "" without one."""
        return label_of(self.preset)

    @property
    def title(self) -> str:
        """What a person calls the run."""
        return title(self.name if self.name != self.id else "", self.preset, self.id)

    @property
    def resumable(self) -> bool:
        """Whether the run can be taken up again: it is at rest, and holds a checkpoint, or died
        before its first or ended before its first step; not as one without the networks of another
        run that it was to begin with."""
        never_began = self.state == INTERRUPTED or (self.state in ENDED and self.step == 0)
        anew = never_began and not self.origin
        return (self.state in ENDED and (self.folder / "checkpoints").is_dir()) or (
            anew and (self.folder / CONFIG).is_file()
        )


def list_runs(runs_root: Path | str) -> list[RunInfo]:
    """All runs, newest first."""
    try:
        entries = [entry for entry in os.scandir(runs_root) if _ID.fullmatch(entry.name)]
        folders = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    infos = [info for folder in folders if (info := _readable_info(folder))]
    return sorted(infos, key=lambda info: (info.created, info.id), reverse=True)


def _readable_info(folder: Path) -> RunInfo | None:
    """One that may not be read, or whose disk fails, takes no other from the table."""
    try:
        return run_info(folder)
    except OSError:
        return None


def run_info(folder: Path) -> RunInfo | None:
    """How the run in ``folder`` stands; None where there is no run."""
    if not (
        (folder / CONFIG).is_file() or (folder / SUMMARY).is_file() or (folder / LOG).is_file()
    ):
        return None
    summary = Summary.open(folder)
    if not (folder / SUMMARY).is_file():
        _rebuild(summary, folder)
    notes = read_json(folder / NOTES)
    state = current_state(folder, summary.state)
    sentence = (
        interrupted_sentence(folder, summary.step) if state == INTERRUPTED else summary.sentence
    )
    settings = summary.settings
    thumb = folder / THUMB
    return RunInfo(
        id=folder.name,
        folder=folder,
        name=_name(notes) or _name(settings) or folder.name,
        preset=_text(settings.get("preset")),
        data=_text(settings.get("data")),
        steps=_count(settings.get("steps")),
        step=summary.step,
        state=state,
        sentence=sentence,
        created=summary.created,
        updated=summary.updated,
        figures=summary.figures,
        thumb=thumb if thumb.is_file() and not thumb.is_symlink() else None,
        notes=_text(notes.get("notes")),
        changed=summary.changed,
        origin=_text(summary.facts.get("origin")),
    )


def current_state(folder: Path, state: str) -> str:
    """``state`` as the run's own process wrote it, unless that process is no more."""
    return state if state in ENDED or is_locked(folder) else INTERRUPTED


def interrupted_sentence(folder: Path, step: int) -> str:
    """What to say of a run whose process died."""
    if not (folder / "checkpoints").is_dir():
        return (
            f"Its process ended without warning at step {step:,} or later, before its first "
            "checkpoint."
        )
    return (
        f"Its process ended without warning at step {step:,} or later. It can be resumed from its "
        "last checkpoint."
    )


def _rebuild(summary: Summary, folder: Path) -> None:
    """What the config and the end of the log tell, for a folder without a summary."""
    summary.settings = read_json(folder / CONFIG)
    summary.created = summary.updated = folder.stat().st_mtime
    for event in last_events(folder / LOG):
        if event.kind != "state" or isinstance(event.data.get("state"), str):
            summary.update(event)


def given_name(folder: Path) -> str:
    """The name that a person gave the run in ``folder`` since it was begun; "" without one."""
    return _name(read_json(folder / NOTES))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _name(table: dict[str, Any]) -> str:
    return without_controls(_text(table.get("name")))[:MAX_NAME]


def _count(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0


# -- changing --------------------------------------------------------------------------------------
def find(runs_root: Path | str, run_id: str) -> Path:
    """The folder of a run. Raises `RunError`; an id is a plain name, so it cannot lead out of
    ``runs_root``."""
    folder = Path(runs_root) / run_id
    if not _ID.fullmatch(run_id) or folder.is_symlink() or run_info(folder) is None:
        raise RunError(f"There is no run called {run_id[:80]!r} in {runs_root}.", "run")
    return folder


def rename(runs_root: Path | str, run_id: str, name: str) -> None:
    """Give a run another name; its id and folder stay, so that links go on working. An empty name
    takes it back."""
    name = without_controls(name)
    if len(name) > MAX_NAME:
        raise RunError(f"A run's name has at most {MAX_NAME} characters.", "name")
    _annotate(find(runs_root, run_id), name=name)


def set_notes(runs_root: Path | str, run_id: str, notes: str) -> None:
    """Replace a run's notes."""
    if len(notes) > MAX_NOTES:
        raise RunError(f"Notes have at most {MAX_NOTES:,} characters.", "notes")
    _annotate(find(runs_root, run_id), notes=notes)


def _annotate(folder: Path, **changes: str) -> None:
    try:
        write_atomic(
            folder / NOTES,
            json.dumps({**read_json(folder / NOTES), **changes}, indent=1) + "\n",
            durable=True,
        )
    except OSError as error:
        raise RunError(disk_sentence(error, folder, "The notes were not saved")) from None


def delete(runs_root: Path | str, run_id: str) -> str:
    """Move a run to the trash; returns the name under which `restore` finds it. A run that trains
    is refused."""
    folder = find(runs_root, run_id)
    if is_locked(folder):
        raise RunError(f"{run_id} is training. Stop it before you delete it.", "run")
    trash = Path(runs_root) / TRASH
    try:
        trash.mkdir(exist_ok=True)
        for count in range(1000):
            trashed = trash / f"{run_id}~{int(time.time())}{f'-{count}' if count else ''}"
            if not trashed.exists():
                move(folder, trashed)
                return trashed.name
    except OSError as error:
        raise RunError(disk_sentence(error, trash, f"{run_id} was not deleted")) from None
    raise RunError(f"{run_id} was not deleted: the trash {trash} holds too many runs of this name.")


def restore(runs_root: Path | str, trashed: str) -> str:
    """Undo `delete`; returns the run's id."""
    run_id = trashed.rpartition("~")[0]
    source, target = Path(runs_root) / TRASH / trashed, Path(runs_root) / run_id
    if not _ID.fullmatch(run_id) or "/" in trashed or os.sep in trashed or not source.is_dir():
        raise RunError(f"{trashed[:80]!r} is not in the trash of {runs_root}.", "run")
    if target.exists():
        raise RunError(f"There is another run called {run_id}; rename its folder first.", "run")
    try:
        move(source, target)
    except OSError as error:
        raise RunError(
            disk_sentence(error, target.parent, f"{run_id} was not brought back")
        ) from None
    return run_id
