"""What a class did with a run, kept with the run: ``class.json`` in its folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
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
        return _table(self._tables(), piece)

    def _tables(self) -> dict[str, Any]:
        return read_json(self._path, MAX_BYTES)

    def write(self, piece: str, table: dict[str, Any]) -> None:
        """Keep ``table`` as that of ``piece``. Raises `GanvizError` where the disk refuses, and for
        what no file should grow to."""
        self.change(piece, lambda _: table)

    def change(self, piece: str, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Keep what ``edit`` makes of the table of ``piece``, as `write`; no other thread writes
        between the two."""
        with _lock:
            kept = self._tables()
            text = json.dumps({**kept, piece: edit(_table(kept, piece))})
            if len(text) > MAX_BYTES:
                raise GanvizError("The class has kept more with this run than a run can hold.")
            try:
                write_atomic(self._path, text)
            except OSError as error:
                what = "The state of the class was not kept"
                raise GanvizError(disk_sentence(error, self._path.parent, what)) from None


def _table(tables: dict[str, Any], piece: str) -> dict[str, Any]:
    table = tables.get(piece)
    return table if isinstance(table, dict) else {}
