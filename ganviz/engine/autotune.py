"""Which of several ways to compute is the quickest on this machine, found by taking steps.

Each way computes the same, to rounding, but its last digits differ. So what was measured once is
remembered (`ganviz.engine.machine_memory`), and the same settings take the same way next time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from ganviz import algorithms
from ganviz import device as devices
from ganviz.accel import is_enabled, kernels
from ganviz.accel import private_apis as private
from ganviz.accel.choices import FP32, Choices, in_use
from ganviz.accel.cuda_graphs import CapturedStep, cuda_graph
from ganviz.accel.memory import is_out_of_memory
from ganviz.accel.penalty_precision import allow_products, shortest
from ganviz.accel.precision import cudnn_benchmark
from ganviz.algorithms.base import Algorithm, has_convolutions
from ganviz.config import RunConfig
from ganviz.data.source import Batch, DataSpec

Clock = Callable[[], float]

# Seconds that trying may take once the usual way is warm, and the share of the run that it may.
BUDGET, SHARE = 0.7, 0.05
# Steps are tried with as many samples as take this share of the budget, up to the batch size. A GPU
# is quick and wants to be filled: there it is nearly always all of them.
LONGEST, LONGEST_ON_GPU = 1 / 25, 1 / 12
FEWEST_SAMPLES = 8
PAIRS = 3
# Seconds of steps in a row that one look at the clock is for, on a GPU, and how many they are.
IN_A_ROW, MOST_IN_A_ROW = 0.01, 20
# Anything less is left as it is: a busy machine says as much of two equal ways.
WORTH_IT = 1.08


@dataclass(frozen=True)
class Way:
    """A choice between two ways. ``field``: of `Choices`; ``other``: what is tried in place of what
    is taken; ``labels``: how people call the usual way and the other one. ``applies``: whether the
    algorithm has anything of it."""

    field: str
    title: str
    labels: tuple[str, str]
    applies: Callable[[Algorithm], bool]

    def usual(self, choices: Choices) -> bool:
        """What ``choices`` say, where they leave it to the machine, too."""
        value = getattr(choices, self.field)
        return kernels.onednn_multiplies_faster() if value is None else value


def _on_cpu(algorithm: Algorithm) -> bool:
    return algorithm.device.type == "cpu"


def _convolves(algorithm: Algorithm) -> bool:
    return any(has_convolutions(network) for network in algorithm.networks.values())


def _multiplies(algorithm: Algorithm) -> bool:
    return private.has_onednn_linear() and any(
        isinstance(module, nn.Linear) and module.weight.numel() >= kernels.MIN_WEIGHTS
        for network in algorithm.networks.values()
        for module in network.modules()
    )


def _judges_in_one_batch(algorithm: Algorithm) -> bool:
    options = getattr(algorithm, "pass_options", None)
    found = options() if options and algorithm.config.adversarial else None
    return bool(found and found.independent and not found.homogeneous)


WAYS = (
    Way(
        "bf16_products",
        "bf16",
        ("inside the products", "autocast"),
        lambda a: _on_cpu(a) and a.config.precision == "bf16" and not _convolves(a),
    ),
    Way(
        "optimized_linear",
        "Linear layers",
        ("oneDNN", "torch's own"),
        lambda a: is_enabled() and _on_cpu(a) and _multiplies(a),
    ),
    Way(
        "optimized_convolutions",
        "Convolutions",
        ("ganviz's", "torch's own"),
        lambda a: is_enabled() and _on_cpu(a) and _convolves(a),
    ),
    Way(
        "channels_last", "Pictures in memory", ("pixel by pixel", "channel by channel"), _convolves
    ),
    Way(
        "joint_passes",
        "Reals and fakes",
        ("in one batch", "one after the other"),
        _judges_in_one_batch,
    ),
    Way(
        "fused_adam",
        "Adam",
        ("one kernel", "one for each operation"),
        lambda a: _on_cpu(a) and a.config.optimizer == "adam",
    ),
    Way(
        "cudnn_benchmark",
        "cuDNN's kernels",
        ("tried first", "by its own rules"),
        lambda a: a.device.type == "cuda" and _convolves(a),
    ),
)


def measure(
    config: RunConfig, spec: DataSpec, device: torch.device, clock: Clock | None = None
) -> tuple[Choices, dict[str, float]]:
    """The quickest choices, and what each way that was tried is worth: seconds of the usual way
    over seconds of the other. Takes about `BUDGET` seconds at most, and no random numbers.

    Passes under a penalty are taken in the shortest numbers that a trial may allow: kernels that
    are quick in one kind are slow in another.
    """
    numbers = shortest(config, device)
    allow_products(config, device, numbers)
    try:
        choices, worth = _measure(Choices(penalty_numbers=numbers), config, spec, device, clock)
    finally:
        allow_products(config, device, FP32)
    return replace(choices, penalty_numbers=FP32), worth


def _measure(
    usual_choices: Choices,
    config: RunConfig,
    spec: DataSpec,
    device: torch.device,
    clock: Clock | None,
) -> tuple[Choices, dict[str, float]]:
    clock = clock or devices.work_clock(device)
    contest = _Contest(config, spec, device, clock)
    usual = contest.entrant(usual_choices)
    end = clock() + BUDGET
    if config.steps:
        end = min(end, clock() + SHARE * config.steps * usual.full_step)
    worth: dict[str, float] = {}
    for way in WAYS:
        if not way.applies(usual.algorithm) or clock() >= end:
            continue
        change: dict[str, Any] = {way.field: not way.usual(usual.choices)}
        other = contest.entrant(replace(usual.choices, **change))
        worth[way.field] = contest.ratio(usual, other, end)
        if worth[way.field] >= WORTH_IT:
            usual = other
    return usual.choices, worth


def _are_replayed(config: RunConfig, device: torch.device) -> bool:
    """Whether a run takes its steps from a CUDA graph, where it can."""
    return device.type == "cuda" and config.cuda_graphs != "off"


class _Contest:
    """Steps of the same game, taken in different ways, on samples that are noise."""

    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device, clock: Clock):
        self._config = config
        self._spec = spec
        self._device = device
        self._clock = clock
        self._batch: Batch | None = None

    def entrant(self, choices: Choices) -> _Entrant:
        """The game under ``choices``, warm."""
        with in_use(choices):
            algorithm = algorithms.build(self._config, self._spec, self._device)
        entrant = _Entrant(choices, algorithm, lambda: algorithm.step(self._next_batch))
        if self._batch is None:
            self._choose_batch(entrant)
        self._seconds(entrant)
        self._capture(entrant)
        return entrant

    def _choose_batch(self, entrant: _Entrant) -> None:
        """Samples for all entrants, and how many steps are taken in a row."""
        on_gpu = self._device.type == "cuda"
        count = self._config.batch_size if on_gpu else self._least
        self._batch = self._noise(count)
        # The first step makes the optimisers' state; the second is like all others.
        self._seconds(entrant)
        seconds = self._seconds(entrant)
        entrant.full_step = seconds * self._config.batch_size / count
        longest = (LONGEST_ON_GPU if on_gpu else LONGEST) * BUDGET
        self._batch = self._noise(self._fitting(count, longest / max(seconds, 1e-9)))

    def _capture(self, entrant: _Entrant) -> None:
        """Where the run will replay its steps, ``entrant`` does: what a GPU waits for Python says
        nothing of kernels."""
        algorithm = entrant.algorithm
        if not _are_replayed(self._config, self._device) or algorithm.why_not_capturable():
            return
        try:
            with cudnn_benchmark(entrant.choices.cudnn_benchmark):
                entrant.step = CapturedStep(
                    algorithm, self._next_batch, self._device, cuda_graph, entrant.step
                )
        # CUDA, cuDNN and torch raise what they like where something cannot be captured.
        except Exception as error:
            if is_out_of_memory(error):
                raise
            # The old generator may think that it is still captured.
            algorithm.random = torch.Generator(self._device)
        self._seconds(entrant)
        seconds = self._seconds(entrant)
        entrant.in_a_row = min(MOST_IN_A_ROW, max(1, int(IN_A_ROW / max(seconds, 1e-9))))

    def ratio(self, usual: _Entrant, other: _Entrant, end: float) -> float:
        """Seconds of a step of ``usual`` over one of ``other``: the least of each, in turns."""
        least = [float("inf"), float("inf")]
        for pair in range(PAIRS):
            for i, entrant in enumerate((usual, other)):
                least[i] = min(least[i], self._seconds(entrant))
            if pair and self._clock() >= end:
                break
        return least[0] / max(least[1], 1e-9)

    @property
    def _least(self) -> int:
        pac = self._config.pac
        return min(self._config.batch_size, -(-FEWEST_SAMPLES // pac) * pac)

    def _fitting(self, count: int, share: float) -> int:
        """As many samples as ``share`` of the time for ``count`` is enough for; whole packs, up to
        the batch size."""
        pac = self._config.pac
        fitting = int(min(self._config.batch_size, max(self._least, share * count)))
        return max(self._least, fitting // pac * pac)

    def _next_batch(self) -> Batch:
        assert self._batch is not None
        return self._batch

    def _noise(self, count: int) -> Batch:
        random = torch.Generator().manual_seed(0)
        x = torch.rand(count, *self._spec.shape, generator=random) * 2 - 1
        y = torch.arange(count) % len(self._spec.classes) if self._spec.classes else None
        return Batch(x.to(self._device), None if y is None else y.to(self._device))

    def _seconds(self, entrant: _Entrant) -> float:
        with cudnn_benchmark(entrant.choices.cudnn_benchmark):
            began = self._clock()
            for _ in range(entrant.in_a_row):
                entrant.step()
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
            took = self._clock() - began
        entrant.algorithm.stats.drain()
        return took / entrant.in_a_row


@dataclass
class _Entrant:
    choices: Choices
    algorithm: Algorithm
    step: Callable[[], None]
    # Steps that are taken for one look at the clock.
    in_a_row: int = 1
    # Seconds that a step with all samples would take, of the first entrant.
    full_step: float = 0.0
