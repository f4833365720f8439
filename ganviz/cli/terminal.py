"""What the command line prints beside the progress of a run."""

from __future__ import annotations

import sys


def complain(sentence: str) -> None:
    """One sentence on standard error."""
    print(sentence, file=sys.stderr, flush=True)


def show_modes(tasks: list[str], seeds: int, steps: int | None) -> None:
    """Run the mode protocol and print our rows beside the papers'."""
    from statistics import fmean

    from rich.console import Console
    from rich.table import Table

    from ganviz.experiments.mode_coverage import PAPERS, TASKS, describe, measure
    from ganviz.probes.modes import SAMPLES

    console = Console()
    for task in tasks:
        with console.status(TASKS[task].title) as status:
            outcomes = []
            for outcome in measure(task, seeds, steps, status.update):
                outcomes.append(outcome)
                figures = outcome.figures
                divergence = figures["reverse_kl"]  # None where no sample is near a mode
                console.print(
                    f"{TASKS[task].title}, seed {outcome.seed}: {figures['captured']} modes, "
                    f"{figures['strict']} strict, {figures['quality']:.1%} high quality, reverse "
                    f"KL "
                    f"{'not known' if divergence is None else f'{divergence:.4f}'}, "
                    f"{outcome.cpu_seconds:.0f} CPU s",
                    highlight=False,
                )
        table = Table(
            title=f"{TASKS[task].title}: N = {SAMPLES:,} samples, {seeds} "
            f"seed{'s' if seeds > 1 else ''}"
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
