"""What private training costs: the same game with and without DP-SGD, and what a classifier that
learns from its pictures is worth on held-out real ones.

``python -m benchmarks.private_data [--steps 400] [--noise 0,0.5,1,2] [--seeds 11] [--json FILE]``

Runs are kept in the folder for the next time. The figures do not depend on how busy the machine is.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.virtual_data import silent
from ganviz.api import train
from ganviz.synthetic.evidence import EvaluationData
from ganviz.synthetic.promise import spent_by
from ganviz.synthetic.report import RunUnderTest
from ganviz.synthetic.utility import utility_rows

# Without a penalty, so that the noise is all that differs.
GAME: dict[str, Any] = {
    "data": "glyphs",
    "generator": "dcgan",
    "discriminator": "dcgan",
    "conditioning": "projection",
    "objective": "non-saturating",
    "d_norm": "layer",
    "g_width": 16,
    "d_width": 16,
    "latent_dim": 64,
    "batch_size": 128,
    "g_lr": 1e-3,
    "d_lr": 1e-3,
    "ema_decay": 0.99,
}
PICTURES = 5_000


@dataclass(frozen=True)
class Worth:
    """``epsilon``: None without privacy. ``ratio``: accuracy on held-out real pictures of a
    classifier that learned from virtual ones, over that of one that learned from real ones.
    ``seconds``: of processor time a step."""

    noise: float
    seed: int
    epsilon: float | None
    ratio: float
    low: float
    high: float
    seconds: float


def worth(noise: float, seed: int, steps: int, folder: Path, quiet: Callable[..., None]) -> Worth:
    """Train, draw, and have classifiers learn."""
    out = folder / f"noise-{noise:g}-{steps}-{seed}"
    kept = out / "cost.json"
    if not kept.is_file():
        settings = {**GAME, "steps": steps, "seed": seed}
        if noise:
            settings |= {"private": True, "noise_multiplier": noise}
        began = time.process_time()
        train(settings, out=out, data_root=folder / "data")
        kept.write_text(json.dumps((time.process_time() - began) / steps))
    run = RunUnderTest.load(out, folder / "data", torch.device("cpu"), silent)
    evidence = EvaluationData.of(
        run.source, run.draw(PICTURES, 0, "balanced"), run.config.conditional, ""
    )
    rows = {row.figure.name: row for row in utility_rows(evidence, quiet)}
    found, spent = rows["utility"].synthetic, spent_by(run.state.info)
    assert found is not None
    epsilon = None if spent is None else spent["epsilon"]
    seconds = json.loads(kept.read_text())
    return Worth(noise, seed, epsilon, found.value, found.low, found.high, seconds)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.private_data", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "private-data")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--noise", default="0,0.5,1,2")
    parser.add_argument("--seeds", default="11")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    def results() -> Iterator[Worth]:
        for noise in map(float, options.noise.split(",")):
            for seed in map(int, options.seeds.split(",")):
                yield worth(noise, seed, options.steps, options.folder, lambda done: None)

    found = list(results())
    table = Table("noise", "seed", "epsilon", "trained on virtual, tested on real", "s a step")
    for one in found:
        table.add_row(
            f"{one.noise:g}" if one.noise else "not private",
            str(one.seed),
            "-" if one.epsilon is None else f"{one.epsilon:.2f}",
            f"{one.ratio:.3f} ({one.low:.3f} to {one.high:.3f})",
            f"{one.seconds:.3f}",
        )
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
