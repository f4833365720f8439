"""What the coach knows at one look: figures gathered from a run's own events, live or from its
log."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ganviz.engine.events import Event


@dataclass(frozen=True)
class Facts:
    """One look. Every figure may be missing (None or an empty table).

    ``kind``: of the data, "images" or "points".
    ``scalars``: means of the statistics since the last look. ``outputs``, ``modes``, ``fidelity``:
    the newest events of those kinds. ``networks``: per network the figures of the newest
    "gradients" event. ``equilibrium``: values of the losses there.
    """

    step: int = 0
    kind: str = "images"
    scalars: dict[str, float] = field(default_factory=dict)
    equilibrium: dict[str, float | None] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    networks: dict[str, dict[str, list]] = field(default_factory=dict)
    modes: dict[str, Any] = field(default_factory=dict)
    fidelity: dict[str, Any] = field(default_factory=dict)

    @property
    def accuracy(self) -> float | None:
        """D's accuracy on the held batch."""
        return self.outputs.get("accuracy")

    @property
    def diversity(self) -> float | None:
        """Spread of the fakes over the reals'."""
        return self.outputs.get("diversity")

    @property
    def peopled(self) -> int | None:
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
    """Gathers events into `Facts`, one look for each new "outputs" event: what was not measured
    anew proves nothing new."""

    def __init__(self, kind: str, equilibrium: dict[str, float | None]):
        self._facts = Facts(kind=kind, equilibrium=equilibrium)

    def take(
        self, events: Iterable[Event], scalars: dict[str, Iterable[float]], step: int
    ) -> Facts | None:
        """The facts at ``step``, from the events and the scalar rows (columns) since the last look;
        None without news."""
        new: dict[str, Any] = {}
        for event in events:
            if event.kind in ("outputs", "modes", "fidelity"):
                new[event.kind] = event.data
            elif event.kind == "gradients":
                new["networks"] = event.data["networks"]
        means = {name: _mean(values) for name, values in scalars.items()}
        self._facts = replace(self._facts, step=step, **{"scalars": means, **new} if means else new)
        return self._facts if "outputs" in new else None


def _mean(values: Iterable[float]) -> float:
    known = [float(value) for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan
