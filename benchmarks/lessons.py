"""Does each lesson show what it promises, on two cores within thirty seconds?

``python -m benchmarks.lessons [NAME ...] [--seeds 11,12,13,14,15] [--only promises] [--json FILE]``

Each promise of a lesson names a set-up, a figure of the run itself (the same that a question asks
for), a time and a bar. A run is given the steps that it takes on two cores by then (`PACES`), so
that neither the machine nor its load changes the table; ``--pace 2`` takes twice as many: a faster
machine. A promise is kept when 4 of 5 seeds keep it. Of each lesson's question the second table
says which choice the run's figure picks. A training that shows several of them is done once, and
what it showed is printed when it is done; all of them take about an hour and a half of a core.
``--paces`` measures the paces instead, in processor time of one thread.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

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
    def line(self) -> str:
        """The promise, and what was measured."""
        kept = f"({self.kept} of {len(self.values)})"
        return f"{self.lesson}: {self.promise.sentence}: {self.values} {kept}"

    @property
    def enough(self) -> bool:
        return self.kept >= OF_FIVE * len(self.values)


@dataclass
class Answered(Kept):
    """What came of one question."""

    question: Question = field(kw_only=True)

    @property
    def enough(self) -> bool:
        """Whether each seed's run has an answer."""
        return None not in self.choices

    @property
    def line(self) -> str:
        return f"{self.lesson}: {self.question.ask} {self.values} ({self.votes})"

    @property
    def choices(self) -> list[int | None]:
        """The choice that each seed's figure picks; None where the run has no answer."""
        return [self.question.choice(value) for value in self.values]

    @property
    def votes(self) -> str:
        """How many seeds picked which choice."""
        count = Counter(self.choices)
        words: dict[int | None, str] = {None: "no answer", **dict(enumerate(self.question.choices))}
        return ", ".join(f"{words[one]}: {count[one]}" for one in words if count[one])


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
            desk.end()
            figures[one] = figure(desk, one)
    return [float(f"{figures[one]:.4g}") for one in promises]


def look_at_once(desk: Desk) -> None:
    """Have every probe measure the step that the run stands at."""
    if desk.state != "running":
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


def set_ups(wanted: list[Kept]) -> list[list[Kept]]:
    """What is to be measured, of whatever lesson, by what one training can show."""
    batches = defaultdict(list)
    for one in wanted:
        settings = json.dumps(one.promise.settings, sort_keys=True)
        batches[one.promise.preset, settings].append(one)
    return list(batches.values())


def measured(
    wanted: list[Kept], seeds: list[int], data_root: str, pace: float
) -> Iterator[list[Kept]]:
    """Fill in the figures for each seed; each set-up's as soon as it has been trained."""
    for set_up in set_ups(wanted):
        for seed in seeds:
            promises = [one.promise for one in set_up]
            values = measure(promises, seed, data_root, pace)
            for one, value in zip(set_up, values, strict=True):
                one.values.append(value)
        yield set_up


def promises_of(lessons: list[str]) -> list[Kept]:
    """What the lessons promise."""
    return [Kept(name, one) for name in lessons for one in LESSONS.get(name).promises]


def questions_of(lessons: list[str]) -> list[Answered]:
    """What they ask, measured like a promise without a bar."""
    answered = []
    for name in lessons:
        lesson = LESSONS.get(name)
        if (one := lesson.question) is not None:
            figure = Promise(one.metric, lesson.question_preset, 0.0, seconds=one.seconds)
            answered.append(Answered(name, figure, question=one))
    return answered


def main() -> int:
    """Measure the promises of the lessons named (all without a name). The status is 1 where one is
    not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="names; all without one")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--pace", type=float, default=1.0, help="of two cores")
    parser.add_argument("--only", choices=("promises", "questions"), help="leave the others out")
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
    promised = promises_of(names) if options.only != "questions" else []
    answered = questions_of(names) if options.only != "promises" else []
    for set_up in measured([*promised, *answered], seeds, options.data_root, options.pace):
        for one in set_up:
            console.print(one.line, highlight=False, markup=False)
    console.print(*tables(promised, answered))
    if options.json:
        rows: dict[str, Sequence[Kept]] = {"promises": promised, "questions": answered}
        figures = {name: [asdict(one) for one in ones] for name, ones in rows.items()}
        options.json.write_text(json.dumps(figures, indent=2))
    return 0 if all(one.enough for one in (*promised, *answered)) else 1


def tables(promised: list[Kept], answered: list[Answered]) -> list[Table]:
    """Of promises, how often each was kept; of questions, what was answered."""
    kept = Table("lesson", "promise", "kept")
    for one in promised:
        kept.add_row(one.lesson, one.promise.sentence, f"{one.kept} of {len(one.values)}")
    answers = Table("lesson", "question", "figures", "the run's choice")
    for one in answered:
        answers.add_row(one.lesson, one.question.ask, str(one.values), one.votes)
    return [table for table in (kept, answers) if table.rows]


if __name__ == "__main__":
    raise SystemExit(main())
