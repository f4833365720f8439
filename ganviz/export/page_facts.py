"""What an exported page says of its run: facts, curves and settings, in words for people."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from ganviz import registry
from ganviz.config import RunConfig, meta
from ganviz.export.run_data import RunData, version_words
from ganviz.runs.columns import columns
from ganviz.settings import GROUPS


def run_facts(run_data: RunData) -> dict[str, Any]:
    """Title, a line of facts, notes, curves and settings, as an exported page shows them."""
    info, config = run_data.info, run_data.config
    when = time.localtime(info.created)
    trained = float(run_data.rows["elapsed"][-1]) if len(run_data.rows.get("elapsed", ())) else 0.0
    facts = [
        ("", run_data.preset_label if run_data.preset_label != run_data.title else ""),
        ("data", run_data.data_label),
        ("steps", f"{info.step:,}"),
        ("trained for", _duration(trained) if trained > 0 else ""),
        ("started", f"{when.tm_mday} {time.strftime('%B %Y', when)}"),
    ]
    names = {one["name"] for one in run_data.series}
    rows = {
        name: values for name, values in run_data.rows.items() if name == "step" or name in names
    }
    series = [
        {key: re.sub(r"[<>&]", "", value) for key, value in one.items()} for one in run_data.series
    ]
    return {
        "title": run_data.title,
        "facts": [fact for fact in facts if fact[1]],
        "notes": info.notes,
        "made": f"Made with {version_words()}. This page needs no server and sends nothing "
        f"anywhere.",
        "series": series,
        "equilibrium": run_data.equilibrium,
        "columns": columns(rows),
        "settings": settings_table(config),
    }


def settings_table(config: RunConfig) -> list[dict[str, Any]]:
    """All settings in groups, as texts; ``changed`` marks those that are not the default."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name in RunConfig.model_fields:
        about, value = meta(name), _label(name, getattr(config, name))
        if name == "data_path" and value:
            value = Path(value).name  # where it lay is nobody's business
        row = {
            "label": about["label"],
            "value": _words(value, about["unit"]),
            "why": about["why"],
            "changed": getattr(config, name) != about["default"],
        }
        groups.setdefault(about["group"], []).append(row)
    return [
        {"title": group.title, "rows": groups[group.name]}
        for group in GROUPS
        if group.name in groups
    ]


def _label(field: str, value: Any) -> Any:
    """What a person calls the choice ``value``: its label in the registry that lists it."""
    table = "PRESETS" if field == "preset" else meta(field)["of"]
    known = dict(getattr(registry, table)) if table else {}
    return getattr(known.get(value), "label", value) if isinstance(value, str) else value


def _words(value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    text = (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value) or "none"
    )
    return f"{text} {unit}" if unit else text


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{minutes} min"
        if minutes < 90
        else f"{minutes / 60:.1f} h"
    )
