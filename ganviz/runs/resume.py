"""Taking a saved run up again: where it stopped (bit for bit on a CPU), or as a fork under other
settings."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ganviz.algorithms.dp_sgd import check_accountant
from ganviz.config import FORK_FIELDS, LIVE_FIELDS, RunConfig, meta
from ganviz.config_file import load_config
from ganviz.data.held_out import MIXED_SPLIT
from ganviz.data.source import DataSpec
from ganviz.device import cpu_threads, fits_random
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.frames import Frame, FrameStore
from ganviz.engine.memory_need import check_memory
from ganviz.engine.observer import Observer
from ganviz.engine.restore import elapsed_of, restore_trainer
from ganviz.engine.run import Run
from ganviz.engine.trainer import Trainer
from ganviz.errors import CheckpointError, ConfigError
from ganviz.registry import DATASETS
from ganviz.runs.folder_frames import FolderFrames
from ganviz.runs.kept_data import with_data_at
from ganviz.runs.listing import run_info
from ganviz.runs.store import RunStore, new_run_folder
from ganviz.runs.trained import parse_spec
from ganviz.text import counted, listed

GOES_ON = "It goes on with the data as they are now, which is not what it would have been."


def resumed(
    folder: Path | str,
    more_steps: int | None,
    device: torch.device,
    data_root: Path,
    observers: Sequence[Observer] = (),
    reclaimable: int = 0,
    data_path: str | None = None,
) -> Run:
    """The run in ``folder``, not yet started, from its newest valid checkpoint, for ``more_steps``
    or to its own end. ``reclaimable``: bytes of memory that will be free by then. ``data_path``:
    where its folder of pictures is now, None where it was; the run keeps it.

    Its history and kept pictures come along. One that died before its first checkpoint begins anew.
    Raises `CheckpointError`, `ConfigError`, `DataError`, or `Busy` while another process trains
    it; nothing of the run has been touched then.
    """
    folder = Path(folder)
    config, state = _newest(folder)
    if folder == state.path:
        raise CheckpointError(
            f"{folder} is one checkpoint: name its run's folder, {folder.parent.parent}, to "
            f"resume it."
        )
    config = with_data_at(_going_on(folder.name, config, state, more_steps), data_path)
    check_accountant(config)
    _check_classes(config, state)
    check_memory(config, device, parse_spec(state.info.get("spec")), reclaimable)
    store = RunStore(folder)
    run = Run(
        config,
        store,
        device,
        data_root,
        restore=(lambda trainer: _restore(run, trainer, state)) if state.weights else None,
        observers=observers,
        kept_choices=_kept_choices(state),
    )
    run.begins_at, run.take_up = state.step, lambda: _rewind(store, state.step)
    # the checkpoint knows the old place
    run.saves_at_start = data_path is not None and bool(state.weights)
    run.events = store.history().rewound(state.step)
    run.frames = ContinuedFrames(folder, state.step)
    for sentence in (state.note, *_differences(state, device)):
        if sentence:
            run.log("note", sentence=sentence, level="warning")
    return run


def _rewind(store: RunStore, step: int) -> None:
    """Take away what the run logged and drew after ``step``, from which it goes on."""
    store.rewind(step)
    for drawn, path in store.frames():
        if drawn > step:
            with suppress(OSError):
                path.unlink()


def _going_on(
    name: str, config: RunConfig, state: TrainingState, more_steps: int | None
) -> RunConfig:
    """The settings under which a run goes on for ``more_steps`` or to its own end. Raises
    `ConfigError` where it has come to that."""
    seconds, limit = elapsed_of(state), 60 * config.minutes
    if more_steps is not None:
        minutes = 0.0 if seconds >= limit else config.minutes
        return config.but(steps=state.step + more_steps, minutes=minutes)
    if config.steps and state.step >= config.steps:
        sentence = counted(
            config.steps,
            "{name} has its one step; say how many more.",
            "{name} has all its {n} steps; say how many more.",
            name=name,
        )
        raise ConfigError(sentence, "steps")
    if limit and seconds >= limit:
        raise ConfigError(
            f"{name} has trained for all its time ({config.minutes:g} min); say how many steps "
            "more.",
            "steps",
        )
    return config


def _kept_choices(state: TrainingState) -> dict[str, Any] | None:
    """What the run's checkpoint says of its ways to compute; None where it begins anew."""
    if not state.weights:
        return None
    kept = state.info.get("choices")
    return kept if isinstance(kept, dict) else {}


