"""What a checkpoint holds goes into networks and trainers, or is refused with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ganviz.engine.checkpoint import TRAINING, TrainingState
from ganviz.errors import CheckpointError

if TYPE_CHECKING:
    from ganviz.engine.trainer import Trainer


def restore_trainer(trainer: Trainer, state: TrainingState) -> float:
    """Let a fresh trainer go on from ``state``; returns the seconds trained so far.

    Raises `CheckpointError` where networks, optimisers or positions do not fit the trainer's
    settings.
    """
    algorithm = trainer.algorithm
    for name, module in {**algorithm.networks, "ema": algorithm.ema.network}.items():
        check_fit(module, state.part(name), name)
    try:
        trainer.load(state.weights, state.training)
    except (
        LookupError,
        TypeError,
        ArithmeticError,
        ValueError,
        AttributeError,
        RuntimeError,
    ) as error:
        raise CheckpointError(
            f"{state.path} does not fit these settings: its {TRAINING} lacks what the optimisers "
            f"or random generators need ({type(error).__name__})."
        ) from None
    if trainer.step_count != state.step:
        raise CheckpointError(f"{state.path} is refused: its parts are of different steps.")
    return elapsed_of(state)


def elapsed_of(state: TrainingState) -> float:
    """The seconds that a run had trained when it was saved; 0 where it does not say."""
    elapsed = state.info.get("elapsed")
    if isinstance(elapsed, bool) or not isinstance(elapsed, int | float):
        return 0.0
    return max(0.0, float(elapsed))


def fit(module: nn.Module, weights: dict[str, Tensor], what: str) -> None:
    """Load ``weights`` into ``module``, which keeps its device, dtype and memory layout.

    ``what``: how to call the module in a sentence ("generator"). Raises `CheckpointError`, see
    `check_fit`.
    """
    check_fit(module, weights, what)
    module.load_state_dict(weights)


def check_fit(module: nn.Module, weights: dict[str, Tensor], what: str) -> None:
    """Raise `CheckpointError` that names the first tensor of ``weights`` that ``module`` cannot
    take."""
    expected = module.state_dict()
    for name, tensor in expected.items():
        if name not in weights:
            raise CheckpointError(
                f"The checkpoint does not fit this {what}: the tensor {name!r} is missing."
            )
        if weights[name].shape != tensor.shape or weights[name].dtype != tensor.dtype:
            raise CheckpointError(
                f"The checkpoint does not fit this {what}: the tensor {name!r} is "
                f"{_form(weights[name])} instead of {_form(tensor)}."
            )
    extra = weights.keys() - expected.keys()
    if extra:
        raise CheckpointError(
            f"The checkpoint does not fit this {what}: it has no tensor called {min(extra)!r}."
        )


def _form(tensor: Tensor) -> str:
    return f"{list(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}"
