"""The verb that measures a run as papers do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ganviz.cli.options import (
    DataPath,
    DataRoot,
    Device,
    OptionalInt,
    OptionalPath,
    RunFolder,
    RunsRoot,
    find_run,
    home_expanded,
)
from ganviz.cli.terminal import complain
from ganviz.stop_signals import ending_on_signals

Weights = Annotated[
    OptionalPath,
    typer.Option(
        metavar="FILE",
        callback=home_expanded,
        show_default=False,
        help="The Inception network's weights; without it they are downloaded once (95 MB).",
    ),
]


def evaluate(
    run: RunFolder,
    n: Annotated[
        int, typer.Option("--n", min=10, max=1_000_000, help="How many samples to draw.")
    ] = 50_000,
    reference: Annotated[
        str,
        typer.Option(
            metavar="train|held-out",
            help="Against the pictures that the run learned from, or those it held out.",
        ),
    ] = "train",
    step: Annotated[
        OptionalInt,
        typer.Option(
            min=0, show_default=False, help="Which of its checkpoints; the newest without it."
        ),
    ] = None,
    weights: Weights = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="The same seed draws the same samples.")
    ] = 0,
    runs_root: RunsRoot = Path("runs"),
    data_root: DataRoot = Path("data"),
    data_path: DataPath = None,
    device: Device = "auto",
) -> None:
    """Measure a run as papers do: FID, KID, precision and recall on Inception features.

    The figures are kept in the run's folder, and shown with it in the page.
    """
    from ganviz.device import pick_device
    from ganviz.progress import stages
    from ganviz.synthetic.evaluation import EvaluationRequest
    from ganviz.synthetic.evaluation import evaluate as measure
    from ganviz.synthetic.inception import InceptionFeatures, find_weights, missing

    if missing():
        complain(missing())
        raise typer.Exit(1)
    chosen, folder = pick_device(device), find_run(run, runs_root)
    with ending_on_signals(), stages() as notify:
        file = find_weights(weights, data_root, lambda done, text: notify(done or 0.0, text))
        features = InceptionFeatures(file, chosen)
        request = EvaluationRequest(n, seed, reference, step, data_path)
        found = measure(folder, request, features, data_root, chosen, notify)
    for change in found.changes:
        complain(change)
    print(described(found.data))
    if found.note:
        complain(found.note)
    else:
        print(f"Kept in {folder / 'evaluation.json'}")


def described(data: dict[str, Any]) -> str:
    """An evaluation in two lines."""
    return (
        f"FID {data['fid_inception']:.3f} of step {data['at']:,}: {data['n']:,} samples against "
        f"{data['n_real']:,} real ones ({data['reference']})\n"
        f"KID {data['kid_inception']:.6f} (subsets spread by {data['kid_spread']:.6f}), precision "
        f"{data['precision_inception']:.4f}, recall {data['recall_inception']:.4f} "
        f"(k = {data['k']}) on {data['n_kept']:,} of each"
    )
