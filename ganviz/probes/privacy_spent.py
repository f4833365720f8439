"""What private training has spent so far."""

from __future__ import annotations

import math

from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.probe import Probe
from ganviz.registry import PROBES

PRIVACY = event_kind(
    "privacy",
    browser="newest",
    order=30,
    figures=(
        Figure(
            "epsilon",
            "Epsilon",
            "What differential privacy promises so far, at this run's delta: 0 would be perfect, 1 "
            "is strong, above 10 is weak. It grows with every update of D.",
            better="lower",
            samples=(),
            compared=True,
            tile=True,
        ),
    ),
    cards=(
        Card(
            "Privacy spent",
            "Epsilon of the private training, by the Renyi accountant of Opacus: the odds that any "
            "one picture was among the training data change by at most a factor of e to the power "
            "of epsilon, but for the chance delta. It is about the networks and what they draw; "
            "the charts here look at real pictures, and are not covered.",
            once_measured=True,
        ),
    ),
)


@PROBES.register("privacy")
class Privacy(Probe):
    """Logs "privacy": epsilon and delta of a private training."""

    name = "figures of privacy"
    interval = 2.0

    def applies(self) -> bool:
        return self.trainer.algorithm.privacy is not None

    def prepare(self) -> None:
        delta, count = self.trainer.config.delta, len(self.source.samples)
        self.run.log(
            "note",
            level="info",
            sentence=f"Private training: epsilon is counted at delta = {delta:g}, for batches by "
            f"chance of {self.trainer.config.batch_size:,} of {count:,} on average.",
        )
        if delta * count >= 1:
            self.run.log(
                "note",
                level="warning",
                sentence=f"Delta is {delta:g}, and there are {count:,} pictures: at one over their "
                "number or more, a training that hands out whole pictures would pass. Choose a "
                "smaller delta.",
            )

    def measure(self) -> None:
        spent = self.trainer.algorithm.privacy
        if spent is not None and math.isfinite(spent["epsilon"]):
            self.run.log("privacy", **{**spent, "epsilon": round(spent["epsilon"], 4)})

    def finish(self) -> None:
        if not self._ended:
            self._guarded(self.measure)
