"""Memory after many runs in one process: ``python -m benchmarks.in_a_row [RUNS]``.

One manager trains the default preset's networks for a few steps, again and again, as a class does
in a day; resident memory is read after each run. The bar: after the 30th at most 1.05 times what it
is after the 5th.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from pathlib import Path

import psutil
import torch

from ganviz.config import RunConfig
from ganviz.probes import default_observers
from ganviz.runs.manager import RunManager

STEPS = 30
WARM_RUNS = 5


def resident(runs: int, preset: str = "digits-quick") -> list[float]:
    """MB of resident memory after each of ``runs`` runs, with the page's probes watching."""
    process, readings = psutil.Process(), []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        manager = RunManager(
            root / "runs",
            root / "data",
            torch.device("cpu"),
            lambda: default_observers(root / "data"),
        )
        for seed in range(runs):
            run = manager.start(RunConfig.from_preset(preset, steps=STEPS, seed=seed))
            run.join()
            if run.state != "finished":
                raise RuntimeError(run.error)
            gc.collect()
            readings.append(process.memory_info().rss / 1e6)
        manager.close()
    return readings


def main() -> None:
    """Print a reading a run, and the figure that the bar is set for."""
    readings = resident(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
    for number, reading in enumerate(readings, 1):
        print(f"after run {number:>3}: {reading:8.1f} MB", flush=True)
    warm = readings[min(WARM_RUNS, len(readings)) - 1]
    print(f"last / after run {WARM_RUNS}: {readings[-1] / warm:.3f}")


if __name__ == "__main__":
    main()
