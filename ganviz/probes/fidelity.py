"""How true and how varied the generated pictures are, measured beside the training on a copy of the
generator."""

from __future__ import annotations

import copy
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz import device as devices
from ganviz import pacing
from ganviz.accel import private_apis as private
from ganviz.data.source import DataSource, to_float
from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.engine.events import ENDED
from ganviz.engine.snapshot import render_chunk
from ganviz.probes.features import Cancelled, Classifier, Inception, feature_model
from ganviz.probes.metrics import (
    NEAREST,
    class_figures,
    copies,
    frechet,
    kernel_distance,
    nearest_two,
    precision_recall,
)
from ganviz.probes.probe import Probe
from ganviz.registry import PROBES

FAKES = 1000
REALS = 5000
COPIED = 200  # fakes that are looked up among the training samples
TRAINING = 10_000  # training samples they are looked up among, and in pixel values:
PIXELS = 20_000_000
FIRST = 5.0  # seconds of training before the first measurement


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
class Fidelity(Probe):
    """Logs "fidelity". Works on a thread of its own, on a private copy of the EMA generator and
    fixed latents.

    Only copying the weights happens in the training thread. The feature net is trained at the first
    look.
    """

    name = "fidelity figures"
    interval = 10.0
    fakes = FAKES

    def applies(self) -> bool:
        return self.source.spec.kind == "images"

    def prepare(self) -> None:
        self._copy = copy.deepcopy(self.trainer.algorithm.ema.network).eval().requires_grad_(False)
        self._reference: Any = None
        self._thread: threading.Thread | None = None
        self._result: dict[str, Any] | None = None
        self._failure: str | None = None
        self._cancel = False
        self._measured_at = -1
        self._due = time.perf_counter() + FIRST

    def tick(self) -> None:
        if not self._ended:
            self._guarded(self._log_result)
        super().tick()

    def measure(self) -> None:
        """Copy the generator, and let a thread measure it."""
        if self._thread and self._thread.is_alive():
            return
        self._take_weights()
        self._thread = threading.Thread(
            target=self._work, args=(self.trainer.step_count,), name="ganviz-fidelity", daemon=True
        )
        self._thread.start()

    def finish(self) -> None:
        """End the thread. A run that reached its last step gets its last figures, if the feature
        net is there."""
        if self._ended:
            return
        self._cancel = True
        self.wait()
        step, steps = self.trainer.step_count, self.trainer.config.steps
        reference = self._reference
        if reference and steps and step >= steps and self._measured_at != step:
            self._cancel = False
            self._take_weights()
            self._guarded(lambda: self._evaluate(step, reference))
            self._guarded(self._log_result)

    def wait(self) -> None:
        """Wait for what is being measured, and tell it."""
        if self._thread:
            self._thread.join()
        self._guarded(self._log_result)

    def cancelled(self) -> bool:
        """Whether the run has no more use for what is being measured."""
        return self._cancel or self.run.state in ENDED

    def _take_weights(self) -> None:
        network = self.trainer.algorithm.ema.network
        with torch.no_grad():
            private.copy_each_(
                [*self._copy.parameters(), *self._copy.buffers()],
                [*network.parameters(), *network.buffers()],
            )

    def _work(self, step: int) -> None:
        devices.prepare_background_thread()
        try:
            if self._reference is None:
                self._reference = self.make_reference()
            began = time.thread_time()
            if self._reference is not None and not self.cancelled():
                self._evaluate(step, self._reference)
            self._due = time.perf_counter() + max(
                self.every, (time.thread_time() - began) / pacing.FIDELITY_CORE_SHARE
            )
        except Exception as error:  # told, and ended, in the training thread
            self._failure = f"{type(error).__name__}: {str(error)[:200]}"
            if self.run.store:
                self.run.store.write_traceback(traceback.format_exc())

    def make_reference(self) -> Any:
        """What samples are measured against, made once; None when cancelled."""
        return ReferenceStatistics.of(self.source, self._data_root, self.cancelled)

    def report(self, result: dict[str, Any]) -> None:
        """Log what was measured."""
        self.run.fid = result["fid"]
        self.run.log("fidelity", **result)

    def _evaluate(self, step: int, reference: Any) -> None:
        config, conditional = self.trainer.config, self.trainer.algorithm.conditional
        random = torch.Generator().manual_seed(config.seed + 14)
        z = torch.randn(self.fakes, config.latent_dim, generator=random)
        y = torch.arange(self.fakes) % self.source.spec.n_classes if conditional else None
        began = time.perf_counter()
        fakes = self._draw(z, y)
        if fakes is not None:
            self._result = {
                "at": step,
                **reference.measure(fakes, y),
                "seconds": round(time.perf_counter() - began, 2),
            }

    def _draw(self, z: Tensor, y: Tensor | None) -> Tensor | None:
        """The pictures as a viewer gets them, in 256 levels: uint8 [N, C, H, W] on the CPU. None
        when cancelled."""
        device = next(self._copy.parameters()).device
        parts, chunk = [], render_chunk(self._copy)
        for start in range(0, len(z), chunk):
            if self.cancelled():
                return None
            part = slice(start, start + chunk)
            with torch.no_grad():
                x = self._copy(z[part].to(device), None if y is None else y[part].to(device))
            parts.append(
                x.float()
                .add(1)
                .mul_(127.5)
                .round_()
                .clamp_(0, 255)
                .to(torch.uint8)
                .contiguous()
                .cpu()
            )
        return torch.cat(parts)

    def _log_result(self) -> None:
        if self._failure:
            self._ended = True
            self.run.log(
                "note",
                level="warning",
                sentence=f"The {self.name} are not measured any more: {self._failure}",
            )
        result, self._result = self._result, None
        if result:
            self._measured_at = result["at"]
            self.report(result)


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

    @classmethod
    def of(
        cls, source: DataSource, data_root: Path | str | None, cancelled: Cancelled
    ) -> ReferenceStatistics | None:
        """Trains or loads the feature net, and measures the reals once. None when cancelled."""
        model = feature_model(source, data_root, cancelled)
        if cancelled():
            return None
        count = len(source.samples)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(15)).to(
            source.samples.device
        )
        lookup = order[: min(TRAINING, max(100, PIXELS // source.samples[0].numel()))]
        train = source.samples[lookup]
        copied = (
            copies(nearest_two(to_float(train[:COPIED]), train, skip_same=True))
            if count > 2
            else 0.0
        )
        real = control = fid = None
        if model is not None:
            control_count = min(FAKES, count // 2)
            control = model(to_float(source.samples[order[:control_count]]))[0]
            real = model(to_float(source.samples[order[control_count : control_count + REALS]]))[0]
            fid = frechet(real, control) if len(control) > model.dim else None
        return cls(source, model, real, control, train, copied, fid)

    def measure(self, fakes: Tensor, requested: Tensor | None) -> dict[str, Any]:
        """The "fidelity" figures of uint8 ``fakes``; None for what cannot be known."""
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
        few = to_float(fakes[:COPIED].to(device))
        figures |= {
            "copies": round(copies(nearest_two(few, self.lookup)), 4),
            "copies_real": round(self.copies_real, 4),
            "n_copies": len(few),
            "n_train": len(self.lookup),
        }
        if self.model is None or self.real is None:
            return figures
        features, probabilities = self.model(to_float(fakes.to(device)))
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
        if probabilities is not None:
            classes = self.source.spec.classes
            figures |= {
                "classes": list(classes),
                **class_figures(probabilities, len(classes), requested),
            }
        return figures


def _short(value: float) -> float:
    return float(f"{value:.4g}")
