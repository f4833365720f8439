"""``ganviz`` and ``python -m ganviz``: train, resume, sample, export, ui. Everything that the
dashboard does, without one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import typer

from ganviz.cli.decoded_pictures import cache
from ganviz.cli.evaluate import evaluate
from ganviz.cli.records import speedrun
from ganviz.cli.synthetic_data import dataset, report
from ganviz.cli.terminal import FAILED, INTERRUPTED, complain, complain_of_output
from ganviz.cli.train import resume, train
from ganviz.cli.use import bench, export, fetch_runtime, sample
from ganviz.errors import CheckpointError, GanvizError
from ganviz.stop_signals import EndedBySignal
from ganviz.version import __version__

NOT_KEPT = "Interrupted; what was not finished is not kept."
BAD_FLAGS = 2
EXAMPLES = """[bold]Examples[/bold]

ganviz ui

ganviz train --preset digits-quick --steps 2000 --out runs/x

ganviz sample runs/x --n 64 --out grid.png"""


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


def _hint(error: GanvizError, arguments: list[str]) -> str:
    """The flag by which what caused ``error`` can be changed, where the verb has one and the
    sentence does not name it."""
    named = f"--{(error.field or '').replace('_', '-')}"
    if f"({error.field})" in error.sentence or named in error.sentence:
        return ""
    return f" ({named})" if named in _flags(arguments) else ""


def _flags(arguments: list[str]) -> set[str]:
    """The flags of the verb that ``arguments`` begin with."""
    verbs = getattr(typer.main.get_command(make_app(arguments)), "commands", {})
    verb = verbs.get(next(iter(arguments), ""))
    return {name for one in verb.params for name in one.opts} if verb else set()


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
        complain(error.sentence + _hint(error, arguments))
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
