"""The settings form, generated from the fields of `RunConfig`: every label, sentence and choice has
its home there."""

from __future__ import annotations

from typing import Any

import gradio as gr
import torch

from ganviz import registry
from ganviz.config import RunConfig, meta
from ganviz.errors import ConfigError
from ganviz.settings import GROUPS
from ganviz.ui.formulas import formulas

FIELDS = tuple(name for name in RunConfig.model_fields if name != "preset")
BASIC = tuple(name for name in FIELDS if meta(name)["basic"])
KEPT = tuple(name for name in FIELDS if meta(name)["kept"])


def default_preset() -> str:
    """The preset that a fresh page shows: the first one."""
    return registry.PRESETS.names()[0]


def preset_values(name: str) -> dict[str, Any]:
    """Every field's value under the preset ``name``."""
    settings = registry.PRESETS.get(name, "preset").settings
    return {field: settings.get(field, RunConfig.model_fields[field].default) for field in FIELDS}


def shown(field: str, value: Any) -> Any:
    """``value`` as its control shows it: number lists as text, several choices as a list."""
    kind = meta(field)["kind"]
    if kind == "numbers":
        return ", ".join(f"{number:g}" for number in value)
    return list(value) if kind == "many" else value


def read(field: str, value: Any) -> Any:
    """The inverse of `shown`; raises `ConfigError` for text that holds no numbers, or nothing."""
    facts = meta(field)
    if facts["kind"] == "numbers":
        try:
            return tuple(
                float(part) if "." in part else int(part)
                for part in str(value).replace(";", ",").split(",")
                if part.strip()
            )
        except ValueError:
            raise ConfigError(
                f"{facts['label']}: write whole numbers with commas between them, such as 256, "
                f"512.",
                field,
            ) from None
    if facts["kind"] == "many":
        return tuple(value or ())
    if value is None:
        if facts["kind"] == "str":
            return ""
        raise ConfigError(
            f"{facts['label']} is empty: give a "
            f"{'number' if facts['choices'] is None else 'choice'}.",
            field,
        )
    if facts["kind"] == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def read_all(preset: str, values: tuple) -> RunConfig:
    """The config that a filled form stands for; raises `ConfigError` with the field at fault."""
    return RunConfig.parse(
        {
            "preset": preset or "",
            **{field: read(field, value) for field, value in zip(FIELDS, values, strict=True)},
        }
    )


def control(field: str, value: Any) -> gr.components.Component:
    """The Gradio component for one field of `RunConfig`."""
    facts = meta(field)
    unit = facts["unit"]
    plain = not unit or field in BASIC or unit in facts["label"].lower().split()
    label = facts["label"] if plain else f"{facts['label']} ({unit})"
    classes = ["gv-field"] + ["gv-live"] * facts["live"] + ["gv-basic"] * (field in BASIC)
    common = {
        "label": label,
        "info": facts["why"],
        "elem_id": f"gv-f-{field}",
        "elem_classes": classes,
        "value": shown(field, value),
        "interactive": True,
        "visible": "hidden" if facts["nvidia"] and not torch.cuda.is_available() else True,
    }
    if facts["kind"] == "bool":
        return gr.Checkbox(**common)
    if facts["kind"] == "choice":
        return gr.Dropdown(choices=choices(field), filterable=False, **common)
    if facts["kind"] == "many":
        return gr.CheckboxGroup(choices=choices(field), **common)
    if facts["kind"] in ("str", "numbers"):
        return gr.Textbox(lines=1, max_lines=1, **common)
    return gr.Number(precision=0 if facts["kind"] == "int" else None, **common)


def choices(field: str) -> list[tuple[str, Any]]:
    """(what a person reads, value) for each choice of ``field``; a registry's entries bring their
    own labels."""
    table = RunConfig.model_fields[field].json_schema_extra["of"]
    if table:
        return [(getattr(item, "label", name), name) for name, item in getattr(registry, table)]
    facts = meta(field)
    return [
        (facts["words"].get(value, str(value).replace("_", " ").capitalize()), value)
        for value in facts["choices"]
    ]


def basic_controls(values: dict[str, Any]) -> dict[str, gr.components.Component]:
    """The few settings that everyone sees."""
    controls = {}
    with gr.Column(elem_id="gv-basics"):
        for field in ("data", "data_path", "objective"):
            controls[field] = control(field, values[field])
        with gr.Row(elem_classes="gv-trio"):
            for field in ("steps", "batch_size", "seed"):
                controls[field] = control(field, values[field])
    return controls


def advanced_controls(values: dict[str, Any]) -> dict[str, gr.components.Component]:
    """All other settings, folded, in their groups."""
    controls = {}
    with gr.Column(elem_id="gv-groups"):
        for group in GROUPS:
            with gr.Accordion(
                group.title, open=False, elem_id=f"gv-group-{group.name}", elem_classes="gv-group"
            ):
                for field in FIELDS:
                    if meta(field)["group"] == group.name and field not in BASIC:
                        controls[field] = control(field, values[field])
    return controls


def facts() -> dict[str, Any]:
    """What the page's scripts know of the form, all of it from the config and the registries.

    ``fields``: by name, what a control needs; ``when``: the alternatives under one of which it has
    an effect (each the choices of other fields, which must have an effect themselves), ``entries``:
    what a choice out of a registry says of itself. ``groups`` and ``presets``: in their order.
    ``order``: all fields. ``values``: those of ``preset``, which a fresh page shows.
    """
    preset = default_preset()
    values = {field: shown(field, value) for field, value in preset_values(preset).items()}
    return {
        "fields": {field: field_facts(field) for field in FIELDS},
        "groups": [{"name": group.name, "title": group.title} for group in GROUPS],
        "order": FIELDS,
        "preset": preset,
        "values": values,
        "presets": {
            name: {
                "label": item.label,
                "why": item.why,
                "group": item.group,
                "partner": item.partner,
                "settings": item.settings,
            }
            for name, item in registry.PRESETS
        },
    }


def field_facts(field: str) -> dict[str, Any]:
    """One field as plain values."""
    info = meta(field)
    table = info["of"]
    entries = {name: entry_facts(item) for name, item in getattr(registry, table)} if table else {}
    kept = ("label", "why", "group", "unit", "live", "basic", "fork", "kept", "kind", "default")
    return {
        **{name: info[name] for name in (*kept, "low", "high", "low_open")},
        "absent": info["nvidia"] and not torch.cuda.is_available(),
        "when": [{name: list(allowed) for name, allowed in each.items()} for each in info["when"]],
        "choices": [[label, value] for label, value in choices(field)] if info["choices"] else [],
        "entries": entries,
    }


def entry_facts(item: Any) -> dict[str, Any]:
    """What one choice out of a registry says to people: its sentence, and its formulas as MathML
    with the words before each."""
    return {"why": item.why, "formulas": formulas(item), "pairs": getattr(item, "pairs", False)}
