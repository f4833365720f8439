"""A fingerprint of real samples and their labels: whether a run that goes on meets the data that it
was trained on."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from ganviz.data.source import DataSource

EXAMINED_BYTES = 256 * 2**20
"""At most so much of the samples is read, spread over all of them."""
DIGESTS = ("samples", "labelled", "ordered")


@dataclass(frozen=True)
class Fingerprint:
    """Digests of the samples that a run takes, as they were loaded.

    ``samples``: the same for the same samples in any order; ``labelled``: for the same samples with
    the same labels, in any order; ``ordered``: for the same samples in the same order, whatever
    their labels. ``examined``: how many samples they are of; digests of another number cannot be
    compared.
    """

    samples: str
    labelled: str
    ordered: str
    examined: int

    @classmethod
    def parse(cls, table: object) -> Fingerprint | None:
        """One from plain JSON, or None where it is not one."""
        if not isinstance(table, dict) or type(table.get("examined")) is not int:
            return None
        samples, labelled, ordered = (table.get(name) for name in DIGESTS)
        if not all(isinstance(one, str) and len(one) <= 64 for one in (samples, labelled, ordered)):
            return None
        return cls(str(samples), str(labelled), str(ordered), table["examined"])


def fingerprint(source: DataSource, index: torch.Tensor) -> Fingerprint:
    """Of the samples of ``source`` with these numbers, int64 [N], in this order.

    Samples that are computed count as the same everywhere: their last bits differ by machine. Their
    order is that of their labels.
    """
    samples = source.samples
    computed = source.computed or samples.dtype != torch.uint8
    if source.checksums is None and not computed:
        size = max(1, samples[:1].nbytes)
        index = index[:: max(1, -(-len(index) * size // EXAMINED_BYTES))]
    if computed:
        sums = np.zeros(len(index), np.uint64)
    elif source.checksums is not None:
        sums = source.checksums[index.numpy()].astype(np.uint64)
    else:
        sums = _checksums(samples, index)
    if source.labels is None:
        labelled = sums
    else:
        labelled = sums | (source.labels[index].numpy().astype(np.uint64) << np.uint64(32))
    ordered = labelled if computed else sums
    return Fingerprint(
        _digest(np.sort(sums)), _digest(np.sort(labelled)), _digest(ordered), len(index)
    )


def _checksums(samples: torch.Tensor, index: torch.Tensor) -> np.ndarray:
    pixels = samples.numpy()
    rows: Iterable[np.ndarray] = (pixels[number] for number in index.tolist())
    if not pixels[:1].flags.c_contiguous:
        rows = map(np.ascontiguousarray, rows)
    # as little as can be for each: a run of 60,000 begins a seventh of a second sooner
    return np.fromiter((zlib.crc32(row.data) for row in rows), np.uint64, len(index))


def _digest(sums: np.ndarray) -> str:
    return hashlib.blake2b(sums.astype("<u8").tobytes(), digest_size=16).hexdigest()
