"""The coach: one plain sentence on how the training goes, and what to try.

It reads what the run and the other probes logged. The statistics of every tick are evidence enough
for most faults; what is measured of D and of the samples comes more seldom where networks are slow.
`benchmarks/coach.py` counts hits, false alarms and false reassurances.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from ganviz.algorithms.statistics import NonFinite
from ganviz.engine.event_kinds import event_kind
from ganviz.probes import coach_rules, coach_sample_rules  # noqa: F401
from ganviz.probes.facts import Collector, GameTraits
from ganviz.probes.probe import Probe
from ganviz.probes.verdicts import Memory, Verdict, judge
from ganviz.registry import PROBES

if TYPE_CHECKING:
    from torch import nn

    from ganviz.objectives import Objective

COACH = event_kind("coach", browser="every", recalled=True, text="sentence")


@PROBES.register("coach")
class Coach(Probe):
    """Logs "coach" whenever its verdict changes."""

    name = "coach's figures"
    # it reads what the others logged
    order = 100
    # at every tick: it reads numbers that are there anyway
    interval = 0.0

    def prepare(self) -> None:
        algorithm = self.trainer.algorithm
        objective = getattr(algorithm, "objective", None)
        game = GameTraits(
            kind=self.source.spec.kind,
            adversary="discriminator" in algorithm.networks,
            scores=score_kind(objective),
            equilibrium=dict(self.run.equilibrium),
            sizes={name: weight_size(network) for name, network in algorithm.networks.items()},
        )
        self._collector = Collector(game)
        self._memory = Memory()
        self._cursor = self.run.events.seq
        self._logged = ""

    def measure(self) -> None:
        since, self._cursor = self._cursor, self.run.events.seq
        events, rows = self.run.events.since(since), self.run.events.rows(since)
        facts = self._collector.gather(events, rows, self.trainer.step_count)
        if facts is None:
            return
        verdict, self._memory = judge(facts, self._memory)
        self._log(verdict)

    def fail(self, error: Exception) -> None:
        """A run that broke down by itself is a verdict, the gravest."""
        if isinstance(error, NonFinite) and not self._ended:
            self._guarded(lambda: self._log(coach_rules.not_a_number(error)))

    def _log(self, verdict: Verdict) -> None:
        if verdict.name != self._logged:
            self._logged = verdict.name
            self.run.log("coach", **verdict.to_dict())


def score_kind(objective: Objective | None) -> str:
    """What the charted verdicts of D are under ``objective``; see `GameTraits`."""
    if objective is None or objective.score_range is None:
        return "raw"
    return "beside" if objective.pairs else "probability"


@torch.no_grad()
def weight_size(network: nn.Module) -> float:
    """The root mean square of a network's weights, as `Facts.weight_size` has it."""
    trained = [p for p in network.parameters() if p.requires_grad]
    total = sum(float(p.float().square().sum()) for p in trained)
    count = sum(p.numel() for p in trained)
    return math.sqrt(total / count) if count else 0.0
