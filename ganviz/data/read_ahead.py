"""Batches of samples that do not lie on the device, gathered before they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
import torch
from torch import Tensor

DEPTH = 2
"""So many batches are gathered before they are asked for."""
MOST_BYTES = 128 * 2**20
"""Of all of them together; where two batches are larger, none is gathered ahead."""


class ReadAhead:
    """Rows of ``samples``, a tensor on the CPU that may lie in a file, for batches on ``device``.

    A thread reads the rows that are likely to be asked for next. What is given is what was asked
    for, whatever was read before.
    """

    def __init__(self, samples: Tensor, device: torch.device):
        self._rows, self._dtype = samples.numpy(), samples.dtype
        self._device = device
        self._pin = device.type == "cuda"
        self._pool = ThreadPoolExecutor(1, "ganviz-read-ahead")
        self._waiting: deque[tuple[Tensor, Future[Tensor]]] = deque()

    def gather(self, index: Tensor, following: Iterator[Tensor]) -> Tensor:
        """Rows ``index`` (int64 [N], on the CPU), on the device. ``following``: which are likely to
        be asked for next, in this order."""
        if self._waiting and torch.equal(self._waiting[0][0], index):
            rows = self._waiting.popleft()[1].result()
        else:
            # Another order: a new epoch, or a state that was loaded.
            self._waiting.clear()
            rows = self._read(index)
        if 2 * rows.nbytes <= MOST_BYTES:
            for later in islice(following, len(self._waiting), DEPTH):
                self._waiting.append((later, self._pool.submit(self._read, later)))
        return rows.to(self._device, non_blocking=self._pin)

    def _read(self, index: Tensor) -> Tensor:
        shape = (len(index), *self._rows.shape[1:])
        # Pinned memory is given anew only after what was copied from it has arrived.
        rows = torch.empty(shape, dtype=self._dtype, pin_memory=self._pin)
        # In one thread, without Python's lock: torch's own threads are busy with the networks.
        np.take(self._rows, index.numpy(), axis=0, out=rows.numpy(), mode="clip")
        return rows
