"""How busy an NVIDIA GPU is, by NVIDIA's own binding (`pip install nvidia-ml-py`), where it is
installed."""

from __future__ import annotations

import functools
import threading
import time
from typing import Any

import torch

# Seconds for which a reading holds: many viewers ask for every status.
HOLDS = 1.0
Load = dict[str, Any]


class GpuMeter:
    """Reads ``device`` at most once in `HOLDS` seconds, from any thread; says nothing for good once
    it could not."""

    def __init__(self, device: torch.device):
        self._device = device
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._newest: Load | None = None
        self._is_broken = device.type != "cuda"

    def load(self) -> Load | None:
        """``load`` in percent and ``used`` and ``total`` bytes of memory, of all programs together;
        None where there is no such GPU, or nothing that reads it."""
        if self._is_broken:
            return None
        with self._lock:
            if time.monotonic() - self._read_at >= HOLDS:
                self._read_at = time.monotonic()
                try:
                    self._newest = read(self._device)
                # The binding is missing, too old for the driver, or sees another card.
                except Exception:
                    self._is_broken, self._newest = True, None
            return self._newest


def read(device: torch.device) -> Load:
    """The load of a CUDA device now. Raises what NVIDIA's binding raises."""
    return {
        "load": int(torch.cuda.utilization(device)),
        "used": int(torch.cuda.device_memory_used(device)),
        "total": int(torch.cuda.get_device_properties(device).total_memory),
    }


def gpu_load(device: torch.device) -> Load | None:
    """The newest reading of `GpuMeter` for ``device``."""
    return _meter(device).load()


_meter = functools.cache(GpuMeter)
