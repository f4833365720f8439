"""What viewers are not told: where the presenter's files lie and what they are called, what the
presenter notes, and runs that were not shown to the class."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ganviz.classroom import Classroom, Visitor
from ganviz.runs.manager import RunManager

UNSAID = "That cannot be shown here; the presenter's page says why."
PREPARING = "The run is being prepared."
FAILED = "This run has failed; the presenter's page says why."
# an absolute path, or one of several parts
_PATH = re.compile(r"""(?:^|[\s("'`=])(?:~|[A-Za-z]:)?[\\/][^\s\\/]|[^\s\\/]+[\\/][^\s\\/]+[\\/]""")


class Sight:
    """Which runs a visitor may look at: a presenter all of them, a viewer what was shown to the
    class, and whatever trains now."""

    def __init__(self, manager: RunManager, classroom: Classroom):
        self._manager = manager
        self._classroom = classroom

    def sees(self, visitor: Visitor, run_id: str | None) -> bool:
        """Whether ``visitor`` may look at a run; None is the one that trains."""
        if visitor.presenter or not run_id:
            return True
        current = self._manager.current
        if current is not None and run_id.partition("@")[0] == current.id:
            return True
        return self._classroom.was_shown(run_id)


def discreet(sentence: str) -> str:
    """A sentence for viewers: one that names a file or folder is not for them."""
    return UNSAID if _PATH.search(sentence) else sentence


def sentence_for(visitor: Visitor) -> Callable[[str], str]:
    """How ``visitor`` is told what went wrong: presenters in full, viewers discreetly."""
    return str if visitor.presenter else discreet


def status_for_viewers(status: dict[str, Any]) -> dict[str, Any]:
    """A run's status without what it says of files."""
    state = status.get("state")
    if state == "failed":
        return {**status, "sentence": FAILED, "error": FAILED}
    sentence = PREPARING if state == "preparing" else discreet(status.get("sentence") or "")
    return {**status, "sentence": sentence, "error": None}


def run_for_viewers(run: dict[str, Any]) -> dict[str, Any]:
    """A run's description without where its pictures lie."""
    return {**run, "config": config_for_viewers(run["config"])}


def config_for_viewers(config: dict[str, Any]) -> dict[str, Any]:
    """A run's settings without where its pictures lie."""
    return {**config, "data_path": ""}


def message_for_viewers(message: dict[str, Any]) -> dict[str, Any]:
    """A hello or delta of the live socket for viewers. Notes are for who runs the training: they
    name files that were left out, and disks that refuse."""
    reduced = {**message, "events": [one for one in message["events"] if one["kind"] != "note"]}
    if message.get("status"):
        reduced["status"] = status_for_viewers(message["status"])
    if message.get("run"):
        reduced["run"] = run_for_viewers(message["run"])
    return reduced


def row_for_viewers(row: dict[str, Any]) -> dict[str, Any]:
    """A line of the table of runs without notes."""
    return {**row, "notes": "", "sentence": discreet(row["sentence"])}


def detail_for_viewers(detail: dict[str, Any]) -> dict[str, Any]:
    """What is told of one kept run, without its folder and notes."""
    return {**row_for_viewers(detail), "folder": "", "run": run_for_viewers(detail["run"])}
