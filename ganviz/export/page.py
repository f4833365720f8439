"""A run as a page: one folder (or zip) that opens from disk or from any static host, with no server
and no request."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ganviz.bundle import bundle
from ganviz.disk import atomic_replace, disk_sentence, finite_json
from ganviz.engine.point_frames import reach
from ganviz.errors import CheckpointError, GanvizError
from ganviz.export import model, runtime, sprite_sheet
from ganviz.export.formats import ExportFormat, ExportOptions, Report
from ganviz.export.kept_paths import write_paths
from ganviz.export.page_facts import run_facts
from ganviz.export.run_data import ExportError, Progress, RunData, picture_of, read_run_data, spaced
from ganviz.registry import EXPORTS
from ganviz.runs.trained import TrainedGenerator, load_generator
from ganviz.version import assets_folder

# below assets/: what the page needs as it is
TEMPLATES = ("export/index.html", "export/page.css", "lib/ranges.css")
# all of the page's modules in one: module scripts do not load from file://
SCRIPT = "page.js"
MARK = "data.js"  # a folder that holds it is an earlier export and may be replaced
MOST_FRAMES, MOST_FRAME_BYTES = 240, 10_000_000
STORED = (".png", ".jpg", ".webp", ".zip")  # already packed


def export_page(
    run_folder: Path | str, out: Path | str, progress: Progress | None = None, live: bool = True
) -> Path:
    """Write the run's page to the folder or .zip ``out`` and return it. An earlier page there is
    replaced.

    ``live``: carry the generator and onnxruntime-web, where both are to be had.
    ``progress(fraction, sentence)`` may raise to stop. Raises `GanvizError` where there is no run
    or the disk refuses; nothing half written stays.
    """
    out, notify = Path(out), progress or (lambda fraction, sentence: None)
    zipped = out.suffix.lower() == ".zip"
    _may_write(out, zipped)
    notify(0.0, "Reading the run.")
    run_data = read_run_data(run_folder)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(out) as beside:
            if zipped:
                with TemporaryDirectory(prefix=".ganviz-page-", dir=out.parent) as work:
                    page = Path(work) / out.stem
                    _build(run_data, Path(run_folder), page, notify, live)
                    notify(0.95, "Packing the page.")
                    _pack(page, beside)
            else:
                _build(run_data, Path(run_folder), beside, notify, live)
    except OSError as error:
        raise ExportError(disk_sentence(error, out.parent, "The page was not written")) from None
    notify(1.0, "The page is ready.")
    return out


def _may_write(out: Path, zipped: bool) -> None:
    if zipped and out.is_dir():
        raise ExportError(f"{out} is a folder; give the zip another name.", "out")
    if (
        not zipped
        and out.exists()
        and (not out.is_dir() or (any(out.iterdir()) and not (out / MARK).is_file()))
    ):
        raise ExportError(
            f"{out} already holds something else; give the page a folder of its own.", "out"
        )


def _pack(page: Path, out: Path) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for path in sorted(page.rglob("*")):
            if path.is_file():
                how = zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED
                packed.write(path, f"{page.name}/{path.relative_to(page).as_posix()}", how)


# -- what lies in the folder -----------------------------------------------------------------------
def _build(run_data: RunData, run_folder: Path, page: Path, notify: Progress, live: bool) -> None:
    page.mkdir()
    assets = assets_folder()
    for name in TEMPLATES:
        shutil.copyfile(assets / name, page / Path(name).name)
    (page / SCRIPT).write_text(bundle(assets, f"export/{SCRIPT}").text, encoding="utf-8")
    (page / "tokens.css").write_text(
        tokens((assets / "lib" / "base.css").read_text(encoding="utf-8")), encoding="utf-8"
    )
    shutil.copyfile(_plotly(), page / "plotly.min.js")
    notify(0.05, "Copying the pictures.")
    facts = run_facts(run_data)
    facts["frames"], facts["moments"] = _frames(run_data, page, notify)
    facts["scatter"] = None
    if not run_data.frames and run_data.scatters:
        facts["scatter"], facts["moments"] = _scatters(run_data)
    facts |= _latent(run_data, run_folder, page, notify, live)
    (page / MARK).write_text(f"window.GANVIZ = {script_json(facts)};\n", encoding="utf-8")


def script_json(value: Any) -> str:
    """JSON that means the same inside a script, wherever that script is put: no ``</script>``, no
    line separators."""
    text = json.dumps(finite_json(value), ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.encode("utf-8", "replace").decode()


def tokens(css: str) -> str:
    """The colours of the dashboard's stylesheet, dark by the reader's system instead of by a
    class."""
    light, dark = (
        re.search(rf"^{re.escape(selector)} \{{(.*?)^\}}", css, re.S | re.M)
        for selector in (":root", ".dark")
    )
    if not light or not dark:
        raise ExportError(
            "The stylesheet assets/lib/base.css has lost its colours; install ganviz again."
        )
    return f":root {{{light[1]}}}\n@media (prefers-color-scheme: dark) {{ :root {{{dark[1]}}} }}\n"


def _plotly() -> Path:
    package = find_spec("plotly")
    if package is None or not package.submodule_search_locations:
        raise ExportError(
            "Pages draw their curves with plotly; install it with: pip install plotly"
        )
    return Path(next(iter(package.submodule_search_locations))) / "package_data" / "plotly.min.js"


# -- pictures --------------------------------------------------------------------------------------
def _frames(
    run_data: RunData, page: Path, notify: Progress
) -> tuple[dict[str, Any] | None, list[int]]:
    """Copy the kept grids, thinned to what a page may weigh."""
    (page / "frames").mkdir()
    kept: dict[int, str] = {}
    size: tuple[int, int] | None = None
    labels: tuple[str, ...] = ()
    share = _within(run_data)
    for count, index in enumerate(share):
        frame = run_data.read(run_data.frames[index])
        if (
            frame is None
            or (size and (frame.width, frame.height) != size)
            or picture_of(frame) is None
        ):
            continue  # damaged on disk: the others still tell the story
        size, labels = (frame.width, frame.height), frame.labels
        kept[frame.step] = f"frames/{frame.step:09d}.{frame.extension}"
        (page / kept[frame.step]).write_bytes(frame.data)
        if count % 16 == 0:
            notify(0.05 + 0.15 * count / len(share), "Copying the pictures.")
    if size is None:
        return None, []
    reals = None
    if run_data.reals and picture_of(run_data.reals) is not None:
        reals = f"reals.{run_data.reals.extension}"
        (page / reals).write_bytes(run_data.reals.data)
    facts = {
        "files": list(kept.values()),
        "width": size[0],
        "height": size[1],
        "labels": list(labels),
        "reals": reals,
    }
    return facts, list(kept)


def _within(run_data: RunData) -> list[int]:
    """Which grids fit: judged by the last one, which is the hardest to pack."""
    last = run_data.read(run_data.frames[-1]) if run_data.frames else None
    most = MOST_FRAME_BYTES // max(1, len(last.data)) if last else MOST_FRAMES
    return spaced(len(run_data.frames), max(2, min(MOST_FRAMES, most)))


def _scatters(run_data: RunData) -> tuple[dict[str, Any], list[int]]:
    by_step = {scatter.step: scatter for scatter in run_data.scatters}
    real = run_data.scatters[-1].real
    fakes = [_flat(by_step[step].fake) for step in sorted(by_step)]
    return {"reach": reach(real), "real": _flat(real), "fakes": fakes}, sorted(by_step)


def _flat(points: np.ndarray) -> list[float]:
    return points.round(3).ravel().tolist()


# -- latent space ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Live:
    scripts: list[str]
    note: str


def _latent(
    run_data: RunData, run_folder: Path, page: Path, notify: Progress, live: bool
) -> dict[str, Any]:
    nothing: dict[str, Any] = {"latent": None, "sprites": None, "live": None, "paths": []}
    nothing["latent_note"] = ""
    if run_data.scatters or (run_data.spec is not None and run_data.spec.kind != "images"):
        return nothing
    try:
        generator = load_generator(run_folder)
    except (
        CheckpointError
    ):  # its sentence names folders of this machine, which are not for the page
        return {
            **nothing,
            "latent_note": "There is no generator to explore: this run holds no checkpoint that "
            "can be read.",
        }
    drawn = sprite_sheet.write_sprite_sheets(
        generator, page, lambda part, words: notify(0.2 + 0.45 * part, words)
    )
    carried = _carry(run_folder, page, notify) if live else _Live([], "")
    note = carried.note or (
        "Two directions, drawn beforehand over 3 standard deviations either way."
        if not carried.scripts
        else "Directions are those that change the picture most; each slider moves by up to 3 "
        "standard "
        "deviations."
    )
    return {
        "latent": _describe(generator, drawn),
        "sprites": drawn.as_json(),
        "paths": write_paths(generator, run_folder, page),
        "latent_note": note,
        "live": {"scripts": carried.scripts} if carried.scripts else None,
    }


def _describe(generator: TrainedGenerator, drawn: sprite_sheet.SpriteSheets) -> dict[str, Any]:
    channels, height, width = generator.spec.shape
    return {
        "dim": generator.latent_dim,
        "classes": list(drawn.classes),
        "size": [width, height],
        "channels": channels,
        "span": sprite_sheet.SPAN,
        "step": generator.step,
        "directions": drawn.directions.double().numpy().round(6).tolist(),
        "bases": drawn.bases.double().numpy().round(6).tolist(),
    }


def _carry(run_folder: Path, page: Path, notify: Progress) -> _Live:
    """Put the generator and its runtime into the page, or say why not."""
    if not runtime.found():
        return _Live(
            [],
            "Two directions, drawn beforehand. For live sliders in all directions, export again "
            "after: "
            "python -m ganviz fetch-runtime",
        )
    notify(0.66, "Writing the generator for the browser.")
    folder = page / "live"
    folder.mkdir()
    try:
        with TemporaryDirectory(prefix="ganviz-") as work:
            packed = model.to_onnx(run_folder, Path(work) / "generator.onnx").read_bytes()
        notify(0.85, "Packing onnxruntime-web.")
        (folder / runtime.SCRIPT).write_bytes(runtime.read(runtime.SCRIPT))
        wasm = gzip.compress(runtime.read(runtime.WASM), 6, mtime=0)
        parts = {"mjs": _base64(runtime.read(runtime.MODULE)), "wasm": _base64(wasm)}
    except GanvizError as error:
        shutil.rmtree(folder)
        notify(0.9, error.sentence)
        why = (
            "the generator could not be written for the browser"
            if model.available()
            else f"that needs the package {model.NEEDED} when the page is made"
        )
        return _Live([], f"Two directions, drawn beforehand. There are no live sliders: {why}.")
    (folder / "runtime.js").write_text(
        f"window.GANVIZ_RUNTIME = {json.dumps(parts)};\n", encoding="ascii"
    )
    (folder / "model.js").write_text(
        f"window.GANVIZ_MODEL = {json.dumps(_base64(packed))};\n", encoding="ascii"
    )
    return _Live([f"live/{name}" for name in (runtime.SCRIPT, "runtime.js", "model.js")], "")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _left_out() -> str:
    """What a page made here lacks, and how to have it."""
    lacks = [
        *([] if model.available() else [f"pip install {model.NEEDED}"]),
        *([] if runtime.found() else ["ganviz fetch-runtime"]),
    ]
    if not lacks:
        return ""
    return (
        "The sliders of pages made here show pictures drawn beforehand. For live ones, export "
        f"again after: {'; '.join(lacks)}"
    )


def _write_page(run_folder: Path, out: Path, options: ExportOptions, report: Report | None) -> Path:
    return export_page(run_folder, out, report)


EXPORTS.add(
    "page",
    ExportFormat(
        label="Page that opens without a server (zip)",
        why="Curves, replay, notes and sliders in one file to hand on.",
        extension=".zip",
        option="page",
        write=_write_page,
        media_type="application/zip",
        packages=("plotly",),
        left_out=_left_out,
        suffix="-page",
    ),
)
EXPORTS.add(
    "page-folder",
    ExportFormat(
        label="Page that opens without a server (folder)",
        why="The same, as a folder for any static host.",
        extension="",
        option="page",
        write=_write_page,
        packages=("plotly",),
        left_out=_left_out,
    ),
)
