"""Taking a saved run up again: where it stopped (bit for bit on a CPU), or as a fork under other
settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from ganviz.config import FORK_FIELDS, LIVE_FIELDS, RunConfig, load_config, meta
from ganviz.device import fits_random
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.frames import Frame, FrameStore
from ganviz.engine.observer import Observer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import CheckpointError, ConfigError
from ganviz.runs.folder_run import FolderFrames
from ganviz.runs.listing import run_info
from ganviz.runs.store import RunStore, frames_in, new_run_folder


def resumed(
    folder: Path | str,
    more_steps: int | None,
    device: torch.device,
    data_root: Path,
    observers: Sequence[Observer] = (),
) -> Run:
    """The run in ``folder``, not yet started, from its newest valid checkpoint, for ``more_steps``
    or to its own end.

    Its history and kept pictures come along. One that died before its first checkpoint begins anew.
    Raises `CheckpointError`, `ConfigError`, or `Busy` while another process trains it.
    """
    folder = Path(folder)
    config, state = _newest(folder)
    if folder == state.path:
        raise CheckpointError(
            f"{folder} is one checkpoint: name its run's folder, {folder.parent.parent}, to "
            f"resume it."
        )
    if more_steps is not None:
        config = config.but(steps=state.step + more_steps)
    elif config.steps and state.step >= config.steps:
        raise ConfigError(
            f"{folder.name} has all its {config.steps:,} steps; say how many more.", "steps"
        )
    store = RunStore(folder)
    store.rewind(state.step)
    for step, path in frames_in(folder):
        if step > state.step:
            with suppress(OSError):
                path.unlink()
    run = Run(
        config,
        store,
        device,
        data_root,
        restore=_restorer(state) if state.weights else None,
        observers=observers,
    )
    run.events = store.history()
    run.frames = ContinuedFrames(folder)
    if state.note:
        run.log("note", sentence=state.note, level="warning")
    if _moves(state, device):
        run.log(
            "note",
            level="warning",
            sentence="This run was trained on another kind of device, whose random numbers are of "
            "another kind: it goes on from its weights and optimisers, with random numbers begun "
            "anew.",
        )
    return run


def _moves(state: TrainingState, device: torch.device) -> bool:
    """Whether the run goes on elsewhere than on the kind of device that it was trained on."""
    saved = (state.training or {}).get("algorithm")
    random = saved.get("random") if isinstance(saved, dict) else None
    return isinstance(random, torch.Tensor) and not fits_random(torch.Generator(device), random)


def _newest(folder: Path) -> tuple[RunConfig, TrainingState]:
    """The newest valid checkpoint; for a run that holds none yet its settings, and a state without
    weights at step 0."""
    if (
        (folder / checkpoint.CONFIG).is_file()
        and not checkpoint.list_checkpoints(folder / checkpoint.CHECKPOINTS)
        and not (folder / checkpoint.STATE).exists()
    ):
        return load_config(folder / checkpoint.CONFIG), TrainingState({}, info={"step": 0})
    return checkpoint.load(folder)


def forked(
    folder: Path | str,
    runs_root: Path,
    changes: dict[str, Any],
    device: torch.device,
    data_root: Path,
    step: int | None = None,
    observers: Sequence[Observer] = (),
) -> Run:
    """A new run, not yet started, that goes on from a checkpoint of the run in ``folder`` under
    changed settings.

    ``step``: which kept checkpoint; None takes the newest. ``changes``: of `FORK_FIELDS` fields, for
    others would not fit the saved weights. Raises `CheckpointError` or `ConfigError`.
    """
    folder = Path(folder)
    for name in changes.keys() - set(FORK_FIELDS):
        raise ConfigError(
            f"A fork keeps its networks and data; {name} cannot change. These can: "
            f"{', '.join(FORK_FIELDS)}.",
            name,
        )
    source = folder if step is None else folder / checkpoint.CHECKPOINTS / f"step-{step:09d}"
    parent, state = checkpoint.load(source)
    info = run_info(folder)
    changed = ", ".join(
        f"{meta(name)['label'].lower()} {getattr(parent, name):g} → {value:g}"
        for name, value in changes.items()
        if name in LIVE_FIELDS and value != getattr(parent, name)
    )
    called = info.name if info and info.name != info.id else parent.preset or folder.name
    origin = f"{called} at step {state.step:,}" + (f", {changed}" if changed else "")
    config = parent.but(**{"name": f"Fork of {origin}"[:80], **changes})
    if config.steps and config.steps <= state.step:
        config = config.but(steps=state.step + config.steps)
    store = RunStore(new_run_folder(runs_root, parent.preset, config.name))
    run = Run(
        config, store, device, data_root, restore=_restorer(state, config), observers=observers
    )
    run.log("note", sentence=f"Forked from {origin}.", level="info")
    return run


def _restorer(state: TrainingState, config: RunConfig | None = None) -> Callable[[Trainer], float]:
    def restore(trainer: Trainer) -> float:
        elapsed = checkpoint.restore(trainer, state)
        for name in (
            LIVE_FIELDS if config else ()
        ):  # the saved optimisers bring their old learning rates along
            trainer.apply(name, getattr(config, name))
        return elapsed

    return restore


class ContinuedFrames(FrameStore):
    """The grids of a run that goes on: those of before stay on disk, new ones are held as ever."""

    def __init__(self, folder: Path):
        super().__init__()
        self._before = FolderFrames(folder)
        self._steps_before = self._before.steps()

    def get(self, step: int) -> Frame | None:
        return super().get(step) or self._before.get(step)

    def steps(self) -> list[int]:
        return sorted({*self._steps_before, *super().steps()})
