"""The one training of this process, and every run that is kept beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from ganviz import device as devices
from ganviz.config import RunConfig
from ganviz.data import check_data, load_data
from ganviz.engine.observer import Observer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import Busy, GanvizError
from ganviz.runs import listing as registry
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.resume import forked, resumed
from ganviz.runs.store import RunStore, new_run_folder

MAX_OPENED = 12


class RunManager:
    """Starts runs, one at a time, and opens kept ones. Safe to use from any thread."""

    def __init__(
        self,
        runs_root: Path = Path("runs"),
        data_root: Path = Path("data"),
        device: torch.device | None = None,
        observers: Callable[[], list[Observer]] = list,
    ):
        self.runs_root = Path(runs_root)
        self.data_root = Path(data_root)
        self.device = device or devices.pick_device()
        self.current: Run | None = None
        self._observers = observers
        self._lock = threading.Lock()
        self._started: dict[str, Run] = {}
        self._opened: dict[str, FolderRun] = {}

    def warm(self, config: RunConfig) -> None:
        """Get ready for ``config`` in the background: its data drawn or read, and two steps
        rehearsed.

        A first Train then waits for none of it: the first optimiser of a process alone imports a
        second and a half of torch.
        """

        def get_ready() -> None:
            devices.prepare_background_thread()
            with suppress(
                GanvizError, RuntimeError
            ):  # whatever is wrong will be said when someone trains on it
                source = load_data(config, self.device, self.data_root)
                if self.current:  # it was quicker, and finds all this out by itself
                    return
                trainer = Trainer(config, source, self.device)
                for _ in range(2):
                    trainer.step()
                trainer.read_stats()

        threading.Thread(target=get_ready, name="ganviz-warm", daemon=True).start()

    # -- training --------------------------------------------------------------------------
    def start(self, config: RunConfig, replace: bool = False) -> Run:
        """Start a run and return it.

        Raises `Busy`, with a sentence that names what is training, when a run is active; with
        ``replace`` that one is stopped and saved first.
        """

        check_data(config)

        def make() -> Run:
            store = RunStore(new_run_folder(self.runs_root, config.preset, config.name))
            return Run(config, store, self.device, self.data_root, observers=self._observers())

        return self._begin(make, replace)

    def resume(self, run_id: str, more_steps: int | None = None, replace: bool = False) -> Run:
        """Take a kept run up again, for ``more_steps`` or to its own end. Raises as `start`, and
        `CheckpointError`."""
        folder = registry.find(self.runs_root, run_id)
        return self._begin(
            lambda: resumed(folder, more_steps, self.device, self.data_root, self._observers()),
            replace,
        )

    def fork(
        self, run_id: str, changes: dict[str, Any], step: int | None = None, replace: bool = False
    ) -> Run:
        """Start a new run from a checkpoint of a kept one, under changed settings."""
        folder = registry.find(self.runs_root, run_id)
        return self._begin(
            lambda: forked(
                folder,
                self.runs_root,
                changes,
                self.device,
                self.data_root,
                step,
                self._observers(),
            ),
            replace,
        )

    def _begin(self, make: Callable[[], Run], replace: bool) -> Run:
        with self._lock:
            if self.current and self.current.active:
                if not replace:
                    status = self.current.status()
                    raise Busy(
                        f"{status['name']} is {status['state']} at step {status['step']:,}. "
                        "Stop it before you start another."
                    )
                self.current.stop()
                self.current.join()
            if self.current and self.current.store:
                self.current.store.close()
            run = make()
            if opened := self._opened.pop(run.id, None):
                opened.close()
            self.current = self._started[run.id] = run
            return run.start()

    def stop_current(self, timeout: float | None = None) -> bool:
        """Stop and save what trains; False when it did not end within ``timeout`` seconds."""
        if not self.current:
            return True
        self.current.stop()
        return self.current.join(timeout)

    def close(self, timeout: float = 2.0) -> bool:
        """The process ends: save what trains."""
        for opened in self._opened.values():
            opened.close()
        return self.stop_current(timeout)

    # -- kept runs -------------------------------------------------------------------------
    def get(self, run_id: str | None) -> Run | FolderRun | None:
        """The run called ``run_id``: one of this process, or one of the runs folder (followed
        live). None: the current one.

        ``name@1200`` is the run ``name`` with the generator of its checkpoint at step 1200. Raises
        `RunError` for a name that no run has.
        """
        if run_id is None or (self.current and run_id == self.current.id):
            return self.current
        started = self._started.get(run_id)
        if started and started.active:
            return started
        with self._lock:
            if run_id not in self._opened:
                name, _, step = run_id.partition("@")
                at = int(step[:18]) if step.isdecimal() else None
                if step and at is None:
                    raise registry.RunError(f"{step[:20]!r} is no step of a checkpoint.", "run")
                self._opened[run_id] = FolderRun(
                    registry.find(self.runs_root, name), at, read=False
                ).follow()
                for oldest in list(self._opened)[:-MAX_OPENED]:
                    self._opened.pop(oldest).close()
            return self._opened[run_id]

    def library(self) -> list[registry.RunInfo]:
        """All kept runs, newest first."""
        return registry.list_runs(self.runs_root)

    def delete(self, run_id: str) -> str:
        """Move a run to the trash; returns the name that `registry.restore` takes."""
        if opened := self._opened.pop(run_id, None):
            opened.close()
        trashed = registry.delete(self.runs_root, run_id)
        self._started.pop(run_id, None)
        if self.current and self.current.id == run_id:
            self.current = None
        return trashed
