"""Named recipes, as data: each starts a run that is worth watching."""

# Each registers its presets, and a menu keeps this order.
from ganviz.presets import start, systems, papers, speedrun, plane  # noqa: F401, I001
from ganviz.presets.preset import GROUPS, Preset, label_of, preset, title

__all__ = ["GROUPS", "Preset", "label_of", "preset", "title"]
