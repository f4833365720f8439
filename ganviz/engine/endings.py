"""What is said of a run that has ended."""

from __future__ import annotations

from ganviz.engine.storage import Storage
from ganviz.text import counted

# after one step and after many
ENDS = {
    "finished": ("Finished after one step.", "Finished after {n} steps."),
    "stopped": ("Stopped after one step.", "Stopped after {n} steps."),
}
UNSAVED = "{ended} Its newest steps are not saved yet, which is tried again and again. {problem}"
GONE = "{ended} {problem}"


def how_it_ended(state: str, steps: int) -> str:
    """The sentence of a run that ended in ``state``, "finished" or "stopped", after ``steps``."""
    one, many = ENDS[state]
    return counted(steps, one, many)


def with_what_is_unsaved(ended: str, store: Storage | None) -> str:
    """``ended``, and what of the run is not saved."""
    if store is None or not store.unsaved:
        return ended
    return (GONE if store.is_gone else UNSAVED).format(ended=ended, problem=store.unsaved)
