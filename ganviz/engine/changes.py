"""What commands change between two steps, each with a mark in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganviz.config import meta
from ganviz.engine.acceleration import record_steps

if TYPE_CHECKING:
    from ganviz.engine.command_queue import CommandQueue
    from ganviz.engine.recorder import Recorder
    from ganviz.engine.run import Run
    from ganviz.engine.trainer import Trainer


def change_settings(run: Run, trainer: Trainer, settings: dict[str, Any]) -> None:
    """Change live settings to values that were checked."""
    was_captured = trainer.captured_step
    for name, value in settings.items():
        old = getattr(trainer.config, name)
        trainer.apply(name, value)
        run.config = trainer.config
        run.log("setting", name=name, value=value, old=old, label=meta(name)["label"])
    if was_captured and not trainer.captured_step and trainer.device.type != "cpu":
        # The old capture went by the old values. (On a CPU, the recorder sees to that.)
        record_steps(trainer, run.warn)


def take_turns(
    run: Run, trainer: Trainer, recorder: Recorder, queue: CommandQueue, player: str, n: int
) -> None:
    """Take ``n`` steps in which only ``player`` moves, and show where they led; fewer where
    ``queue`` is stopped."""
    first = run.step_count + 1
    for _ in range(n):
        if not queue.stopping:
            trainer.turn(player)
    run.log_at(first, "turn", player=player, n=run.step_count + 1 - first)
    recorder.show()
