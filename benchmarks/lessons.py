"""Does each lesson show what it promises, on two cores within thirty seconds?

``python -m benchmarks.lessons [NAME ...] [--seeds 11,12,13,14,15] [--json FILE]``

Each promise of a lesson names a set-up, a figure and a bar. The set-up trains for its seconds of
*processor time of one thread*, which is what the dashboard gives a training on two quiet cores, so
that a busy machine changes nothing but the wait. A promise is kept when 4 of 5 seeds keep it.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import torch
from rich.console import Console
from rich.table import Table

from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.statistics import NonFinite
from ganviz.algorithms.vae import Vae
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.data.source import DataSource, to_float
from ganviz.engine.snapshot import draw
from ganviz.engine.trainer import Trainer
from ganviz.experiments.frozen_generator import frozen_probe
from ganviz.experiments.initial_gradients import at_start
from ganviz.lessons import Promise
from ganviz.probes.features import classifier_for
from ganviz.probes.metrics import class_figures, copies, nearest_two
from ganviz.probes.modes import SAMPLES, mode_figures
from ganviz.probes.outputs import accuracy, spread
from ganviz.probes.probe import HeldBatch
from ganviz.probes.sharpness import sharpness
from ganviz.registry import LESSONS

SEEDS = (11, 12, 13, 14, 15)
OF_FIVE = 0.8
FEW = 256
CPU = torch.device("cpu")


@dataclass
class Kept:
    """What came of one promise: its figure for each seed."""

    lesson: str
    promise: Promise
    values: list[float] = field(default_factory=list)

    @property
    def kept(self) -> int:
        return sum(self.promise.holds(value) for value in self.values)

    @property
    def enough(self) -> bool:
        return self.kept >= OF_FIVE * len(self.values)


class LessonTrainer(Trainer):
    """A trainer that keeps the statistics that were read last."""

    def __init__(self, *given: Any):
        super().__init__(*given)
        self.last_stats: dict[str, float] = {}


def measure(promise: Promise, seed: int, data_root: Path | str = "data") -> float:
    """The promise's figure after its seconds, for one seed; NaN where it has none."""
    config = RunConfig.from_preset(promise.preset, **{**promise.settings, "seed": seed})
    if promise.metric in INITIAL:
        return INITIAL[promise.metric](config, load_data(config, CPU, data_root))
    trainer, failed = trained(config.to_json(), promise.seconds, str(data_root))
    if promise.metric == "failed":
        return float(failed)
    if failed:
        return float("nan")
    return FIGURES[promise.metric](trainer, trainer.source, data_root)


@lru_cache(maxsize=8)
def trained(config: str, seconds: float, data_root: str) -> tuple[LessonTrainer, bool]:
    """The set-up ``config`` (JSON) after so many seconds, and whether it blew up: promises of one
    lesson share it."""
    settings = RunConfig.from_json(config)
    trainer = LessonTrainer(settings, load_data(settings, CPU, data_root), CPU)
    return trainer, train(trainer, seconds)


def train(trainer: LessonTrainer, seconds: float) -> bool:
    """Train for so many seconds of processor time; whether it blew up."""
    end = time.process_time() + seconds
    last = trainer.config.steps or math.inf
    try:
        while time.process_time() < end and trainer.step_count < last:
            trainer.step()
            if trainer.step_count % 50 == 1:
                trainer.last_stats = trainer.read_stats()
        trainer.last_stats = trainer.read_stats() or trainer.last_stats
        trainer.check_finite()
    except NonFinite:
        return True
    return False


# -- figures: (trainer, source, data_root) -> float ------------------------------------------------
def stat(name: str) -> Any:
    """A statistic of the last steps, as the charts show it."""
    return lambda trainer, source, data_root: trainer.last_stats.get(name, float("nan"))


