"""What went wrong with a run, in a sentence that a person can act on."""

from __future__ import annotations

import traceback

from ganviz import registry
from ganviz.accel.memory import is_out_of_memory, largest_fitting_batch
from ganviz.algorithms.statistics import NonFinite
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError

KEPT = "The last good pictures and checkpoint are kept."
NOTHING_KEPT = "There was no checkpoint yet, so there is nothing to resume from."


def explain(error: Exception, trainer: Trainer | None, has_checkpoint: bool = False) -> str:
    """One or two sentences for ``error``, which ended the training. ``has_checkpoint``: the run can
    be resumed from one."""
    if isinstance(error, GanvizError):
        return error.sentence
    if isinstance(error, NonFinite) and trainer:
        return _blown_up(error, trainer, has_checkpoint)
    if is_out_of_memory(error):
        # They hold the step's graphs and networks, which a smaller batch needs.
        traceback.clear_frames(error.__traceback__)
        return _out_of_memory(trainer)
    return (
        f"Training ended with an internal error ({type(error).__name__}: {error}). The details are "
        f"in the run's train.log."
    )


def _blown_up(error: NonFinite, trainer: Trainer, has_checkpoint: bool) -> str:
    network = trainer.algorithm.owner_of_statistic.get(error.name, error.name)
    config = trainer.config
    advice = [f"lower the learning rates (they are {config.g_lr:g} and {config.d_lr:g})"]
    if config.adversarial and not config.penalised:
        advice.append("add a gradient penalty")
    if config.precision == "bf16":
        advice.append("use fp32")
    if error.before_any_update:
        advice = ["look at the data and at what the networks return: no weight had moved yet"]
    if config.mistaken:
        # What the run is there to show is what needs mending.
        advice = [f"set the mistake ({registry.MISTAKES.get(config.mistake).label}) to 'None'"]
    what = (
        "its loss"
        if error.name.startswith("loss")
        else "its weights"
        if error.name == network
        else error.name
    )
    return (
        f"The {network} blew up at step {error.step:,}: {what} became NaN or infinite. Try to "
        f"{', or '.join(advice)}. {KEPT if has_checkpoint else NOTHING_KEPT}"
    )


def _out_of_memory(trainer: Trainer | None) -> str:
    if trainer is None:
        return (
            "Memory ran out while the data was being loaded. Use fewer or smaller samples (limit, "
            "image size)."
        )
    size = trainer.config.batch_size
    fits = _largest_fitting_batch(trainer)
    if fits is None:
        return (
            f"Memory ran out at batch size {size}, and no smaller batch fits. Use narrower "
            f"networks or smaller pictures."
        )
    return (
        f"Memory ran out at batch size {size}. A batch size of {fits} fits: set it and start again."
    )


def _largest_fitting_batch(trainer: Trainer) -> int | None:
    """See `ganviz.accel.memory.largest_fitting_batch`. ``trainer`` is released first: its memory is
    part of what is missing."""
    config, source, device = trainer.config, trainer.source, trainer.device
    trainer.release()
    return largest_fitting_batch(
        config.batch_size,
        device,
        lambda size: Trainer(config.but(batch_size=size), source, device).step(),
    )
