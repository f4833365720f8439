"""What is measured while a run trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ganviz.engine.observer import Observer


def default_observers(data_root: Path | str | None = None) -> list[Observer]:
    """The probes that every run gets; each finds out by itself whether it has anything to look at.

    ``data_root``: where trained feature networks are kept; None keeps them nowhere. The coach comes
    last: it reads what the others told.
    """
    from ganviz.probes.coach import Coach
    from ganviz.probes.fidelity import Fidelity
    from ganviz.probes.gradients import Gradients
    from ganviz.probes.modes import Modes, Surface
    from ganviz.probes.outputs import Outputs
    from ganviz.probes.reconstruction import Reconstruction
    from ganviz.probes.sharpness import Sharpness

    return [
        Gradients(),
        Outputs(),
        Modes(),
        Surface(),
        Sharpness(),
        Reconstruction(),
        Fidelity(data_root),
        Coach(),
    ]
