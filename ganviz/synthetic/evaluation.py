"""``ganviz evaluate``: the figures that papers report, of any number of samples and in bounded
memory, kept with the run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz import device as devices
from ganviz.disk import finite_json
from ganviz.engine import checkpoint
from ganviz.engine.restore import elapsed_of
from ganviz.engine.snapshot import to_levels
from ganviz.errors import ConfigError
from ganviz.probes.streamed_features import (
    NEIGHBOURS,
    StreamedFeatures,
    frechet_of,
    kernel_distance_of_subsets,
    precision_and_recall,
)
from ganviz.runs.evaluations import keep
from ganviz.synthetic.figure import Report
from ganviz.synthetic.inception import Features
from ganviz.synthetic.labels import AS_DATA, BALANCED
from ganviz.synthetic.report import RunUnderTest
from ganviz.text import counted
from ganviz.version import __version__

# samples of each kind whose features are held, for what compares single samples
KEPT = 10_000
LEAST = 10
PART = 256
TRAIN, HELD_OUT = "train", "held-out"
REFERENCES = (TRAIN, HELD_OUT)


@dataclass(frozen=True)
class EvaluationRequest:
    """What to measure: ``n`` samples of the checkpoint at ``step`` (None: the newest), drawn from
    ``seed``, against the pictures that the run learned from or those that it held out.
    ``data_path``: where the run's folder of pictures is now, None where it was."""

    n: int = 50_000
    seed: int = 0
    reference: str = TRAIN
    step: int | None = None
    data_path: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """``data``: the figures and all that they depend on, as they are kept. ``note``: a sentence
    where they could not be kept. ``changes``: sentences that say how the data are others now than
    when the run was saved."""

    data: dict[str, Any]
    note: str = ""
    changes: tuple[str, ...] = ()


def evaluate(
    folder: Path,
    request: EvaluationRequest,
    features: Features,
    data_root: Path,
    device: torch.device,
    report: Report,
) -> Evaluation:
    """Measure the run in ``folder``, write the figures into it and return them.

    ``report(fraction, sentence)`` may raise to stop, and nothing is written then. Memory: the
    run's pictures, the network, and the features of 10,000 samples of each kind. Raises
    `ConfigError`, `CheckpointError` or `DataError`.
    """
    if request.n < LEAST:
        raise ConfigError(f"Measure at least {LEAST} samples.", "n")
    path = folder
    if request.step is not None:
        path = checkpoint.path_of(folder / checkpoint.CHECKPOINTS, request.step)
    began = time.monotonic()
    run = RunUnderTest.load(path, data_root, device, report, request.data_path)
    reals = reference_pictures(run, request.reference)
    total = request.n + len(reals)
    real, fake = StreamedFeatures(KEPT), StreamedFeatures(KEPT)
    done = 0
    for streamed, parts, what in (
        (real, reals.split(PART), "real"),
        (fake, drawn(run, request), "generated"),
    ):
        for part in parts:
            report(0.95 * done / total, f"{done:,} of {total:,} pictures, {what} ones.")
            streamed.add(features(part))
            done += len(part)
    report(0.95, "Working out the figures.")
    data = {**_about(run, request, features), **figures(real, fake)}
    data["seconds"] = round(time.monotonic() - began, 1)
    note = keep(folder, finite_json(data))
    return Evaluation(data, note, run.changes)


def reference_pictures(run: RunUnderTest, reference: str) -> Tensor:
    """The real pictures, uint8 [N, C, H, W], that samples are measured against. Raises
    `ConfigError` where the run has none of that kind."""
    if reference not in REFERENCES:
        raise ConfigError(f"The reference is {' or '.join(REFERENCES)}.", "reference")
    if reference == TRAIN:
        return run.source.samples
    held = run.source.held_out
    if run.why_none_held or held is None:
        why = run.why_none_held or "This run held no pictures out."
        raise ConfigError(f"{why} Measure it against --reference {TRAIN}.", "reference")
    if len(held.samples) < LEAST:
        raise ConfigError(
            counted(
                len(held.samples),
                "This run held only one picture out. Measure it against --reference {train}.",
                "This run held only {n} pictures out. Measure it against --reference {train}.",
                train=TRAIN,
            ),
            "reference",
        )
    return held.samples


def drawn(run: RunUnderTest, request: EvaluationRequest) -> Iterator[Tensor]:
    """The samples in parts, uint8 [n, C, H, W]; of a generator that is told classes, each as often
    as the data have it."""
    balance = AS_DATA if run.generator.classes else BALANCED
    labels = run.labels(request.n, request.seed, balance)
    for x, _ in run.generator.batches(request.n, request.seed, labels):
        yield to_levels(x).cpu()


def figures(real: StreamedFeatures, fake: StreamedFeatures) -> dict[str, Any]:
    """What is measured, and on how many samples."""
    kept = min(len(real.kept), len(fake.kept))
    few_real, few_fake = real.kept[:kept], fake.kept[:kept]
    kid, spread = kernel_distance_of_subsets(few_real, few_fake)
    precision, recall = precision_and_recall(few_real, few_fake)
    return {
        "n": fake.count,
        "n_real": real.count,
        "n_kept": kept,
        "k": NEIGHBOURS,
        "fid_inception": frechet_of(real, fake),
        "kid_inception": kid,
        "kid_spread": spread,
        "precision_inception": precision,
        "recall_inception": recall,
    }


def _about(run: RunUnderTest, request: EvaluationRequest, features: Features) -> dict[str, Any]:
    return {
        "at": run.generator.step,
        "reference": request.reference,
        "split": run.source.spec.split,
        "features": features.name,
        "weights": features.weights,
        "generator": run.fingerprint,
        "seed": request.seed,
        "training_seconds": round(elapsed_of(run.state), 1),
        "device": devices.label(next(run.generator.parameters()).device),
        "ganviz": __version__,
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
