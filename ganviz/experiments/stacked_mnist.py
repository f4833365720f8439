"""The preset `stacked-mnist`, trained and counted as the papers do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ganviz.config import RunConfig
from ganviz.engine.run import Run
from ganviz.errors import GanvizError
from ganviz.probes.stacked import Stacked

PRESET = "stacked-mnist"
POLL = 0.2


class CountedAtTheEnd(Stacked):
    """Waits for its classifier, however short the training was."""

    def finish(self) -> None:
        """Count what the run ends with."""
        self.wait()
        if self._reference is None and not self._ended:
            self._reference = self.make_reference()
        super().finish()


def measure(
    device: torch.device, data_root: Path, steps: int | None = None, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Train the preset; gives the "stacked" figures as they come, with the ``seconds`` of training
    and the step ``at`` that they are of, those of the end last. ``steps``: fewer or more than the
    preset's. Raises `GanvizError` where the training breaks down."""
    changes = {"steps": steps} if steps else {}
    config = RunConfig.from_preset(PRESET, seed=seed, **changes)
    run = Run(config, None, device, data_root, observers=[CountedAtTheEnd(data_root)]).start()
    seen = 0
    try:
        while True:
            active = run.active
            for event in run.events.since(seen, ("stacked",)):
                seen = event.seq
                yield {**event.data, "seconds": round(run.status()["elapsed"], 1)}
            if not active:
                break
            time.sleep(POLL)
    finally:
        run.stop()
        run.join()
    if run.state == "failed":
        raise GanvizError(run.error or "The training broke down.")


def describe() -> str:
    """The networks and the recipe behind our row."""
    config = RunConfig.from_preset(PRESET)
    return (
        f"{config.generator} {config.g_width} / {config.discriminator} {config.d_width} wide, "
        f"{config.objective}, {config.penalty} x {config.penalty_weight:g}, batch "
        f"{config.batch_size}, {config.steps:,} steps"
    )
