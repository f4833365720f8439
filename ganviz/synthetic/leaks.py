"""Figures 5 to 8 of a report: copies, nearness, attacks on who was in the training data,
authenticity. Distances are Euclidean, between pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ganviz.probes.metrics import auc
from ganviz.synthetic.evidence import EvaluationData, Pictures, too_few_held_out
from ganviz.synthetic.figure import FIGURES, Row, exactly
from ganviz.synthetic.interruption import interruption_point
from ganviz.synthetic.intervals import Estimate, estimate
from ganviz.synthetic.nearest_pairs import Nearest, distances, nearest
from ganviz.synthetic.privacy import (
    COPY_PERCENTILE,
    FALSE_POSITIVES,
    authenticity,
    copy_threshold,
    nearer_to,
    own_nearest,
    true_positives,
)

MOST_ATTACKED = 6000
MOST_COMPARED = 2000
LEAST = 20
PAIRS = 10
# multiplications that the search for neighbours may take: a minute on two cores
BUDGET = 13 * 10**11
Scores = Callable[[Pictures], Tensor]
Notify = Callable[[float], None]


@dataclass(frozen=True)
class Pair:
    """A synthetic picture, its nearest training picture and, where some are held out, the nearest
    of these: uint8 [C, H, W] with their distances (root mean square of pixels, 0 to 255)."""

    synthetic: Tensor
    train: Tensor
    distance: float
    held: Tensor | None
    held_distance: float | None


def leak_rows(
    evidence: EvaluationData,
    score: Scores | None,
    no_score: str,
    notify: Notify = lambda done: None,
) -> tuple[list[Row], list[Pair]]:
    """``score``: D's scores [N] of pictures, None with a reason in ``no_score``."""
    search = Search(evidence, notify)
    rows = [
        *_attack("attack_d", score and _scores(evidence, score), no_score, evidence),
        *_attack("attack_nearest", search.attack(), "", evidence),
    ]
    return [search.copies(), search.nearness(), *rows, search.authenticity()], search.pairs()


