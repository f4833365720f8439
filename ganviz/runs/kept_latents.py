"""What people found in a run's latent space: directions and paths, in ``explore.json`` of its
folder."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from ganviz.disk import disk_sentence, read_json, write_atomic
from ganviz.runs.listing import RunError
from ganviz.text import without_controls

FILE = "explore.json"
MOST_BYTES = 4 * 2**20
MOST = 64
MAX_NAME = 60
KINDS = ("directions", "paths")
# one process writes them, from several threads
_lock = threading.Lock()


def read_kept(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """``{"directions": [...], "paths": [...]}``; what is damaged is left out."""
    table = read_json(folder / FILE, MOST_BYTES)
    return {kind: _sound(table.get(kind)) for kind in KINDS}


def _sound(entries: Any) -> list[dict[str, Any]]:
    if not isinstance(entries, list):
        return []
    sound = [one for one in entries if isinstance(one, dict) and isinstance(one.get("name"), str)]
    return sound[:MOST]


def keep(folder: Path, kind: str, name: str, content: dict[str, Any]) -> None:
    """Keep ``content`` under ``name``, in the place of what had that name. Raises `RunError`."""
    name = without_controls(name)[:MAX_NAME]
    if not name:
        raise RunError("Give it a name, so that it can be found again.", "name")
    with _lock:
        kept = read_kept(folder)
        entries = [one for one in kept[kind] if one["name"] != name]
        if len(entries) >= MOST:
            raise RunError(f"A run keeps at most {MOST} of these; take one away first.", "name")
        _write(folder, {**kept, kind: [*entries, {**content, "name": name}]})


def forget(folder: Path, kind: str, name: str) -> None:
    """Take away what is kept under ``name``. Raises `RunError` where nothing is."""
    with _lock:
        kept = read_kept(folder)
        entries = [one for one in kept[kind] if one["name"] != name]
        if len(entries) == len(kept[kind]):
            raise RunError(f"Nothing is kept here as {name[:MAX_NAME]!r}.", "name")
        _write(folder, {**kept, kind: entries})


def _write(folder: Path, kept: dict[str, list[dict[str, Any]]]) -> None:
    text = json.dumps(kept, indent=1) + "\n"
    if len(text) > MOST_BYTES:
        # a larger file would not be read again: all that is in it would be lost
        raise RunError("The run keeps as much of these as it can; take some away first.", "name")
    try:
        write_atomic(folder / FILE, text, durable=True)
    except OSError as error:
        raise RunError(disk_sentence(error, folder, "It was not kept")) from None
