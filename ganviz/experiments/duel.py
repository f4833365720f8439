"""Two configurations side by side: the same seed, data and latents, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig, meta
from ganviz.data import load_data
from ganviz.engine.frames import fixed_latents, layout_for
from ganviz.engine.snapshot import draw
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError

# Points of a side in the plane.
POINTS = 400
# What two sides may not differ in, or they are not compared.
SHARED = ("data", "data_path", "drawing", "seed", "image_size", "colour", "data_limit", "holdout")
# What says nothing of the game.
ASIDE = ("preset", "name", "steps", "tick_seconds", "sample_seconds", "checkpoint_seconds")
DIFFERENT = (
    "The two sides of a duel play on the same data with the same seed, and {label} differs: choose "
    "a partner that shares it."
)


@dataclass(frozen=True)
class Difference:
    """A setting that the sides do not share: its label, and both values."""

    field: str
    label: str
    left: Any
    right: Any


def differences(left: RunConfig, right: RunConfig) -> list[Difference]:
    """The settings in which two sides differ. Raises `ConfigError` where they share too little."""
    for field in SHARED:
        if getattr(left, field) != getattr(right, field):
            raise ConfigError(DIFFERENT, field, label=meta(field)["label"].lower())
    return [
        Difference(field, meta(field)["label"], getattr(left, field), getattr(right, field))
        for field in RunConfig.model_fields
        if field not in ASIDE and getattr(left, field) != getattr(right, field)
    ]


class DuelSide:
    """One of the two: a trainer, which steps as it would alone, and the latents that are drawn."""

    def __init__(self, trainer: Trainer):
        self.trainer = trainer
        self.problem = ""
        spec = trainer.source.spec
        layout = layout_for(spec, trainer.algorithm.conditional)
        self.layout = layout
        count = POINTS if spec.kind == "points" else layout.count
        self._z = fixed_latents(trainer.config, count).to(trainer.device)
        self._y = None if layout.y is None else layout.y.to(trainer.device)

    def step(self) -> None:
        """One step, unless this side has broken down."""
        if not self.problem:
            self.trainer.step()

    def statistics(self) -> dict[str, float]:
        """Means since the last call; {} for a side that has broken down, whose ``problem`` says
        so."""
        if self.problem:
            return {}
        try:
            return self.trainer.read_stats()
        except NonFinite as error:
            self.problem = f"{error.name} is no finite number any more, from step {error.step} on."
            return {}

    def samples(self) -> Tensor:
        """[N, ...] of the moving average, from the same latents at every call."""
        return draw(self.trainer.algorithm.ema.network, self._z, self._y).float().cpu()


class Duel:
    """Trains both sides in lockstep on the CPU. Raises what loading data raises."""

    def __init__(
        self,
        left: RunConfig,
        right: RunConfig,
        data_root: Path | str,
        on_progress: Callable[[float | None, str], None] | None = None,
    ):
        self.differences = differences(left, right)
        device = torch.device("cpu")
        # the data are shared: neither side changes them
        source = load_data(left, device, data_root, on_progress)
        self.source = source
        self.sides = tuple(DuelSide(Trainer(config, source, device)) for config in (left, right))
        self.step_count = 0

    def step(self) -> None:
        """One step of each side."""
        for side in self.sides:
            side.step()
        self.step_count += 1
