"""The verbs that train: train and resume."""

from __future__ import annotations

import gc
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganviz.cli.options import (
    DataPath,
    DataRoot,
    Device,
    OptionalInt,
    OptionalPath,
    OptionalText,
    ReportTo,
    RunFolder,
    RunsRoot,
    find_run,
    home_expanded,
    weight,
)
from ganviz.cli.terminal import FAILED, complain, say
from ganviz.errors import ConfigError
from ganviz.settings import MOST_STEPS
from ganviz.stop_signals import stop_signals

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.engine.run import Run
    from ganviz.runs.trackers import Reporter

DEFAULT_PRESET = "digits-quick"


def train(
    preset: Annotated[
        OptionalText,
        typer.Option(
            metavar="NAME",
            help=f"The recipe to start from ({DEFAULT_PRESET} without it); the flags below change "
            "it. 'none' starts from the defaults shown below.",
            rich_help_panel="Run",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        OptionalPath,
        typer.Option(
            metavar="FILE",
            help="Start from a run's config.json instead of a preset.",
            rich_help_panel="Run",
            show_default=False,
        ),
    ] = None,
    begin_with: Annotated[
        OptionalText,
        typer.Option(
            "--from",
            metavar="RUN",
            help="Begin with the networks of a trained run, as far as they fit, and with its "
            "settings unless --preset or --config gives others.",
            rich_help_panel="Run",
            show_default=False,
        ),
    ] = None,
    from_step: Annotated[
        OptionalInt,
        typer.Option(
            metavar="N",
            min=0,
            help="Which of its checkpoints; the newest without it.",
            rich_help_panel="Run",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        OptionalPath,
        typer.Option(
            metavar="FOLDER",
            help="The run's folder; without it, a new one in the runs folder.",
            callback=home_expanded,
            rich_help_panel="Where",
            show_default=False,
        ),
    ] = None,
    report_to: ReportTo = None,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    device: Device = "auto",
    **settings: Any,
) -> None:
    """Train a run from the command line.

    Every setting of the dashboard's form is a flag. Ctrl-C stops after the step in progress and
    saves the run. Under torchrun all processes train this one run together.
    """
    from ganviz.api import make_run
    from ganviz.runs.store import run_folder

    with _process_group(device, data_root) as (own_device, lead):
        parent = _parent(begin_with, from_step, runs_root)
        made, reporters = _make_config(preset, config, settings, parent), _reporters(report_to)
        with run_folder(out, runs_root, made.preset, made.name) as folder:
            run = make_run(made, folder, own_device, data_root, parent)
            run.observers.extend(reporters)
            lead(run)
            _train_to_the_end(run)


@contextmanager
def _process_group(device: str, data_root: Path) -> Iterator[tuple[str, Callable[[Run], None]]]:
    """The device of this process, and what has a run train with all processes that torchrun
    started. A process that does not lead trains here, and leaves the program when the leader says
    so."""
    from ganviz.engine import distributed

    group = distributed.from_environment(device)
    if group is None:
        yield device, lambda run: None
        return
    if not group.leads:
        distributed.follow(group, data_root)
        distributed.leave()
    try:
        yield str(group.device), group.lead
    finally:
        group.end()


def _reporters(names: list[str] | None) -> list[Reporter]:
    """The observer that tells trackers, where any are asked for."""
    if not names:
        return []
    from ganviz.runs.trackers import Reporter

    return [Reporter(names)]


def _parent(run: str | None, step: int | None, runs_root: Path) -> Path | None:
    """The folder whose networks a run begins with: a run's, or that of one of its checkpoints."""
    from ganviz.engine import checkpoint

    if run is None:
        if step is not None:
            raise ConfigError("Name the run that the checkpoint is of.", "from")
        return None
    folder = find_run(run, runs_root)
    return folder if step is None else checkpoint.path_of(folder / checkpoint.CHECKPOINTS, step)


def _make_config(
    preset: str | None, file: Path | None, settings: dict[str, Any], parent: Path | None
) -> RunConfig:
    from ganviz.api import as_config
    from ganviz.cli.flags import parse_settings, without_effect
    from ganviz.config_file import load_config
    from ganviz.engine import checkpoint

    settings = parse_settings(settings)
    if parent is not None and preset is None and file is None:
        base = checkpoint.load(parent, training=False)[0].but(name="")
    elif file is not None:
        # What a person's own file leaves out has the defaults of today.
        base = load_config(file, before={})
    else:
        preset = preset or DEFAULT_PRESET
        base = as_config({"preset": "" if preset == "none" else preset})
    made = base.but(**_own_pictures(base.data, settings))
    for sentence in without_effect(settings, made):
        complain(sentence)
    return made


def _own_pictures(data: str, settings: dict[str, Any]) -> dict[str, Any]:
    """``settings`` for a run on ``data``, or on the folder of pictures that they name: whoever
    names one means to learn from it. Raises `ConfigError` where they name other data as well."""
    from ganviz.registry import DATASETS

    chosen = settings.get("data", data)
    if not settings.get("data_path") or DATASETS.get(chosen, "data").reads_folder:
        return settings
    if "data" in settings:
        raise ConfigError(
            "--data {data} reads no folder: leave out --data-path, or choose --data folder.",
            "data_path",
            data=chosen,
        )
    complain(
        f"The run learns from the pictures in {settings['data_path']} (--data folder), not from "
        f"the data set {data!r}."
    )
    return {**settings, "data": "folder"}


def resume(
    run: RunFolder,
    steps: Annotated[
        OptionalInt,
        typer.Option(
            metavar="N",
            min=1,
            max=MOST_STEPS,
            show_default=False,
            help="Train so many steps more; without it, to the run's own end.",
        ),
    ] = None,
    report_to: ReportTo = None,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    data_path: DataPath = None,
    device: Device = "auto",
) -> None:
    """Go on with a run from its newest valid checkpoint, as if it had never stopped."""
    from ganviz.api import make_resumed

    with _process_group(device, data_root) as (own_device, lead):
        reporters = _reporters(report_to)
        folder = find_run(run, runs_root)
        resumed = make_resumed(folder, steps, own_device, data_root, data_path)
        resumed.observers.extend(reporters)
        lead(resumed)
        _train_to_the_end(resumed)


def _train_to_the_end(run: Run) -> None:
    """Train with a progress display; the last words say where the run is and what can be done with
    it."""
    from ganviz.api import follow
    from ganviz.engine.checkpoint import CHECKPOINTS, newest_info
    from ganviz.progress import duration

    # the collector passes over what was imported: walking through it takes percents of small steps
    gc.freeze()
    with stop_signals() as stop:
        result = follow(run, progress=True, stop=stop)
    gc.unfreeze()  # extensions complain at the program's end of what is left
    if result.state == "failed":
        kept = result.folder is not None and result.folder.is_dir()
        complain(result.sentence + (f" The run is in {result.folder}." if kept else ""))
        raise typer.Exit(FAILED)
    folder = result.folder
    assert folder is not None  # the command line keeps every run
    say(
        f"{result.sentence.rstrip('.')} in {duration(run.status()['elapsed'])}. The run is in "
        f"{folder} ({weight(folder)})"
    )
    if result.state == "stopped":
        say(f"Go on with it:  ganviz resume {shlex.quote(str(result.folder))}")
    if run.store and run.store.problem:
        complain(run.store.problem)
    saved = newest_info(folder / CHECKPOINTS).get("step", 0)
    if saved:
        say(
            f"Draw from it:   ganviz sample {shlex.quote(str(result.folder))} --n 64 --out grid.png"
        )
    if saved < result.step:
        complain(
            f"The weights of step {result.step:,} were not saved; those of step {saved:,} are the "
            "newest."
            if saved
            else f"The weights of step {result.step:,} were not saved; there are none."
        )
        raise typer.Exit(FAILED)
    if result.state == "stopped" and stop.exit_status:
        raise typer.Exit(stop.exit_status)
