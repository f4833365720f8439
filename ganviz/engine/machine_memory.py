"""What this machine has learned of games that it trained: which ways to compute are the quickest,
how long a step takes, how much memory it needed. A JSON file beside the data sets."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from ganviz import device as devices
from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.disk import read_json, write_atomic
from ganviz.settings import NETWORKS, extra

FILE = "this-machine.json"
# The oldest are forgotten first.
MOST = 300
LARGEST = 2**20
# Goes up where ways to compute are measured otherwise than before.
MEASURED_AS = 2
# What a step's work depends on, beside the networks' settings.
SHAPES = (
    "algorithm",
    "objective",
    "penalty",
    "augment",
    "augment_strength",
    "minibatch_std",
    "update",
    "optimizer",
    "batch_size",
    "d_steps",
    "g_steps",
    "precision",
    "tf32",
    "cuda_graphs",
    "compiled",
    "mistake",
)


def machine(device: torch.device) -> str:
    """What must be the same for a choice to hold: the device with the number of threads that train
    on it, and torch. Any thread may ask."""
    parts = [devices.label(device), f"torch {torch.__version__}"]
    if device.type == "cpu":
        parts.append(torch.backends.cpu.get_cpu_capability())
    return ", ".join(parts)


def key(config: RunConfig, spec: DataSpec, device: torch.device) -> str:
    """Names games that are the same work on the same machine."""
    names = [n for n, info in RunConfig.model_fields.items() if extra(info)["group"] is NETWORKS]
    values = {name: getattr(config, name) for name in (*names, *SHAPES)}
    text = json.dumps(
        [MEASURED_AS, machine(device), list(spec.shape), spec.n_classes, values],
        sort_keys=True,
        default=str,
    )
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class MachineMemory:
    """The file in ``folder``. Nothing in it is trusted, and a disk that refuses is no error."""

    def __init__(self, folder: Path | str):
        self._path = Path(folder).expanduser() / FILE

    def recall(self, key: str) -> dict[str, Any]:
        """What is known of a game; empty for one that is new."""
        entry = self._read().get(key)
        return entry if isinstance(entry, dict) else {}

    def remember(self, key: str, **facts: Any) -> bool:
        """Add ``facts`` to what is known of a game; whether they are kept."""
        table = self._read()
        known = table.pop(key, None)
        table[key] = {**(known if isinstance(known, dict) else {}), **facts}
        for old in list(table)[:-MOST]:
            del table[old]
        with suppress(OSError, TypeError, ValueError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._path, json.dumps(table, indent=1) + "\n")
            return True
        return False

    def _read(self) -> dict[str, Any]:
        return read_json(self._path, LARGEST)
