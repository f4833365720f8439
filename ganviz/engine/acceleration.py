"""What makes a trainer quicker that stands where it begins: compiled networks, recorded steps. Each
is tried first, and a sentence says why where it is not taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganviz.accel import is_enabled
from ganviz.accel.compile import compile_networks
from ganviz.accel.cuda_graphs import capture_steps, hooks_on_steps
from ganviz.accel.recorded_steps import can_be_recorded, record_steps_on_cpu
from ganviz.accel.trial import try_quicker

if TYPE_CHECKING:
    from ganviz.engine.trainer import Trainer

Warn = Callable[[str], None]
# Seconds of a step beyond which the few milliseconds that Python takes of it do not count.
SHORT = 0.06
# Seconds of training below which trying to record takes longer than recorded steps save.
LEAST_LEFT = 1.0


def accelerate(trainer: Trainer, progress: Callable[[float | None, str], None], warn: Warn) -> None:
    """Make ``trainer`` as quick as its settings ask for. ``progress`` hears what takes long,
    ``warn`` what cannot be."""
    if trainer.config.compiled:
        progress(None, "Compiling the networks: up to a minute.")
        _try(trainer, compile_networks, warn)
    if _wants_recorded_steps(trainer):
        record_steps(trainer, warn)


def record_steps(trainer: Trainer, warn: Warn) -> None:
    """Have ``trainer`` replay its steps; ``warn`` hears why it does not, now or later."""
    _try(trainer, lambda one: capture_steps(one, notify=warn), warn)


def record_short_steps(trainer: Trainer) -> bool:
    """Have ``trainer``, whose steps are `SHORT`, replay them where it trains on a CPU. False where
    it may be otherwise later: while somebody measures its steps, who would see those of the trial,
    or a burn-in lasts."""
    config = trainer.config
    wanted = config.cuda_graphs == "auto" and not config.compiled and trainer.is_single_process
    if wanted and trainer.device.type == "cpu" and is_enabled():
        if hooks_on_steps(trainer.algorithm) or not can_be_recorded(trainer.algorithm):
            return False
        record_steps_on_cpu(trainer)
    return True


def _wants_recorded_steps(trainer: Trainer) -> bool:
    wanted = trainer.config.cuda_graphs
    alone = trainer.device.type == "cuda" and trainer.is_single_process
    return wanted == "on" or (wanted == "auto" and alone)


def _try(trainer: Trainer, attempt: Callable[[Trainer], str | None], warn: Warn) -> None:
    reason = try_quicker(trainer, attempt)
    if reason:
        warn(reason)
