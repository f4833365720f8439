"""The mode-coverage protocol of the VEEGAN and PacGAN papers, and the figures that they report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganviz.accel.preparation import prepare_training_thread
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.snapshot import draw
from ganviz.engine.trainer import Trainer
from ganviz.experiments.batched_seeds import BatchedSeedsTrainer
from ganviz.probes.modes import SAMPLES, mode_figures

# Steps between two checks for NaN.
READ_EVERY = 500


@dataclass(frozen=True)
class Task:
    """A data set with known modes, and the preset of ours that trains on it."""

    preset: str
    title: str
    modes: int


TASKS = {
    "ring8": Task("ring8-best", "ring of 8, sigma 0.01", 8),
    "grid25": Task("grid25-best", "grid of 25, sigma 0.05", 25),
}


@dataclass(frozen=True)
class Outcome:
    """One training: `mode_figures` of 2,500 samples of the EMA generator, and its share of the
    processor time."""

    task: str
    seed: int
    steps: int
    cpu_seconds: float
    figures: dict[str, Any]


def measure(
    task: str,
    seeds: int,
    steps: int | None = None,
    notify: Callable[[str], None] = lambda text: None,
) -> Iterator[Outcome]:
    """Train the task's preset once a seed, all seeds at once on one CPU thread, and count the modes
    of each.

    ``steps``: fewer, for a quick look. Raises `NonFinite` where one of the trainings broke down.
    """
    device = torch.device("cpu")
    prepare_training_thread(device)
    torch.set_num_threads(1)
    config = RunConfig.from_preset(TASKS[task].preset, **({"steps": steps} if steps else {}))
    configs = [config.but(seed=seed) for seed in range(seeds)]
    trainers = [Trainer(one, load_data(one, device, Path("data")), device) for one in configs]
    trainer = BatchedSeedsTrainer(trainers)
    began = time.process_time()
    for step in range(config.steps):
        trainer.step()
        if step % READ_EVERY == 0:
            trainer.read_stats()
            notify(f"{TASKS[task].title}, {seeds} seeds: step {step:,} of {config.steps:,}")
    spent = (time.process_time() - began) / seeds
    for seed, source in enumerate(one.source for one in trainers):
        z = torch.randn(
            SAMPLES, config.latent_dim, generator=torch.Generator().manual_seed(10_000 + seed)
        )
        fakes = draw(trainer.averaged(seed), z, None).float()
        modes = source.modes
        # The tasks are on points with known modes.
        assert modes is not None
        figures = mode_figures(fakes, modes["centres"], modes["sigma"])
        yield Outcome(task, seed, config.steps, spent, figures)


def describe(task: str) -> str:
    """The networks and the recipe behind our row."""
    config = RunConfig.from_preset(TASKS[task].preset)
    return (
        f"G {config.latent_dim}-{'-'.join(map(str, config.g_hidden))}-2, D "
        f"2-{'-'.join(map(str, config.d_hidden))}-1, "
        f"{config.activation}, {config.objective}, {config.penalty} x {config.penalty_weight:g}, "
        f"batch {config.batch_size}, {config.steps:,} steps"
    )
