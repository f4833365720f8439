"""Real samples: what a run learns to imitate. Each data set is one entry of `registry.DATASETS`."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import torch

from ganviz.accel.memory import free_memory
from ganviz.data import digits, folder, glyphs, points, public
from ganviz.data import stacked_digits as stacked
from ganviz.data.entry import Dataset, Progress, ignore_progress
from ganviz.data.fit import fit
from ganviz.data.source import Batch, DataSource, DataSpec, Sampler, to_float
from ganviz.errors import ConfigError, DataError
from ganviz.registry import DATASETS

if TYPE_CHECKING:
    from ganviz.config import RunConfig

__all__ = [
    "Batch",
    "DataSource",
    "DataSpec",
    "Dataset",
    "Progress",
    "Sampler",
    "check_data",
    "expected_spec",
    "load_data",
    "to_float",
]

RESIDENT_SHARE = 0.5
"""Of a GPU's free memory, for the samples; the rest is the networks'."""

for _home in (
    glyphs,
    digits,
    public,
    stacked,
    folder,
    points,
):  # the order in which forms list them
    for _name, _entry in _home.ENTRIES.items():
        DATASETS.add(_name, _entry)
# whatever else stands here and adds itself to the registry is listed behind them
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def check_data(config: RunConfig) -> RunConfig:
    """``config``, with its data named so that they are found from any working folder.

    Raises at once, and before anything is made, what can be known without loading: a folder that is
    not there, or holds too few pictures.
    """
    entry = DATASETS.get(config.data, "data")
    return config.but(**entry.check(config)) if entry.check else config


def expected_spec(config: RunConfig) -> DataSpec:
    """What the run's data would look like, without loading it: grey where only loading can tell."""
    entry = DATASETS.get(config.data, "data")
    if entry.kind == "points":
        return DataSpec(config.data, "points", (2,), 0)
    colour = config.colour == "rgb" or (config.colour == "auto" and entry.in_colour)
    size, channels = config.image_size, 3 if colour else 1
    return DataSpec(config.data, "images", (channels, size, size), 0, entry.classes or ())


def load_data(
    config: RunConfig,
    device: torch.device | str,
    data_root: Path | str,
    progress: Progress | None = None,
) -> DataSource:
    """The run's real samples, fitted to its settings: resident on ``device``, or where they can be
    read ahead from (see `DataSource`).

    ``progress(fraction, text)`` is called a few times a second at most; what it raises ends the
    loading cleanly. Raises `DataError` or `ConfigError`.
    """
    entry = DATASETS.get(config.data, "data")
    loaded = entry.load(
        config, Path(data_root).expanduser(), _throttled(progress) if progress else ignore_progress
    )
    source = fit(loaded, config, entry.shuffled)
    if config.conditional and not source.spec.classes:
        raise ConfigError(
            "These pictures have no classes; set conditioning to 'none', or sort them into "
            "sub-folders, "
            "one for each class.",
            "conditioning",
        )
    try:
        return _placed(source, torch.device(device))
    except torch.OutOfMemoryError:
        raise DataError(
            f"The {source.spec.count:,} samples do not fit into the memory of {device}; set a "
            f"data limit.",
            "data_limit",
        ) from None


def _placed(source: DataSource, device: torch.device) -> DataSource:
    """``source`` for batches on ``device``: in its memory, where it leaves the networks room."""
    if device.type == "cuda" and source.samples.nbytes > free_memory(device) * RESIDENT_SHARE:
        return replace(source, batch_device=device)
    return source.to(device)


def _throttled(progress: Progress, seconds: float = 0.2) -> Progress:
    """``progress``, called at most once in ``seconds``: each call becomes an event that every
    viewer gets."""
    last = -math.inf

    def report(fraction: float | None, text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            progress(fraction, text)

    return report
