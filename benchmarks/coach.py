"""Does the coach speak when it should, and only then? Healthy and broken trainings, seconds each,
and what it said.

``python -m benchmarks.coach [--seed 100] [--looks 30] [--steps-per-look 100] [--only TEXT]``

Deterministic: the probes look after so many steps, not by the clock, so the table does not depend
on the machine's load. A *false alarm* is any verdict but "learning" and "equilibrium" at any moment
of a healthy run. A *hit* is one of the expected verdicts in a broken run. The thresholds were set
on seeds 0 to 4, 100 to 102 and 200 to 202; report other seeds.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.events import EventLog
from ganviz.engine.trainer import Trainer
from ganviz.probes.coach import CALM, Coach
from ganviz.probes.fidelity import Fidelity
from ganviz.probes.gradients import Gradients
from ganviz.probes.modes import Modes
from ganviz.probes.outputs import Outputs

FIDELITY_EVERY = 6  # looks: it is measured more seldom than the rest, as in a run

POINTS = {
    "data": "ring8-wide",
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (64, 64),
    "d_hidden": (64, 64),
    "latent_dim": 4,
    "g_norm": "none",
    "g_lr": 1e-3,
    "d_lr": 1e-3,
    "batch_size": 128,
    "activation": "leaky_relu",
}
DIGITS = {
    "data": "digits",
    "image_size": 8,
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (128, 128),
    "d_hidden": (128, 128),
    "latent_dim": 32,
    "g_norm": "none",
    "g_lr": 5e-4,
    "d_lr": 5e-4,
    "batch_size": 64,
    "activation": "leaky_relu",
}
DCGAN = {
    **DIGITS,
    "generator": "dcgan",
    "discriminator": "dcgan",
    "g_width": 16,
    "d_width": 16,
    "g_norm": "batch",
}
R1 = {"penalty": "r1", "penalty_weight": 0.1}
RP = {"objective": "relativistic", "penalty": "r1+r2", "penalty_weight": 0.1}
GP = {"objective": "wasserstein", "penalty": "wgan-gp", "beta2": 0.9}
FEW = {
    "data_limit": 16,
    "g_hidden": (256, 256),
    "d_hidden": (256, 256),
    "latent_dim": 8,
    "g_lr": 1e-3,
    "d_lr": 1e-3,
}


@dataclass(frozen=True)
class Case:
    """A training, and which verdicts fit it: none for a healthy one."""

    name: str
    settings: dict[str, Any]
    expected: tuple[str, ...] = ()


HEALTHY = [
    *(Case(f"ring, R1, seed +{i}", {**POINTS, **R1, "seed": i}) for i in range(3)),
    *(Case(f"ring, relativistic, seed +{i}", {**POINTS, **RP, "seed": i}) for i in range(3)),
    Case("ring, PacGAN 2", {**POINTS, "pac": 2, "activation": "relu"}),
    Case("ring, WGAN-GP", {**POINTS, **GP, "penalty_weight": 0.1, "d_steps": 3}),
    Case("two Gaussians, R1", {**POINTS, **R1, "data": "two-gaussians"}),
    Case("blobs, R1", {**POINTS, **R1, "data": "blobs"}),
    Case("grid of 25, relativistic", {**POINTS, **RP, "data": "grid25", "latent_dim": 8}),
    Case("moons, R1", {**POINTS, **R1, "data": "moons"}),
    Case("spiral, R1", {**POINTS, **R1, "data": "spiral"}),
    Case("checkerboard, relativistic", {**POINTS, **RP, "data": "checkerboard"}),
    Case("swiss roll, relativistic", {**POINTS, **RP, "data": "swiss-roll"}),
    Case("line, non-saturating", {**POINTS, "data": "line"}),
    Case(
        "moons, VAE",
        {
            **POINTS,
            "algorithm": "vae",
            "data": "moons",
            "likelihood": "gaussian",
            "likelihood_sigma": 0.1,
        },
    ),
    *(Case(f"digits, MLP, R1, seed +{i}", {**DIGITS, **R1, "seed": i}) for i in range(2)),
    *(
        Case(f"digits, MLP, textbook, seed +{i}", {**DIGITS, "g_lr": 2e-4, "d_lr": 2e-4, "seed": i})
        for i in range(2)
    ),
    Case("digits, MLP, small steps", {**DIGITS, "g_lr": 5e-5, "d_lr": 5e-5}),
    Case(
        "digits, MLP, least squares, R1",
        {**DIGITS, **R1, "objective": "least-squares", "g_lr": 2e-4, "d_lr": 2e-4},
    ),
    Case("digits, MLP, relativistic", {**DIGITS, **RP, "penalty_weight": 1.0}),
    Case("digits, VAE", {**DIGITS, "algorithm": "vae", "g_lr": 1e-3}),
    Case(
        "digits, DCGAN, quick recipe",
        {
            **DCGAN,
            **RP,
            "penalty_weight": 1.0,
            "conditioning": "projection",
            "batch_size": 32,
            "update": "simultaneous",
            "g_lr": 2e-3,
            "d_lr": 2e-3,
            "beta1": 0.0,
            "beta2": 0.99,
        },
    ),
    Case("digits, DCGAN, non-saturating", DCGAN),
    Case(
        "digits, DCGAN, R1, conditional",
        {**DCGAN, **R1, "penalty_weight": 1.0, "conditioning": "concat"},
    ),
    Case("digits, DCGAN, hinge, spectral", {**DCGAN, "objective": "hinge", "d_norm": "spectral"}),
    Case("digits, DCGAN, WGAN-GP", {**DCGAN, **GP, "penalty_weight": 10.0, "d_steps": 2}),
]

RELU = {**POINTS, "activation": "relu"}
_COLLAPSE = ("collapse", "oscillation")
BROKEN = [
    *(
        Case(f"ring, 5 G steps, seed +{i}", {**RELU, "g_steps": 5, "seed": i}, _COLLAPSE)
        for i in range(2)
    ),
    *(
        Case(f"ring, slow D, seed +{i}", {**RELU, "d_lr": 1e-4, "seed": i}, _COLLAPSE)
        for i in range(2)
    ),
    Case("ring, tiny D", {**RELU, "d_hidden": (16,)}, _COLLAPSE),
    Case("grid of 25, 5 G steps", {**RELU, "data": "grid25", "g_steps": 5}, _COLLAPSE),
    Case(
        "ring, WGAN without constraint",
        {**POINTS, "objective": "wasserstein"},
        ("collapse", "oscillation", "nan-ahead"),
    ),
    Case(
        "ring, saturating, strong D",
        {**POINTS, "objective": "saturating", "d_lr": 5e-3, "d_steps": 5, "g_lr": 1e-4},
        ("d-winning", "collapse", "vanishing"),
    ),
    Case(
        "ring, 12 sigmoid layers",
        {**POINTS, **R1, "g_hidden": (64,) * 12, "activation": "sigmoid"},
        ("vanishing",),
    ),
    Case(
        "ring, 12 layers of N(0, 0.02)",
        {**POINTS, "g_hidden": (64,) * 12, "init": "dcgan", "activation": "relu"},
        ("vanishing", *_COLLAPSE),
    ),
    Case(
        "ring, 12 tanh layers of N(0, 1)",
        {**POINTS, "g_hidden": (64,) * 12, "init": "normal1", "activation": "tanh"},
        ("exploding",),
    ),
    Case(
        "ring, learning rate 0.1", {**POINTS, "g_lr": 0.1, "d_lr": 0.1}, ("nan-ahead", "diverged")
    ),
    Case(
        "ring, WGAN, SGD 0.1",
        {**POINTS, "objective": "wasserstein", "optimizer": "sgd", "g_lr": 0.1, "d_lr": 0.1},
        ("nan-ahead", "diverged"),
    ),
    Case("digits, mean squared error", {**DIGITS, "mistake": "mean-squared"}, ("collapse",)),
    Case(
        "digits, fakes labelled real",
        {**DIGITS, "mistake": "always-real"},
        ("g-winning", "collapse"),
    ),
    Case("digits, noise for data", {**DIGITS, "mistake": "noise-as-data"}, ("diverged",)),
    Case(
        "digits, turns apart",
        {**DIGITS, "mistake": "turns-apart", "steps": 3000},
        ("collapse", "g-winning", "d-winning"),
    ),
    Case(
        "digits, saturating, strong D",
        {**DIGITS, "objective": "saturating", "d_lr": 5e-3, "d_steps": 5, "g_lr": 5e-5},
        ("d-winning",),
    ),
    Case("digits, slow D", {**DIGITS, "d_lr": 2e-6}, ("collapse", "g-winning")),
    Case("digits, 8 G steps", {**DIGITS, "g_steps": 8, "g_lr": 2e-3}, _COLLAPSE),
    Case(
        "digits, G's learning rate 0.05",
        {**DCGAN, "g_lr": 0.05},
        ("collapse", "nan-ahead", "diverged"),
    ),
    Case(
        "digits, learning rate 0.1",
        {**DIGITS, "g_lr": 0.1, "d_lr": 0.1},
        ("nan-ahead", "d-winning", "collapse", "diverged"),
    ),
    Case(
        "digits, 10 sigmoid layers",
        {**DIGITS, "g_hidden": (64,) * 10, "activation": "sigmoid"},
        ("vanishing",),
    ),
    Case(
        "digits, WGAN without constraint",
        {**DIGITS, "objective": "wasserstein", "g_lr": 2e-3, "d_lr": 2e-3},
        ("oscillation", "nan-ahead", "collapse"),
    ),
    Case("16 digits, R1", {**DIGITS, **R1, **FEW, "penalty_weight": 0.02}, ("memorising",)),
    Case("16 digits, relativistic", {**DIGITS, **RP, **FEW}, ("memorising",)),
]


class Desk:
    """What probes need of a run, with the trainer stepped by hand."""

    store = None
    state = "running"

    def __init__(self, config: RunConfig, data_root: Path):
        self.events = EventLog()
        source = load_data(config, torch.device("cpu"), data_root)
        self.trainer = Trainer(config, source, torch.device("cpu"))
        self.equilibrium = self.trainer.algorithm.equilibrium
        self.fidelity = Fidelity(data_root)
        self.probes = [Gradients(), Outputs(), Modes(), Coach()]
        for probe in (*self.probes, self.fidelity):
            probe.interval, probe.share = 0.0, 1e9
            probe.begin(self, self.trainer, source)

    def log(self, kind: str, **data: Any) -> None:
        self.events.append(kind, self.trainer.step_count, **data)

    def look(self, fidelity: bool) -> None:
        if fidelity and self.fidelity.applies():
            self.fidelity.measure()
            self.fidelity.wait()
        for probe in self.probes:
            probe.tick()


def said(config: RunConfig, looks: int, steps: int, data_root: Path) -> list[tuple[int, str]]:
    """The coach's verdicts with their steps; "NaN" where the run failed."""
    desk = Desk(config, data_root)
    desk.look(False)
    for look in range(1, looks + 1):
        for _ in range(steps):
            desk.trainer.step()
        try:
            desk.log("scalars", **desk.trainer.read_stats())
        except NonFinite:
            desk.log("coach", name="NaN")
            break
        desk.look(look % FIDELITY_EVERY == 0)
    return [(event.step, event.data["name"]) for event in desk.events.since(0, ("coach",))]


