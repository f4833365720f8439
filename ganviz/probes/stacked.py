"""Which of the 1,000 combinations of stacked digits a generator draws, and how evenly, as the
papers count them: a small classifier names the digits of 26,000 generated samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ganviz.data.entry import DIGITS
from ganviz.data.source import DataSource, DataSpec, to_float
from ganviz.data.stacked_digits import name_of
from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.features import CHUNK, Cancelled, Classifier, classifier_for, unless_cancelled
from ganviz.probes.fidelity import Fidelity
from ganviz.registry import PROBES

SAMPLES = 26_000
MODES = len(DIGITS) ** 3
# Longer than a classifier of features learns, on digits that move: what it misreads is miscounted.
NAMING_STEPS, NAMING_SHIFT = 1200, 2
NAMED = 10  # missing combinations that are named

STACKED = event_kind(
    "stacked",
    browser="newest",
    order=20,
    figures=(
        Figure(
            "captured",
            "Combinations",
            "Combinations of three digits with at least one of the generated samples.",
            better="higher",
            format="of total",
            against=("among real triples", "captured_real"),
            compared=True,
        ),
        Figure(
            "reverse_kl",
            "Reverse KL",
            "How unevenly the samples are spread over the combinations, in nats. 0 is even; so few "
            "samples read (K - 1) / 2N = 0.019 too high, as real triples show.",
            better="lower",
            against=("of real triples", "reverse_kl_real"),
            compared=True,
        ),
        Figure(
            "accuracy",
            "Digits named rightly",
            "Accuracy of the classifier that names the digits, on digits that it was not trained "
            "on.",
            format="percent",
            samples=(),
        ),
    ),
    cards=(
        Card(
            "1,000 combinations",
            "A small classifier names the three digits of each sample, beside what the papers "
            "report by the same protocol.",
            script="stacked.js",
            columns=8,
            once_measured=True,
        ),
    ),
)

# Method, source, combinations, reverse KL; as each source gives them, of 26,000 samples.
PAPERS: tuple[tuple[str, str, float, float], ...] = (
    ("ALI", "PacGAN T2", 16, 5.40),
    ("Unrolled GAN", "PacGAN T2", 48.7, 4.32),
    ("DCGAN", "PacGAN T2", 99, 3.40),
    ("VEEGAN", "PacGAN T2", 150, 2.95),
    ("StyleGAN2", "R3GAN T3", 940, 0.42),
    ("WGAN-GP", "R3GAN T3", 959, 0.73),
    ("RpGAN + R1 + R2, small ResNet", "R3GAN T1", 1000, 0.078),
    ("PacDCGAN2", "PacGAN T2", 1000, 0.06),
    ("R3GAN", "R3GAN T3", 1000, 0.029),
)


def mode_figures(names: Tensor) -> dict[str, Any]:
    """Combinations found and reverse KL of samples called ``names``, int64 [N] from 0 to 999.

    ``reverse_kl``: KL(p || uniform) = log K - H(p) in nats, p the shares of the combinations. Its
    plug-in estimate is about (K - 1) / 2N too high.
    """
    counts = torch.bincount(names, minlength=MODES)
    share = counts[counts > 0].double() / max(1, len(names))
    entropy = float(-(share * share.log()).sum())
    return {
        "n": len(names),
        "captured": int((counts > 0).sum()),
        "reverse_kl": round(max(0.0, math.log(MODES) - entropy), 4),
        "missing": [name_of(int(i)) for i in torch.nonzero(counts == 0).flatten()[:NAMED]],
    }


@dataclass
class Namer:
    """Names triples, and what real ones are called by the same protocol."""

    classifier: Classifier
    size: int
    device: torch.device
    control: dict[str, Any]
    cancelled: Cancelled

    @classmethod
    def of(
        cls, source: DataSource, data_root: Path | str | None, cancelled: Cancelled
    ) -> Namer | None:
        """Trains the classifier on the single digits, or finds it trained. None, or
        `MeasurementCancelled`, when cancelled."""
        modes = source.modes or {}
        digits, labels = modes["digits"], modes["digit_labels"]
        spec = DataSpec("single digits", "images", tuple(digits.shape[1:]), len(digits), DIGITS)
        device = source.samples.device
        single = DataSource(spec, digits, labels).to(device)
        classifier = classifier_for(single, data_root, cancelled, NAMING_STEPS, NAMING_SHIFT)
        if classifier is None:
            return None
        namer = cls(classifier, digits.shape[-1], device, {}, cancelled)
        order = torch.randperm(len(source.samples), generator=torch.Generator().manual_seed(16))
        real = source.samples[order[:SAMPLES].to(device)]
        namer.control = mode_figures(namer.names(real))
        return namer

    def names(self, samples: Tensor) -> Tensor:
        """The combination of each of uint8 ``samples`` [N, 3, H, W]: int64 [N] from 0 to 999.
        Raises `MeasurementCancelled`."""
        names = []
        for part in unless_cancelled(samples.split(CHUNK), self.cancelled):
            hundreds, tens, units = map(self._digits, part.split(1, 1))
            names.append(hundreds * 100 + tens * 10 + units)
        return torch.cat(names)

    def _digits(self, channel: Tensor) -> Tensor:
        """The digits of uint8 ``channel`` [N, 1, H, W]: int64 [N]."""
        x = to_float(channel.to(self.device))
        if x.shape[-1] != self.size:
            x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)
        _, probabilities = self.classifier(x)
        assert probabilities is not None, "a classifier gives them"
        return probabilities.argmax(1)

    def measure(self, fakes: Tensor, requested: Tensor | None) -> dict[str, Any]:
        """The "stacked" figures of uint8 ``fakes`` [N, 3, H, W]."""
        return {
            **mode_figures(self.names(fakes)),
            "total": MODES,
            "accuracy": self.classifier.accuracy,
            "captured_real": self.control["captured"],
            "reverse_kl_real": self.control["reverse_kl"],
            "n_real": self.control["n"],
            "papers": [list(row) for row in PAPERS],
        }


@PROBES.register("stacked")
class Stacked(Fidelity):
    """Logs "stacked", of stacked digits."""

    name = "combinations of digits"
    fakes = SAMPLES

    def applies(self) -> bool:
        modes = self.source.modes or {}
        return "digit_labels" in modes and self.source.spec.shape[0] == 3

    def wanted(self, reference: Namer) -> int:
        """All of the protocol's."""
        return self.fakes

    def make_reference(self) -> Namer | None:
        """The classifier that names digits, and the figures of real triples."""
        return Namer.of(self.source, self._data_root, self.cancelled)

    def log_figures(self, result: dict[str, Any]) -> None:
        """Log what was counted."""
        self.run.log("stacked", **result)
