"""A data set drawn from a run, and the report on it, as exports of the run."""

from __future__ import annotations

import json
from pathlib import Path

from ganviz.disk import disk_sentence, write_atomic
from ganviz.errors import ConfigError, GanvizError
from ganviz.export.formats import ExportFormat, ExportOptions, Report
from ganviz.registry import EXPORTS
from ganviz.synthetic.dataset import Order, write_dataset
from ganviz.synthetic.labels import BALANCED
from ganviz.synthetic.report import MOST, DataReport, RunUnderTest, make_report
from ganviz.synthetic.report_page import report_page


def _silent(fraction: float, sentence: str) -> None:
    """The progress of what nobody watches."""


def export_report(
    run_folder: Path | str,
    out: Path | str,
    data_root: Path | str = "data",
    report: Report | None = None,
    n: int = MOST,
    seed: int = 0,
    balance: str = BALANCED,
    pairs: bool = True,
    data_path: str | None = None,
) -> Path:
    """Write the report on ``n`` pictures of a run to ``out``, a page of HTML, with the figures as
    JSON beside it; see `ganviz.synthetic.report.make_report`.

    ``pairs``: show the closest pairs, among which real pictures are. ``data_path``: where the run's
    folder of pictures is now, None where it was. Raises `GanvizError`.
    """
    report = report or _silent
    out = checked_page(Path(out))
    run = RunUnderTest.load(Path(run_folder), Path(data_root), "cpu", report, data_path)
    return write_report(make_report(run, report, Path(data_root), n, seed, balance), out, pairs)


def checked_page(out: Path) -> Path:
    """``out``, where a report can have this name. Raises `ConfigError`."""
    if out.suffix.lower() != ".html":
        raise ConfigError(f"{out.name}: a report is a .html file.", "out")
    return out


def write_report(made: DataReport, out: Path, pairs: bool) -> Path:
    """Write what was measured to ``out``, with the figures as JSON beside it. Raises
    `GanvizError`."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out, report_page(made, pairs))
        write_atomic(out.with_suffix(".json"), json.dumps(made.to_json(pairs), indent=1) + "\n")
    except OSError as error:
        raise GanvizError(disk_sentence(error, out.parent, "The report was not written")) from None
    return out


def _write_report(
    run_folder: Path, out: Path, options: ExportOptions, report: Report | None
) -> Path:
    return export_report(run_folder, out, options.data_root, report, data_path=options.data_path)


def _write_dataset(
    run_folder: Path, out: Path, options: ExportOptions, report: Report | None
) -> Path:
    run = RunUnderTest.load(
        run_folder, options.data_root, "cpu", report or _silent, options.data_path
    )
    order = Order(options.n or MOST)
    return write_dataset(run, out, order, options.data_root, report or _silent, options.replace)


EXPORTS.add(
    "report",
    ExportFormat(
        label="Report on its virtual data",
        why="How faithful, useful and private the generator's pictures are, measured against "
        "held-out ones.",
        extension=".html",
        option="report",
        write=_write_report,
        media_type="text/html",
        options=("data_path",),
        suffix="-report",
    ),
)
EXPORTS.add(
    "dataset",
    ExportFormat(
        label="Virtual data set (zip)",
        why="Pictures of the generator with labels, a card and the report, to stand in for the "
        "real ones.",
        extension=".zip",
        option="dataset",
        write=_write_dataset,
        media_type="application/zip",
        options=("n", "data_path"),
        suffix="-dataset",
    ),
)
