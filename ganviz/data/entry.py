"""What the registry knows of a data set before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSource

Progress = Callable[["float | None", str], None]
"""``progress(fraction, text)``: how far loading is (0 to 1, None where unknown). It may raise to
cancel the loading."""

Loader = Callable[["RunConfig", Path, Progress], "DataSource"]

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Dataset:
    """An entry of `registry.DATASETS`.

    ``kind``: "images" or "points". ``classes``: the names of the labels, () without labels, None
    where only loading can tell. ``offline``: needs no download. ``shuffled``: ``load`` gives the
    samples in random order. ``in_colour``: pictures come with three channels, or mostly do.
    ``extra_reads``: `RunConfig` fields that mean something for this set alone.
    ``check(config)``: raises at once what ``load`` would raise after a run has been made, and gives
    the settings that only mean the same from here in words that do from anywhere.
    ``list_classes(config)``, where ``classes`` is None: the classes that loading will find, without
    loading. ``decoded_file(config, data_root)``: where its decoded samples are kept, once they have
    been loaded.
    ``load(config, data_root, progress)`` gives the real samples on the CPU; pictures may come in
    the set's own size and colours, `ganviz.data.load_data` fits them.
    """

    label: str
    why: str
    load: Loader
    kind: str = "images"
    classes: tuple[str, ...] | None = ()
    offline: bool = True
    shuffled: bool = False
    in_colour: bool = False
    extra_reads: tuple[str, ...] = ()
    check: Callable[[RunConfig], dict[str, Any]] | None = None
    list_classes: Callable[[RunConfig], tuple[str, ...]] | None = None
    decoded_file: Callable[[RunConfig, Path], Path] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The `RunConfig` fields that mean something for this set."""
        pictures = ("image_size", "colour", "flip", "holdout") if self.kind == "images" else ()
        labels = () if self.classes == () else ("conditioning",)
        return (*pictures, *labels, *self.extra_reads)

    @property
    def reads_folder(self) -> bool:
        """Whether the samples are what a folder that a person names holds."""
        return "data_path" in self.reads


def ignore_progress(fraction: float | None, text: str) -> None:
    """The progress callback of a caller who does not watch."""
