"""A small classifier of pictures, trained within a second or two: what a data set is good for shows
in what it learns from it."""

from __future__ import annotations

import torch
from torch import Tensor

from ganviz.accel.optimizers import adam
from ganviz.data.source import to_float
from ganviz.probes.features import (
    BATCH,
    CHUNK,
    LR,
    MOST_SIDE,
    Cancelled,
    FeatureNet,
    fit,
    shrunk,
    unless_cancelled,
)


def train_classifier(
    x: Tensor, y: Tensor, classes: int, seed: int, steps: int, cancelled: Cancelled = lambda: False
) -> FeatureNet:
    """A convolutional classifier of uint8 pictures ``x`` [N, C, H, W] with their classes ``y``
    int64 [N], after ``steps`` steps of Adam with a decaying rate, or fewer when ``cancelled()``.

    All its random numbers come from ``seed``. Raises `MeasurementCancelled` where it is before the
    first step.
    """
    random = torch.Generator().manual_seed(seed)
    _, channels, size, _ = x.shape
    if size > MOST_SIDE:
        x = torch.cat([shrunk(part) for part in unless_cancelled(x.split(CHUNK), cancelled)])
    network = FeatureNet(channels, size, classes).initialise(random).to(x.device)
    optimizer = adam(network, LR)

    def batch() -> tuple[Tensor, Tensor]:
        index = torch.randint(len(x), (BATCH,), generator=random).to(x.device)
        return to_float(x[index]), y[index]

    fit(network, optimizer, batch, steps, cancelled)
    return network.eval()


@torch.no_grad()
def correct(
    network: FeatureNet, x: Tensor, y: Tensor, cancelled: Cancelled = lambda: False
) -> Tensor:
    """Which of the uint8 pictures ``x`` it names rightly, as 0 or 1: float64 [N], on the CPU.
    Raises `MeasurementCancelled`."""
    parts = unless_cancelled(x.split(CHUNK), cancelled)
    named = [network(to_float(part))[1].argmax(1) for part in parts]
    return (torch.cat(named) == y).double().cpu()
