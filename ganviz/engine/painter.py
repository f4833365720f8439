"""Sample grids drawn beside the training: a thread of its own paints from a copy of the generator.

Between two steps only the weights are copied; drawing and encoding take a core that is free. With
one core, or on a device that the training uses as well, painting takes from the training all the
same, and keeps to a small share of the time.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganviz import device as devices
from ganviz.accel import private_apis as private
from ganviz.accel.preparation import enter_context
from ganviz.algorithms.statistics import NonFinite
from ganviz.engine.background_thread import BackgroundThread
from ganviz.engine.snapshot import draw

# Of the training time, where painting is at its cost.
SHARE = 0.015
# Of another core's time.
SHARE_ASIDE = 0.10

Show = Callable[[nn.Module, Tensor], None]


class Painter:
    """Draws ``generator``, a moving average that goes on moving, for the fixed latents ``z`` [N,
    latent_dim] and classes ``y``.

    ``show(network, x)`` is called with a copy that stays as it is until the next painting, and its
    samples.
    """

    def __init__(self, generator: nn.Module, z: Tensor, y: Tensor | None):
        self._generator, self._z, self._y = generator, z, y
        self._copy = copy.deepcopy(generator).eval().requires_grad_(False)
        self._theirs = [*generator.parameters(), *generator.buffers()]
        self._mine = [*self._copy.parameters(), *self._copy.buffers()]
        self._thread = BackgroundThread("ganviz-painter", _prepare_thread, z.device)
        self._share = SHARE_ASIDE if z.device.type == "cpu" and devices.cores() > 1 else SHARE
        self._worked = devices.work_clock(z.device)
        self._cost = self._work = 0.0

    @property
    def cost(self) -> float:
        """Seconds that the last painting took; 0 before the first."""
        return self._cost

    def interval(self, minimum: float) -> float:
        """Seconds to the next painting, at least ``minimum``; more where the last one was much
        work. Waiting for a busy core is none: pictures would stand still where they need not."""
        return max(minimum, self._work / self._share)

    def check(self) -> None:
        """Raise what went wrong with the last painting: `NonFinite` where the samples hold NaN or
        infinities."""
        self._thread.check()

    def begin(self, step: int, show: Show) -> bool:
        """Paint the generator as it is now; returns at once. False, and no painting, while the last
        one is not done."""
        if self._thread.is_busy:
            return False
        self.check()
        self._copy_weights()
        self._thread.begin(lambda: self._paint(step, show))
        return True

    def paint(self, step: int, show: Show) -> None:
        """Paint now, and return when it is shown. Raises as `check`."""
        self._thread.wait()
        self._copy_weights()
        self._paint(step, show)

    def close(self) -> None:
        """Wait for the last painting, and let go of the thread."""
        self._thread.close()

    @torch.no_grad()
    def _copy_weights(self) -> None:
        private.copy_each_(self._mine, self._theirs)

    def _paint(self, step: int, show: Show) -> None:
        began, worked = time.perf_counter(), self._worked()
        x = draw(self._copy, self._z, self._y)
        if not torch.isfinite(x).all():
            error = NonFinite("generator")
            error.step = step
            raise error
        show(self._copy, x)
        self._cost, self._work = time.perf_counter() - began, self._worked() - worked


def _prepare_thread(device: torch.device) -> None:
    devices.prepare_serving_thread()
    enter_context(device)
