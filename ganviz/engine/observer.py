"""Room for probes: they measure a training between two steps, each at its own pace and within its
own share of the time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ganviz.device import work_clock

if TYPE_CHECKING:
    from ganviz.data.source import DataSource
    from ganviz.engine.run import Run
    from ganviz.engine.trainer import Trainer


class Observer:
    """Base of all probes. Override `measure`; it runs in the training thread between two steps.

    ``every``: seconds between measurements, at least. ``share``: of the training time that
    measuring may take, at most: a slow probe measures less often. On a CPU what it waited for a
    core does not count, or one busy moment would silence it for a minute. A probe must not change
    the run: no steps, no random numbers of the run's generators, no gradients left behind. Heavy
    work belongs on a thread of the probe's own, on a copy.
    """

    every = 1.0
    share = 0.01

    def begin(self, run: Run, trainer: Trainer, source: DataSource) -> None:
        """The run is prepared and about to take its first step."""
        self.run, self.trainer, self.source = run, trainer, source
        self._worked = work_clock(trainer.device)
        self._due = 0.0

    def measure(self) -> None:
        """Measure, and log it with ``self.run.log(kind, **data)``."""

    def tick(self) -> None:
        """Called once a tick; measures when it is time."""
        if time.perf_counter() < self._due:
            return
        worked = self._worked()
        self.measure()
        cost = self._worked() - worked
        self._due = time.perf_counter() + max(self.every, cost / self.share)

    def frame_data(self, exact: bool) -> dict[str, Any]:
        """What to add to the data of a plane of points that is about to be shown, by name.

        Called in the training thread. ``exact``: of this very step, whatever it costs; else the
        newest that there is will do.
        """
        return {}

    def fail(self, error: Exception) -> None:
        """The run ends with ``error``: no step follows, and what is logged now is the last."""

    def finish(self) -> None:
        """The run ends; a probe may measure a last time and must end its threads."""
