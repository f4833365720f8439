"""Verbs that use what was trained: sample, export, and what they need; and the bench."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ganviz.cli.options import (
    DataPath,
    DataRoot,
    Device,
    OptionalFloat,
    OptionalInt,
    OptionalPath,
    OptionalText,
    RunFolder,
    RunsRoot,
    find_run,
    finite,
    weight,
)
from ganviz.cli.terminal import complain
from ganviz.errors import GanvizError
from ganviz.stop_signals import ending_on_signals
from ganviz.text import counted

# of one sample and of many
WITHOUT_LABELS = (
    "1 sample of step {step:,} is in {written}",
    "{n} samples of step {step:,} are in {written}",
)
WITH_LABELS = (
    "1 sample of step {step:,} is in {written}, its label in {labels}",
    "{n} samples of step {step:,} are in {written}, their labels in {labels}",
)


def sample(
    run: RunFolder,
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE|FOLDER/",
            help="A picture (.png, .jpg, .webp) of all samples in a grid; the raw values with "
            "their labels (.npz, .npy); or single PNGs in a folder for each class (.zip, or a "
            "folder ending in /).",
        ),
    ] = "grid.png",
    n: Annotated[int, typer.Option("--n", min=1, max=1_000_000, help="How many samples.")] = 64,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="The same seed draws the same samples.")
    ] = 0,
    klass: Annotated[
        OptionalText,
        typer.Option(
            "--class",
            metavar="NAME",
            show_default=False,
            help="One class, by name or index; without it, all in turn.",
        ),
    ] = None,
    psi: Annotated[
        float,
        typer.Option(
            min=0, max=2, callback=finite, help="Below 1: more typical, less varied samples."
        ),
    ] = 1.0,
    runs_root: RunsRoot = Path("runs"),
    device: Device = "auto",
) -> None:
    """Draw samples from a trained run (or from one of its checkpoints)."""
    from ganviz.device import pick_device
    from ganviz.progress import counting
    from ganviz.runs.sample_files import labels_beside, write_samples
    from ganviz.runs.trained import load_generator

    generator = load_generator(find_run(run, runs_root), pick_device(device))
    if generator.note:
        complain(generator.note)
    with ending_on_signals(), counting(n, "samples") as notify:
        written = write_samples(generator, out, n, seed, klass, psi, notify)
    labels = labels_beside(written, generator.classes)
    one, many = WITH_LABELS if labels else WITHOUT_LABELS
    print(counted(n, one, many, step=generator.step, written=written, labels=labels))


def export(
    run: RunFolder,
    fps: Annotated[
        OptionalInt,
        typer.Option(
            min=1, max=60, show_default=False, help="Frames a second of a film; 12 without it."
        ),
    ] = None,
    seconds: Annotated[
        OptionalFloat,
        typer.Option(
            metavar="X",
            min=0.2,
            max=600,
            callback=finite,
            show_default=False,
            help="How long a film is; without it, a frame for each grid, 8 to 24 s.",
        ),
    ] = None,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    data_path: DataPath = None,
    **outputs: Any,
) -> None:
    """Make a film of a run, or a page to hand on."""
    from ganviz.cli.flags import export_examples
    from ganviz.errors import ConfigError
    from ganviz.export.formats import checked_options, format_of
    from ganviz.progress import stages

    folder = find_run(run, runs_root)
    wanted = {option: out for option, out in outputs.items() if out is not None}
    if not wanted:
        raise ConfigError(f"Say what to make of it: {export_examples()}.")
    chosen = {"fps": fps, "seconds": seconds, "data_path": data_path}
    for option, out in wanted.items():
        name, known = format_of(option, out)
        heeded = {one: value for one, value in chosen.items() if one in known.options}
        options = checked_options(name, heeded if len(wanted) > 1 else chosen)
        options = replace(options, data_root=data_root)
        if known.missing():
            raise ConfigError(known.missing(), option)
        with ending_on_signals(), stages() as notify:
            written = known.write(folder, out, options, notify)
        print(f"{written} ({weight(out)})")
        if known.left_out():
            complain(known.left_out())


def fetch_runtime(
    source: Annotated[
        OptionalPath,
        typer.Option(
            "--from",
            metavar="FILE",
            show_default=False,
            help="A package that npm pack fetched elsewhere; without it, npm is asked.",
        ),
    ] = None,
) -> None:
    """Fetch onnxruntime-web once, so that exported pages can run the generator live in the
    browser."""
    from ganviz.export import runtime

    print(f"{runtime.PACKAGE} {runtime.VERSION} is in {runtime.fetch(source, print)}")


def bench(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="modes: mode coverage of points; stacked: of stacked digits (1,000 "
            "combinations). Beside the papers' figures.",
        ),
    ] = "modes",
    task: Annotated[str, typer.Option(help="ring8, grid25 or both.")] = "both",
    seeds: Annotated[int, typer.Option(min=1, max=100, help="How many trainings of each.")] = 5,
    steps: Annotated[
        OptionalInt, typer.Option(min=1, help="Train fewer steps, for a quick look.")
    ] = None,
    data_root: DataRoot = Path("data"),
    device: Device = "auto",
) -> None:
    """Count captured modes as the VEEGAN and PacGAN papers do, beside their figures.

    The points are trained on one CPU thread: about a minute a seed on the ring, a minute and a half
    on the grid. Stacked digits want a GPU. Speed is measured by python -m benchmarks, from a clone.
    """
    from ganviz.cli.terminal import show_modes, show_stacked
    from ganviz.experiments.mode_coverage import TASKS

    if what == "stacked":
        from ganviz.device import pick_device

        with ending_on_signals():
            return show_stacked(pick_device(device), data_root, steps)
    if what != "modes":
        raise GanvizError(
            f"There is no benchmark called {what!r} here; use: ganviz bench modes, or ganviz bench "
            "stacked.",
            "what",
        )
    if task != "both" and task not in TASKS:
        raise GanvizError(
            f"There is no task called {task!r}; choose ring8, grid25 or both.", "task"
        )
    show_modes(list(TASKS) if task == "both" else [task], seeds, steps)
