"""The newest step that the lab recorded of a run, in ``step.json`` of its folder: what can still be
replayed when the run is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganviz.disk import read_json

FILE = "step.json"
MOST_BYTES = 8 * 2**20
PLAYERS = ("discriminator", "generator")


def read_kept_step(folder: Path) -> dict[str, Any] | None:
    """``{"step", "code", "activations"}``: the recorded step, the lines that ran, and the maps of
    both networks, as a page of the lab gets them. None where no whole step is kept."""
    table = read_json(folder / FILE, MOST_BYTES)
    step = table.get("step")
    if not isinstance(step, dict) or not _is_whole(step):
        return None
    return {"step": step, **{name: _table(table.get(name)) for name in ("code", "activations")}}


def _is_whole(step: dict[str, Any]) -> bool:
    moves = step.get("moves")
    return (
        isinstance(moves, dict)
        and len(moves) > 0
        and all(name in PLAYERS and isinstance(move, dict) for name, move in moves.items())
        and isinstance(step.get("shape"), list)
        and isinstance(step.get("counts"), dict)
    )


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
