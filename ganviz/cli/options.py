"""Arguments and options that several verbs share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Optional

import typer

from ganviz.errors import CheckpointError
from ganviz.text import counted


def home_expanded(path: Path | None) -> Path | None:
    """``~`` as the home folder: a shell leaves it where it stands after ``=``."""
    return path and path.expanduser()


def finite(number: float | None) -> float | None:
    """A number within its bounds, which NaN escapes."""
    if number is not None and not math.isfinite(number):
        raise typer.BadParameter(f"{number} is no number to go by.")
    return number


Device = Annotated[
    str, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.", rich_help_panel="Where")
]
DataRoot = Annotated[
    Path,
    typer.Option(help="Where data sets are kept.", rich_help_panel="Where", callback=home_expanded),
]
DataPath = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        metavar="FOLDER",
        show_default=False,
        rich_help_panel="Where",
        help="Where the run's folder of pictures is now, if it was moved.",
    ),
]
RunsRoot = Annotated[
    Path, typer.Option(help="Where runs are kept.", rich_help_panel="Where", callback=home_expanded)
]
RunFolder = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder, or its name in the runs folder.")
]
OptionalPath = Optional[Path]  # noqa: UP045  (typer reads these at run time, on Python 3.10 too)
OptionalText = Optional[str]  # noqa: UP045
OptionalInt = Optional[int]  # noqa: UP045
OptionalFloat = Optional[float]  # noqa: UP045
OptionalTexts = Optional[list[str]]  # noqa: UP045
ReportTo = Annotated[
    OptionalTexts,
    typer.Option(
        metavar="NAME",
        show_default=False,
        rich_help_panel="Where",
        help="Tell the "
        "run to a tracker as well: tensorboard, trackio or wandb; may be given "
        "several times.",
    ),
]


def find_run(run: str, runs_root: Path) -> Path:
    """The folder that a person means by ``run``."""
    for folder in (Path(run).expanduser(), runs_root / run):
        if folder.is_dir():
            return folder
    name, at, _ = run.rpartition("@")
    if at:
        # as the page writes it
        raise CheckpointError(_checkpoints_of(find_run(name, runs_root)))
    raise CheckpointError(
        f"There is no run {run!r}: it is no folder, and {runs_root} holds no run of this name."
    )


def _checkpoints_of(folder: Path) -> str:
    from ganviz.engine.checkpoint import CHECKPOINTS, list_checkpoints, step_of

    kept = list_checkpoints(folder / CHECKPOINTS)
    if not kept:
        return f"{folder} keeps no checkpoint."
    steps = ", ".join(f"{step_of(path):,}" for path in kept)
    return counted(
        len(kept),
        "Name the checkpoint of {folder} by its folder, {newest}. It keeps that of step {steps}.",
        "Name a checkpoint of {folder} by its folder, such as {newest}. It keeps those of the "
        "steps {steps}.",
        folder=folder,
        newest=kept[-1],
        steps=steps,
    )


def weight(path: Path) -> str:
    """How much space a file or a folder takes: '12.3 MB'."""
    from ganviz.disk import megabytes

    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return megabytes(sum(file.stat().st_size for file in files))