class Search:
    """Who is nearest to whom. ``searched``: as many of S as the budget of multiplications allows,
    each among all of T."""

    def __init__(self, evidence: EvaluationData, notify: Notify):
        self.evidence = evidence
        self.train = evidence.train.rows
        most = max(200, BUDGET // (3 * max(1, self.train.numel())))
        self.searched = evidence.synthetic[:most]
        self.s = self.searched.rows
        held = None if evidence.held is None else evidence.held[:most].rows
        self.to_train = nearest(self.s, self.train, notify=lambda done: notify(0.4 * done))
        self.held_to_train = None
        self.to_held: Nearest | None = None
        if held is not None:
            found = nearest(held, self.train, notify=lambda done: notify(0.4 + 0.2 * done))
            self.held_to_train = found
            self.to_held = nearest(self.s, held)
        self.apart = own_nearest(self.train, self.to_train.index) if len(self.train) > 1 else None
        notify(0.9)

    def copies(self) -> Row:
        """Figure 5."""
        figure = FIGURES["copies"]
        why_not = _why_not(self.evidence)
        if why_not or self.held_to_train is None:
            return Row(figure, why_not=why_not)
        held = self.held_to_train.distance
        half = len(held) // 2
        return Row(
            figure,
            _copies(self.to_train.distance, held),
            _copies(held[:half], held[half:]),
            exactly(COPY_PERCENTILE),
        )

    def nearness(self) -> Row:
        """Figure 6."""
        figure, evidence = FIGURES["nearest_train"], self.evidence
        held, in_place, never = evidence.held, evidence.in_place, evidence.never_seen
        why_not = _why_not(evidence)
        if why_not or held is None or in_place is None or never is None:
            return Row(figure, why_not=why_not)
        return Row(
            figure,
            _nearness(self.searched, evidence.train, held),
            _nearness(in_place, evidence.train, never),
            exactly(0.5),
        )

    def attack(self) -> tuple[Attack, Attack] | None:
        """Figure 7, black box: members are told by a synthetic picture near to them."""
        evidence = self.evidence
        held, in_place, never = evidence.held, evidence.in_place, evidence.never_seen
        if _why_not(evidence) or held is None or in_place is None or never is None:
            return None
        members, others = evidence.train[:MOST_ATTACKED].rows, held[:MOST_ATTACKED].rows
        real = Attack(-nearest(members, self.s).distance, -nearest(others, self.s).distance)
        stand_in, others = in_place.rows, never.rows
        return real, Attack(
            -nearest(members, stand_in).distance, -nearest(others, stand_in).distance
        )

    def authenticity(self) -> Row:
        """Figure 8; for real pictures it lies between a third and a half, by how many dimensions
        the data have, so other training pictures say what is ideal."""
        figure = FIGURES["authenticity"]
        if self.apart is None:
            return Row(figure, why_not="It takes two training pictures.")
        control = ideal = None
        held = self.held_to_train
        if held is not None and not _why_not(self.evidence):
            control = _authenticity(held, own_nearest(self.train, held.index))
        few = min(len(self.train) // 4, MOST_COMPARED)
        if few >= LEAST:
            rest = self.train[few:]
            found = nearest(self.train[:few], rest)
            ideal = _authenticity(found, own_nearest(rest, found.index))
        return Row(figure, _authenticity(self.to_train, self.apart), control, ideal)

    def pairs(self) -> list[Pair]:
        """The closest pairs, the closest first."""
        evidence, root = self.evidence, self.s.shape[1] ** 0.5
        order = self.to_train.distance.argsort(stable=True)[:PAIRS]
        pairs = []
        for i in order.tolist():
            j = int(self.to_train.index[i])
            held = held_distance = None
            if self.to_held is not None and evidence.held is not None:
                held = evidence.held.x[int(self.to_held.index[i])]
                held_distance = float(self.to_held.distance[i]) / root
            distance = float(self.to_train.distance[i]) / root
            picture = self.searched.x[i]
            pairs.append(Pair(picture, evidence.train.x[j], distance, held, held_distance))
        return pairs


@dataclass(frozen=True)
class Attack:
    """What an attack scores members and others with: higher for whom it takes for a member."""

    members: Tensor
    others: Tensor

    def estimate(self, measure: Callable[[Tensor, Tensor], float]) -> Estimate:
        """``measure`` of the scores, with its interval."""
        return estimate(
            lambda i, j: measure(self.members[i], self.others[j]),
            {"training": len(self.members), "held-out": len(self.others)},
            (0, 1),
        )


def _why_not(evidence: EvaluationData) -> str:
    """Why copies cannot be told from what is only alike; "" where enough pictures are held out."""
    held = evidence.held
    if held is None:
        return evidence.why_none_held
    if len(held) < LEAST:
        return too_few_held_out(LEAST, len(held))
    return ""


def _scores(evidence: EvaluationData, score: Scores) -> tuple[Attack, Attack] | None:
    """Figure 7, white box: members are told by D's score."""
    held = evidence.held
    if _why_not(evidence) or held is None:
        return None
    others = score(held[:MOST_ATTACKED])
    half = len(others) // 2
    members = score(evidence.train[:MOST_ATTACKED])
    return Attack(members, others), Attack(others[:half], others[half:])


def _attack(
    name: str, attacks: tuple[Attack, Attack] | None, why_not: str, evidence: EvaluationData
) -> list[Row]:
    figures = FIGURES[name], FIGURES[f"{name}_sure"]
    if attacks is None:
        why_not = why_not or _why_not(evidence)
        return [Row(figure, why_not=why_not) for figure in figures]
    real, control = attacks
    ideals = exactly(0.5), exactly(FALSE_POSITIVES)
    return [
        Row(figure, real.estimate(measure), control.estimate(measure), ideal)
        for figure, measure, ideal in zip(figures, (auc, true_positives), ideals, strict=True)
    ]


def _copies(to_train: Tensor, held_to_train: Tensor) -> Estimate:
    return estimate(
        lambda i, j: float((to_train[i] < copy_threshold(held_to_train[j])).double().mean()),
        {"pictures": len(to_train), "held-out": len(held_to_train)},
        (0, 1),
    )


def _nearness(pictures: Pictures, train: Pictures, held: Pictures) -> Estimate:
    n = min(len(train), len(held), MOST_COMPARED)
    some = pictures[:MOST_COMPARED].rows
    to_train, to_held = (_interruptible_distances(some, other[:n].rows) for other in (train, held))
    return estimate(
        lambda i, j, k: nearer_to(to_train[i][:, j], to_held[i][:, k]),
        {"pictures": len(some), "training": n, "held-out": n},
        (0, 1),
    )


def _interruptible_distances(x: Tensor, y: Tensor) -> Tensor:
    interruption_point()
    return distances(x, y)


def _authenticity(found: Nearest, apart: Tensor) -> Estimate:
    return estimate(
        lambda i: authenticity(Nearest(found.distance[i], found.index[i]), apart[i]),
        {"pictures": len(apart)},
        (0, 1),
    )
