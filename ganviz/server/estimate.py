"""What a training will take on this machine, before it begins: memory from the shapes of a step,
time from the last training of the same shapes here."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import torch

from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.data.picture_cache import room
from ganviz.engine.machine_memory import MachineMemory, key
from ganviz.engine.memory_need import checkpoint_bytes, training_memory
from ganviz.errors import DataError
from ganviz.progress import duration
from ganviz.registry import DATASETS


def estimate(
    config: RunConfig, device: torch.device, data_root: Path, runs_root: Path | None = None
) -> str:
    """A sentence on the memory that a run of ``config`` takes, on the disk that its checkpoints
    take, and on the time that 1,000 steps take, which is known once its like has been trained
    here."""
    spec = expected_spec(config)
    name = key(config, spec, device)
    known = MachineMemory(data_root).recall(name)
    measured = _positive(known.get("memory"))
    memory = measured or training_memory(config, spec, device)
    seconds = _positive(known.get("seconds_per_step"))
    parts = []
    if memory:
        parts.append(f"{'took' if measured else 'takes about'} {_size(memory)} of memory")
    saved = checkpoint_bytes(config, spec, device)
    if saved:
        parts.append(_checkpoints(config, saved, runs_root))
    if seconds:
        parts.append(f"1,000 steps took {duration(1000 * seconds)} here")
        if config.steps:
            parts.append(f"{config.steps:,} take about {duration(config.steps * seconds)}")
    else:
        parts.append("how long steps take here is known after the first run")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _checkpoints(config: RunConfig, each: int, runs_root: Path | None) -> str:
    """What they take beside the best one; while one is written, all others are still there."""
    most = config.keep_checkpoints + 2
    sentence = f"up to {most} checkpoints of {_size(each)} lie on the disk"
    free = None if runs_root is None else room(runs_root)
    if free is not None and free < most * each:
        return f"{sentence}, which has {_size(free)} left: keep fewer, or free some space"
    return sentence


def decoded(config: RunConfig, data_root: Path) -> tuple[Path, str] | None:
    """The file with the decoded pictures of a run's data and a sentence on its size, once there is
    one."""
    entry = DATASETS.get(config.data, "data")
    if entry.decoded_file is None:
        return None
    with suppress(DataError, OSError):
        path = entry.decoded_file(config, data_root)
        size = _size(path.stat().st_size)
        return path, f"These pictures are decoded already, which takes {size} of disk."
    return None


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _positive(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
