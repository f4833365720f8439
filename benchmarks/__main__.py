"""``python -m benchmarks``: measure on this machine, and print ratios with their spread."""

from __future__ import annotations

import argparse
import fnmatch
import shlex
import sys
import tempfile
import time
from pathlib import Path

import torch
from rich.console import Console

from benchmarks import machine, report
from benchmarks.measure import Bench, Measured
from benchmarks.rows import ROWS, Row
from ganviz import device as devices

LEAST_ROUNDS = 5
# All rows that are wanted of an NVIDIA card: about ten minutes at the seconds below.
GPU, GPU_SECONDS = "gpu", 1.0
WIDTH = 160  # of a report that goes to a file


def main(arguments: list[str] | None = None) -> int:
    """Measure the chosen rows. The status is 1 when a row could not be measured; a missed bar is no
    error."""
    options = _flags().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if options.list:
        for row in ROWS.values():
            mark = "  (quick)" if row.quick else "  (only when named)" if row.only_by_name else ""
            console.print(f"[bold]{row.name:24}[/] {row.title}{mark}", highlight=False)
        console.print(
            "The page itself, in a real browser:  python -m benchmarks.dashboard", highlight=False
        )
        return 0
    device = devices.pick_device(options.device)
    chosen = choose(options.rows, options.quick, machine.has_bf16(device))
    if not chosen:
        console.print("There is no such row; --list prints the names.")
        return 2
    facts = {**machine.describe(device), "clock": options.clock}
    measured, failed = _measure(chosen, options, device, console)
    report.show(facts, measured, console)
    if options.json:
        command = shlex.join(
            ["python", "-m", "benchmarks", *(sys.argv[1:] if arguments is None else arguments)]
        )
        report.write_json(options.json, facts, measured, command)
    for name, problem in failed.items():
        console.print(f"[red]{name} was not measured:[/] {problem}", highlight=False)
    return 1 if failed else 0


def choose(patterns: list[str], quick: bool, bf16: bool) -> list[Row]:
    """The rows that match one of ``patterns`` (names, groups or wildcards); without patterns all,
    or the quick ones."""
    rows = [row for row in ROWS.values() if bf16 or not row.bf16]
    if patterns == [GPU]:
        return [row for row in rows if row.gpu]
    if patterns:
        return [
            row
            for row in rows
            if row.name in patterns
            or (
                not row.only_by_name
                and any(fnmatch.fnmatch(row.name, p) or row.group == p for p in patterns)
            )
        ]
    return [row for row in rows if (row.quick if quick else not row.only_by_name)]


def _measure(
    chosen: list[Row], options: argparse.Namespace, device: torch.device, console: Console
) -> tuple[list[Measured], dict[str, str]]:
    measured, failed = [], {}
    usual = GPU_SECONDS if options.rows == [GPU] else 3.0
    seconds = options.seconds or (0.5 if options.quick else usual)
    with (
        tempfile.TemporaryDirectory(prefix="ganviz-bench-") as folder,
        console.status("") as status,
    ):
        for row in chosen:
            began = time.perf_counter()

            def notify(text: str, row: Row = row) -> None:
                status.update(f"{row.name}: {text}")

            notify("preparing")
            bench = Bench(
                Path(folder),
                str(device),
                max(options.rounds, LEAST_ROUNDS),
                seconds,
                options.quick,
                options.clock == "cpu",
                notify,
            )
            try:
                measured.append(row.run(bench))
            except (RuntimeError, OSError, ImportError) as error:
                failed[row.name] = str(error).strip()
                continue
            console.print(
                f"{row.name}: {report.figure(measured[-1].value, measured[-1].unit)}  "
                f"{measured[-1].detail}"
                f"  ({time.perf_counter() - began:.0f} s)",
                highlight=False,
            )
    return measured, failed


def _flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "rows",
        nargs="*",
        help="names, groups (limit, script, ...) or wildcards; gpu: all that is wanted of an "
        "NVIDIA card; default: all",
    )
    parser.add_argument("--list", action="store_true", help="print the rows and leave")
    parser.add_argument(
        "--quick", action="store_true", help="a few rows with short rounds: under a minute"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument(
        "--rounds",
        type=int,
        default=7,
        help=f"rounds for each side, at least {LEAST_ROUNDS} (default: 7)",
    )
    parser.add_argument(
        "--seconds", type=float, help="seconds of each round (default: 3, quick: 0.5)"
    )
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu: count processor time, for a machine that others use as well (default: wall)",
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps (default: auto)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
