"""What a class did with a run, kept with the run: ``class.json`` in its folder."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from ganviz.disk import disk_sentence, read_json, write_atomic
from ganviz.errors import GanvizError

NAME = "class.json"
MAX_BYTES = 2**22
# one process writes them, from several threads
_lock = threading.Lock()


class ClassFile:
    """One table for each piece of the class (a poll, the game), by the piece's name. Every write
    replaces the file in one move, so that it survives whatever ends the process."""

    def __init__(self, folder: Path):
        self._path = Path(folder) / NAME

    def read(self, piece: str) -> dict[str, Any]:
        """The table of ``piece``; an empty one where there is none, or it is damaged."""
        table = read_json(self._path, MAX_BYTES).get(piece)
        return table if isinstance(table, dict) else {}

    def write(self, piece: str, table: dict[str, Any]) -> None:
        """Keep ``table`` as that of ``piece``. Raises `GanvizError` where the disk refuses, and for
        what no file should grow to."""
        with _lock:
            text = json.dumps({**read_json(self._path, MAX_BYTES), piece: table})
            if len(text) > MAX_BYTES:
                raise GanvizError("The class has kept more with this run than a run can hold.")
            try:
                write_atomic(self._path, text)
            except OSError as error:
                what = "The state of the class was not kept"
                raise GanvizError(disk_sentence(error, self._path.parent, what)) from None
