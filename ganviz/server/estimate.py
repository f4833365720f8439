"""What a training will take on this machine, before it begins: memory from the shapes of a step,
time from the last training of the same shapes here."""

from __future__ import annotations

from pathlib import Path

import torch

from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.engine.machine_memory import MachineMemory, key
from ganviz.engine.memory_need import training_memory
from ganviz.progress import duration


def estimate(config: RunConfig, device: torch.device, data_root: Path) -> str:
    """A sentence on the memory that a run of ``config`` takes, and on the time that 1,000 steps
    take, which is known once its like has been trained here."""
    spec = expected_spec(config)
    name = key(config, spec, device)
    known = MachineMemory(data_root).recall(name)
    measured = _positive(known.get("memory"))
    memory = measured or training_memory(config, spec, device)
    seconds = _positive(known.get("seconds_per_step"))
    parts = []
    if memory:
        parts.append(f"{'took' if measured else 'takes about'} {_size(memory)} of memory")
    if seconds:
        parts.append(f"1,000 steps took {duration(1000 * seconds)} here")
        if config.steps:
            parts.append(f"{config.steps:,} take about {duration(config.steps * seconds)}")
    else:
        parts.append("how long steps take here is known after the first run")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _positive(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else 0.0
