"""ganviz: train GANs and watch them live.

    import ganviz
    result = ganviz.train("digits-quick", out="runs/x", progress=True)
    result = ganviz.resume("runs/x", steps=1000)            # a thousand steps more
    pictures = ganviz.load("runs/x").sample(64, seed=0)     # [64, 1, 28, 28] in [-1, 1]

Names are loaded when first used, so that ``import ganviz`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganviz.version import __version__, assets_folder

__all__ = [
    "GanvizError",
    "RunConfig",
    "RunResult",
    "__version__",
    "assets_folder",
    "load",
    "resume",
    "train",
]

_HOMES = {
    "train": ("ganviz.api", "train"),
    "resume": ("ganviz.api", "resume"),
    "RunResult": ("ganviz.api", "RunResult"),
    "load": ("ganviz.runs.trained", "load_generator"),
    "RunConfig": ("ganviz.config", "RunConfig"),
    "GanvizError": ("ganviz.errors", "GanvizError"),
}

if TYPE_CHECKING:
    from ganviz.api import RunResult, resume, train
    from ganviz.config import RunConfig
    from ganviz.errors import GanvizError
    from ganviz.runs.trained import load_generator as load


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ganviz' has no attribute {name!r}")
    home, there = _HOMES[name]
    value = globals()[name] = getattr(import_module(home), there)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
