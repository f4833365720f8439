"""What D says of real and generated samples, how often it is right, and how varied the fakes
are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.metrics import auc
from ganviz.probes.probe import HeldBatch, Probe, short, undisturbed
from ganviz.registry import PROBES

if TYPE_CHECKING:
    from ganviz.objectives import Objective

LARGEST = 64  # px of the pictures whose distances are taken
BINS = 24
COUNTS = {"images": 96, "points": 512}

OUTPUTS = event_kind(
    "outputs",
    browser="newest",
    order=20,
    figures=(
        Figure(
            "accuracy",
            "D is right",
            "How often D's verdict on a sample is right. 50 % is guessing, where G wants it; near "
            "100 % D is winning.",
            format="percent",
            line=0.5,
            span=(0.0, 1.0),
            tile=True,
        ),
        Figure(
            "auc",
            "Ranks right",
            "How often a real sample gets more than a generated one. 50 %: D cannot tell them "
            "apart.",
            format="percent",
            line=0.5,
            span=(0.0, 1.0),
            tile=True,
        ),
        Figure(
            "diversity",
            "Diversity",
            "How far apart generated samples lie, against real ones: 1 is as varied as the data; "
            "near 0, all look alike.",
            samples=("n", "n"),
            line=1.0,
            compared=True,
            tile=True,
        ),
    ),
    cards=(
        Card(
            "What D says",
            "D's verdict on real and on generated samples. Where the two shapes part, D can tell "
            "them apart.",
            script="outputs.js",
            columns=4,
        ),
    ),
)


@PROBES.register("outputs")
class Outputs(Probe):
    """Logs "outputs": histograms of D on a held batch of reals and as many fakes, D's accuracy, and
    the fakes' diversity.

    D judges clean samples with the weights and batch statistics of the training, and G is the one
    that trains, not its moving average: these two are who play against each other. An algorithm
    without D logs the diversity alone.
    """

    name = "discriminator outputs"
    interval = 1.0
    share = 0.004  # a look takes long where networks are large: it is rather rarer there than dear

    def applies(self) -> bool:
        return "generator" in self.trainer.algorithm.networks

    def prepare(self) -> None:
        pac = self.trainer.config.pac
        count = COUNTS[self.source.spec.kind] // pac * pac
        self._held = HeldBatch(self.trainer, self.source, max(count, 2 * pac), salt=11)
        self._spread = spread(self._held.x, self._held.y)

    def measure(self) -> None:
        algorithm, held = self.trainer.algorithm, self._held
        networks = algorithm.networks
        with undisturbed(networks["generator"]) as generator:
            fake = generator(held.z, held.y)
        figures: dict[str, Any] = {
            "n": len(held.z),
            "diversity": ratio(spread(fake, held.y), self._spread),
        }
        if "discriminator" in networks:
            with undisturbed(networks["discriminator"]) as discriminator:
                logits = discriminator(held.x, held.y), discriminator(fake, held.y)
            figures |= judged(*logits, cast(Adversarial, algorithm).objective)
        self.run.log("outputs", **figures)


def judged(real: Tensor, fake: Tensor, objective: Objective) -> dict[str, Any]:
    """Histograms and figures of D's logits on reals and fakes.

    ``unit``: "probability" where the objective's zero means an even chance, else "raw". ``edges``
    [BINS + 1];
    ``real``, ``fake``: shares of the samples in each bin. ``auc``: how often a random real gets
    more than a random fake.
    """
    # the one read of the device
    values = torch.stack([real.flatten().float(), fake.flatten().float()]).cpu()
    level = objective.threshold
    as_probability = level == 0.0 and objective.score_range is not None
    scores = values.sigmoid() if as_probability else values
    low, high = (0.0, 1.0) if as_probability else _range(scores)
    counts = [torch.histc(part.nan_to_num(), BINS, low, high) / part.numel() for part in scores]
    reals, fakes = values
    return {
        "unit": "probability" if as_probability else "raw",
        "edges": short(torch.linspace(low, high, BINS + 1)),
        "real": short(counts[0]),
        "fake": short(counts[1]),
        "mean_real": short([scores[0].mean().item()])[0],
        "mean_fake": short([scores[1].mean().item()])[0],
        "accuracy": accuracy(reals, fakes, objective),
        "auc": round(auc(reals, fakes), 4),
    }


def accuracy(real: Tensor, fake: Tensor, objective: Objective) -> float:
    """The share of verdicts that are right, over equal halves. A critic without a level of its own
    is given the median of all its logits, so that it calls half of the samples real."""
    level: Tensor | float | None = objective.threshold
    if level is None:
        level = torch.cat([real, fake]).sort().values[len(real) - 1 : len(real) + 1].mean()
    right = (real > level).float().mean() + (fake <= level).float().mean()
    return round(float(right / 2), 4)


def spread(x: Tensor, y: Tensor | None = None) -> Tensor:
    """Mean distance of two different samples; of the same class, where classes are given. Pictures
    of more than 64 px are compared at 64 px: at 256 px the distances took longer than the steps."""
    if x.ndim == 4 and x.shape[-1] > LARGEST:
        x = avg_pool2d(x.float(), x.shape[-1] // LARGEST)
    flat = x.flatten(1).float()
    distances = torch.cdist(
        flat, flat, compute_mode="donot_use_mm_for_euclid_dist"
    )  # products may be short ones
    pairs = ~torch.eye(len(x), dtype=torch.bool, device=x.device)
    if y is not None:
        pairs &= y[:, None] == y[None]
    return distances[pairs].mean() if pairs.any() else distances.new_tensor(float("nan"))


def ratio(fakes: Tensor, reals: Tensor) -> float | None:
    """The spread of the fakes in units of the reals'; None where that is not known."""
    value = float(fakes / reals)
    return round(value, 4) if value == value and value != float("inf") else None


def _range(values: Tensor) -> tuple[float, float]:
    """A range that holds all finite values, never empty."""
    finite = values[values.isfinite()]
    low, high = (finite.min().item(), finite.max().item()) if len(finite) else (0.0, 1.0)
    margin = max((high - low) * 0.02, 1e-6 * max(abs(low), abs(high), 1.0))
    return low - margin, high + margin
