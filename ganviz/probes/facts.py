"""What the coach knows at one tick: figures gathered from a run's own events, live or from its
log."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ganviz.engine.events import Event


@dataclass(frozen=True)
class GameTraits:
    """What a run is, as far as verdicts depend on it.

    ``kind``: of the data, "images" or "points". ``adversary``: whether there is a D. ``scores``:
    what the charted verdicts of D are, "probability", "beside" (of a D that judges pairs) or
    "raw". ``equilibrium``: values of the losses there. ``sizes``: root mean square of each
    network's weights before the first step.
    """

    kind: str = "images"
    adversary: bool = True
    scores: str = "probability"
    equilibrium: dict[str, float | None] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is known at one tick. Every figure may be missing (None or an empty table).

    ``scalars``: means of the statistics since the last tick. ``outputs``, ``modes``, ``fidelity``,
    ``sharpness``: the newest events of those kinds. ``networks``: per network the figures of the
    newest "gradients" event. ``news``: the kinds that were measured anew since the last tick.
    """

    step: int = 0
    game: GameTraits = field(default_factory=GameTraits)
    scalars: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    networks: dict[str, dict[str, list]] = field(default_factory=dict)
    modes: dict[str, Any] = field(default_factory=dict)
    fidelity: dict[str, Any] = field(default_factory=dict)
    sharpness: dict[str, Any] = field(default_factory=dict)
    news: frozenset[str] = frozenset()

    @property
    def grid_diversity(self) -> float | None:
        """Diversity of the sample grid that a person sees, over the reals'."""
        value = self.scalars.get("sample_diversity")
        return value if value is not None and math.isfinite(value) else None

    @property
    def largest_loss(self) -> float:
        """The larger of both losses, without its sign."""
        values = [abs(self.scalars[name]) for name in ("loss_d", "loss_g") if name in self.scalars]
        return max((value for value in values if not math.isnan(value)), default=0.0)

    @property
    def accuracy(self) -> float | None:
        """D's accuracy on the held batch."""
        return self.outputs.get("accuracy")

    @property
    def diversity(self) -> float | None:
        """Spread of the fakes over the reals'."""
        return self.outputs.get("diversity")

    @property
    def modes_reached(self) -> int | None:
        """How many modes have at least 20 of 2,500 samples nearer to them than to any other,
        however far."""
        nearest = self.modes.get("nearest")
        return sum(count >= 0.008 * self.modes["n"] for count in nearest) if nearest else None

    def norm(self, network: str, figure: str = "gradient") -> float | None:
        """The norm over all layers of a network's ``gradient`` or ``weight``."""
        values = self.networks.get(network, {}).get(figure)
        return (
            math.hypot(*values) if values and all(value is not None for value in values) else None
        )

    def weight_size(self, network: str) -> float | None:
        """The root mean square of a network's weights."""
        norm, counts = self.norm(network, "weight"), self.networks.get(network, {}).get("count")
        return norm / math.sqrt(sum(counts)) if norm is not None and counts else None

    def stride(self, network: str) -> float | None:
        """The update-to-weight ratio of a typical layer."""
        updates = sorted(update for *_, update in self.chain(network))
        return updates[len(updates) // 2] if updates else None

    def chain(self, network: str) -> list[tuple[str, float, float, float]]:
        """(label, gradient, weight, update) of the layers that lie one behind another, first
        first."""
        table = self.networks.get(network)
        if not table:
            return []
        rows = zip(
            table["layers"],
            table["kinds"],
            table["gradient"],
            table["weight"],
            table["update"],
            strict=True,
        )
        return [
            (label, gradient, weight, update)
            for label, kind, gradient, weight, update in rows
            if kind in ("linear", "conv") and None not in (gradient, weight, update)
        ]


class Collector:
    """Gathers events into `Facts`, tick by tick."""

    def __init__(self, game: GameTraits):
        self._facts = Facts(game=game)

    def gather(
        self, events: Iterable[Event], scalars: Mapping[str, Iterable[float]], step: int
    ) -> Facts | None:
        """The facts at ``step``, from the events and the scalar rows (columns) since the last tick;
        None without news: what was not measured anew proves nothing new."""
        new: dict[str, Any] = {}
        for event in events:
            if event.kind in ("outputs", "modes", "fidelity", "sharpness"):
                new[event.kind] = event.data
            elif event.kind == "gradients":
                new["networks"] = event.data["networks"]
        means = {name: _mean(values) for name, values in scalars.items()}
        if means:
            new["scalars"] = means
        if not new:
            return None
        self._facts = replace(self._facts, step=step, news=frozenset(new), **new)
        return self._facts


def _mean(values: Iterable[float]) -> float:
    known = [float(value) for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
