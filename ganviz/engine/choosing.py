"""The ways to compute that a run takes: those that it took before, those that this machine is known
to be quickest with, or those that are measured now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ganviz import device as devices
from ganviz.accel.choices import FP32, Choices
from ganviz.accel.memory import free_memory, is_out_of_memory
from ganviz.accel.penalty_precision import WORDS, shorten_penalised_passes, take_numbers
from ganviz.accel.trial import first_line
from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.engine.autotune import WAYS, WORTH_IT, Clock, Way, measure
from ganviz.engine.event_kinds import Card, event_kind
from ganviz.engine.machine_memory import MachineMemory, key, machine
from ganviz.engine.memory_need import rough_need, training_memory

if TYPE_CHECKING:
    from ganviz.engine.trainer import Trainer

# Environment variable: 0 measures nothing and takes the usual ways.
SWITCH = "GANVIZ_TUNE"

# Steps below which a rate says nothing.
FEWEST_STEPS = 50

CHOICES = event_kind(
    "choices",
    browser="newest",
    order=900,
    cards=(
        Card(
            "How it computes here",
            "Several ways lead to the same numbers, to rounding. Which is the quickest differs "
            "from machine to machine: it is measured when a game is new here, and kept for the "
            "run.",
            script="choices.js",
            columns=12,
        ),
    ),
)


@dataclass
class Chosen:
    """``worth``: seconds of the usual way over those of the other, of each that was tried.
    ``source``: "measured", "remembered", "kept" (from the run's checkpoint) or "usual".
    ``sentences``: what else is to be known."""

    choices: Choices
    machine: str
    worth: dict[str, float] = field(default_factory=dict)
    source: str = "usual"
    sentences: list[str] = field(default_factory=list)

    def saved(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"ways": self.choices.as_table(), "machine": self.machine, "worth": self.worth}

    def description(self) -> dict[str, Any]:
        """What the page shows."""
        return {
            "rows": [_row(way, self) for way in WAYS if self.worth.get(way.field)],
            "source": self.source,
            "machine": self.machine,
            "numbers": WORDS[self.choices.penalty_numbers],
            "sentences": self.sentences,
        }


def _row(way: Way, chosen: Chosen) -> dict[str, Any]:
    """A choice in words. ``worth``: how many times as quick as the other way."""
    taken = way.usual(chosen.choices)
    other = chosen.worth[way.field]
    return {
        "title": way.title,
        "taken": way.labels[0 if taken else 1],
        "other": way.labels[1 if taken else 0],
        "worth": round(other if other >= WORTH_IT else 1 / other, 2),
    }


def choose(
    config: RunConfig,
    spec: DataSpec,
    device: torch.device,
    data_root: Path,
    kept: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
) -> Chosen:
    """The ways to compute of a run of ``config`` on data like ``spec``.

    ``data_root``: where the machine's memory is. ``kept``: what `Chosen.saved` gave the checkpoint
    that the run goes on from; empty where it holds nothing of it, None for a new run.
    """
    chosen = _choose(config, spec, device, data_root, kept, clock)
    if device.type == "cpu" and devices.gpu_problem():
        chosen.sentences.append(f"A GPU is not used: {devices.gpu_problem()}.")
    return chosen


def _choose(
    config: RunConfig,
    spec: DataSpec,
    device: torch.device,
    data_root: Path,
    kept: Mapping[str, Any] | None,
    clock: Clock | None,
) -> Chosen:
    here = machine(device)
    if kept is not None:
        choices = Choices.from_table(kept.get("ways")) if kept else Choices()
        if choices and kept.get("machine", here) == here:
            return Chosen(choices, here, _numbers(kept.get("worth")), "kept" if kept else "usual")
        return _moved(_measured(config, spec, device, data_root, clock), kept)
    return _measured(config, spec, device, data_root, clock)


def _moved(chosen: Chosen, kept: Mapping[str, Any]) -> Chosen:
    before = str(kept.get("machine", "another machine"))[:200]
    chosen.sentences.append(
        f"The ways to compute of this run were chosen on {before}. They are chosen anew here, so "
        "it goes on as before to rounding, and not bit for bit."
    )
    return chosen


def _measured(
    config: RunConfig, spec: DataSpec, device: torch.device, data_root: Path, clock: Clock | None
) -> Chosen:
    usual = Chosen(Choices(), machine(device))
    if not _may_measure(config, spec, device):
        return usual
    memory, name = MachineMemory(data_root), key(config, spec, device)
    known = memory.recall(name)
    choices = Choices.from_table(known.get("ways"))
    if choices:
        return replace(
            usual, choices=choices, worth=_numbers(known.get("worth")), source="remembered"
        )
    try:
        choices, worth = measure(config, spec, device, clock)
    # Networks of others raise what they like; what is wrong with one, its training will say.
    except Exception as error:
        why = "there is no room" if is_out_of_memory(error) else first_line(error)
        usual.sentences.append(
            f"The usual ways to compute are taken: others could not be tried ({why})."
        )
        return usual
    finally:
        if device.type == "cuda":
            torch.cuda.empty_cache()
    if not memory.remember(name, ways=choices.as_table(), worth=worth):
        usual.sentences.append(
            f"The usual ways to compute are taken: what is quickest here cannot be remembered in "
            f"{data_root}, and the next run would choose anew."
        )
        return usual
    return replace(usual, choices=choices, worth=worth, source="measured")


def _may_measure(config: RunConfig, spec: DataSpec, device: torch.device) -> bool:
    """Whether other ways may be tried: wanted, alone, and with room for two games more.
    Private training goes one way only."""
    if os.environ.get(SWITCH) == "0" or "WORLD_SIZE" in os.environ:
        return False
    if device.type not in ("cpu", "cuda") or config.compiled or config.private:
        return False
    free = free_memory(device)
    return rough_need(config, spec) < free / 8 or 3 * training_memory(config, spec, device) < free


def _numbers(table: object) -> dict[str, float]:
    """The positive numbers of a table that was read."""
    if not isinstance(table, Mapping):
        return {}
    return {
        str(name): float(value)
        for name, value in table.items()
        if isinstance(value, int | float) and 0 < value < 1e6
    }


def settle(chosen: Chosen, trainer: Trainer, resumed: bool) -> None:
    """Give ``trainer``, which was made with the choices of ``chosen`` and stands where it begins,
    what is left of them: the numbers of penalised passes, which a trial finds for a new run."""
    if trainer.device.type == "cuda":
        torch.backends.cudnn.benchmark = chosen.choices.cudnn_benchmark
        # What `remember_speed` reads is this run's, not what came before it in the process.
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(trainer.device)
    if resumed or not trainer.is_single_process:
        take_numbers(trainer, chosen.choices.penalty_numbers)
    else:
        chosen.sentences += _tried_numbers(trainer)
    chosen.choices = trainer.algorithm.choices


def _tried_numbers(trainer: Trainer) -> list[str]:
    try:
        return shorten_penalised_passes(trainer)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        take_numbers(trainer, FP32)
        return ["There is no room to try short numbers under the penalty; it keeps full fp32."]


def remember_speed(
    trainer: Trainer, spec: DataSpec, data_root: Path, steps_per_second: float
) -> None:
    """What a training that ends tells of its like: how long a step takes, and on a GPU how much
    memory was reserved for it at most. Of one that several processes shared, nothing."""
    if os.environ.get(SWITCH) == "0" or not trainer.is_single_process:
        return
    if trainer.step_count < FEWEST_STEPS or not steps_per_second:
        return
    facts: dict[str, float] = {"seconds_per_step": 1 / steps_per_second}
    if trainer.device.type == "cuda":
        facts["memory"] = torch.cuda.max_memory_reserved(trainer.device)
    MachineMemory(data_root).remember(key(trainer.config, spec, trainer.device), **facts)
