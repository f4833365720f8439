"""What is measured while a run trains.

A probe is one module here: it declares the kind of event that it logs (`event_kind`) and registers
its class in `PROBES`. Every module of this package is imported with it, so that a new one is found
without a list that names it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from ganviz.registry import PROBES

if TYPE_CHECKING:
    from ganviz.engine.observer import Observer

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def default_observers(data_root: Path | str | None = None) -> list[Observer]:
    """The probes that every run gets; each finds out by itself whether it has anything to measure.

    ``data_root``: where trained feature networks are kept; None keeps them nowhere.
    """
    kinds = sorted((kind for _, kind in PROBES), key=lambda kind: kind.order)
    return [kind(data_root) for kind in kinds]