def _differences(state: TrainingState, device: torch.device) -> list[str]:
    """Sentences that say in which ways the run does not go on as if it had never stopped."""
    if not state.weights:
        return ["This run ended before its first checkpoint: it begins anew, at step 0."]
    if _moves(state, device):
        return [
            "This run was trained on another kind of device, whose random numbers are of another "
            "kind: it goes on from its weights and optimisers, with random numbers begun anew."
        ]
    threads = state.info.get("threads")
    if device.type == "cpu" and type(threads) is int and threads != cpu_threads():
        return [
            counted(
                threads,
                "This run was trained with one thread and goes on with {now}: sums are added up in "
                "another order, so it is no longer the same bit for bit as an uninterrupted one. "
                "OMP_NUM_THREADS={n} keeps it so.",
                "This run was trained with {n} threads and goes on with {now}: sums are added up "
                "in another order, so it is no longer the same bit for bit as an uninterrupted "
                "one. OMP_NUM_THREADS={n} keeps it so.",
                now=cpu_threads(),
            )
        ]
    return []


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
        info = run_info(folder)
        if info and info.origin:
            raise CheckpointError(
                f"{info.title} ended before it held the networks of {info.origin}: start it from "
                "there once more."
            )
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
    reclaimable: int = 0,
    data_path: str | None = None,
) -> Run:
    """A new run, not yet started, that goes on from a checkpoint of the run in ``folder`` under
    changed settings.

    ``step``: which kept checkpoint; None takes the newest. ``changes``: of `FORK_FIELDS` fields,
    for others would not fit the saved weights. ``reclaimable``: bytes of memory that will be free
    by then. ``data_path``: where its folder of pictures is now, None where it was. Raises
    `CheckpointError`, `ConfigError` or `DataError`, and leaves no folder then.
    """
    folder = Path(folder)
    for name in changes.keys() - set(FORK_FIELDS):
        raise ConfigError(
            f"A fork keeps its networks and data; {name} cannot change. These can: "
            f"{', '.join(FORK_FIELDS)}.",
            name,
        )
    source = folder if step is None else checkpoint.path_of(folder / checkpoint.CHECKPOINTS, step)
    parent, state = checkpoint.load(source)
    info = run_info(folder)
    config = parent.but(**changes)
    changed = ", ".join(
        f"{meta(name)['label'].lower()} {getattr(parent, name):g} → {getattr(config, name):g}"
        for name in changes
        if name in LIVE_FIELDS and getattr(config, name) != getattr(parent, name)
    )
    called = info.title if info else folder.name
    checkpoint_of = f"{called} at step {state.step:,}"
    origin = checkpoint_of + (f", {changed}" if changed else "")
    config = config.but(name=changes.get("name") or f"Fork of {origin}"[:80])
    if config.steps and config.steps <= state.step:
        config = config.but(steps=state.step + config.steps)
    if config.minutes and 60 * config.minutes <= elapsed_of(state):
        config = config.but(minutes=config.minutes + elapsed_of(state) / 60)
    config = with_data_at(config, data_path)
    check_accountant(config)
    _check_classes(config, state)
    check_memory(config, device, parse_spec(state.info.get("spec")), reclaimable)
    store = RunStore(new_run_folder(runs_root, parent.preset, config.name))
    run = Run(
        config,
        store,
        device,
        data_root,
        restore=lambda trainer: _restore(run, trainer, state, config),
        observers=observers,
        kept_choices=_kept_choices(state),
    )
    run.saves_at_start = True
    store.describe(origin=checkpoint_of)
    run.log("note", sentence=f"Forked from {origin}.", level="info")
    return run


def _restore(
    run: Run, trainer: Trainer, state: TrainingState, changed: RunConfig | None = None
) -> float:
    """Let ``trainer`` go on from ``state``; returns the seconds trained so far. ``changed``: the
    settings of a fork. Raises `CheckpointError` or `ConfigError`."""
    saved = parse_spec(state.info.get("spec"))
    if saved is not None:
        changes = compare_data(saved, trainer.source.spec, run.config.conditional)
        if changes and not _is_same_training(saved, trainer.source.spec, run.config.conditional):
            changes.append(GOES_ON)
        for sentence in changes:
            run.log("note", sentence=sentence, level="warning")
        if saved.split and saved.split != trainer.source.spec.split:
            trainer.source = replace(
                trainer.source, spec=replace(trainer.source.spec, split=MIXED_SPLIT)
            )
    elapsed = restore_trainer(trainer, state)
    # the saved optimisers bring their old learning rates along
    for name in LIVE_FIELDS if changed else ():
        trainer.apply(name, getattr(changed, name))
    return elapsed


