"""Networks compiled by `torch.compile`, tried out before they are trusted."""

from __future__ import annotations

import torch

from ganviz.accel import trial
from ganviz.accel.trainer_protocol import Batch, Stats, TrainerLike

BACKEND = "inductor"


def compile_networks(trainer: TrainerLike[Stats, Batch]) -> str | None:
    """Compile the networks of ``trainer``; returns None, or a sentence that says why they stay as
    they are.

    One step is taken plainly and one compiled, from the same state, and their gradients are
    compared; then the trainer is where it was before both. The weights stay in the plain networks,
    which snapshots and probes go on using.
    """
    algorithm = trainer.algorithm
    plain = {name: getattr(algorithm, name) for name in algorithm.networks}
    with trial.StartingPoint(trainer) as start:
        expected, noise = trial.plain_steps(trainer, start)
        try:
            for name, network in plain.items():
                setattr(algorithm, name, torch.compile(network, backend=BACKEND))
            found = trial.distances(expected, trial.gradients_of_a_step(trainer))
            problem, _ = trial.verdict(found, noise, trial.tolerance(trainer))
        # The compilers of three systems raise what they like.
        except Exception as error:
            cause = getattr(error, "inner_exception", error)
            problem = f"the compiler gave up ({trial.first_line(cause)})"
    if problem is None:
        return None
    for name, network in plain.items():
        setattr(algorithm, name, network)
    return f"The networks are not compiled, since {problem}; they train as usual."
