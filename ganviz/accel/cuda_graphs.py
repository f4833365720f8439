"""Whole training steps captured once as a CUDA graph and replayed: one launch instead of hundreds.

Small networks leave a GPU waiting for Python: a step of an MLP is hundreds of short kernels, each
launched on its own. A graph launches them together, with the same kernels on the same memory. So
everything that a step reads and writes must stay where it is: batches are copied to fixed buffers,
weights and the optimisers' state are never exchanged while a graph is in use. Learning rates and
whatever else fades in or out become tensors that the graph reads (`CapturedNumbers`); where a step
becomes another kind of work, as when D moves more often, it is captured anew.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic

import torch
from torch import Tensor

from ganviz.accel import private_apis as private
from ganviz.accel import trial
from ganviz.accel.captured_numbers import CapturedNumbers
from ganviz.accel.trainer_protocol import (
    AlgorithmLike,
    Batch,
    BatchLike,
    ElementWise,
    Stats,
    TrainerLike,
)

# Steps that may be launched before they are done: dozens could be, which a pause would wait for.
MAX_LAUNCHED_AHEAD = 4

Work = Callable[[], Tensor]
Capture = Callable[[Work, list[torch.Generator]], Work]
Notify = Callable[[str], None]


def say_nothing(sentence: str) -> None:
    """Nobody listens."""


def capture_steps(
    trainer: TrainerLike[Stats, Batch], capture: Capture | None = None, notify: Notify = say_nothing
) -> str | None:
    """Have ``trainer`` replay its steps from now on; returns None, or a sentence that says why it
    takes them as usual.

    ``capture(work, generators)`` captures ``work``, which draws from ``generators``, and returns
    what replays it (default: a CUDA graph). A replayed step is compared with a plain one from the
    same state before it is trusted; the trainer is then where it was before both. Loaded weights
    end the replaying. A hook on an optimiser is called at one step after it was registered, not at
    all of them. ``notify`` hears what happens later: a kind of step that cannot be captured.
    """
    wanted = trainer.algorithm.choices.cudnn_benchmark
    torch.backends.cudnn.benchmark = wanted
    reason = (
        (None if capture else _missing_device(trainer))
        or trainer.algorithm.why_not_capturable()
        or _try_out(trainer, capture or cuda_graph, notify)
    )
    if reason is None:
        # A replay keeps the kernels that it was captured with. Threads that measure and draw would
        # time them anew for each shape of theirs, which takes longer than what they do.
        torch.backends.cudnn.benchmark = False
        return None
    return f"Steps are not recorded as a CUDA graph, since {reason}; they are taken as usual."


def cuda_graph(work: Work, generators: list[torch.Generator]) -> Work:
    """``work`` as a CUDA graph. Other threads (painting, serving) go on using the GPU while it is
    captured."""
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph, stream=torch.cuda.Stream(), capture_error_mode="thread_local"):
        result = work()
    ends = [torch.cuda.Event(blocking=True) for _ in range(MAX_LAUNCHED_AHEAD)]

    def replay() -> Tensor:
        ends[0].synchronize()
        graph.replay()
        ends[0].record()
        ends.append(ends.pop(0))
        return result

    return replay


def _missing_device(trainer: TrainerLike[Stats, Batch]) -> str | None:
    return None if trainer.device.type == "cuda" else "CUDA graphs need an NVIDIA GPU"


def _try_out(trainer: TrainerLike[Stats, Batch], capture: Capture, notify: Notify) -> str | None:
    trainer.captured_step = None
    excuse = None
    with trial.StartingPoint(trainer) as start:
        # These steps give the optimisers their state, too.
        expected, noise = trial.plain_steps(trainer, start)
        try:
            # From where the plain steps began, torch's own random numbers included.
            with trial.torch_random_kept(trainer.device):
                captured = CapturedStep(
                    trainer.algorithm,
                    trainer.sampler,
                    trainer.device,
                    capture,
                    lambda: _step_of_another_kind(trainer, capture, notify),
                )
            start.restore()
            trainer.captured_step = captured
            found = trial.distances(expected, trial.gradients_of_a_step(trainer))
            problem, excuse = trial.verdict(found, noise, trial.tolerance(trainer))
        # CUDA, cuDNN and torch raise what they like where something cannot be captured.
        except Exception as error:
            # The old generator may think that it is still captured.
            trainer.algorithm.random = torch.Generator(trainer.device)
            problem = f"they cannot be ({trial.first_line(error)})"
        if problem is not None:
            trainer.captured_step = None
    if trainer.captured_step and trainer.device.type == "cuda":
        # What plain steps took stays reserved beside what the graph holds.
        torch.cuda.empty_cache()
    if excuse:
        notify(f"Steps are recorded as a CUDA graph: {excuse}.")
    return problem


def _step_of_another_kind(
    trainer: TrainerLike[Stats, Batch], capture: Capture, notify: Notify
) -> None:
    reason = trial.try_quicker(trainer, lambda one: capture_steps(one, capture, notify))
    if reason:
        notify(reason)
    if trainer.captured_step:
        trainer.captured_step()
    else:
        trainer.algorithm.step(trainer.sampler)


class CapturedStep(Generic[Stats, Batch]):
    """Takes the steps of ``algorithm`` on batches of ``sampler`` from a capture; ``otherwise``
    takes one where it has become another kind of work. Raises what capturing raises."""

    def __init__(
        self,
        algorithm: AlgorithmLike[Stats, Batch],
        sampler: Callable[[], Batch],
        device: torch.device,
        capture: Capture,
        otherwise: Callable[[], None],
    ):
        self._algorithm = algorithm
        self._sampler = sampler
        self._otherwise = otherwise
        self._buffers: list[Batch] = []
        self._layout: list[tuple[str, torch.Size, ElementWise | None]] = []
        # The plain steps of the trial have called these.
        self._called_hooks = hooks_on_steps(algorithm)
        moves = self._allocate_buffers()
        self._numbers = CapturedNumbers(algorithm, device, moves)
        self._kind = self._kind_of_work()
        with _nothing_collected(device):
            self._replay = capture(self._work, [algorithm.random])

    def __call__(self) -> None:
        """One step, with its statistics."""
        algorithm, sampler = self._algorithm, self._sampler
        hooks = hooks_on_steps(algorithm)
        is_other = self._kind_of_work() != self._kind
        if hooks - self._called_hooks or (hooks and is_other):
            # A capture would not call them; one plain step does, and that is what they are for.
            # Nor shall who measures see the steps of a trial.
            self._called_hooks = hooks
            return algorithm.step(sampler)
        if is_other:
            return self._otherwise()
        for buffer in self._buffers:
            _copy(sampler(), buffer)
        self._numbers.refresh()
        # The next replay writes to the same memory.
        row = self._replay().clone()
        algorithm.steps_done += 1
        self._numbers.move_averages()
        parts = row.split([shape.numel() for _, shape, _ in self._layout])
        for (name, shape, of), part in zip(self._layout, parts, strict=True):
            algorithm.stats.add(name, part.view(shape), of)

    def _kind_of_work(self) -> Hashable:
        return self._algorithm.structure(), self._numbers.fixed()

    def _work(self) -> Tensor:
        """A step on the batches in the buffers; returns all its statistics as one row."""
        buffers = iter(self._buffers)
        with self._algorithm.uncounted() as stats, self._numbers.as_tensors():
            self._algorithm.step(lambda: next(buffers))
        collected = stats.drain()
        self._layout = [(name, value.shape, of) for name, value, of in collected]
        return torch.cat([value.reshape(-1).float() for _, value, _ in collected])

    def _allocate_buffers(self) -> list[int]:
        """A plain step shows how many batches a step takes; copies of them become the buffers.
        Returns how often it moved each average."""
        batches: list[Batch] = []
        averages = self._algorithm.averages
        before = [average.calls for average in averages]

        def next_batch() -> Batch:
            batches.append(self._sampler())
            return batches[-1]

        with self._algorithm.uncounted():
            self._algorithm.step(next_batch)
        self._buffers = [batch.clone() for batch in batches]
        return [average.calls - calls for average, calls in zip(averages, before, strict=True)]


def hooks_on_steps(algorithm: AlgorithmLike[Any, Any]) -> set[int]:
    """Who measures steps from the inside: the numbers of the hooks on the optimisers, which are
    given once."""
    return {
        number
        for optimizer in algorithm.optimizers.values()
        for hooks in (private.step_pre_hooks(optimizer), private.step_post_hooks(optimizer))
        for number in hooks
    }


@contextlib.contextmanager
def _nothing_collected(device: torch.device) -> Iterator[None]:
    """Within: Python collects no garbage. A graph of before that it came upon would be destroyed,
    which CUDA refuses while another is captured."""
    if device.type == "cuda":
        gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _copy(batch: BatchLike, buffer: BatchLike) -> None:
    buffer.x.copy_(batch.x)
    if buffer.y is not None and batch.y is not None:
        buffer.y.copy_(batch.y)
