"""Adversarial losses: each objective is two pure functions of logits, ``d(real, fake)`` and
``g(real, fake)``.

Logits are D's raw outputs, of any shape; both functions return the scalar that the player
*minimises* (natural logarithms, so nats). Every logarithm is a softplus, which neither overflows
nor loses digits: -log sigmoid(x) = softplus(-x) and -log(1 - sigmoid(x)) = softplus(x).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor
from torch.nn.functional import relu, softplus

from ganviz.registry import OBJECTIVES

if TYPE_CHECKING:
    from ganviz.config import RunConfig

LN2 = math.log(2)


@dataclass(frozen=True)
class Objective:
    """A game that D and G play. A subclass says what each player minimises.

    ``label_smoothing``: D's target for reals is 1 minus this (one-sided; Salimans et al. 2016),
    only where ``has_targets``.
    ``cross_entropy``: D is a classifier of single samples. ``pairs``: D judges a fake beside a real
    sample, so its outputs have no level of their own.
    ``averages``: it compares with a mean over the batch.
    ``vanishing``: whether G's gradient vanishes where D is sure (True) or is strong there (False);
    None for losses that are not told apart by that.
    ``reads``: the `RunConfig` fields that mean something under this objective alone.
    ``ls_targets``: a for fakes, b for reals, c that G wants; least squares only.
    """

    label_smoothing: float = 0.0
    ls_targets: tuple[float, float, float] = (0.0, 1.0, 1.0)

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""
    why: ClassVar[str] = ""
    formula_d: ClassVar[str] = ""
    formula_g: ClassVar[str] = ""
    has_targets: ClassVar[bool] = False
    needs_real_in_g: ClassVar[bool] = False
    cross_entropy: ClassVar[bool] = False
    pairs: ClassVar[bool] = False
    averages: ClassVar[bool] = False
    vanishing: ClassVar[bool | None] = None
    score_range: ClassVar[tuple[float, float] | None] = None
    reads: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        """What D minimises."""

    @abstractmethod
    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        """What G minimises."""

    @property
    def equilibrium(self) -> dict[str, float | None]:
        """Both losses when G's samples are distributed as the data and D is optimal; None where no
        value is singled out."""
        return {"loss_d": None, "loss_g": None}

    @property
    def threshold(self) -> float | None:
        """The logit above which D says "real"; None for critics whose level is free."""
        return None if self.pairs else 0.0

    def score(self, logits: Tensor) -> Tensor:
        """D's verdict as the chart shows it: a probability where ``score_range`` is (0, 1), else
        the raw output. ``logits`` are what `compared` gives."""
        return logits.sigmoid() if self.score_range else logits

    def compared(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """The logits as the loss sees them: a D that judges pairs has no level of its own, so each
        kind stands against the mean of the other."""
        real, fake = real.detach(), fake.detach()
        return (real - fake.mean(), fake - real.mean()) if self.pairs else (real, fake)

    @property
    def score_words(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """What the charted verdicts on reals and on fakes are: a label and a sentence for each."""
        if self.pairs:
            return (
                (
                    "D(x), beside fakes",
                    "How sure D is that a real sample is more real than the average fake: "
                    "sigmoid(D(x) - mean D(G(z))). Near 1 it tells them apart; at 0.5 it cannot.",
                ),
                (
                    "D(G(z)), beside reals",
                    "How sure D is that a fake is more real than the average real sample: "
                    "sigmoid(D(G(z)) - mean D(x)). Near 0 D sees through G; at 0.5 it cannot.",
                ),
            )
        if self.score_range:
            return (
                (
                    "D(x), real",
                    "How real D finds real samples, on average. Near 1: D is sure. Near 0.5: it "
                    "cannot tell.",
                ),
                (
                    "D(G(z)), fake",
                    "How real D finds the generator's samples, on average. Near 0 D sees through "
                    "them; near 0.5 it cannot tell.",
                ),
            )
        return (
            (
                "D(x), real",
                "D's output on real samples, on average: a number, no probability. What counts is "
                "how far it lies above that on the fakes.",
            ),
            (
                "D(G(z)), fake",
                "D's output on the generator's samples, on average: a number, no probability. "
                "Where it meets that on the reals, D cannot tell them apart.",
            ),
        )


def build(config: RunConfig) -> Objective:
    """The objective that ``config`` names, with its label options baked in."""
    entry = OBJECTIVES.get(config.objective, "objective")
    smoothing = config.label_smoothing if entry.has_targets else 0.0
    return replace(entry, label_smoothing=smoothing, ls_targets=config.ls_targets)


def objective(kind: type[Objective]) -> type[Objective]:
    """Register an objective under its ``name``.

    Without a ``label`` people choose it by that name, without a ``why`` by its docstring.
    """
    kind.label = kind.label or kind.name.replace("-", " ").capitalize()
    kind.why = kind.why or (kind.__doc__ or "A loss of your own.").split("\n\n")[0]
    OBJECTIVES.add(kind.name, kind())
    return kind


class _CrossEntropy(Objective):
    """D is a classifier, real against fake (Goodfellow et al. 2014). The subclasses differ in what
    G wants of it."""

    has_targets = True
    cross_entropy = True
    reads = ("label_smoothing", "label_flip")
    score_range = (0.0, 1.0)
    formula_d = r"-\mathbb{E}\,\log D(x) - \mathbb{E}\,\log\left(1 - D(G(z))\right)"

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        # Target t for reals: -t log D - (1 - t) log(1 - D) = softplus(-x) + (1 - t) x.
        loss = softplus(-real).mean() + softplus(fake).mean()
        return loss + self.label_smoothing * real.mean() if self.label_smoothing else loss

    def _best_score(self) -> float:
        """D's best answer to a perfect G: it minimises -t log D - (2 - t) log(1 - D), so it says t
        / 2."""
        return (1 - self.label_smoothing) / 2

    def _equilibrium_d(self) -> float:
        p = self._best_score()
        return -2 * (p * math.log(p) + (1 - p) * math.log(1 - p))


@objective
class NonSaturating(_CrossEntropy):
    """Goodfellow et al. 2014, section 3: G maximises log D(G(z)), whose gradient is strong just
    where D wins."""

    name = "non-saturating"
    label = "Non-saturating"
    vanishing = False
    why = "G wants D to call its samples real; it learns fastest when D sees through it."
    formula_g = r"-\mathbb{E}\,\log D(G(z))"

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(-fake).mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return {"loss_d": self._equilibrium_d(), "loss_g": -math.log(self._best_score())}


@objective
class Saturating(_CrossEntropy):
    """Goodfellow et al. 2014, equation 1: the minimax value itself.

    G's loss is E log(1 - D(G(z))), which is *negative*: 0 while D wins outright, -ln 2 at the
    equilibrium.
    """

    name = "saturating"
    label = "Saturating (minimax)"
    vanishing = True
    why = "One value that D raises and G lowers; G's gradient vanishes while D is winning."
    formula_g = r"\mathbb{E}\,\log\left(1 - D(G(z))\right)"

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return -softplus(fake).mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return {"loss_d": self._equilibrium_d(), "loss_g": math.log(1 - self._best_score())}


@objective
class LeastSquares(Objective):
    """LSGAN, Mao et al. 2017, without the factors 1/2: D's equilibrium loss is then 1/2 for the
    targets 0, 1."""

    name = "least-squares"
    label = "Least squares"
    why = (
        "D brings its output to a target number, and samples far from G's target are pulled "
        "hardest."
    )
    formula_d = r"\mathbb{E}\left(D(x) - b\right)^2 + \mathbb{E}\left(D(G(z)) - a\right)^2"
    formula_g = r"\mathbb{E}\left(D(G(z)) - c\right)^2"
    has_targets = True
    reads = ("label_smoothing", "label_flip", "ls_targets")

    @property
    def targets(self) -> tuple[float, float, float]:
        """a, b, c; smoothing draws b towards a by its share of the way (1 becomes 0.9 for 0/1
        targets and 0.1)."""
        a, b, c = self.ls_targets
        return a, b - self.label_smoothing * (b - a), c

    @property
    def threshold(self) -> float | None:
        a, b, _ = self.targets
        return (a + b) / 2

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        a, b, _ = self.targets
        return (real - b).square().mean() + (fake - a).square().mean()

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return (fake - self.targets[2]).square().mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        # D's best answer to a perfect G is the middle, (a + b) / 2.
        a, b, c = self.targets
        return {"loss_d": (b - a) ** 2 / 2, "loss_g": ((a + b) / 2 - c) ** 2}


@objective
class Hinge(Objective):
    """Lim and Ye 2017; Miyato et al. 2018, equation 16."""

    name = "hinge"
    label = "Hinge"
    why = "D stops pushing a sample once it is on the right side by a margin of 1."
    formula_d = (
        r"\mathbb{E}\,\max\left(0, 1 - D(x)\right) + \mathbb{E}\,\max\left(0, 1 + D(G(z))\right)"
    )
    formula_g = r"-\mathbb{E}\,D(G(z))"

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return relu(1 - real).mean() + relu(1 + fake).mean()

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return -fake.mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        # against a perfect G every constant D in [-1, 1] is optimal, so that no value of G's loss
        # is
        return {"loss_d": 2.0, "loss_g": None}


@objective
class Wasserstein(Objective):
    """WGAN, Arjovsky et al. 2017. Needs a Lipschitz critic: weight clipping, a gradient penalty, or
    spectral norm.

    The critic's level is free (a constant added to it changes nothing), so G's loss has no
    equilibrium value.
    """

    name = "wasserstein"
    label = "Wasserstein"
    why = (
        "The critic measures how far the fakes must be moved to become the reals, and G shortens "
        "the way."
    )
    formula_d = r"\mathbb{E}\,D(G(z)) - \mathbb{E}\,D(x)"
    formula_g = r"-\mathbb{E}\,D(G(z))"

    @property
    def threshold(self) -> float | None:
        return None

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.mean() - real.mean()

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return -fake.mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return {"loss_d": 0.0, "loss_g": None}


@objective
class Relativistic(Objective):
    """RpGAN, Jolicoeur-Martineau 2018; the loss of R3GAN, Huang et al. 2024. Pairs are formed by
    position in the batch."""

    name = "relativistic"
    label = "Relativistic (paired)"
    why = (
        "D tells which of a pair is the real one, so a fake is judged beside a real sample and "
        "modes are kept."
    )
    formula_d = r"\mathbb{E}\,\log\left(1 + e^{D(G(z)) - D(x)}\right)"
    formula_g = r"\mathbb{E}\,\log\left(1 + e^{D(x) - D(G(z))}\right)"
    needs_real_in_g = True
    pairs = True
    score_range = (0.0, 1.0)

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(fake - real).mean()

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(real - fake).mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return {"loss_d": LN2, "loss_g": LN2}


@objective
class RelativisticAverage(Objective):
    """RaGAN, Jolicoeur-Martineau 2018, as the sum of its two expectations: 2 ln 2 for each player
    at the equilibrium."""

    name = "relativistic-average"
    label = "Relativistic average"
    why = "D says how much more real a sample looks than the average of the other kind."
    formula_d = (
        r"\mathbb{E}\,\log\left(1 + e^{\overline{D(G(z))} - D(x)}\right)"
        r" + \mathbb{E}\,\log\left(1 + e^{D(G(z)) - \overline{D(x)}}\right)"
    )
    formula_g = (
        r"\mathbb{E}\,\log\left(1 + e^{D(x) - \overline{D(G(z))}}\right)"
        r" + \mathbb{E}\,\log\left(1 + e^{\overline{D(x)} - D(G(z))}\right)"
    )
    needs_real_in_g = True
    pairs = True
    averages = True
    score_range = (0.0, 1.0)

    def d(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(fake.mean() - real).mean() + softplus(fake - real.mean()).mean()

    def g(self, real: Tensor, fake: Tensor) -> Tensor:
        return softplus(real - fake.mean()).mean() + softplus(real.mean() - fake).mean()

    @property
    def equilibrium(self) -> dict[str, float | None]:
        return {"loss_d": 2 * LN2, "loss_g": 2 * LN2}
