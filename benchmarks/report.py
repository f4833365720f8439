"""The report: a table for people, JSON for machines."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Measured


def show(machine: dict[str, Any], rows: list[Measured], console: Console) -> None:
    """Print what was measured, with the machine above it."""
    console.print(", ".join(f"{name}: {value}" for name, value in machine.items()), highlight=False)
    table = Table("row", "what", "median", "quartiles", "bar", "rounds", "figures")
    for row in rows:
        sign = ">=" if row.better == "higher" else "<="
        bar = "" if row.bar is None else f"{sign} {figure(row.bar, row.unit)}"
        colour = {True: "green", False: "red", None: ""}[row.reached]
        value = figure(row.value, row.unit)
        table.add_row(
            row.name,
            row.title,
            f"[{colour}]{value}[/]" if colour else value,
            f"{figure(row.low, row.unit)} - {figure(row.high, row.unit)}",
            bar,
            str(row.rounds),
            row.detail,
        )
    console.print(table)


def write_json(path: Path, machine: dict[str, Any], rows: list[Measured], command: str) -> None:
    """Everything, the single rounds included."""
    content = {
        "command": command,
        "machine": machine,
        "rows": [asdict(row) | {"reached": row.reached} for row in rows],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def figure(value: float, unit: str) -> str:
    """A number with as many digits as it deserves."""
    digits = 3 if unit == "x" and value < 1.2 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f}{'' if unit in ('', 'x') else ' ' + unit}"
