"""Does each lesson show what it promises, on two cores within thirty seconds?

``python -m benchmarks.lessons [NAME ...] [--seeds 11,12,13,14,15] [--questions] [--json FILE]``

Each promise of a lesson names a set-up, a figure of the run itself (the same that a question asks
for), a time and a bar. A run is given the steps that it takes on two cores by then (`PACES`), so
that neither the machine nor its load changes the table; ``--pace 2`` takes twice as many: a faster
machine. A promise is kept when 4 of 5 seeds keep it. ``--questions`` shows instead which choice of
each lesson's question the run's figure picks. ``--paces`` measures the paces instead, in processor
time of one thread.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.desk import TICK_SECONDS, Desk
from ganviz.classroom.questions import METRICS, reading
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from ganviz.experiments.frozen_generator import frozen_probe
from ganviz.lessons import Promise
from ganviz.lessons.question import Question
from ganviz.probes.gradients import Gradients
from ganviz.registry import LESSONS, PROBES
from ganviz.runs.readable import ReadableRun

SEEDS = (11, 12, 13, 14, 15)
OF_FIVE = 0.8
CPU = torch.device("cpu")
PACE_SECONDS = 3.0

# steps a second on two cores, on the slow side: measured with --paces beside other work
PACES = {
    "beta-vae": 100,
    "deep-sigmoid": 135,
    "deep-sigmoid-batch-norm": 110,
    "deep-tiny-weights": 135,
    "deep-tiny-weights-batch-norm": 110,
    "digits-classic": 50,
    "digits-dcgan": 23,
    "digits-quick": 53,
    "gradient-flow-mistake": 200,
    "gradient-flow-relu-mistake": 120,
    "improved-techniques": 13,
    "memorisation": 160,
    "minimax-gan": 9,
    "minimax-gan-mistake": 12,
    "minimax-gan-sgd": 10,
    "mlp-gan": 65,
    "mlp-gan-mistake": 87,
    "mlp-gan-smoothed": 65,
    "mlp-gan-weak-d": 63,
    "ring8": 200,
    "ring8-collapse": 60,
    "ring8-pac": 200,
    "ring8-pac-fast-g": 60,
    "ring8-r1": 130,
    "ring8-r1-fast-g": 60,
    "ring8-spectral": 160,
    "ring8-too-fast": 185,
    "ring8-vae": 200,
    "vae": 100,
    "virtual-data": 110,
    "virtual-data-mistake": 100,
    "wgan-no-lipschitz-mistake": 18,
    "wgan-vs-vae-mistake": 20,
    "wgan-vs-vae-vae-mistake": 45,
}


@dataclass
class Kept:
    """What came of one promise: its figure for each seed."""

    lesson: str
    promise: Promise
    values: list[float] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """For how many of the seeds it held."""
        if self.promise.over == "range":
            whole = max(self.values) - min(self.values)
            return len(self.values) if self.promise.holds(whole) else 0
        return sum(self.promise.holds(value) for value in self.values)

    @property
    def enough(self) -> bool:
        return self.kept >= OF_FIVE * len(self.values)


def measure(promises: list[Promise], seed: int, data_root: Path | str, pace: float) -> list[float]:
    """The figures of ``promises``, all about one set-up; NaN where there is none."""
    first = promises[0]
    config = RunConfig.from_preset(first.preset, **{**first.settings, "seed": seed})
    figures: dict[Promise, float] = {}
    trained = [one for one in promises if one.metric not in EXPERIMENTS]
    for one in promises:
        if one.metric in EXPERIMENTS:
            figures[one] = EXPERIMENTS[one.metric](config, data_root)
    if trained:
        kinds = {METRICS[one.metric].kind for one in trained if one.metric in METRICS}
        probes = [PROBES.get(kind)(data_root) for kind in sorted(kinds)]
        desk = Desk(config, data_root, probes, pace * PACES[first.preset])
        for one in sorted(trained, key=lambda one: one.seconds):
            # a run tells nothing before its first tick
            desk.train(max(one.seconds, TICK_SECONDS))
            look_at_once(desk)
            figures[one] = figure(desk, one)
    return [float(f"{figures[one]:.4g}") for one in promises]


def look_at_once(desk: Desk) -> None:
    """Have every probe measure the step that the run stands at."""
    if desk.state == "failed":
        return
    for probe in desk.probes:
        desk.measure(probe)
        if isinstance(probe, Gradients):
            desk.trainer.step()
            probe.tick()


def figure(desk: Desk, promise: Promise) -> float:
    """What a question for the promise's figure would be answered."""
    question = Question("", ("", ""), (0.0,), promise.metric, "", "", promise.seconds)
    value = reading(cast(ReadableRun, desk), question).value
    return math.nan if value is None else value


