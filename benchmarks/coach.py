"""Does the coach speak when it should, and only then? Healthy and broken trainings, thirty seconds
each, and what it said.

``python -m benchmarks.coach [--seed 300] [--seconds 30] [--pace 1.0] [--only TEXT]``

Deterministic: a run is given the steps that two quiet cores would have taken (`PACES`, steps a
second), and its probes measure by that clock, not by the wall's; so the table does not depend on
the machine or its load. ``--pace 0.5`` takes half of the steps in the same time: a slower machine.

A *false alarm* is a fault found at any moment of a healthy run. A *false reassurance* is a calm
verdict that stands at 10, 20 or 30 s of a broken run. A *right word* is one of the expected
verdicts, by the end. Some collapses heal by themselves: from then on, by the modes of 2,500
samples (`has_healed`), a calm verdict is no false one. The thresholds were set on seeds 0 to 4, 100
to 102 and 200 to 202; report other seeds.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch

from benchmarks.desk import Desk
from ganviz.config import RunConfig
from ganviz.engine.run import Run
from ganviz.probes.coach import Coach
from ganviz.probes.fidelity import Fidelity
from ganviz.probes.gradients import Gradients
from ganviz.probes.modes import Modes
from ganviz.probes.outputs import Outputs
from ganviz.probes.sharpness import Sharpness

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
# too few kinds of samples
_FEW = (
    "collapse", "missing-modes", "rare-modes", "missing-classes", "identical", "hopping",
    "oscillation",
)  # fmt: skip
# steps that are too large
_LARGE = ("nan-ahead", "nan", "diverged", "far-off", "scattered")
# D has won
_WON = ("d-winning", "starving")
# D says the same of everything
_BLIND = ("g-winning", "blind-d", "blurred")
BROKEN = [
    *(
        Case(f"ring, 5 G steps, seed +{i}", {**RELU, "g_steps": 5, "seed": i}, _FEW)
        for i in range(2)
    ),
    *(Case(f"ring, slow D, seed +{i}", {**RELU, "d_lr": 1e-4, "seed": i}, _FEW) for i in range(2)),
    Case("ring, tiny D", {**RELU, "d_hidden": (16,)}, _FEW),
    Case("grid of 25, 5 G steps", {**RELU, "data": "grid25", "g_steps": 5}, _FEW),
    Case("ring, WGAN without constraint", {**POINTS, "objective": "wasserstein"}, (*_FEW, *_LARGE)),
    Case(
        "ring, saturating, strong D",
        {**POINTS, "objective": "saturating", "d_lr": 5e-3, "d_steps": 5, "g_lr": 1e-4},
        (*_WON, *_FEW, "vanishing"),
    ),
    Case(
        "ring, 12 sigmoid layers",
        {**POINTS, **R1, "g_hidden": (64,) * 12, "activation": "sigmoid"},
        ("vanishing",),
    ),
    Case(
        "ring, 12 layers of N(0, 0.02)",
        {**POINTS, "g_hidden": (64,) * 12, "init": "dcgan", "activation": "relu"},
        ("vanishing", *_FEW),
    ),
    Case(
        "ring, 12 tanh layers of N(0, 1)",
        {**POINTS, "g_hidden": (64,) * 12, "init": "normal1", "activation": "tanh"},
        ("exploding",),
    ),
    Case("ring, learning rate 0.1", {**POINTS, "g_lr": 0.1, "d_lr": 0.1}, _LARGE),
    Case(
        "ring, WGAN, SGD 0.1",
        {**POINTS, "objective": "wasserstein", "optimizer": "sgd", "g_lr": 0.1, "d_lr": 0.1},
        _LARGE,
    ),
    Case("digits, mean squared error", {**DIGITS, "mistake": "mean-squared"}, _FEW),
    Case("digits, fakes labelled real", {**DIGITS, "mistake": "always-real"}, (*_BLIND, *_FEW)),
    Case(
        "digits, noise for data",
        {**DIGITS, "mistake": "noise-as-data"},
        ("far-off", "scattered", "diverged"),
    ),
    Case(
        "digits, turns apart",
        {**DIGITS, "mistake": "turns-apart", "steps": 3000},
        (*_FEW, *_BLIND, *_WON),
    ),
    Case(
        "digits, saturating, strong D",
        {**DIGITS, "objective": "saturating", "d_lr": 5e-3, "d_steps": 5, "g_lr": 5e-5},
        _WON,
    ),
    Case("digits, slow D", {**DIGITS, "d_lr": 2e-6}, (*_FEW, *_BLIND)),
    Case("digits, 8 G steps", {**DIGITS, "g_steps": 8, "g_lr": 2e-3}, _FEW),
    Case("digits, G's learning rate 0.05", {**DCGAN, "g_lr": 0.05}, (*_FEW, *_LARGE, *_WON)),
    Case(
        "digits, learning rate 0.1", {**DIGITS, "g_lr": 0.1, "d_lr": 0.1}, (*_FEW, *_LARGE, *_WON)
    ),
    Case(
        "digits, 10 sigmoid layers",
        {**DIGITS, "g_hidden": (64,) * 10, "activation": "sigmoid"},
        ("vanishing",),
    ),
    Case(
        "digits, WGAN without constraint",
        {**DIGITS, "objective": "wasserstein", "g_lr": 2e-3, "d_lr": 2e-3},
        (*_FEW, *_LARGE),
    ),
    Case("16 digits, R1", {**DIGITS, **R1, **FEW, "penalty_weight": 0.02}, ("memorising",)),
    Case("16 digits, relativistic", {**DIGITS, **RP, **FEW}, ("memorising",)),
    Case("digits, learning rate 10", {**DIGITS, "g_lr": 10.0, "d_lr": 10.0}, _LARGE),
    Case("digits, a logarithm of no probability", {**DIGITS, "mistake": "hidden-layer"}, ("nan",)),
    Case(
        "digits, SGD at 1",
        {**DIGITS, "optimizer": "sgd", "g_lr": 1.0, "d_lr": 1.0},
        (*_FEW, *_LARGE, *_WON),
    ),
    Case("digits, D's learning rate 0.1", {**DIGITS, "d_lr": 0.1}, (*_FEW, *_LARGE, *_WON)),
]


# steps a second on two quiet cores
PACES = {"points": 300, "mlp": 300, "dcgan": 80}
VERDICTS_AT = (10.0, 20.0, 30.0)


@dataclass(frozen=True)
class Course:
    """What became of a run: the coach's ``verdicts`` (seconds, name, tone), and the ``seconds`` at
    which its samples were ``healed``."""

    verdicts: list[tuple[float, str, str]]
    healed: list[float]

    def tone(self, at: float) -> str:
        """That of the verdict that stands ``at`` so many seconds."""
        return next((tone for seconds, _, tone in reversed(self.verdicts) if seconds <= at), "idle")

    def reassured(self, at: float) -> bool:
        """Whether it was called well ``at`` so many seconds, and was not."""
        return self.tone(at) == "calm" and not any(at - 2 < one <= at for one in self.healed)


def has_healed(figures: dict[str, Any]) -> bool:
    """Whether samples in the plane are the data's by what ``figures`` say of their modes: all
    reached, in about their shares, and at least three samples in four of high quality."""
    divergence = figures["reverse_kl"]
    return (
        figures["captured"] == figures["total"]
        and divergence is not None
        and divergence < 0.1
        and figures["quality"] >= 0.75
    )


def course(config: RunConfig, seconds: float, pace: float, data_root: Path) -> Course:
    """Train for so many ``seconds`` of the clock, and listen to the coach."""
    probes = [Gradients(), Outputs(), Modes(), Sharpness(), Fidelity(data_root)]
    desk, coach = Desk(config, data_root, probes, pace), Coach()
    coach.begin(cast(Run, desk), desk.trainer, desk.trainer.source)
    found, healed, cursor = [], [], 0

    def listen() -> None:
        nonlocal cursor
        if desk.error:
            coach.fail(desk.error)
        else:
            coach.measure()
        for event in desk.events.since(cursor, ("coach", "modes")):
            if event.kind == "coach":
                found.append((desk.seconds, event.data["name"], event.data["tone"]))
            elif has_healed(event.data):
                healed.append(desk.seconds)
            cursor = event.seq

    desk.train(seconds, listen)
    return Course(found, healed)


def mark_of(case: Case, run: Course) -> str:
    """How the coach did: "ok", or what it did wrong."""
    faults = [name for _, name, tone in run.verdicts if tone == "alarm"]
    if not case.expected:
        return "FALSE ALARM" if faults else "ok"
    if any(run.reassured(at) for at in VERDICTS_AT):
        return "REASSURED"
    if not faults:
        return "MISSED"
    return "ok" if any(name in case.expected for name in faults) else "wrong word"


def pace_of(config: RunConfig) -> int:
    """The steps a second that two quiet cores take."""
    family = "points" if config.data not in ("digits",) else config.generator
    return PACES[family]


def main() -> None:
    """Run all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=300, help="added to the seed of each case")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pace", type=float, default=1.0, help="of two quiet cores")
    parser.add_argument("--only", default="", help="only cases whose name holds this text")
    parser.add_argument("--which", choices=("all", "healthy", "broken"), default="all")
    parser.add_argument("--data-root", type=Path, default=Path("data"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    cases = {"healthy": HEALTHY, "broken": BROKEN, "all": HEALTHY + BROKEN}[options.which]
    marks: dict[bool, list[str]] = {True: [], False: []}
    for case in cases:
        if options.only not in case.name:
            continue
        began = time.perf_counter()
        settings = {"steps": 0, **case.settings}
        config = RunConfig.parse({**settings, "seed": settings.get("seed", 0) + options.seed})
        pace = options.pace * pace_of(config)
        run = course(config, options.seconds, pace, options.data_root)
        mark = mark_of(case, run)
        marks[bool(case.expected)].append(mark)
        words = ", ".join(f"{name} {seconds:.0f} s" for seconds, name, _ in run.verdicts)
        words += f" (healed {run.healed[-1]:.0f} s)" if case.expected and run.healed else ""
        took = time.perf_counter() - began
        kind = "broken" if case.expected else "healthy"
        print(f"{kind:8}{case.name:36}{mark:12}{took:6.1f} s  {words}", flush=True)
    healthy, broken = marks[False], marks[True]
    print(
        f"\nFalse alarms: {healthy.count('FALSE ALARM')} of {len(healthy)} healthy runs. "
        f"False reassurances: {broken.count('REASSURED')}, right words: {broken.count('ok')} of "
        f"{len(broken)} broken runs."
    )


if __name__ == "__main__":
    main()
