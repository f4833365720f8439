"""The formulas that objectives and penalties carry (LaTeX), as MathML, which browsers draw by
themselves."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from latex2mathml.converter import convert

BAR = "&#x02016;"
PLACES = {
    "formula_d": "D minimises",
    "formula_g": "G minimises",
    "formula": "Adds to D's loss, times its weight",
}
"""The attributes of an entry that hold a formula, and what a page says before each."""

GAME: dict[str, str | dict[str, str]] = {
    "noise": {
        "gaussian": r"z \sim \mathcal{N}(0, I)",
        "uniform": r"z \sim \mathcal{U}(-1, 1)^d",
        "sphere": r"z = \sqrt{d}\, \frac{n}{\lVert n \rVert}, \quad n \sim \mathcal{N}(0, I)",
    },
    "generator": r"x = G(z)",
    "fakes": r"x = G(z), \quad \text{pushed towards} \; -\nabla_x L_G",
    "reals": r"x \sim p_{\text{data}}",
    "discriminator": r"D(x) \in \mathbb{R}",
}
"""What each part of the game is, beside both losses."""


def game_formulas() -> dict[str, Any]:
    """`GAME` as MathML."""
    return {
        part: {kind: mathml(one) for kind, one in latex.items()}
        if isinstance(latex, dict)
        else mathml(latex)
        for part, latex in GAME.items()
    }


def formulas(item: Any) -> list[dict[str, str]]:
    """``{"label", "mathml"}`` for each formula of a registry's entry; none where it has none."""
    found = ((label, getattr(item, name, "")) for name, label in PLACES.items())
    return [{"label": label, "mathml": mathml(latex)} for label, latex in found if latex]


@cache
def mathml(latex: str) -> str:
    """``latex`` as one ``<math>`` element; what the converter cannot read stays as it was
    written."""
    try:
        # A norm's bar that is free to stretch grows by its exponent, on one side only.
        return convert(latex).replace(f"<mo>{BAR}</mo>", f'<mo stretchy="false">{BAR}</mo>')
    except Exception:
        return escape(latex)
