"""What the page's scripts know of the settings form: every label, sentence and choice has its home
in the fields of `RunConfig`."""

from __future__ import annotations

from typing import Any

import torch

from ganviz import registry
from ganviz.config import RunConfig, meta
from ganviz.settings import GROUPS
from ganviz.ui.formulas import formulas, game_formulas

FIELDS = tuple(name for name in RunConfig.model_fields if name != "preset")


def default_preset() -> str:
    """The preset that a fresh page shows: the first one."""
    return registry.PRESETS.names()[0]


def choices(field: str) -> list[tuple[str, Any]]:
    """(what a person reads, value) for each choice of ``field``; a registry's entries bring their
    own labels."""
    table = meta(field)["of"]
    if table:
        return [(getattr(item, "label", name), name) for name, item in getattr(registry, table)]
    facts = meta(field)
    return [
        (facts["words"].get(value, str(value).replace("_", " ").capitalize()), value)
        for value in facts["choices"]
    ]


def facts() -> dict[str, Any]:
    """What the page's scripts know of the form, all of it from the config and the registries.

    ``fields``: by name, what a control needs; ``when``: the alternatives under one of which it has
    an effect (each the choices of other fields, which must have an effect themselves), ``entries``:
    what a choice out of a registry says of itself. ``groups`` and ``presets``: in their order.
    ``order``: all fields. ``preset``: the one that a fresh page shows. ``game``: the formulas of
    the lab's parts.
    """
    return {
        "fields": {field: field_facts(field) for field in FIELDS},
        "groups": [{"name": group.name, "title": group.title} for group in GROUPS],
        "order": FIELDS,
        "preset": default_preset(),
        "game": game_formulas(),
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
        **{name: info[name] for name in kept},
        "absent": info["nvidia"] and not torch.cuda.is_available(),
        "when": [{name: list(allowed) for name, allowed in each.items()} for each in info["when"]],
        "choices": [[label, value] for label, value in choices(field)] if info["choices"] else [],
        "entries": entries,
    }


def entry_facts(item: Any) -> dict[str, Any]:
    """What one choice out of a registry says to people: its sentence, and its formulas as MathML
    with the words before each."""
    return {"why": item.why, "formulas": formulas(item), "pairs": getattr(item, "pairs", False)}
