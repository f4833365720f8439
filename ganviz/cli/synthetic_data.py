"""Verbs for virtual data: a data set drawn from a run, and the report on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganviz.cli.options import (
    DataPath,
    DataRoot,
    Device,
    OptionalPath,
    RunFolder,
    RunsRoot,
    find_run,
    finite,
    home_expanded,
    weight,
)
from ganviz.cli.terminal import complain
from ganviz.stop_signals import EndedBySignal, ending_on_signals
from ganviz.text import counted

Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="The same seed draws the same pictures.")
]
Labels = Annotated[
    str,
    typer.Option(
        metavar="balanced|as-data",
        help="Every class as often as every other, or as often as in the training data.",
    ),
]


def dataset(
    run: RunFolder,
    out: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER|FILE",
            callback=home_expanded,
            help="A folder with a sub-folder for each class, or a .zip, .npz or .parquet file.",
        ),
    ],
    n: Annotated[int, typer.Option("--n", min=1, max=10_000_000, help="How many.")] = 10_000,
    seed: Seed = 0,
    labels: Labels = "balanced",
    psi: Annotated[
        float,
        typer.Option(
            min=0, max=2, callback=finite, help="Below 1: more typical, less varied pictures."
        ),
    ] = 1.0,
    licence: Annotated[
        str, typer.Option(metavar="SPDX", help="What the card says, such as CC0-1.0.")
    ] = "",
    report: Annotated[
        bool, typer.Option(help="Measure the pictures, and put the report beside them.")
    ] = True,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    data_path: DataPath = None,
    device: Device = "auto",
) -> None:
    """Draw a data set that stands in for the real one, with a card and a report.

    Ctrl-C, or a full disk, keeps what was drawn: the same command goes on with it. Nothing is
    written over anything.
    """
    from ganviz.device import pick_device
    from ganviz.progress import stages
    from ganviz.synthetic.dataset import Order, check_place, unfinished, write_dataset
    from ganviz.synthetic.report import RunUnderTest

    check_place(out)
    order = Order(n, seed, labels, psi, licence, report)
    try:
        with ending_on_signals(), stages() as notify:
            tested = RunUnderTest.load(
                find_run(run, runs_root), data_root, pick_device(device), notify, data_path
            )
            written = write_dataset(tested, out, order, data_root, notify)
    except EndedBySignal as end:
        if not unfinished(out).is_dir():
            raise
        complain(f"What was drawn is kept in {unfinished(out)}: the same command goes on.")
        raise typer.Exit(end.status) from None
    for sentence in filter(None, (tested.generator.note, *tested.changes)):
        complain(sentence)
    print(
        counted(
            n,
            "1 picture of step {step:,} is in {written} ({weight})",
            "{n} pictures of step {step:,} are in {written} ({weight})",
            step=tested.generator.step,
            written=written,
            weight=weight(written),
        )
    )


def report(
    run: RunFolder,
    out: Annotated[
        OptionalPath,
        typer.Option(
            metavar="FILE.html",
            callback=home_expanded,
            show_default=False,
            help="The page; the figures are written as JSON beside it. Without it, report.html in "
            "the run's folder.",
        ),
    ] = None,
    n: Annotated[
        int, typer.Option("--n", min=20, max=10_000, help="How many pictures to measure.")
    ] = 10_000,
    seed: Seed = 0,
    labels: Labels = "balanced",
    pairs: Annotated[
        bool, typer.Option(help="Show the closest pairs: real pictures are among them.")
    ] = True,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    data_path: DataPath = None,
) -> None:
    """Measure how faithful, useful and private a run's pictures are."""
    from ganviz.export.virtual_data import checked_page, write_report
    from ganviz.progress import stages
    from ganviz.synthetic.report import RunUnderTest, make_report

    folder = find_run(run, runs_root)
    page = checked_page(out or folder / "report.html")
    with ending_on_signals(), stages() as notify:
        tested = RunUnderTest.load(folder, data_root, "cpu", notify, data_path)
        made = make_report(tested, notify, data_root, n, seed, labels)
        written = write_report(made, page, pairs)
    for sentence in filter(None, (tested.generator.note, *tested.changes)):
        complain(sentence)
    print(f"The report is in {written}")
