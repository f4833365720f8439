"""Stacked MNIST: three digits, one in each colour channel, are one of 1,000 combinations.

How many of them a generator draws says how much of the data it covers (Metz et al. 2017; the
protocol with 26,000 samples is that of Srivastava et al. 2017).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganviz.data.entry import DIGITS, Dataset, Progress
from ganviz.data.glyphs import ENTRIES as DRAWN
from ganviz.data.held_out import samples_to_load
from ganviz.data.public import mnist_at_hand
from ganviz.data.source import DataSource, DataSpec

if TYPE_CHECKING:
    from ganviz.config import RunConfig

COUNT = 60_000
SEED = 31
DRAWN_NOTE = (
    "The triples are of digits drawn from fonts. Once the data set MNIST has been used on this "
    "machine, they are of its real digits, as in the papers."
)


def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
    """Triples of real digits where MNIST lies under the data root, else of drawn ones. ``modes``
    holds the single digits and their labels, by which a classifier names the triples."""
    digits, labels, note = _digits(config, data_root, progress)
    count = min(samples_to_load(config) or COUNT, COUNT)
    random = torch.Generator().manual_seed(SEED)
    index = torch.randint(len(digits), (count, 3), generator=random)
    triples = torch.stack([digits[index[:, channel], 0] for channel in range(3)], 1)
    spec = DataSpec("stacked-mnist", "images", tuple(triples.shape[1:]), count, note=note)
    modes = {"digits": digits, "digit_labels": labels}
    return DataSource(spec, triples, modes=modes, computed=note == DRAWN_NOTE)


def _digits(config: RunConfig, data_root: Path, progress: Progress) -> tuple[Tensor, Tensor, str]:
    found = mnist_at_hand(data_root, progress)
    if found is not None:
        return found
    drawn = DRAWN["glyphs"].load(config, data_root, progress)
    assert drawn.labels is not None, "they are drawn by their labels"
    return drawn.samples, drawn.labels, DRAWN_NOTE


def name_of(mode: int) -> str:
    """The three digits of combination ``mode``, red first: 7 is "007"."""
    return f"{mode:0{len(str(len(DIGITS) ** 3 - 1))}d}"


ENTRIES = {
    "stacked-mnist": Dataset(
        "Stacked digits",
        "Three digits in one picture, in red, green and blue: 1,000 combinations to be found. Of "
        "MNIST's digits where they are at hand, else of drawn ones.",
        load,
        shuffled=True,
        in_colour=True,
    )
}
