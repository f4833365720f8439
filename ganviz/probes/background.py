"""A probe that measures beside the training: in a thread of its own, on a copy of G."""

from __future__ import annotations

import copy
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ganviz import device as devices
from ganviz import pacing
from ganviz.accel import private_apis as private
from ganviz.accel.preparation import SideStream
from ganviz.engine.events import ENDED
from ganviz.engine.snapshot import render_chunk, to_levels
from ganviz.probes.features import MeasurementCancelled
from ganviz.probes.probe import Probe


class BackgroundProbe(Probe):
    """Measures on a thread of its own, on a private copy of the EMA generator. In the training
    thread its weights are copied, and a result is logged at the next tick by `report`.

    ``first``: seconds of training before the first measurement.
    """

    first = 4.0

    def prepare(self) -> None:
        self._copy: nn.Module | None = None
        self._side_stream = SideStream(self.trainer.device)
        self._thread: threading.Thread | None = None
        self._result: dict[str, Any] | None = None
        self._failure: str | None = None
        self._cancel = False
        self._due = time.perf_counter() + self.first

    def report(self, result: dict[str, Any]) -> None:
        """Log what was measured."""
        raise NotImplementedError

    def tick(self) -> None:
        if not self._ended:
            self._guarded(self._log_result)
        super().tick()

    def wait(self) -> None:
        """Wait for what is being measured, and tell it."""
        if self._thread:
            self._thread.join()
        self._guarded(self._log_result)

    def cancelled(self) -> bool:
        """Whether the run has no more use for what is being measured."""
        return self._cancel or self.run.state in ENDED

    def is_at_the_last_step(self) -> bool:
        """Whether the run has done all steps that it was to do: nobody stopped it."""
        return 0 < self.trainer.config.steps <= self.trainer.step_count

    def is_working(self) -> bool:
        """Whether a measurement is under way."""
        return self._thread is not None and self._thread.is_alive()

    def begin_work(self, work: Callable[[], None]) -> None:
        """Copy the generator's weights as they are now, and have a thread call ``work``."""
        self.take_weights()
        name = f"ganviz-{type(self).__name__.lower()}"
        self._thread = threading.Thread(target=self._work, args=(work,), name=name, daemon=True)
        self._thread.start()

    def take_weights(self) -> None:
        """The copy becomes what the generator is now."""
        network = self.trainer.algorithm.ema.network
        if self._copy is None:
            self._copy = copy.deepcopy(network).eval().requires_grad_(False)
            return
        with torch.no_grad():
            private.copy_each_(
                [*self._copy.parameters(), *self._copy.buffers()],
                [*network.parameters(), *network.buffers()],
            )

    @contextmanager
    def paced(self) -> Iterator[None]:
        """Within: a measurement. The next one waits so long that this one's work is a small share:
        of a core's time; beside a training on a GPU, which both use, of the clock's."""
        device = self.trainer.device
        clock = devices.work_clock(device)
        began = clock()
        yield
        on_cpu = device.type == "cpu"
        share = pacing.FIDELITY_CORE_SHARE if on_cpu else pacing.FIDELITY_GPU_SHARE
        self._due = time.perf_counter() + max(self.every, (clock() - began) / share)

    def draw(self, z: Tensor, y: Tensor | None) -> Tensor | None:
        """The copy's pictures as a viewer gets them, in 256 levels: uint8 [N, C, H, W] on the CPU.
        None when cancelled."""
        assert self._copy is not None  # drawn from after `take_weights`
        device = next(self._copy.parameters()).device
        parts, chunk = [], render_chunk(self._copy)
        for start in range(0, len(z), chunk):
            if self.cancelled():
                return None
            part = slice(start, start + chunk)
            with torch.no_grad():
                x = self._copy(z[part].to(device), None if y is None else y[part].to(device))
            parts.append(to_levels(x).contiguous().cpu())
        return torch.cat(parts)

    def _work(self, work: Callable[[], None]) -> None:
        devices.prepare_background_thread()
        try:
            with self._side_stream.work():
                work()
        except MeasurementCancelled:
            return
        except Exception as error:  # told, and ended, in the training thread
            self._failure = f"{type(error).__name__}: {str(error)[:200]}"
            if self.run.store:
                self.run.store.write_traceback(traceback.format_exc())

    def _log_result(self) -> None:
        if self._failure:
            self._give_up(self._failure)
        result, self._result = self._result, None
        if result:
            self.report(result)
