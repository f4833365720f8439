"""What D says of samples that nobody trains on."""

from __future__ import annotations

from torch import Tensor, nn

from ganviz.objectives import Objective
from ganviz.probes.probe import undisturbed


def discriminator_scores(
    discriminator: nn.Module, objective: Objective, x: Tensor, y: Tensor | None
) -> Tensor:
    """D's verdict on each of ``x`` [N, ...] with classes ``y`` (None without), float [N]: of the
    unit that `score_unit` names.

    All of them are judged together, as a D with batch statistics needs it, and D is left as it was.
    """
    with undisturbed(discriminator) as judge:
        logits = judge(x, y).float().flatten()
    return objective.score(logits) if score_unit(objective) == "probability" else logits


def score_unit(objective: Objective) -> str:
    """ "probability", "raw", or "relative" where D only compares: then only differences count."""
    if objective.pairs:
        return "relative"
    return "probability" if objective.score_range else "raw"
