"""Steps of a training on a CPU, taken from a recording of their operations where that is exact."""

from __future__ import annotations

import zlib
from typing import Any

import torch
from torch import Tensor

from ganviz.accel import private_apis as private
from ganviz.accel import trial
from ganviz.accel.cuda_graphs import CapturedStep
from ganviz.accel.memory import is_out_of_memory
from ganviz.accel.recorded_operations import record_operations
from ganviz.accel.trainer_protocol import AlgorithmLike, Batch, Stats, TrainerLike

# Enough to see what a recording would carry from one step into the next.
COMPARED = 2


def record_steps_on_cpu(trainer: TrainerLike[Stats, Batch]) -> bool:
    """Have ``trainer`` replay its steps from now on, if that gives the very numbers that its steps
    give; whether it does. The trainer is then where it was. Loaded weights end the replaying; what
    else there is to say of `ganviz.accel.cuda_graphs.capture_steps` is so here."""
    trainer.captured_step = None
    trial.try_quicker(trainer, _record)
    return trainer.captured_step is not None


def can_be_recorded(algorithm: AlgorithmLike[Stats, Batch]) -> bool:
    """Whether the steps of now can; bit for bit, a beta 2 that moves is read by plain ones only."""
    return algorithm.why_not_capturable() is None and not algorithm.beta2_moves


def _record(trainer: TrainerLike[Stats, Batch]) -> None:
    algorithm = trainer.algorithm
    if not can_be_recorded(algorithm):
        return
    with trial.StartingPoint(trainer) as start:
        try:
            expected = _some_steps(trainer)
            start.restore()
            with trial.torch_random_kept(trainer.device):
                trainer.captured_step = CapturedStep(
                    algorithm,
                    trainer.sampler,
                    trainer.device,
                    record_operations,
                    lambda: _step_of_another_kind(trainer),
                )
            start.restore()
            if expected != _some_steps(trainer):
                trainer.captured_step = None
        # Operations raise what they like. A way that cannot be taken is not missed.
        except Exception as error:
            trainer.captured_step = None
            if is_out_of_memory(error):
                raise
    # The steps of the trial had rates of their own.
    algorithm.schedule(trainer.step_count)


def _step_of_another_kind(trainer: TrainerLike[Stats, Batch]) -> None:
    """Kinds of steps follow each other; each is recorded when it comes, but in a trial."""
    in_trial = trainer.step_before_trial is not None
    if not in_trial and record_steps_on_cpu(trainer) and trainer.captured_step:
        trainer.captured_step()
    else:
        trainer.algorithm.step(trainer.sampler)


def _some_steps(trainer: TrainerLike[Stats, Batch]) -> list[Any]:
    """What tells whether other steps leave behind the same bits: fingerprints, since copies of all
    weights and their optimisers would take memory that the system has to give first."""
    with trial.torch_random_kept(trainer.device):
        for _ in range(COMPARED):
            trainer.step()
    gradients = [
        weight.grad
        for network in trainer.algorithm.networks.values()
        for weight in network.parameters()
    ]
    # Their means are taken in fp32.
    statistics = [(name, value.float()) for name, value, _ in trainer.algorithm.stats.drain()]
    left = (trainer.weights(), trainer.training_state(), gradients, statistics)
    return [_fingerprint(leaf) for leaf in private.tree_leaves(left)]


def _fingerprint(leaf: Any) -> Any:
    if not isinstance(leaf, Tensor):
        return leaf
    values = leaf.detach().contiguous().reshape(-1).view(torch.uint8)
    return leaf.dtype, leaf.shape, zlib.crc32(values.numpy().data)
