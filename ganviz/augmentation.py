"""The settings of what D sees in place of the samples themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from ganviz.settings import AUGMENTATION, setting

Change = Literal[
    "translation",
    "scaling",
    "rotation",
    "anisotropic-scaling",
    "brightness",
    "contrast",
    "hue",
    "saturation",
    "cutout",
]
ADAPTIVE = {"augment_strength": ("adaptive",)}


class Augmentation(BaseModel):
    """The part of `RunConfig` that says how samples are changed before D sees them."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    augment: tuple[Change, ...] = setting(
        AUGMENTATION, (), "DiffAugment", words={"anisotropic-scaling": "Anisotropic scaling"}
    )
    """DiffAugment: the same random change to reals and fakes before D, for small data sets, one
    after the other. Saturation and hue change nothing in grey pictures."""
    augment_strength: Literal["always", "adaptive"] = setting(
        AUGMENTATION, "always", "Strength", words={"adaptive": "Adaptive (ADA)"}
    )
    """How often each change is made: always, or with a chance p that grows while D is too sure of
    the reals and falls while it is not (ADA, Karras et al. 2020)."""
    ada_target: float = setting(
        AUGMENTATION, 0.6, "ADA target", live=True, gt=-1, lt=1, when=ADAPTIVE
    )
    """Mean sign of D on reals that p is steered to: 1 is a D that is always right, 0 one that
    guesses."""
    ada_samples: int = setting(
        AUGMENTATION, 500_000, "ADA pace", unit="samples", live=True, ge=1, le=10_000_000_000,
        when=ADAPTIVE,
    )  # fmt: skip
    """Real samples in which p could go from 0 to 1: fewer steer faster."""


def misused_augmentation(
    changes: tuple[str, ...], strength: str, pictures: bool, adversarial: bool
) -> tuple[str, str] | None:
    """The setting to mend, and a sentence, where augmentation makes no sense; else None."""
    if changes and not pictures:
        return "augment", "DiffAugment changes pictures; this data set holds points."
    reason = ""
    if not adversarial:
        reason = "follows how sure D is of real pictures, and a VAE has no D"
    elif not pictures:
        reason = "changes pictures, and this data set holds points"
    elif not changes:
        reason = "needs changes to make: choose some under DiffAugment"
    if strength != "adaptive" or not reason:
        return None
    return "augment_strength", f"Adaptive augmentation {reason}; or set the strength to 'always'."
