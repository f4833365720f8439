"""``ganviz`` and ``python -m ganviz``: train, resume, sample, export, ui. Everything that the
dashboard does, without one."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ganviz.cli.decoded_pictures import cache
from ganviz.cli.evaluate import evaluate
from ganviz.cli.options import (
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
from ganviz.cli.records import speedrun
from ganviz.cli.synthetic_data import dataset, report
from ganviz.cli.terminal import INTERRUPTED, complain, complain_of_output, say
from ganviz.cli.use import bench, export, fetch_runtime, sample
from ganviz.errors import CheckpointError, ConfigError, GanvizError
from ganviz.stop_signals import EndedBySignal, stop_signals
from ganviz.version import __version__

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.engine.run import Run
    from ganviz.runs.trackers import Reporter

DEFAULT_PRESET = "digits-quick"
NOT_KEPT = "Interrupted; what was not finished is not kept."
FAILED, BAD_FLAGS = 1, 2
EXAMPLES = """[bold]Examples[/bold]

ganviz ui

ganviz train --preset digits-quick --steps 2000 --out runs/x

ganviz sample runs/x --n 64 --out grid.png"""


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
    from ganviz.runs.store import new_run_folder

    with _process_group(device, data_root) as (own_device, lead):
        parent = _parent(begin_with, from_step, runs_root)
        made, reporters = _make_config(preset, config, settings, parent), _reporters(report_to)
        folder = out or new_run_folder(runs_root, made.preset, made.name)
        try:
            run = make_run(made, folder, own_device, data_root, parent)
        except GanvizError:
            if out is None:
                # A refusal leaves nothing behind.
                with suppress(OSError):
                    folder.rmdir()
            raise
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
    from ganviz.cli.flags import parse_settings
    from ganviz.config_file import load_config
    from ganviz.engine import checkpoint

    settings = parse_settings(settings)
    if parent is not None and preset is None and file is None:
        return checkpoint.load(parent, training=False)[0].but(**{"name": "", **settings})
    preset = preset or DEFAULT_PRESET
    if file is not None:
        # What a person's own file leaves out has the defaults of today.
        return load_config(file, before={}).but(**settings)
    return as_config({**settings, "preset": "" if preset == "none" else preset})


def resume(
    run: RunFolder,
    steps: Annotated[
        OptionalInt,
        typer.Option(
            metavar="N",
            min=1,
            max=100_000_000,
            show_default=False,
            help="Train so many steps more; without it, to the run's own end.",
        ),
    ] = None,
    report_to: ReportTo = None,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    device: Device = "auto",
) -> None:
    """Go on with a run from its newest valid checkpoint, as if it had never stopped."""
    from ganviz.api import make_resumed

    with _process_group(device, data_root) as (own_device, lead):
        reporters = _reporters(report_to)
        resumed = make_resumed(find_run(run, runs_root), steps, own_device, data_root)
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


def ui(context: typer.Context) -> None:
    """Open the dashboard (the same as python app.py); see ganviz ui --help."""
    from ganviz.ui.launch import main as launch

    raise typer.Exit(launch(list(context.args)))


class Verb(NamedTuple):
    """One line of the table of verbs. ``ready`` adds what is costly to make, only for the verb that
    is called."""

    run: Callable[..., None]
    panel: str
    ready: Callable[[Callable[..., None]], Callable[..., None]] | None = None
    settings: dict[str, Any] = {}  # noqa: RUF012  (never changed)


def _ready_train(command: Callable[..., None]) -> Callable[..., None]:
    from ganviz.cli.flags import (
        with_config_flags,
    )  # lists the choices of every registry, and so loads torch

    return with_config_flags(command)


def _ready_export(command: Callable[..., None]) -> Callable[..., None]:
    # lists the formats, and so loads what writes them
    from ganviz.cli.flags import with_export_flags

    return with_export_flags(command)


VERBS: dict[str, Verb] = {
    "ui": Verb(
        ui,
        "Watch",
        settings={
            "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
            "add_help_option": False,
        },
    ),
    "train": Verb(train, "Train", _ready_train),
    "resume": Verb(resume, "Train"),
    "sample": Verb(sample, "Use"),
    "dataset": Verb(dataset, "Use"),
    "report": Verb(report, "Use"),
    "evaluate": Verb(evaluate, "Use"),
    "export": Verb(export, "Use", _ready_export),
    "speedrun": Verb(speedrun, "Use"),
    "bench": Verb(bench, "Use"),
    "cache": Verb(cache, "Use"),
    "fetch-runtime": Verb(fetch_runtime, "Use"),
}


def make_app(arguments: list[str]) -> typer.Typer:
    """The command line; only the verb that ``arguments`` begin with is made in full."""
    app = typer.Typer(
        name="ganviz",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(
        help="Train GANs and watch them live.", epilog=EXAMPLES, invoke_without_command=True
    )(_root)
    for name, verb in VERBS.items():
        called = arguments[:1] == [name]
        command = (
            verb.ready(verb.run)
            if called and verb.ready
            else verb.run
            if called
            else _stub(verb.run)
        )
        app.command(name, rich_help_panel=verb.panel, help=verb.run.__doc__, **verb.settings)(
            command
        )
    return app


def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if version:
        print(f"ganviz {__version__}")
        raise typer.Exit()


def _stub(command: Callable[..., None]) -> Callable[..., None]:
    def stub() -> None:
        """Listed, not called."""

    stub.__doc__ = command.__doc__
    return stub


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 (it failed) or 2 (flags that mean
    nothing)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        make_app(arguments)(arguments, prog_name="ganviz")
        sys.stdout.flush()
    except CheckpointError as error:
        complain(error.sentence)
        return FAILED
    except GanvizError as error:
        sentence = error.sentence
        if error.field and f"({error.field})" not in sentence:
            sentence += f" (--{error.field.replace('_', '-')})"
        complain(sentence)
        return BAD_FLAGS
    except KeyboardInterrupt:
        complain(NOT_KEPT)
        return INTERRUPTED
    except OSError as error:
        complain_of_output(error)
        return FAILED
    except EndedBySignal as end:
        complain(NOT_KEPT)
        return end.status
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else FAILED
    return 0