def main() -> None:
    """Run all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=300, help="added to the seed of each case")
    parser.add_argument("--looks", type=int, default=30)
    parser.add_argument("--steps-per-look", type=int, default=100)
    parser.add_argument("--only", default="", help="only cases whose name holds this text")
    parser.add_argument("--data-root", type=Path, default=Path("data"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    alarms = hits = healthy = broken = 0
    for case in HEALTHY + BROKEN:
        if options.only not in case.name:
            continue
        began = time.perf_counter()
        config = RunConfig.parse(
            {"steps": 0, **case.settings, "seed": case.settings.get("seed", 0) + options.seed}
        )
        verdicts = said(config, options.looks, options.steps_per_look, options.data_root)
        spoken = [name for _, name in verdicts if name not in (*CALM, "NaN")]
        if case.expected:
            broken, hit = broken + 1, any(name in case.expected for name in spoken)
            hits, mark = hits + hit, "hit" if hit else "wrong name" if spoken else "MISSED"
        else:
            healthy, alarms = healthy + 1, alarms + bool(spoken)
            mark = "FALSE ALARM" if spoken else "quiet"
        told = (
            ", ".join(
                f"{name} at {step:,}" for step, name in verdicts if name != "learning" or step > 0
            )
            or "-"
        )
        seconds = time.perf_counter() - began
        print(
            f"{'broken' if case.expected else 'healthy':8}{case.name:36}{mark:12}{seconds:6.1f} s "
            f" {told}",
            flush=True,
        )
    print(
        f"\nFalse alarms: {alarms} of {healthy} healthy runs. Hits: {hits} of {broken} broken runs."
    )


if __name__ == "__main__":
    main()
