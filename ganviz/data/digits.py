"""scikit-learn's scanned handwritten digits: small, real, and part of the installation."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganviz.data.entry import DIGITS, Dataset, Progress
from ganviz.data.source import DataSource, DataSpec
from ganviz.errors import DataError

if TYPE_CHECKING:
    from ganviz.config import RunConfig


def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
    """1,797 pictures of 8 x 8 pixels with 17 grey levels."""
    progress(None, "Reading scikit-learn's digits")
    images, classes = _read()
    spec = DataSpec("digits", "images", (1, 8, 8), len(images), DIGITS)
    return DataSource(spec, images.clone(), classes.clone())


@cache
def _read() -> tuple[Tensor, Tensor]:
    """uint8 [1797, 1, 8, 8] and int64 [1797]; scikit-learn keeps them as text."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(
            "The data set 'digits' comes with scikit-learn: run 'pip install scikit-learn'.", "data"
        ) from None
    pixels, classes = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels).view(-1, 1, 8, 8).mul_(255 / 16).round_().to(torch.uint8)
    return images, torch.from_numpy(classes).long()


ENTRIES = {
    "digits": Dataset(
        "Scanned digits, tiny",
        "scikit-learn's 1,797 real handwritten digits of 8 x 8 pixels, shown as they are or "
        "enlarged; "
        "no download.",
        load,
        classes=DIGITS,
    )
}
