"""What ``ganviz evaluate`` measured of a run: kept as JSON in its folder, and in its log, from
where pages show it beside the figures of the probes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganviz.disk import disk_sentence, read_json, write_atomic
from ganviz.engine.event_kinds import Figure, event_kind
from ganviz.errors import GanvizError
from ganviz.runs.store import RunStore

EVALUATIONS = "evaluation.json"
FORMAT, VERSION = "ganviz-evaluation", 1
# evaluations that a run keeps
MOST_KEPT = 100

COUNTS, KEPT = ("n", "n_real"), ("n_kept", "n_kept")
EVALUATION = event_kind(
    "evaluation",
    browser="newest",
    order=31,
    figures=(
        Figure(
            "fid_inception",
            "FID, Inception",
            "Fréchet distance on features of the Inception network that papers use. Compare only "
            "at the same N, and against the same real samples.",
            better="lower",
            samples=COUNTS,
            compared=True,
        ),
        Figure(
            "kid_inception",
            "KID, Inception",
            "Kernel distance on the same features: like FID, but without its bias at small N.",
            better="lower",
            format="small",
            samples=KEPT,
            compared=True,
        ),
        Figure(
            "precision_inception",
            "Precision, Inception",
            "Generated samples that lie among the real ones, on the same features, k = 3.",
            better="higher",
            format="percent",
            samples=KEPT,
            compared=True,
        ),
        Figure(
            "recall_inception",
            "Recall, Inception",
            "Real samples that lie among the generated ones, on the same features, k = 3.",
            better="higher",
            format="percent",
            samples=KEPT,
            compared=True,
        ),
    ),
)


def read_evaluations(folder: Path) -> list[dict[str, Any]]:
    """All that were kept in a run's folder, oldest first; [] where there are none."""
    found = read_json(folder / EVALUATIONS).get("evaluations")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def newest_evaluation(folder: Path) -> dict[str, Any] | None:
    """The newest evaluation as an event that a page can show, or None: what the log of a run that
    is open elsewhere does not hold is in the file. Values of a wrong type are left out."""
    found = [one for one in read_evaluations(folder) if type(one.get("at")) is int]
    if not found:
        return None
    data = {name: value for name, value in found[-1].items() if type(value) in (int, float, str)}
    for figure in EVALUATION.figures:
        if isinstance(data.get(figure.name), str):
            del data[figure.name]
    return {"seq": 0, "kind": EVALUATION.name, "step": data["at"], "time": 0.0, "data": data}


def keep(folder: Path, data: dict[str, Any]) -> str:
    """Add an evaluation to the run's file, and to its log, which pages read. Returns a sentence
    where one of them was not possible."""
    kept = {
        "format": FORMAT,
        "version": VERSION,
        "evaluations": [*read_evaluations(folder), data][-MOST_KEPT:],
    }
    try:
        write_atomic(folder / EVALUATIONS, json.dumps(kept, indent=1) + "\n")
    except OSError as error:
        return disk_sentence(error, folder, "The figures were not kept")
    try:
        store = RunStore(folder)
    except GanvizError as error:
        return (
            f"The figures are in {folder / EVALUATIONS}, and the tab Runs shows them; they did not "
            f"get into the run's log: {error.sentence}"
        )
    try:
        store.append(store.history().append("evaluation", data["at"], **data))
    finally:
        store.close()
    return ""
