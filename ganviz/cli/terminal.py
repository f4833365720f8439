"""What the command line prints beside the progress of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ganviz.stop_signals import mute_all, mute_pipes
from ganviz.text import counted

if TYPE_CHECKING:
    import torch

# the exit status of what Ctrl-C ended
INTERRUPTED = 130
# that of what could not be done
FAILED = 1


def say(sentence: str) -> None:
    """One sentence on standard output. What was done is done, also where nobody reads of it any
    more."""
    try:
        print(sentence, flush=True)
    except BrokenPipeError:
        mute_pipes()


def complain(sentence: str) -> None:
    """One sentence on standard error, likewise."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except BrokenPipeError:
        mute_pipes()


def complain_of_output(error: OSError) -> None:
    """Standard output takes no more. Raises ``error`` where it is of a file, which has a name."""
    if error.filename is not None:
        raise error
    complain(f"The output could not be written: {error.strerror}.")
    mute_all()


def show_modes(tasks: list[str], seeds: int, steps: int | None) -> None:
    """Run the mode protocol and print our rows beside the papers'."""
    from statistics import fmean

    from rich.console import Console
    from rich.table import Table

    from ganviz.experiments.mode_coverage import TASKS, describe, measure
    from ganviz.probes.modes import PAPERS, SAMPLES

    console = Console()
    for task in tasks:
        with console.status(TASKS[task].title) as status:
            outcomes = []
            for outcome in measure(task, seeds, steps, status.update):
                outcomes.append(outcome)
                figures = outcome.figures
                divergence = figures["reverse_kl"]  # None where no sample is near a mode
                console.print(
                    f"{TASKS[task].title}, seed {outcome.seed}: "
                    f"{counted(figures['captured'], '1 mode', '{n} modes')}, "
                    f"{figures['strict']} strict, {figures['quality']:.1%} high quality, reverse "
                    f"KL "
                    f"{'not known' if divergence is None else f'{divergence:.4f}'}, "
                    f"{outcome.cpu_seconds:.0f} CPU s",
                    highlight=False,
                )
        table = Table(
            title=counted(
                seeds,
                "{task}: N = {samples:,} samples, one seed",
                "{task}: N = {samples:,} samples, {n} seeds",
                task=TASKS[task].title,
                samples=SAMPLES,
            )
        )
        table.add_column("method")
        table.add_column("source")
        table.add_column(f"modes of {TASKS[task].modes}", justify="right")
        table.add_column("high quality %", justify="right")
        column = list(TASKS).index(task)
        for method, source, *theirs in PAPERS:
            table.add_row(method, source, f"{theirs[column][0]:g}", f"{theirs[column][1]:g}")
        table.add_row(
            "ganviz",
            TASKS[task].preset,
            f"{fmean(o.figures['captured'] for o in outcomes):.1f}",
            f"{100 * fmean(o.figures['quality'] for o in outcomes):.1f}",
            style="bold",
        )
        console.print(table)
        console.print(
            f"ours: {describe(task)}" + (f", cut to {steps:,}" if steps else ""), highlight=False
        )


def show_stacked(device: torch.device, data_root: Path, steps: int | None) -> None:
    """Train on stacked digits, and print what is counted beside the papers' figures."""
    from rich.console import Console
    from rich.table import Table

    from ganviz.experiments.stacked_mnist import describe, measure
    from ganviz.probes.stacked import PAPERS

    console, newest = Console(), None
    with console.status("stacked digits"):
        for newest in measure(device, data_root, steps):
            console.print(
                f"step {newest['at']:,}, {newest['seconds']:.0f} s: "
                f"{counted(newest['captured'], '1 combination', '{n} combinations')}, reverse KL "
                f"{newest['reverse_kl']:.3f}",
                highlight=False,
            )
    if newest is None:
        complain("The training ended before the first count.")
        return
    table = Table(title=f"Stacked digits: N = {newest['n']:,} samples")
    table.add_column("method")
    table.add_column("source")
    table.add_column("combinations of 1,000", justify="right")
    table.add_column("reverse KL", justify="right")
    for method, source, modes, divergence in PAPERS:
        table.add_row(method, source, f"{modes:g}", f"{divergence:g}")
    table.add_row(
        "real triples",
        f"N = {newest['n_real']:,}",
        str(newest["captured_real"]),
        f"{newest['reverse_kl_real']:.3f}",
    )
    table.add_row(
        "ganviz",
        "stacked-mnist",
        str(newest["captured"]),
        f"{newest['reverse_kl']:.3f}",
        style="bold",
    )
    console.print(table)
    console.print(
        f"ours: {describe()}; {newest['accuracy']:.1%} of held-out digits are named rightly",
        highlight=False,
    )
