"""The one training of this process, and every run that is kept beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import torch

from ganviz import device as devices
from ganviz.accel.preparation import prepare_process, prepare_training_thread
from ganviz.algorithms.dp_sgd import check_accountant
from ganviz.config import RunConfig
from ganviz.config_file import load_kept
from ganviz.data import check_data, load_data
from ganviz.engine import checkpoint
from ganviz.engine.choosing import choose
from ganviz.engine.memory_need import check_memory, training_memory
from ganviz.engine.observer import Observer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import Busy, ConfigError, GanvizError
from ganviz.runs import listing
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.resume import forked, resumed
from ganviz.runs.start_from import Parent, started_from
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
        prepare_process(self.device)
        self.current: Run | None = None
        self._observers = observers
        # held for moments: for what is current, retired and opened
        self._lock = threading.Lock()
        # held while a run is made (files are read): one after another, and nobody else waits
        self._making = threading.Lock()
        # other runs of this process that have not taken their last step yet
        self._ending: dict[str, Run] = {}
        self._opened: dict[str, FolderRun] = {}

    def warm(self, config: RunConfig) -> None:
        """Get ready for ``config`` in the background: its data drawn or read, two steps rehearsed,
        and, on a processor, the quickest ways to compute found out.

        A first Train then waits for none of it.
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
                if self.device.type == "cpu" and not self.current:
                    # As many threads as a training has, which the choice depends on.
                    prepare_training_thread(self.device)
                    choose(config, source.spec, self.device, self.data_root)

        threading.Thread(target=get_ready, name="ganviz-warm", daemon=True).start()

    # -- training --------------------------------------------------------------------------
    def start(self, config: RunConfig, replace: bool = False, begin_with: str = "") -> Run:
        """Start a run and return it. ``begin_with``: the kept run whose networks it begins with;
        ``name@1200`` takes those of its checkpoint at step 1200.

        Raises `Busy`, with a sentence that names what is training, when a run is active; with
        ``replace`` that one is stopped, and the new one begins once it is saved. A refusal has no
        effect: whatever can be wrong is looked at first.
        """

        def make_store(checked: RunConfig) -> RunStore:
            return RunStore(new_run_folder(self.runs_root, checked.preset, checked.name))

        def make() -> Run:
            if begin_with:
                return started_from(
                    self._parent(begin_with),
                    config,
                    make_store,
                    self.device,
                    self.data_root,
                    self._observers(),
                    self._memory_in_use(),
                )
            checked = check_data(config)
            check_accountant(checked)
            check_memory(checked, self.device, reclaimable=self._memory_in_use())
            store = make_store(checked)
            return Run(checked, store, self.device, self.data_root, observers=self._observers())

        return self._begin(make, replace)

    def _parent(self, name: str) -> Parent:
        run_id, _, step = name.partition("@")
        folder = listing.find(self.runs_root, run_id)
        return Parent.open(folder, _kept_step(folder, step) if step else None)

    def _memory_in_use(self) -> int:
        """Bytes that the run which trains will give back when it ends."""
        run = self.current
        if run is None or not run.active or run.spec is None:
            return 0
        return training_memory(run.config, run.spec, run.device)

    def resume(
        self,
        run_id: str,
        more_steps: int | None = None,
        replace: bool = False,
        data_path: str | None = None,
    ) -> Run:
        """Take a kept run up again, for ``more_steps`` or to its own end. ``data_path``: where its
        folder of pictures is now, None where it was. Raises as `start`, and `CheckpointError`."""
        self._refuse_active(run_id)
        folder = listing.find(self.runs_root, run_id)

        def make() -> Run:
            self._refuse_active(run_id)
            self._refuse_unsaved(run_id)
            load_kept(folder, run_id)  # refused in words that name the run
            return resumed(
                folder,
                more_steps,
                self.device,
                self.data_root,
                self._observers(),
                self._memory_in_use(),
                data_path,
            )

        return self._begin(make, replace)

    def fork(
        self,
        run_id: str,
        changes: dict[str, Any],
        step: int | None = None,
        replace: bool = False,
        data_path: str | None = None,
    ) -> Run:
        """Start a new run from a checkpoint of a kept one, under changed settings. ``data_path``:
        as in `resume`."""
        folder = listing.find(self.runs_root, run_id)

        def make() -> Run:
            load_kept(folder, run_id)
            return forked(
                folder,
                self.runs_root,
                changes,
                self.device,
                self.data_root,
                step,
                self._observers(),
                self._memory_in_use(),
                data_path,
            )

        return self._begin(make, replace)

    def _begin(self, make: Callable[[], Run], replace: bool) -> Run:
        with self._making:
            before = self.current
            if before and before.active and not replace:
                status = before.status()
                raise Busy(
                    f"{status['name']} is {status['state']} at step {status['step']:,}. "
                    "Stop it before you start another."
                )
            run = make()
            run.given_name = listing.given_name(self.runs_root / run.id)
            with self._lock:
                opened = self._opened.pop(run.id, None)
                self.current = run
                self._ending = {one.id: one for one in self._ending.values() if one.active}
                if before and before.active:
                    self._ending[before.id] = before
            if opened:
                opened.close()
            if before:
                before.retire()
            return run.start(after=before)

    def _refuse_active(self, run_id: str) -> None:
        with self._lock:
            own = [self.current, *self._ending.values()]
        if any(run and run.id == run_id and run.active for run in own):
            raise Busy("This run is training. Stop it before you resume it.")

    def _refuse_unsaved(self, run_id: str) -> None:
        """What is in memory alone would be lost: it is saved first."""
        run = self.current
        problem = run.save_rest() if run and run.id == run_id else None
        if run and problem:
            raise ConfigError(
                "{name} does not go on before its newest steps are saved: from its last checkpoint "
                "it would take them anew. {problem}",
                name=run.name,
                problem=problem,
            )

    def stop_current(self, timeout: float | None = None) -> bool:
        """Stop and save what trains; False when it did not end within ``timeout`` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            own = [run for run in (*self._ending.values(), self.current) if run]
        for run in own:
            run.stop()
        return all([run.join(None if end is None else end - time.monotonic()) for run in own])

    def close(self, timeout: float = 2.0) -> bool:
        """The process ends: save what trains."""
        with self._lock:
            opened = list(self._opened.values())
        for one in opened:
            one.close()
        return self.stop_current(timeout)

    # -- kept runs -------------------------------------------------------------------------
    def get(self, run_id: str | None) -> Run | FolderRun | None:
        """The run called ``run_id``: one of this process, or one of the runs folder (followed
        live). None: the current one.

        ``name@1200`` is the run ``name`` with the generator of its checkpoint at step 1200. Raises
        `RunError` for a name that no run has. Never waits for a run; reads files.
        """
        with self._lock:
            current, ending = self.current, self._ending.get(run_id or "")
            if run_id is None or (current and run_id == current.id):
                return current
            if ending and ending.active:
                return ending
            if run_id in self._opened:
                return self._opened[run_id]
        run = self._open(run_id)
        with self._lock:
            first = self._opened.setdefault(run_id, run)
            closed = [run] if first is not run else []
            for oldest in list(self._opened)[:-MAX_OPENED]:
                closed.append(self._opened.pop(oldest))
        for one in closed:
            one.close()
        return first if first is not run else run.follow()

    def _open(self, run_id: str) -> FolderRun:
        name, _, step = run_id.partition("@")
        folder = listing.find(self.runs_root, name)
        return FolderRun(folder, _kept_step(folder, step) if step else None, read=False)

    def library(self) -> list[listing.RunInfo]:
        """All kept runs, newest first."""
        return [self._as_known_here(info) for info in listing.list_runs(self.runs_root)]

    def run_info(self, run_id: str) -> listing.RunInfo | None:
        """How a kept run stands; None where there is no such run."""
        info = listing.run_info(listing.find(self.runs_root, run_id))
        return info and self._as_known_here(info)

    def _as_known_here(self, info: listing.RunInfo) -> listing.RunInfo:
        """A run of this process stands as this process knows it, also where its disk refuses to
        hear of that."""
        with self._lock:
            own = [self.current, *self._ending.values()]
        run = next((one for one in own if one and one.id == info.id), None)
        if run is None or run.state == "idle":
            return info
        return changed(info, state=run.state, sentence=run.sentence, step=run.step_count)

    def rename(self, run_id: str, name: str) -> None:
        """As `ganviz.runs.listing.rename`; a run that is open here goes by its new name at once."""
        listing.rename(self.runs_root, run_id, name)
        with self._lock:
            opened = [self.current, *self._ending.values(), *self._opened.values()]
        for run in opened:
            if run and run.id.partition("@")[0] == run_id:
                run.given_name = listing.given_name(self.runs_root / run_id)

    def delete(self, run_id: str) -> str:
        """Move a run to the trash; returns the name that `listing.restore` takes."""
        deleted = self.current
        if deleted and deleted.id == run_id and not deleted.active:
            # its files are closed while they are still where they belong
            deleted.retire()
        trashed = listing.delete(self.runs_root, run_id)
        with self._lock:
            opened = self._opened.pop(run_id, None)
            if self.current and self.current.id == run_id:
                self.current = None
        if opened:
            opened.close()
        return trashed


def _kept_step(folder: Path, step: str) -> int:
    """The step of a kept checkpoint that a person names. Raises `RunError`."""
    paths = checkpoint.list_checkpoints(folder / checkpoint.CHECKPOINTS)
    kept = [int(path.name.removeprefix("step-")) for path in paths]
    if step not in map(str, kept):
        known = ", ".join(f"{one:,}" for one in kept) or "none yet"
        raise listing.RunError(
            f"{folder.name} keeps no checkpoint of step {step[:20]}; these are kept: {known}.",
            "run",
        )
    return int(step)
