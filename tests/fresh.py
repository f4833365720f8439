"""Processes as fresh as those that a person starts, without the five seconds of importing torch and
what a first training needs: forks of a server that has imported these and done nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from benchmarks.sides import fresh_processes

# what the tests below one server want; the first to start it decides, so it is one list
IMPORTS = [
    "benchmarks.networks",
    "ganviz.cli.commands",
    "ganviz.engine.distributed",
    "ganviz.probes",
    "ganviz.runs.resume",
    "rich.table",
    "tests.frozen",
]


def server() -> Any:
    """The context whose processes are such forks; the same server for a whole session."""
    context = fresh_processes(IMPORTS)
    if context.get_start_method() == "forkserver":
        forkserver.ensure_running()
    return context


class Child:
    """``function(*arguments)`` in a fresh process, whose exit status it returns (or raises as
    SystemExit). ``folder``: where the process is. ``more``: environment variables besides ours.
    What it writes is in the files ``out`` and ``err``.
    """

    def __init__(self, function: Callable, *arguments: Any, folder: Path, **more: str):
        written = Path(tempfile.mkdtemp(prefix="written-", dir=folder.parent))
        self.out, self.err = written / "out.txt", written / "err.txt"
        self._process = server().Process(
            target=_run,
            args=(function, arguments, folder, {**os.environ, **more}, self.out, self.err),
        )
        self._process.start()

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> int:
        """The exit status, or a failure that shows what it wrote."""
        self._process.join(seconds)
        assert self.status is not None, f"it goes on: {self.out.read_text()}{self.err.read_text()}"
        return self.status

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


def _run(
    function: Callable, arguments: tuple, folder: Path, variables: dict, out: Path, err: Path
) -> None:
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
        stream.reconfigure(line_buffering=True, encoding="utf-8")
    # a shell lets its background jobs ignore Ctrl-C, nohup a hang-up, and these tests may be one
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.exit(function(*arguments))