def modes(name: str) -> Any:
    """A figure of 2,500 points."""

    def figure(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
        held = HeldBatch(trainer, source, SAMPLES, salt=12)
        points = draw(trainer.algorithm.ema.network, held.z, held.y).float()
        known = source.modes
        assert known is not None, "the lesson is on points with known modes"
        centres = torch.as_tensor(known["centres"], dtype=torch.float32)
        return float(mode_figures(points, centres, float(known["sigma"]))[name] or 0)

    return figure


def samples(trainer: LessonTrainer, source: DataSource) -> tuple[HeldBatch, torch.Tensor]:
    held = HeldBatch(trainer, source, FEW, salt=12)
    return held, draw(trainer.algorithm.ema.network, held.z, held.y).float()


def variation(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    """How much samples differ from each other, in units of the data."""
    held, fakes = samples(trainer, source)
    return float(spread(fakes) / spread(held.x))


def d_accuracy(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    """How often D is right on fresh reals and fakes."""
    held, fakes = samples(trainer, source)
    discriminator = trainer.algorithm.networks["discriminator"]
    with torch.no_grad():
        real, fake = (discriminator(x, held.y).flatten() for x in (held.x, fakes))
    return accuracy(real, fake, cast(Adversarial, trainer.algorithm).objective)


def by_class(name: str) -> Any:
    """A figure of a classifier of the same data."""

    def figure(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
        classifier = classifier_for(source, data_root)
        held, fakes = samples(trainer, source)
        assert classifier is not None, "the lesson is on pictures with classes"
        logits = classifier(fakes.clamp(-1, 1))[1]
        assert logits is not None
        figures: dict[str, Any] = class_figures(logits.softmax(1), source.spec.n_classes, held.y)
        return float(figures[name])

    return figure


def relative_sharpness(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    held, fakes = samples(trainer, source)
    return float(sharpness(fakes.clamp(-1, 1)).mean() / sharpness(held.x).mean())


def copied(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    """The share of samples that are copies of training pictures."""
    _, fakes = samples(trainer, source)
    return copies(nearest_two(fakes.clamp(-1, 1), source.samples))


def background(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    """The samples' mean where practically every real picture is black."""
    reals = to_float(source.samples[:2000])
    black = reals.amax(0) < -0.9
    _, fakes = samples(trainer, source)
    return float(fakes[:, black].mean())


def d_weights(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    """The norm of D's weights, in units of what it began with."""
    fresh = Trainer(trainer.config, source, CPU)
    norms = [
        math.sqrt(sum(float(p.detach().square().sum()) for p in one.parameters()))
        for one in (each.algorithm.networks["discriminator"] for each in (trainer, fresh))
    ]
    return norms[0] / norms[1]


def reconstruction_error(trainer: LessonTrainer, source: DataSource, data_root: Any) -> float:
    """The squared error of a reconstruction over the variance of the data."""
    held = HeldBatch(trainer, source, FEW, salt=12)
    drawn = cast(Vae, trainer.algorithm).reconstruct(held.x, held.y)
    variance = (held.x - held.x.mean(0)).square().mean()
    return float((drawn - held.x).square().mean() / variance)


def gradient_ratio(config: RunConfig, source: DataSource) -> float:
    """The gradient of G's first layer over its last hidden one's, before the first step."""
    return at_start(config, spec=source.spec).ratio or 0.0


def nyquist(config: RunConfig, source: DataSource) -> float:
    """Energy at the highest frequency of pictures of an untrained G, over the mean energy."""
    trainer = Trainer(config, source, CPU)
    z = torch.randn(64, config.latent_dim, generator=torch.Generator().manual_seed(1))
    y = torch.zeros(64, dtype=torch.int64) if trainer.algorithm.conditional else None
    pictures = draw(trainer.algorithm.networks["generator"], z, y).float()
    energy = torch.fft.fft2(pictures - pictures.mean((2, 3), keepdim=True)).abs().square().mean(0)
    height, width = energy.shape[-2:]
    return float(energy[..., height // 2, width // 2].mean() / energy.mean())


def starved(config: RunConfig, source: DataSource) -> float:
    """How far the saturating gradient has fallen from its peak while D learns alone."""
    return frozen_probe(config, source, steps=1000).fall("saturating")


FIGURES = {
    **{name: stat(name) for name in ("loss_d", "loss_g", "d_real", "d_fake", "kl", "in_use")},
    "modes": modes("strict"),
    "captured": modes("captured"),
    "quality": modes("quality"),
    "agreement": by_class("agreement"),
    "classes": by_class("covered"),
    "confidence": by_class("confidence"),
    "variation": variation,
    "d_accuracy": d_accuracy,
    "sharpness": relative_sharpness,
    "copies": copied,
    "background": background,
    "d_weights": d_weights,
    "reconstruction": reconstruction_error,
}


# Need no training.
INITIAL = {"gradient_ratio": gradient_ratio, "nyquist": nyquist, "starved": starved}


def main() -> int:
    """Measure the promises of the lessons named (all without a name). The status is 1 where one is
    not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="names; all without one")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--data-root", default="data")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    console, found = Console(), []
    for name in options.lessons or LESSONS.names():
        lesson = [Kept(name, promise) for promise in LESSONS.get(name).promises]
        for seed in seeds:
            for one in lesson:
                one.values.append(float(f"{measure(one.promise, seed, options.data_root):.4g}"))
        for one in lesson:
            console.print(sentence(one), highlight=False)
        found += lesson
    table = Table("lesson", "promise", "kept")
    for one in found:
        table.add_row(one.lesson, one.promise.sentence, f"{one.kept} of {len(one.values)}")
    console.print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=2))
    return 0 if all(one.enough for one in found) else 1


def sentence(one: Kept) -> str:
    """One promise and what was measured, on a line."""
    return f"{one.lesson}: {one.promise.sentence}: {one.values} ({one.kept} of {len(one.values)})"


if __name__ == "__main__":
    raise SystemExit(main())
