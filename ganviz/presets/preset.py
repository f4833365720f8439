"""What a preset is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ganviz.registry import PRESETS

START, SYSTEMS, MISTAKES, PAPERS, PLANE = (
    "Start here",
    "Five systems",
    "Mistakes",
    "From the papers",
    "In the plane",
)
GROUPS = (START, SYSTEMS, MISTAKES, PAPERS, PLANE)


@dataclass(frozen=True)
class Preset:
    """A name, words for people, and the `RunConfig` fields that differ from their defaults.

    ``group``: one of `GROUPS`. ``partner``: the preset to see it beside, with the same seed and
    data; "" for none.
    """

    name: str
    label: str
    why: str
    settings: dict[str, Any] = field(default_factory=dict)
    group: str = START
    partner: str = ""


def preset(
    name: str, label: str, why: str, group: str = START, partner: str = "", **settings: Any
) -> Preset:
    """Define and register a preset."""
    return PRESETS.add(name, Preset(name, label, why, settings, group, partner))
