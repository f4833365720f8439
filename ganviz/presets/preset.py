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


def label_of(name: str) -> str:
    """The preset as people know it; one that there is not any more by its name."""
    return PRESETS.get(name).label if name in PRESETS.names() else name


def title(name: str, preset: str, run_id: str) -> str:
    """What a person calls a run: the name that they gave it, else its preset, else its id."""
    return name or label_of(preset) or run_id
