"""What browsers are told about a run, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ganviz import device as devices
from ganviz.engine.events import Event
from ganviz.probes.gradients import heat_maps
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun

EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
WATCHED = ("state", "setting", "checkpoint", "note", "coach")  # each of these is told
NEWEST = (
    "gradients",
    "outputs",
    "modes",
    "scatter",
    "surface",
    "fidelity",
    "sharpness",
    "reconstruction",
)  # of these the last
CURVES = {
    "modes": ("captured", "strict", "quality", "reverse_kl"),
    "outputs": ("accuracy", "auc", "diversity"),
    "fidelity": (
        "fid",
        "kid",
        "precision",
        "recall",
        "density",
        "coverage",
        "confidence",
        "copies",
    ),
    "sharpness": ("ratio",),
}
FIGURES = ("fidelity", "sharpness", "outputs", "modes")  # what runs are compared by
MOST_MEASURED = 300  # points of such a curve


def server(manager: RunManager) -> dict[str, Any]:
    """The program's version, and the device that it trains on."""
    return {
        "version": _version(),
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
    }


def _version() -> str:
    try:
        return version("ganviz")
    except PackageNotFoundError:  # run from a checkout
        import ganviz

        return getattr(ganviz, "__version__", "0")


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


def newest(events: Iterable[Event], kinds: tuple[str, ...] = NEWEST) -> dict[str, dict[str, Any]]:
    """What the probes measured last: of each kind the newest event."""
    return {one.kind: event(one) for one in events if one.kind in kinds}


def measured(events: Iterable[Event]) -> dict[str, Any]:
    """What the probes measured so far, as far as it is shown over time.

    ``gradients``: a heat map for each network (`heat_maps`); for each kind of `CURVES` columns over
    ``step``, in which None stands for what was not measured.
    """
    past: dict[str, Any] = {"gradients": _heat_maps(events)}
    for kind, names in CURVES.items():
        found = [one for one in events if one.kind == kind]
        found = (
            [found[round(i * (len(found) - 1) / (MOST_MEASURED - 1))] for i in range(MOST_MEASURED)]
            if len(found) > MOST_MEASURED
            else found
        )
        if found:
            past[kind] = {
                "step": [one.data.get("at", one.step) for one in found],
                **{name: [one.data.get(name) for one in found] for name in names},
            }
    return past


def _heat_maps(events: Iterable[Event]) -> dict[str, Any]:
    try:
        return heat_maps(events)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ):  # a run folder of another program: no reason to show nothing
        return {}
