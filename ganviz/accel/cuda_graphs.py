"""Whole training steps recorded once as a CUDA graph and replayed: one launch instead of hundreds.

Small networks leave a GPU waiting for Python: a step of an MLP is hundreds of short kernels, each
launched on its own. A graph launches them together, with the same kernels on the same memory. So
everything that a step reads and writes must stay where it is: batches are copied to fixed places,
weights and the optimisers' state are never exchanged while a graph is in use, and what Python
computes anew for each step (the batch's order, the moving average's ramp) stays outside the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ganviz.accel import trial
from ganviz.algorithms.statistics import Stats
from ganviz.data.source import Batch
from ganviz.engine.trainer import Trainer

AHEAD = 4  # steps that may be launched before they are done

Work = Callable[[], Tensor]
Record = Callable[[Work, list[torch.Generator]], Work]


def replay_steps(trainer: Trainer, record: Record | None = None) -> str | None:
    """Have ``trainer`` replay its steps from now on; returns None, or a sentence that says why it
    takes them as usual.

    ``record(work, generators)`` records ``work``, which draws from ``generators``, and returns what
    replays it (default: a CUDA graph). A replayed step is compared with a plain one from the same
    state before it is trusted; the trainer is then where it was before both. A live setting that
    changes, or loaded weights, end the replaying. A hook on an optimiser is called at one step
    after it was registered, not at all of them.
    """
    reason = (
        (None if record else _cannot(trainer))
        or trainer.algorithm.varies()
        or _try_out(trainer, record or cuda_graph)
    )
    return (
        reason
        and f"Steps are not recorded as a CUDA graph, since {reason}; they are taken as usual."
    )


def cuda_graph(work: Work, generators: list[torch.Generator]) -> Work:
    """``work`` as a CUDA graph. Other threads (painting, serving) go on using the GPU while it is
    recorded."""
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph, stream=torch.cuda.Stream(), capture_error_mode="thread_local"):
        result = work()
    ends = [torch.cuda.Event(blocking=True) for _ in range(AHEAD)]

    def replay() -> Tensor:
        ends[
            0
            # of a step some steps ago: dozens could be launched, which a pause would have to wait
            # for
        ].synchronize()
        graph.replay()
        ends[0].record()
        ends.append(ends.pop(0))
        return result

    return replay


def _cannot(trainer: Trainer) -> str | None:
    return None if trainer.device.type == "cuda" else "CUDA graphs need an NVIDIA GPU"


def _try_out(trainer: Trainer, record: Record) -> str | None:
    trainer.replayed = None
    with trial.Start(trainer) as start:
        expected = trial.gradients_of_a_step(
            trainer
        )  # this step gives the optimisers their state, too
        start.restore()
        try:
            replayed = ReplayedStep(trainer, record)
            start.restore()
            trainer.replayed = replayed
            problem = trial.difference(
                expected, trial.gradients_of_a_step(trainer), trial.tolerance(trainer)
            )
        except (
            Exception
        ) as error:  # CUDA, cuDNN and torch raise what they like where something cannot be captured
            trainer.algorithm.random = torch.Generator(
                trainer.device
            )  # the old one may think that it is still recorded
            problem = f"they cannot be ({trial.first_line(error)})"
        if problem is not None:
            trainer.replayed = None
    return problem


class ReplayedStep:
    """Takes the steps of ``trainer`` from a recording. Raises what the recording raises."""

    def __init__(self, trainer: Trainer, record: Record):
        self._trainer = trainer
        self._algorithm = trainer.algorithm
        self._batches: list[Batch] = []
        self._layout: list[tuple[str, torch.Size, Any]] = []
        self._served = self._hooks()  # by the plain steps of the trial
        self._count_batches()
        self._replay = record(self._work, [self._algorithm.random])

    def __call__(self) -> None:
        """One step, with its statistics."""
        algorithm, draw = self._algorithm, self._trainer.sampler
        hooks = self._hooks()
        if (
            hooks - self._served
            # a recording would not call them; one plain step does, and that is what they are there
            # for
        ):
            self._served = hooks
            return algorithm.step(draw)
        for place in self._batches:
            _copy(draw(), place)
        seen = self._replay().clone()  # the next replay writes to the same place
        algorithm.steps_done += 1
        for average in algorithm.averages:
            average.update()
        parts = seen.split([shape.numel() for _, shape, _ in self._layout])
        for (name, shape, of), part in zip(self._layout, parts, strict=True):
            algorithm.stats.add(name, part.view(shape), of)

    def _hooks(self) -> set[int]:
        """Who measures steps from the inside: the numbers of the hooks on the optimisers, which are
        given once."""
        return {
            number
            for optimizer in self._algorithm.optimizers.values()
            for hooks in (optimizer._optimizer_step_pre_hooks, optimizer._optimizer_step_post_hooks)
            for number in hooks
        }

    def _work(self) -> Tensor:
        """A step on the batches at their places; returns all its statistics as one row of
        numbers."""
        places = iter(self._batches)
        with _beside_the_clock(self._algorithm) as tape:
            self._algorithm.step(lambda: next(places))
        said = tape.drain()
        self._layout = [(name, value.shape, of) for name, value, of in said]
        return torch.cat([value.reshape(-1).float() for _, value, _ in said])

    def _count_batches(self) -> None:
        """A plain step shows how many batches a step takes; they become the places of all further
        ones."""

        def draw() -> Batch:
            self._batches.append(self._trainer.sampler())
            return self._batches[-1]

        with _beside_the_clock(self._algorithm):
            self._algorithm.step(draw)
        self._batches = [
            Batch(batch.x.clone(), None if batch.y is None else batch.y.clone())
            for batch in self._batches
        ]


@contextmanager
def _beside_the_clock(algorithm: Any) -> Iterator[Stats]:
    """A step taken within is not counted, moves no average, and tells its statistics to the `Stats`
    that is given."""
    stats, done = algorithm.stats, algorithm.steps_done
    algorithm.stats = tape = Stats()
    for average in algorithm.averages:
        average.held = True
    try:
        yield tape
    finally:
        algorithm.stats, algorithm.steps_done = stats, done
        for average in algorithm.averages:
            average.held = False


def _copy(batch: Batch, place: Batch) -> None:
    place.x.copy_(batch.x)
    if place.y is not None:
        place.y.copy_(batch.y)
