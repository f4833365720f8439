"""How a run stands, in one small file, so that a table of a thousand runs reads no log."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganviz import registry
from ganviz.config import RunConfig
from ganviz.disk import finite_json, read_json, write_atomic
from ganviz.engine.events import ENDED, Event

if TYPE_CHECKING:
    from ganviz.engine.frames import Frame

SUMMARY = "summary.json"
CONFIG = "config.json"
# of steps, and of seconds since 1970
MAX_NUMBER = 10**12


def marks_progress(event: Event) -> bool:
    """Whether ``event`` says how far the run is: one that is resumed prepares at step 0 again,
    which is not news, and pictures and checkpoints are of a step that is past by the time they are
    there."""
    return event.kind == "scalars" or event.data.get("state") in ENDED


def numbers(table: dict[str, Any]) -> dict[str, float | None]:
    """The figures in a table from anywhere."""
    return {
        name: value for name, value in table.items() if value is None or type(value) in (int, float)
    }


def _is_sound(value: Any) -> bool:
    """Whether a number can be a step or a time of this age."""
    return not isinstance(value, int | float) or 0 <= value < MAX_NUMBER


def changed_settings(config: RunConfig) -> dict[str, Any]:
    """The settings that differ from those of the preset; none where it has no known one."""
    if config.preset not in registry.PRESETS.names():
        return {}
    values = config.model_dump(mode="json")
    # not validated: a preset that wants a folder of the reader's own is no legal run without one
    settings = registry.PRESETS.get(config.preset, "preset").settings
    preset = RunConfig.model_construct(**{**settings, "preset": config.preset})
    own = preset.model_dump(mode="json")
    return {name: value for name, value in values.items() if value != own[name] and name != "name"}


@dataclass
class Summary:
    """What ``summary.json`` holds. ``figures``: the newest scalars.

    ``facts``: what only the run's process knows and a viewer from outside needs (spec, series,
    equilibrium, device).
    """

    settings: dict[str, Any] = field(default_factory=dict)
    # what was set otherwise than the preset has it: it tells runs of one preset apart
    changed: dict[str, Any] = field(default_factory=dict)
    state: str = "idle"
    sentence: str = ""
    step: int = 0
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    figures: dict[str, float | None] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    layout: dict[str, Any] = field(default_factory=dict)
    best_checkpoint: str = ""

    @classmethod
    def open(cls, folder: Path) -> Summary:
        """The summary in ``folder``; a fresh one where it is missing or damaged. Values of a wrong
        type are left out."""
        stored, fresh = read_json(folder / SUMMARY), cls()
        for name, default in vars(fresh).items():
            value = stored.get(name)
            if isinstance(default, float) and type(value) is int:
                value = float(value)
            if type(value) is type(default) and _is_sound(value):
                setattr(fresh, name, value)
        fresh.figures = numbers(fresh.figures)
        return fresh

    def write(self, folder: Path) -> None:
        """Replace the file. Raises `OSError`."""
        self.updated = time.time()
        write_atomic(folder / SUMMARY, json.dumps(finite_json(vars(self)), indent=1) + "\n")

    def set_config(self, config: RunConfig) -> None:
        """Keep the settings that a table shows."""
        self.settings = {
            name: getattr(config, name)
            for name in (
                "name",
                "preset",
                "algorithm",
                "data",
                "objective",
                "image_size",
                "steps",
                "batch_size",
                "seed",
            )
        }

        self.changed = changed_settings(config)

    def describe(self, facts: dict[str, Any]) -> None:
        """Keep facts; dataclasses (a `DataSpec`) become tables."""
        for name, value in facts.items():
            if hasattr(value, "__dataclass_fields__"):
                value = {key: getattr(value, key) for key in value.__dataclass_fields__}
            self.facts[name] = finite_json(value)

    def update(self, event: Event) -> None:
        """Follow the run."""
        if marks_progress(event):
            self.step = event.step
        if event.kind == "state":
            self.state, self.sentence = event.data["state"], event.data.get("sentence", "")
        elif event.kind == "scalars":
            self.figures |= event.data
        elif event.kind == "setting" and event.data.get("name") in RunConfig.model_fields:
            name, value = event.data["name"], event.data["value"]
            self.changed[name] = value
            if name in self.settings:
                self.settings[name] = value

    def set_layout(self, frame: Frame) -> None:
        """Keep how the sample grids are laid out: the files hold only the pixels."""
        self.layout = {
            "rows": frame.rows,
            "cols": frame.cols,
            "width": frame.width,
            "height": frame.height,
            "labels": list(frame.labels),
        }

    def share_spec(self, info: dict[str, Any]) -> None:
        """The data's spec, with which a generator can be rebuilt, belongs here and in each
        checkpoint: take it from either."""
        if "spec" in info:
            self.describe({"spec": info["spec"]})
        elif "spec" in self.facts:
            info["spec"] = self.facts["spec"]
