"""The verb that trains against the clock and says what came of it as a line of docs/records.md."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganviz.cli.evaluate import Weights, described
from ganviz.cli.options import (
    DataRoot,
    Device,
    OptionalPath,
    OptionalText,
    RunsRoot,
    finite,
    home_expanded,
)
from ganviz.cli.terminal import FAILED, complain
from ganviz.stop_signals import ending_on_signals, stop_signals

if TYPE_CHECKING:
    from ganviz.api import RunResult
    from ganviz.config import RunConfig

PRESET, WITH_CLASSES = "cifar10-speedrun", "cifar10-speedrun-classes"


def speedrun(
    minutes: Annotated[
        float, typer.Option(min=0.001, max=100_000, callback=finite, help="How long to train.")
    ] = 3.0,
    classes: Annotated[
        bool, typer.Option("--classes", help="Tell both networks the class.")
    ] = False,
    preset: Annotated[
        OptionalText,
        typer.Option(
            metavar="NAME", show_default=False, help="Another recipe than the speed-run's own."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1)] = 0,
    n: Annotated[
        int, typer.Option("--n", min=10, max=1_000_000, help="How many samples to measure.")
    ] = 50_000,
    weights: Weights = None,
    out: Annotated[
        OptionalPath,
        typer.Option(
            metavar="FOLDER",
            callback=home_expanded,
            show_default=False,
            help="The run's folder; without it, a new one in the runs folder.",
        ),
    ] = None,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    device: Device = "auto",
) -> None:
    """Train CIFAR-10 for some minutes, measure FID50k, and print the record's line.

    The clock runs from the first step to the last; data, measuring which way to compute is the
    quickest, and the evaluation are outside. Nothing else is measured or shown on the way.
    """
    from ganviz.api import as_config, follow, make_run
    from ganviz.device import pick_device
    from ganviz.progress import stages
    from ganviz.runs.store import run_folder
    from ganviz.synthetic.evaluation import EvaluationRequest, evaluate
    from ganviz.synthetic.inception import InceptionFeatures, find_weights, missing

    if missing():
        complain(missing())
        raise typer.Exit(FAILED)
    chosen = pick_device(device)
    with ending_on_signals(), stages() as notify:
        # what is missing is better known before than afterwards
        file = find_weights(weights, data_root, lambda done, text: notify(done or 0.0, text))
    recipe = preset or (WITH_CLASSES if classes else PRESET)
    config = as_config({"preset": recipe, "minutes": minutes, "seed": seed, "steps": 0})
    with run_folder(out, runs_root, recipe) as folder:
        run = make_run(config, folder, device, data_root)
        run.observers = []
        with stop_signals() as stop:
            result = follow(run, progress=True, stop=stop)
    if result.state != "finished":
        complain(f"{result.sentence} Nothing was measured; the run is in {folder}.")
        raise typer.Exit(stop.exit_status or FAILED)
    with ending_on_signals(), stages() as notify:
        features = InceptionFeatures(file, chosen)
        found = evaluate(folder, EvaluationRequest(n), features, data_root, chosen, notify)
    if found.note:
        complain(found.note)
    command = ["ganviz", "speedrun", "--minutes", f"{minutes:g}"]
    command += ["--classes"] if classes else []
    command += ["--preset", preset] if preset else []
    command += ["--seed", str(seed)]
    print(described(found.data))
    print(record(found.data, config, result, shlex.join(command)))


def record(data: dict[str, Any], config: RunConfig, result: RunResult, command: str) -> str:
    """A line of the table in docs/records.md."""
    import torch

    adversarial = config.d_steps if config.adversarial else 1
    pictures = result.step * config.batch_size * max(1, adversarial)
    cells = (
        f"{data['fid_inception']:.2f}",
        f"{data['kid_inception']:.5f}",
        f"{data['precision_inception']:.3f}",
        f"{data['recall_inception']:.3f}",
        f"{data['n']:,}",
        f"{data['training_seconds'] / 60:.1f}",
        f"{pictures / 1e6:.2f} M",
        "yes" if config.conditional else "no",
        data["device"],
        str(config.seed),
        f"{data['ganviz']}, torch {torch.__version__.partition('+')[0]}",
        data["measured"].partition("T")[0],
        f"`{command}`",
    )
    return f"| {' | '.join(cells)} |"