def starved(config: RunConfig, data_root: Path | str) -> float:
    """How far the saturating gradient has fallen from its peak while D learns alone."""
    return frozen_probe(config, load_data(config, CPU, data_root), steps=1000).fall("saturating")


# what the page measures apart from a run
EXPERIMENTS: dict[str, Callable[[RunConfig, Path | str], float]] = {"starved": starved}


def pace_of(preset: str, data_root: Path | str) -> float:
    """Steps a second of processor time of one thread, probes left out."""
    config = RunConfig.from_preset(preset)
    trainer = Trainer(config, load_data(config, CPU, data_root), CPU)
    for _ in range(5):
        trainer.step()
    began, steps = time.thread_time(), 0
    while time.thread_time() < began + PACE_SECONDS:
        trainer.step()
        steps += 1
    return steps / (time.thread_time() - began)


def set_ups(promised: list[Kept]) -> list[list[Kept]]:
    """Promises, of whatever lesson, that one training can show."""
    batches = defaultdict(list)
    for one in promised:
        settings = json.dumps(one.promise.settings, sort_keys=True)
        batches[one.promise.preset, settings].append(one)
    return list(batches.values())


def measure_all(kept: list[Kept], seeds: list[int], data_root: str, pace: float) -> None:
    """Fill in the figures of ``kept`` for each seed, set-up by set-up."""
    for set_up in set_ups(kept):
        for seed in seeds:
            promises = [one.promise for one in set_up]
            values = measure(promises, seed, data_root, pace)
            for one, value in zip(set_up, values, strict=True):
                one.values.append(value)


def answer_questions(
    names: list[str], seeds: list[int], data_root: str, pace: float
) -> list[dict[str, Any]]:
    """For each lesson's question the figures of the seeds, and the choices that they pick; None
    where the run has no answer."""
    kept = []
    for name in names:
        lesson = LESSONS.get(name)
        if (one := lesson.question) is not None:
            promise = Promise(one.metric, lesson.question_preset, 0.0, seconds=one.seconds)
            kept.append(Kept(name, promise))
    measure_all(kept, seeds, data_root, pace)
    return [
        {
            "lesson": one.lesson,
            "figures": one.values,
            "choices": [LESSONS.get(one.lesson).question.choice(value) for value in one.values],
        }
        for one in kept
    ]


def print_answers(console: Console, rows: list[dict[str, Any]]) -> int:
    """A table of `answer_questions`; 1 where a seed's run has no answer."""
    table = Table("lesson", "question", "figures", "the run's choice")
    for row in rows:
        question = LESSONS.get(row["lesson"]).question
        known = [one for one in row["choices"] if one is not None]
        votes = [f"{question.choices[one]}: {known.count(one)}" for one in sorted(set(known))]
        lost = len(row["choices"]) - len(known)
        votes += [f"no answer: {lost}"] if lost else []
        table.add_row(row["lesson"], question.ask, str(row["figures"]), ", ".join(votes))
    console.print(table)
    return int(any(None in row["choices"] for row in rows))


def main() -> int:
    """Measure the promises of the lessons named (all without a name). The status is 1 where one is
    not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="names; all without one")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--pace", type=float, default=1.0, help="of two cores")
    parser.add_argument("--questions", action="store_true", help="what the runs answer")
    parser.add_argument("--paces", action="store_true", help="measure the steps a second")
    parser.add_argument("--data-root", default="data")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    console = Console(width=140)
    names = options.lessons or LESSONS.names()
    if options.paces:
        presets = {one.preset for name in names for one in LESSONS.get(name).promises}
        for preset in sorted(presets):
            console.print(f'    "{preset}": {pace_of(preset, options.data_root):.3g},')
        return 0
    if options.questions:
        rows = answer_questions(names, seeds, options.data_root, options.pace)
        if options.json:
            options.json.write_text(json.dumps(rows, indent=2))
        return print_answers(console, rows)
    kept = [Kept(name, one) for name in names for one in LESSONS.get(name).promises]
    measure_all(kept, seeds, options.data_root, options.pace)
    for one in kept:
        console.print(sentence(one), highlight=False)
    table = Table("lesson", "promise", "kept")
    for one in kept:
        table.add_row(one.lesson, one.promise.sentence, f"{one.kept} of {len(one.values)}")
    console.print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in kept], indent=2))
    return 0 if all(one.enough for one in kept) else 1


def sentence(one: Kept) -> str:
    """One promise and what was measured, on a line."""
    return f"{one.lesson}: {one.promise.sentence}: {one.values} ({one.kept} of {len(one.values)})"


if __name__ == "__main__":
    raise SystemExit(main())
