"""What browsers are told about a run, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

# the probes and evaluations are imported for the kinds of events that they declare
from ganviz import device as devices
from ganviz import probes  # noqa: F401
from ganviz.engine.event_kinds import Figure, event_kinds
from ganviz.engine.events import Event
from ganviz.engine.gpu_meter import gpu_load
from ganviz.runs import evaluations  # noqa: F401
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.version import __version__

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "application/json": "json",
}
# points of a curve of what probes measured
MOST_MEASURED = 300


def server(manager: RunManager) -> dict[str, Any]:
    """The program's version, and the device that it trains on."""
    return {
        "version": __version__,
        "device": str(manager.device),
        "device_label": devices.label(manager.device),
    }


def no_run(manager: RunManager) -> dict[str, Any]:
    """The status of a server that has not trained anything yet."""
    return {
        "id": None,
        "name": "",
        "preset": "",
        "state": "idle",
        "error": None,
        "step": 0,
        "steps": 0,
        "sentence": "Nothing has been trained yet: choose a preset and click Train.",
        "images_per_second": 0.0,
        "elapsed": 0.0,
        "left": None,
        "device": devices.label(manager.device),
        "gpu": gpu_load(manager.device),
    }


def run(one: ReadableRun) -> dict[str, Any]:
    """What a run is. ``spec``, ``series`` and ``reals`` fill in while it prepares; see
    `outline`."""
    spec = one.spec
    return {
        "id": one.id,
        "name": one.status()["name"],
        "config": one.config.model_dump(mode="json"),
        "series": list(one.series),
        "equilibrium": one.equilibrium,
        "spec": spec
        and {"name": spec.name, "kind": spec.kind, "shape": spec.shape, "classes": spec.classes},
        "conditional": one.config.conditional,
        "latent_dim": one.config.latent_dim,
        "reals": one.reals and frame(one.id, one.reals, "reals"),
    }


def outline(one: ReadableRun) -> tuple:
    """Changes whenever `run` of the same run has something new to tell."""
    return one.spec is not None, len(one.series), one.reals is not None


def has_planes(run: ReadableRun | None) -> bool:
    """Whether the frames of ``run`` are planes of points, which a page draws in no time."""
    return run is not None and run.snapshots.kind == "points"


def frame(run_id: str, picture: Any, name: str | None = None) -> dict[str, Any]:
    """A `Frame` as its address and layout; ``name`` stands for the step in the address of a picture
    without one."""
    extension = EXTENSIONS.get(picture.mime, "png")
    where = f"{name}.{extension}" if name else f"frames/{picture.step}.{extension}"
    return {
        "step": picture.step,
        "url": f"/gv/runs/{run_id}/{where}",
        "rows": picture.rows,
        "cols": picture.cols,
        "width": picture.width,
        "height": picture.height,
        "kept": picture.kept,
    }


def frame_event(run_id: str, event: Event) -> dict[str, Any]:
    """The frame that a ``frame`` event tells of, as `frame` does."""
    extension = {"jpeg": "jpg"}.get(event.data["format"], event.data["format"])
    return {
        "step": event.step,
        "url": f"/gv/runs/{run_id}/frames/{event.step}.{extension}",
        **{name: event.data[name] for name in ("rows", "cols", "width", "height", "kept")},
    }


def event(one: Event) -> dict[str, Any]:
    """An event as plain values."""
    return {"seq": one.seq, "kind": one.kind, "step": one.step, "time": one.time, "data": one.data}


def kinds_sent_whole() -> tuple[str, ...]:
    """The kinds of which a browser gets each event."""
    return tuple(kind.name for kind in event_kinds() if kind.browser == "every")


def kinds_sent_newest() -> tuple[str, ...]:
    """The kinds of which a browser gets the last event only."""
    return tuple(kind.name for kind in event_kinds() if kind.browser == "newest")


def kinds_recalled() -> tuple[str, ...]:
    """The kinds whose last event a page that comes late gets in any case."""
    return tuple(kind.name for kind in event_kinds() if kind.recalled)


def kinds_compared() -> tuple[str, ...]:
    """The kinds with a figure that runs are compared by."""
    return tuple(
        kind.name for kind in event_kinds() if any(figure.compared for figure in kind.figures)
    )


def declarations() -> list[dict[str, Any]]:
    """What probes declare of the figures and cards that the page shows, in their order."""
    return [
        {
            "name": kind.name,
            "figures": [asdict(figure) for figure in kind.figures],
            "cards": [asdict(card) for card in kind.cards],
            "reported": [asdict(table) for table in kind.reported],
        }
        for kind in event_kinds()
        if kind.figures or kind.cards
    ]


def newest(events: Iterable[Event], kinds: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Of each of ``kinds`` the newest event."""
    return {one.kind: event(one) for one in events if one.kind in kinds}


def measured(events: Sequence[Event]) -> dict[str, Any]:
    """What the probes measured so far, as far as it is shown over time: of each kind what its
    declared ``history`` makes of it, or else its figures as columns over ``step``, in which None
    stands for what was not measured."""
    by_kind: dict[str, list[Event]] = {}
    for one in events:
        by_kind.setdefault(one.kind, []).append(one)
    past = {}
    for kind in event_kinds():
        found = by_kind.get(kind.name, [])
        if kind.history is not None:
            past[kind.name] = _history(kind.history, found)
        elif kind.figures and found:
            past[kind.name] = _columns(kind.figures, found)
    return past


def _columns(figures: tuple[Figure, ...], found: list[Event]) -> dict[str, list]:
    if len(found) > MOST_MEASURED:
        last = len(found) - 1
        found = [found[round(i * last / (MOST_MEASURED - 1))] for i in range(MOST_MEASURED)]
    return {
        "step": [one.data.get("at", one.step) for one in found],
        **{figure.name: [one.data.get(figure.name) for one in found] for figure in figures},
    }


def _history(make: Callable[[Iterable[Event]], Any], found: list[Event]) -> Any:
    try:
        return make(found)
    # a run folder of another program is no reason to show nothing
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
