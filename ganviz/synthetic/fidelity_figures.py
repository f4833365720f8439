"""Figures 1 to 3 of a report: fidelity, diversity and classes, in the features of a fixed net."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ganviz.probes.features import LEAST as LEAST_LABELLED
from ganviz.probes.metrics import NEAREST, frechet, kernel_distance, of_distances
from ganviz.synthetic.evidence import EvaluationData, Pictures
from ganviz.synthetic.figure import FIGURES, Row, exactly
from ganviz.synthetic.intervals import Estimate, estimate
from ganviz.synthetic.nearest_pairs import distances
from ganviz.text import counted

MOST_FRECHET, MOST_KERNEL, MOST_NEIGHBOURS = 5000, 2000, 1500
LEAST = 50
KERNEL_ROUNDS, NEIGHBOUR_ROUNDS = 50, 30

Model = Callable[[Tensor], tuple[Tensor, "Tensor | None"]]


def fidelity_rows(evidence: EvaluationData, model: Model) -> list[Row]:
    """FID, KID, precision, recall, density and coverage of S, of held-out pictures in its place,
    and of other training pictures where no closed form says what is ideal.

    All at the same number of pictures, for most of these figures depend on it. ``model``: features
    [N, D] of pictures in [-1, 1], by a net that has seen neither the reference nor H.
    """
    held = evidence.in_place
    n = min(len(evidence.synthetic), evidence.free // 2, MOST_FRECHET)
    n = n if held is None else min(n, len(held))
    if n < LEAST:
        why = counted(
            n,
            "It takes {least} pictures of each kind; there is one.",
            "It takes {least} pictures of each kind; there are {n}.",
            least=LEAST,
        )
        return [Row(FIGURES[name], why_not=why) for name in ("fid", "kid", *NEIGHBOURHOOD)]
    real = model(evidence.reference(n).floats)[0].double()
    scale = real.square().mean().sqrt()
    kinds: dict[str, Pictures | None] = {
        "synthetic": evidence.synthetic[:n],
        "control": None if held is None else held[:n],
        "ideal": evidence.other_train(n),
    }
    found: dict[str, dict[str, Estimate]] = {}
    for kind, pictures in kinds.items():
        if pictures is not None:
            features = model(pictures.floats)[0].double()
            found[kind] = {
                **({} if kind == "ideal" else _distances(real, features, float(scale))),
                **neighbourhood(real[:MOST_NEIGHBOURS], features[:MOST_NEIGHBOURS]),
            }
    few = min(n, MOST_NEIGHBOURS)
    known = {
        "fid": exactly(0.0),
        "kid": exactly(0.0),
        "density": exactly(1.0),
        "coverage": exactly(expected_coverage(few, few)),
    }
    return [
        Row(
            FIGURES[name],
            found["synthetic"][name],
            found.get("control", {}).get(name),
            known.get(name) or found["ideal"][name],
        )
        for name in ("fid", "kid", *NEIGHBOURHOOD)
    ]


def _distances(real: Tensor, fake: Tensor, scale: float) -> dict[str, Estimate]:
    few = min(len(real), MOST_KERNEL)
    return {
        "fid": estimate(
            lambda i, j: frechet(real[i], fake[j]),
            {"real": len(real), "pictures": len(fake)},
            (0, math.inf),
            extrapolated=True,
        ),
        "kid": estimate(
            lambda i, j: kernel_distance(real[i] / scale, fake[j] / scale),
            {"real": few, "pictures": few},
            rounds=KERNEL_ROUNDS,
        ),
    }


NEIGHBOURHOOD = ("precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class _Tables:
    """All distances of two equally large samples, of which halves are looked at."""

    real: Tensor
    fake: Tensor
    between: Tensor

    def measure(self, i: Tensor, j: Tensor, k: int = NEAREST) -> dict[str, float]:
        """As `ganviz.probes.metrics.precision_recall`, of the reals ``i`` and the fakes ``j``."""
        return of_distances(self.real[i][:, i], self.fake[j][:, j], self.between[i][:, j], k)


def neighbourhood(
    real: Tensor, fake: Tensor, rounds: int = NEIGHBOUR_ROUNDS
) -> dict[str, Estimate]:
    """Precision, recall, density and coverage of features [N, D] and [M, D], with intervals."""
    tables = _Tables(*(distances(a, b) for a, b in ((real, real), (fake, fake), (real, fake))))
    sizes = {"real": len(real), "pictures": len(fake)}
    known: dict[tuple[int, ...], dict[str, float]] = {}

    def of(name: str) -> Estimate:
        def measure(i: Tensor, j: Tensor) -> float:
            # the four have the same halves: they are measured together
            key = (len(i), len(j), int(i[0]), int(i[-1]), int(j[0]), int(j[-1]))
            if key not in known:
                known[key] = tables.measure(i, j)
            return known[key][name]

        top = math.inf if name == "density" else 1.0
        return estimate(measure, sizes, (0, top), rounds=rounds)

    return {name: of(name) for name in NEIGHBOURHOOD}


def expected_coverage(reals: int, fakes: int, k: int = NEAREST) -> float:
    """Coverage of a generator that is perfect (Naeem et al. 2020): near 1 - 2^-k for equally many
    of both."""
    missed = 1.0
    for j in range(1, k + 1):
        missed *= (reals - j) / (reals + fakes - j)
    return 1 - missed


# -- classes ---------------------------------------------------------------------------------------
def class_rows(evidence: EvaluationData, model: Model, named: bool) -> list[Row]:
    """Class balance, and whether the classes seen are those asked for. ``named``: whether the model
    names classes."""
    names = [FIGURES[name] for name in ("balance", "labels")]
    if evidence.train.y is None or len(evidence.classes) < 2:
        why = "It takes labelled pictures of at least two classes."
        return [Row(figure, why_not=why) for figure in names]
    if not named:
        why = f"It takes {2 * LEAST_LABELLED} labelled training pictures to teach a classifier."
        return [Row(figure, why_not=why) for figure in names]
    k = len(evidence.classes)
    data = torch.bincount(evidence.train.y, minlength=k).double()
    synthetic, held = evidence.synthetic, evidence.in_place
    requested = data
    if evidence.requested and synthetic.y is not None:
        requested = torch.bincount(synthetic.y, minlength=k).double()
    seen = _named(model, synthetic)
    seen_held = None if held is None or len(held) < LEAST else _named(model, held)
    balance = Row(
        names[0],
        _balance(seen, requested),
        None if seen_held is None else _balance(seen_held, data),
        exactly(0.0),
    )
    if not evidence.requested or synthetic.y is None:
        why = "The generator knows no classes, so none was asked for."
        return [balance, Row(names[1], why_not=why)]
    other = evidence.other_train(evidence.free // 2)
    labels = Row(
        names[1],
        _agreement(seen, synthetic),
        None if held is None or seen_held is None else _agreement(seen_held, held),
        _agreement(_named(model, other), other) if len(other) >= LEAST else None,
    )
    return [balance, labels]


def _named(model: Model, pictures: Pictures) -> Tensor:
    """The classes that the net sees, int64 [N]."""
    probabilities = model(pictures.floats)[1]
    assert probabilities is not None  # a net of classes, where there are classes
    return probabilities.argmax(1)


def _balance(seen: Tensor, requested: Tensor) -> Estimate:
    return estimate(
        lambda i: reverse_kl(torch.bincount(seen[i], minlength=len(requested)).double(), requested),
        {"pictures": len(seen)},
        (0, math.inf),
        extrapolated=True,
    )


def _agreement(seen: Tensor, pictures: Pictures) -> Estimate:
    assert pictures.y is not None
    right = (seen == pictures.y).double()
    return estimate(lambda i: float(right[i].mean()), {"pictures": len(right)}, (0, 1))


def reverse_kl(seen: Tensor, requested: Tensor) -> float:
    """KL(seen || requested) of two histograms, in nats; a class that nobody asked for counts
    as asked for half a time."""
    p, q = seen / seen.sum(), requested.clamp_min(0.5) / requested.clamp_min(0.5).sum()
    there = p > 0
    return float((p[there] * (p[there] / q[there]).log()).sum())
