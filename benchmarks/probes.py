"""What all default probes cost: throughput with them over throughput without, taken in turns within
one run.

``python -m benchmarks.probes [--presets digits-mlp digits-quick] [--pairs 8] [--seconds 6]``

Two ratios, each the median over the pairs: of steps by the clock, and of steps per second of the
training thread's own processor time, which other processes on a shared machine do not blur. The
thread of the fidelity probe works beside the training: its processor time is the "beside" column,
in shares of one core.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from ganviz.config import RunConfig
from ganviz.engine.run import Run
from ganviz.probes import default_observers

WARM_UP = 15.0  # seconds, in which the feature net is trained or read


@dataclass
class Stretch:
    """Steps, seconds by the clock, and processor seconds of the training thread and of the whole
    process."""

    steps: float
    wall: float
    thread: float
    process: float


class Clock:
    """Measures stretches of a run from outside its thread."""

    def __init__(self, run: Run):
        self._run = run
        thread = run._thread.ident
        assert thread is not None, "the run has begun"
        self._thread = time.pthread_getcpuclockid(thread)

    def now(self) -> Stretch:
        return Stretch(
            self._run.step_count,
            time.perf_counter(),
            time.clock_gettime(self._thread),
            time.process_time(),
        )

    def stretch(self, seconds: float) -> Stretch:
        began = self.now()
        time.sleep(seconds)
        ended = self.now()
        return Stretch(
            *(
                getattr(ended, name) - getattr(began, name)
                for name in ("steps", "wall", "thread", "process")
            )
        )


def measure(
    config: RunConfig, pairs: int, seconds: float, data_root: Path
) -> list[tuple[Stretch, Stretch]]:
    """(without, with) stretches of one run."""
    probes = default_observers(data_root)
    run = Run(config, device=torch.device("cpu"), data_root=data_root, observers=probes).start()
    while run.step_count < 5 and run.active:
        time.sleep(0.05)
    clock = Clock(run)
    time.sleep(WARM_UP)
    found = []
    for _ in range(pairs):
        run.observers = []
        without = clock.stretch(seconds)
        for probe in probes:
            probe._due += without.wall  # their clocks stood still, or they would all be due at once
        run.observers = probes
        found.append((without, clock.stretch(seconds)))
    run.stop()
    run.join()
    return found


def main() -> None:
    """Print one line for each preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", default=["digits-mlp", "digits-quick"])
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--data-root", type=Path, default=Path("data"))
    options = parser.parse_args()
    print(f"{'preset':16}{'steps/s':>9}{'by the clock':>15}{'by thread time':>16}{'beside':>9}")
    for name in options.presets:
        pairs = measure(
            RunConfig.from_preset(name, steps=0), options.pairs, options.seconds, options.data_root
        )
        clock = statistics.median(
            (on.steps / on.wall) / (off.steps / off.wall) for off, on in pairs
        )
        thread = statistics.median(
            (on.steps / on.thread) / (off.steps / off.thread) for off, on in pairs
        )
        beside = statistics.mean((on.process - on.thread) / on.wall for _, on in pairs)
        rate = statistics.median(off.steps / off.wall for off, _ in pairs)
        print(f"{name:16}{rate:9.1f}{clock:15.3f}{thread:16.3f}{beside:9.2f}", flush=True)


if __name__ == "__main__":
    main()