def _check_classes(config: RunConfig, state: TrainingState) -> None:
    """Raise `ConfigError` where a conditional run's classes have changed, before anything of the
    run is touched; as far as that can be seen without loading the data."""
    saved = parse_spec(state.info.get("spec"))
    list_classes = DATASETS.get(config.data, "data").list_classes
    if saved is not None and list_classes is not None and config.conditional:
        compare_data(saved, replace(saved, classes=list_classes(config)), conditional=True)


def compare_data(saved: DataSpec, now: DataSpec, conditional: bool) -> list[str]:
    """Sentences that say how the data have changed since a run was saved.

    Raises `ConfigError` where a conditional run's classes have: its networks know them by number,
    and would take one for another without a word.
    """
    sentences = []
    if saved.classes != now.classes:
        gone = [name for name in saved.classes if name not in now.classes]
        new = [name for name in now.classes if name not in saved.classes]
        what = (
            f"gone: {listed(gone) or 'none'}; new: {listed(new) or 'none'}"
            if gone or new
            else "they stand in another order"
        )
        if conditional:
            raise ConfigError(
                f"The classes of the data have changed since this run was saved ({what}), and it "
                "would take one for another. Bring back the classes "
                f"{listed(list(saved.classes))}, "
                "or train anew.",
                "data",
            )
        sentences.append(f"The classes of the data have changed since this run was saved ({what}).")
    before, there = saved.count + saved.held_out, now.count + now.held_out
    if before != there:
        sentences.append(
            counted(
                there,
                "The data hold one sample now and held {before:,} when this run was saved.",
                "The data hold {n} samples now and held {before:,} when this run was saved.",
                before=before,
            )
        )
    elif change := _changed_samples(saved, now, conditional):
        sentences.append(change)
    if _is_other_split(saved, now):
        sentences.append(
            "The networks may have seen some of the pictures that are held out now: no report of "
            "this run can be measured against held-out pictures any more."
        )
    return sentences


def _is_same_training(saved: DataSpec, now: DataSpec, conditional: bool) -> bool:
    """Whether all that the networks see is known to be as before: where they are told no labels,
    those may have changed."""
    before, after = saved.fingerprint, now.fingerprint
    if conditional or before is None or after is None or _is_other_split(saved, now):
        return False
    same_count = (saved.count, saved.held_out) == (now.count, now.held_out)
    return same_count and (before.examined, before.ordered) == (after.examined, after.ordered)


def _is_other_split(saved: DataSpec, now: DataSpec) -> bool:
    """Whether other samples are held out now; of a run to which that happened before, it was
    said then."""
    return saved.split not in ("", MIXED_SPLIT, now.split)


def _changed_samples(saved: DataSpec, now: DataSpec, conditional: bool) -> str:
    """A sentence that says how as many samples are others now, or stand otherwise; "" where nothing
    of that kind is known."""
    changed = "The pictures have changed since this run was saved."
    before, after = saved.fingerprint, now.fingerprint
    if before is None or after is None or before.examined != after.examined:
        return changed if _is_other_split(saved, now) else ""
    if before.samples != after.samples:
        return changed
    if saved.classes == now.classes and before.labelled != after.labelled:
        return (
            "The pictures are those of before, but some have other labels than when this run was "
            "saved, and its networks have learned the old ones."
            if conditional
            else "The pictures are those of before, but some have other labels than when this run "
            "was saved; its networks are not told them."
        )
    if before.ordered != after.ordered:
        return (
            "The pictures are those of before, but stand in another order than when this run was "
            "saved."
        )
    return ""


class ContinuedFrames(FrameStore):
    """The grids of a run that goes on from step ``begins_at``: those of before stay on disk, new
    ones are held as ever."""

    def __init__(self, folder: Path, begins_at: int):
        super().__init__()
        self._before = FolderFrames(folder)
        self._steps_before = [step for step in self._before.steps() if step <= begins_at]

    def get(self, step: int) -> Frame | None:
        return super().get(step) or self._before.get(step)

    def steps(self) -> list[int]:
        return sorted({*self._steps_before, *super().steps()})
