"""What held-out pictures tell while a run trains: whether D knows its training pictures by heart,
and what a classifier that learns from generated pictures is worth on real ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from ganviz.data.held_out import MIXED_SPLIT
from ganviz.data.source import DataSource, to_float
from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.background import BackgroundProbe
from ganviz.probes.classifier import correct, train_classifier
from ganviz.probes.metrics import auc
from ganviz.probes.probe import undisturbed
from ganviz.registry import PROBES

JUDGED, LEAST_JUDGED = 500, 16
# values that D looks at in a measurement, so that large pictures take no longer
VALUES = 400_000
LEARNED, TESTED, STEPS = 2000, 1000, 120
LEAST_LEARNED, LEAST_TESTED = 200, 50

TAUGHT = ("utility", "utility_real", "n_virtual", "n_tested")
HELD_OUT = event_kind(
    "held_out",
    browser="newest",
    order=35,
    figures=(
        Figure(
            "membership",
            "Told apart by D",
            "How well D's score tells training pictures from held-out ones (AUC): 0.5 is chance, 1 "
            "means that D knows them by heart.",
            better="lower",
            samples=("n_train", "n_held"),
        ),
        Figure(
            "utility",
            "Trained on virtual, tested on real",
            "Accuracy on held-out pictures of a classifier that learned from generated ones alone.",
            better="higher",
            format="percent",
            samples=("n_virtual", "n_tested"),
            against=("trained on as many real ones", "utility_real"),
        ),
    ),
    cards=(
        Card(
            "Held-out pictures",
            "What pictures that no network has seen say of D's memory, and of what generated "
            "pictures are good for.",
            once_measured=True,
        ),
    ),
)


@PROBES.register("held-out")
class HeldOut(BackgroundProbe):
    """Logs "held_out". D judges between two steps; the classifiers learn on a thread of their own,
    from a private copy of the EMA generator."""

    name = "figures of held-out pictures"
    interval = 5.0

    def applies(self) -> bool:
        held, split = self.source.held_out, self.source.spec.split
        return held is not None and split != MIXED_SPLIT and len(held.samples) >= LEAST_JUDGED

    def prepare(self) -> None:
        super().prepare()
        source, held = self.source, self.source.held_out
        assert held is not None  # it applies only then
        random = torch.Generator().manual_seed(self.trainer.config.seed + 19)
        n = min(JUDGED, max(LEAST_JUDGED, VALUES // source.samples[0].numel()))
        self._members = _some(source, n, random, self.trainer.device)
        self._others = _some(held, n, random, self.trainer.device)
        self._judged = (
            "discriminator" in self.trainer.algorithm.networks and self.trainer.config.pac == 1
        )
        self._teaches = (
            self.trainer.algorithm.conditional
            and source.spec.n_classes > 1
            and len(held.samples) >= LEAST_TESTED
            and len(source.samples) >= LEAST_LEARNED
        )
        if self._teaches:
            self._test = _some(held, TESTED, random, self.trainer.device)
            self._real = _some(source, LEARNED, random, self.trainer.device)
        self._real_accuracy: float | None = None

    def measure(self) -> None:
        """Have D judge, and a thread teach; where there is nothing to teach, log at once."""
        if self.is_working():
            return
        figures: dict[str, Any] = {"at": self.trainer.step_count, **self._membership()}
        if not self._teaches:
            self._result = figures if self._judged else None
            self._log_result()
            return
        if self._judged and self._real_accuracy is None:
            # D's verdict need not wait for the first classifiers
            self.run.log("held_out", **figures, **dict.fromkeys(TAUGHT))
        self.begin_work(partial(self._teach, figures))

    def finish(self) -> None:
        """End the thread. Who stops a run does not wait for what was being measured."""
        if not self._ended and self._thread:
            self._cancel = not self.is_at_the_last_step()
            self.wait()

    def _membership(self) -> dict[str, Any]:
        if not self._judged:
            return {"membership": None, "n_train": None, "n_held": None}
        with undisturbed(self.trainer.algorithm.networks["discriminator"]) as network:
            members, others = (
                network(to_float(x), y if self.trainer.algorithm.conditional else None)
                for x, y in (self._members, self._others)
            )
        value = auc(members.float().flatten().cpu(), others.float().flatten().cpu())
        return {"membership": round(value, 4), "n_train": len(members), "n_held": len(others)}

    def _teach(self, figures: dict[str, Any]) -> None:
        with self.paced():
            taught = self._taught()
        if taught and not self.cancelled():
            self._result = figures | taught

    def _taught(self) -> dict[str, Any] | None:
        """What classifiers learn of real and of drawn pictures; None when cancelled."""
        if self._real_accuracy is None:
            self._real_accuracy = self._accuracy(*self._real)
        y = torch.arange(LEARNED) % self.source.spec.n_classes
        random = torch.Generator().manual_seed(20)
        drawn = self.draw(torch.randn(LEARNED, self.trainer.config.latent_dim, generator=random), y)
        if drawn is None:
            return None
        device = self.trainer.device
        return {
            "utility": self._accuracy(drawn.to(device), y.to(device)),
            "utility_real": self._real_accuracy,
            "n_virtual": LEARNED,
            "n_tested": len(self._test[0]),
        }

    def _accuracy(self, x: Tensor, y: Tensor | None) -> float:
        """On held-out pictures, of a classifier that learned from these."""
        test_x, test_y = self._test
        assert y is not None and test_y is not None
        classes = self.source.spec.n_classes
        network = train_classifier(x, y, classes, 0, STEPS, self.cancelled)
        return round(float(correct(network, test_x, test_y, self.cancelled).mean()), 4)

    def report(self, result: dict[str, Any]) -> None:
        self.run.log("held_out", **result)


def _some(
    source: DataSource, n: int, random: torch.Generator, device: torch.device
) -> tuple[Tensor, Tensor | None]:
    """``n`` of the samples, or all, with their labels, on ``device``."""
    x, labels = source.at(torch.randperm(len(source.samples), generator=random)[:n])
    return x.to(device), None if labels is None else labels.to(device)
