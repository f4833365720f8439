"""What differential privacy promises of a privately trained run, in plain words, and what the
promise assumes."""

from __future__ import annotations

import math
from typing import Any

from ganviz.text import counted

# Ponomareva et al. 2023, "How to DP-fy ML", arXiv 2303.00654
STRONG, WEAK = 1.0, 10.0

ASSUMED = (
    "Each picture counts by itself: of somebody who is in several, they tell more.",
    "Whoever gets the pictures has neither the run's folder nor its checkpoints: they hold the "
    "state of the noise, and figures and pictures that look at real ones.",
    "Nothing was chosen by looking at real pictures: neither settings that were tried before, nor "
    "the checkpoint with the best figures, nor classes as often as in the data.",
    "The noise comes from PyTorch's generator under a secret seed, which is not a cryptographic "
    "one.",
    "This report looks at real pictures; its figures are not covered.",
)


def spent_by(info: dict[str, Any]) -> dict[str, float] | None:
    """What a checkpoint says of its private training; None where training was not private."""
    found = info.get("privacy")
    names = ("epsilon", "delta", "noise_multiplier", "clip_norm", "rate", "updates")
    if not isinstance(found, dict):
        return None
    numbers = {name: found.get(name) for name in names}
    if any(
        isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
        for value in numbers.values()
    ):
        return None
    return {name: float(value) for name, value in numbers.items() if value is not None}


def promise(spent: dict[str, float] | None) -> tuple[str, ...]:
    """Sentences that say what is promised; none where training was not private."""
    if spent is None:
        return ()
    epsilon = spent["epsilon"]
    return (
        counted(
            round(spent["updates"]),
            "The training was differentially private: epsilon = {epsilon:.2f} at delta = "
            "{delta:g}, after one update of D with noise (noise multiplier {noise_multiplier:g}, "
            "clipping norm {clip_norm:g}).",
            "The training was differentially private: epsilon = {epsilon:.2f} at delta = "
            "{delta:g}, after {n} updates of D with noise (noise multiplier "
            "{noise_multiplier:g}, clipping norm {clip_norm:g}).",
            **spent,
        ),
        "Whatever is done with these pictures, whether one real picture was among the training "
        f"data changes the odds of no outcome by more than a factor of {_factor(epsilon)}, but for "
        f"the chance delta. {_strength(epsilon)}",
    )


def _factor(epsilon: float) -> str:
    """e to the power of epsilon, as people read it."""
    return f"{math.exp(epsilon):,.3g}" if epsilon < 7 else f"{math.exp(min(epsilon, 700)):.0e}"


def _strength(epsilon: float) -> str:
    if epsilon <= STRONG:
        return "That is a strong promise."
    if epsilon <= WEAK:
        return "Promises of this size are usual; a strong one has an epsilon of 1 or less."
    return "That is a weak promise: above 10 it means little by itself."
