"""The settings of what changes over a run by itself. Their values at a step:
`ganviz.algorithms.scheduled_values`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from ganviz.settings import SCHEDULES, setting

BURN_IN = {"burn_in": ("cosine",)}


class Schedules(BaseModel):
    """The part of `RunConfig` that says what changes over the steps.

    The burn-in is R3GAN's (Huang et al. 2024, appendix): along half a cosine, learning rates and
    penalty weight fall, Adam's beta 2 rises, and the half-life of the average grows from 0.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    lr_decay: Literal["none", "linear", "cosine"] = setting(
        SCHEDULES, "none", "Learning rate decay"
    )
    """Lower both learning rates to zero over the run, so that it ends in fine strokes. Needs a
    number of steps."""
    burn_in: Literal["none", "cosine"] = setting(SCHEDULES, "none", "Burn-in")
    """Begin with coarse strokes and a short memory, and come to fine ones along half a cosine, as
    R3GAN does."""
    burn_in_samples: int = setting(
        SCHEDULES, 200_000, "Burn-in ends after", unit="samples", live=True, ge=1,
        le=10_000_000_000, when=BURN_IN,
    )  # fmt: skip
    """Real samples (batch size times steps) until everything below has its last value."""
    burn_in_lr: float = setting(
        SCHEDULES, 0.25, "Learning rates left", live=True, gt=0, le=10, when=BURN_IN
    )
    """Share of both learning rates that is left when the burn-in ends."""
    burn_in_penalty: float = setting(
        SCHEDULES, 0.1, "Penalty weight left", live=True, gt=0, le=10, when=BURN_IN
    )
    """Share of the penalty weight that is left when the burn-in ends."""
    burn_in_beta2: float = setting(
        SCHEDULES, 0.99, "Adam beta 2 at the end", live=True, ge=0, lt=1,
        when={**BURN_IN, "optimizer": ("adam",)},
    )  # fmt: skip
    """What Adam's beta 2 comes to when the burn-in ends."""
    burn_in_half_life: int = setting(
        SCHEDULES, 0, "EMA half-life", unit="samples", fork=True, ge=0, le=10_000_000_000,
        when=BURN_IN,
    )  # fmt: skip
    """Samples after which the average has forgotten half, when the burn-in ends; it begins at 0.
    0 takes the EMA decay instead."""
