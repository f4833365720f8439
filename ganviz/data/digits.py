"""scikit-learn's scanned handwritten digits: small, real, and part of the installation."""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
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
    """uint8 [1797, 1, 8, 8] and int64 [1797]; scikit-learn keeps them as text, pixels from 0 to 16
    and then the class."""
    rows = torch.from_numpy(_rows())
    images = rows[:, :64].reshape(-1, 1, 8, 8).mul(255 / 16).round_().to(torch.uint8)
    return images, rows[:, 64].long()


def _rows() -> np.ndarray:
    """float64 [1797, 65]. From its file: to import scikit-learn for it takes a second."""
    package = find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise DataError(
            "The data set 'digits' comes with scikit-learn: run 'pip install scikit-learn'.", "data"
        )
    file = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    try:
        with gzip.open(file, "rt") as text:
            rows = np.loadtxt(text, delimiter=",", ndmin=2)
        if rows.shape[1] != 65:
            raise ValueError(rows.shape)
        return rows
    except (OSError, EOFError, ValueError, zlib.error):
        raise DataError(
            f"scikit-learn's digits cannot be read from {file}; install scikit-learn again.", "data"
        ) from None


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
