"""What was measured on: every report begins with it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

from ganviz import device as devices


def describe(device: torch.device) -> dict[str, str | int | float]:
    """The machine in words and numbers."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else -1.0
    return {
        "device": devices.label(device),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count() or 1,
        "training threads": devices.cpu_threads() if device.type == "cpu" else 1,
        "bf16 in the processor": "yes" if has_bf16(device) else "no",
        "load before": round(load, 2),
    }


def has_bf16(device: torch.device) -> bool:
    """Whether ``device`` computes in bf16 itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return (
        "avx512_bf16" in flags
        or "amx_bf16" in flags
        or "bf16" in flags.split("Features", 1)[-1].split("\n", 1)[0].split()
    )
