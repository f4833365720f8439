"""How true and how varied the generated pictures are, measured beside the training on a copy of the
generator."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz.data.source import DataSource, to_float
from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.background import BackgroundProbe
from ganviz.probes.features import (
    CHUNK,
    Cancelled,
    Classifier,
    Inception,
    feature_model,
    shrunk,
    shrunk_source,
    unless_cancelled,
)
from ganviz.probes.metrics import (
    NEAREST,
    class_figures,
    copies,
    frechet,
    kernel_distance,
    nearest_two,
    precision_recall,
)
from ganviz.registry import PROBES

FAKES = 1000
REALS = 5000
COPIED = 200  # fakes that are looked up among the training samples
TRAINING = 10_000  # training samples they are looked up among, and in pixel values once shrunk:
PIXELS = 20_000_000


NEIGHBOURS = ("n_neighbours", "n_neighbours")
FIDELITY = event_kind(
    "fidelity",
    browser="newest",
    order=30,
    figures=(
        Figure(
            "fid",
            "FID",
            "Fréchet distance of generated and real samples, as Gaussians in feature space. Lower "
            "is better; compare only at the same N and features.",
            better="lower",
            samples=("n", "n_real"),
            against=("real against real", "fid_real"),
            compared=True,
        ),
        Figure(
            "kid",
            "KID",
            "Kernel distance: like FID, but without its bias at small N. Near 0 the two agree; "
            "features are scaled first.",
            better="lower",
            format="small",
            samples=NEIGHBOURS,
        ),
        Figure(
            "precision",
            "Precision",
            "Generated samples that lie among the real ones: do they look right?",
            better="higher",
            format="percent",
            samples=NEIGHBOURS,
            compared=True,
        ),
        Figure(
            "recall",
            "Recall",
            "Real samples that lie among the generated ones: is everything there?",
            better="higher",
            format="percent",
            samples=NEIGHBOURS,
            compared=True,
        ),
        Figure(
            "density",
            "Density",
            "Like precision, but outliers among the real samples count less. It can exceed 1.",
            better="higher",
            samples=NEIGHBOURS,
        ),
        Figure(
            "coverage",
            "Coverage",
            "Real samples with a generated one close by.",
            better="higher",
            format="percent",
            samples=NEIGHBOURS,
            compared=True,
        ),
        Figure(
            "copies",
            "Copies",
            "Generated pictures three times as near to one training picture as to any other.",
            better="lower",
            format="percent",
            samples=("n_copies", "n_train"),
            against=("among the real ones", "copies_real"),
        ),
    ),
    cards=(
        Card(
            "How true, how varied",
            "Figures of the generated samples beside the real ones, and the classes or modes that "
            "they fall into.",
            script="fidelity.js",
            columns=8,
        ),
    ),
)


@PROBES.register("fidelity")
class Fidelity(BackgroundProbe):
    """Logs "fidelity". Works on a thread of its own, on a private copy of the EMA generator and
    fixed latents.

    Only copying the weights happens in the training thread. The feature net is trained at the first
    look.
    """

    name = "fidelity figures"
    interval = 10.0
    first = 5.0
    fakes = FAKES

    def applies(self) -> bool:
        return self.source.spec.kind == "images"

    def prepare(self) -> None:
        super().prepare()
        self._reference: Any = None
        self._measured_at = -1

    def measure(self) -> None:
        """Copy the generator, and let a thread measure it."""
        if not self.is_working():
            self.begin_work(partial(self._measure, self.trainer.step_count))

    def finish(self) -> None:
        """End the thread. A run that reached its last step gets its last figures, if the feature
        net is there."""
        if self._ended:
            return
        self._cancel = True
        self.wait()
        step, reference = self.trainer.step_count, self._reference
        if reference and self.is_at_the_last_step() and self._measured_at != step:
            self._cancel = False
            self.take_weights()
            self._guarded(lambda: self._evaluate(step, reference))
            self._guarded(self._log_result)

    def _measure(self, step: int) -> None:
        if self._reference is None:
            self._reference = self.make_reference()
        with self.paced():
            if self._reference is not None and not self.cancelled():
                self._evaluate(step, self._reference)

    def make_reference(self) -> Any:
        """What samples are measured against, made once; None when cancelled."""
        return ReferenceStatistics.of(self.source, self._data_root, self.cancelled)

    def wanted(self, reference: Any) -> int:
        """How many samples are measured: without features only copies are looked for."""
        return self.fakes if reference.model is not None else COPIED

    def report(self, result: dict[str, Any]) -> None:
        self._measured_at = result["at"]
        self.log_figures(result)

    def log_figures(self, result: dict[str, Any]) -> None:
        """Log what was measured."""
        self.run.fid = result["fid"]
        self.run.log("fidelity", **result)

    def _evaluate(self, step: int, reference: Any) -> None:
        config, conditional = self.trainer.config, self.trainer.algorithm.conditional
        random = torch.Generator().manual_seed(config.seed + 14)
        count = self.wanted(reference)
        z = torch.randn(self.fakes, config.latent_dim, generator=random)[:count]
        y = torch.arange(count) % self.source.spec.n_classes if conditional else None
        began = time.perf_counter()
        fakes = self.draw(z, y)
        if fakes is not None:
            self._result = {
                "at": step,
                **reference.measure(fakes, y),
                "seconds": round(time.perf_counter() - began, 2),
            }


@dataclass
class ReferenceStatistics:
    """What is known of the reals, so that fakes can be measured against them.

    ``model``: None where the data has no usable labels; then only copies are looked for.
    ``control``: features of reals that are not in ``real``: what a perfect generator would be.
    """

    source: DataSource
    model: Classifier | Inception | None
    real: Tensor | None
    control: Tensor | None
    lookup: Tensor
    copies_real: float
    fid_real: float | None
    cancelled: Cancelled

    @classmethod
    def of(
        cls, source: DataSource, data_root: Path | str | None, cancelled: Cancelled
    ) -> ReferenceStatistics | None:
        """Trains or loads the feature net, and measures the reals once. None, or
        `MeasurementCancelled`, when cancelled."""
        model = feature_model(source, data_root, cancelled)
        if cancelled():
            return None
        count = len(source.samples)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(15))
        pixels = shrunk(source.samples[:1]).numel()
        train = shrunk_source(source, order[: min(TRAINING, max(100, PIXELS // pixels))]).samples
        copied = copies(nearest_two(train[:COPIED], train, skip_same=True)) if count > 2 else 0.0
        real = control = fid = None
        if model is not None:
            control_count = min(FAKES, count // 2)
            control, real = (
                _features(model, source, some, cancelled)
                for some in order[: control_count + REALS].tensor_split([control_count])
            )
            fid = frechet(real, control) if len(control) > model.dim else None
        return cls(source, model, real, control, train, copied, fid, cancelled)

    def measure(self, fakes: Tensor, requested: Tensor | None) -> dict[str, Any]:
        """The "fidelity" figures of uint8 ``fakes``; None for what cannot be known. Raises
        `MeasurementCancelled`."""
        figures: dict[str, Any] = {
            "n": len(fakes),
            "n_real": None,
            "features": None,
            "dim": None,
            "classifier_accuracy": None,
            "fid": None,
            "fid_real": None,
            "kid": None,
            "precision": None,
            "recall": None,
            "density": None,
            "coverage": None,
            "k": NEAREST,
            "n_neighbours": None,
            "classes": [],
            "histogram": None,
            "entropy": None,
            "entropy_max": None,
            "confidence": None,
            "covered": None,
            "agreement": None,
        }
        device = self.lookup.device
        few = shrunk(fakes[:COPIED].to(device))
        figures |= {
            "copies": round(copies(nearest_two(few, self.lookup)), 4),
            "copies_real": round(self.copies_real, 4),
            "n_copies": len(few),
            "n_train": len(self.lookup),
        }
        if self.model is None or self.real is None:
            return figures
        parts = [
            self.model(to_float(part.to(device)))
            for part in unless_cancelled(fakes.split(CHUNK), self.cancelled)
        ]
        features = torch.cat([part[0] for part in parts])
        few_real = self.real[: len(fakes)]
        few_fake = features[: len(few_real)]
        # features of our own nets have any scale; the cubic kernel wants about 1
        scale = self.real.square().mean().sqrt()
        figures |= {
            "n_real": len(self.real),
            "features": self.model.name,
            "dim": self.model.dim,
            "classifier_accuracy": self.model.accuracy,
            "fid": _short(frechet(self.real, features)),
            "fid_real": None if self.fid_real is None else _short(self.fid_real),
            "kid": _short(kernel_distance(few_real / scale, few_fake / scale)),
            "n_neighbours": len(few_real),
            **{
                name: round(value, 4)
                for name, value in precision_recall(few_real, few_fake).items()
            },
        }
        named = [part[1] for part in parts if part[1] is not None]
        if named:
            classes, probabilities = self.source.spec.classes, torch.cat(named)
            figures |= {
                "classes": list(classes),
                **class_figures(probabilities, len(classes), requested),
            }
        return figures


def _features(
    model: Classifier | Inception, source: DataSource, index: Tensor, cancelled: Cancelled
) -> Tensor:
    """Features of some of the samples, of which a few at a time become floats: thousands of large
    pictures would take gigabytes."""
    parts = unless_cancelled(index.split(CHUNK), cancelled)
    return torch.cat([model(to_float(source.at(part)[0]))[0] for part in parts])


def _short(value: float) -> float:
    return float(f"{value:.4g}")
