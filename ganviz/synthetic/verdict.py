"""What may be said of a data set in plain words: never more than was tested.

Nearness and attacks can only fail a data set; sets that pass them are still open to others ("The
DCR Delusion", 2025). So the best that is ever said is that no attack that was run did better than
chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ganviz.synthetic.figure import Row
from ganviz.synthetic.intervals import Estimate

LEAKS, DOUBTFUL, NOTHING_FOUND, UNKNOWN = "leaks", "doubtful", "nothing found", "unknown"
# An attack that is right so often is no accident of a few pictures. The choice is ours.
LEAK = 0.6
COPIED = 0.05
GUARANTEE = "This is no guarantee: only differential privacy gives one."

NOT_TESTED = (
    "Attacks with shadow models, which train generators of their own to learn what members look "
    "like.",
    "Attacks on G itself: looking for the z that draws a given picture.",
    "Copies that are shifted, mirrored, recoloured or cut out: distances are between pixels, place "
    "by place.",
    "What the pictures reveal together: attributes, groups and rare cases.",
    "Several data sets from one run, or from runs on the same pictures: what they leak adds up.",
    "Whether anybody may hand these pictures on: consent and licence are questions for people.",
)


@dataclass(frozen=True)
class ReportVerdict:
    """``kind``: one of `LEAKS`, `DOUBTFUL`, `NOTHING_FOUND`, `UNKNOWN`. ``sentences``: what was
    found, the verdict first."""

    kind: str
    sentences: tuple[str, ...]


def verdict(rows: list[Row], promised: tuple[str, ...] = ()) -> ReportVerdict:
    """What the figures come to. ``promised``: what differential privacy promises besides, where the
    training was private."""
    guarantee = promised or (GUARANTEE,)
    known = {row.figure.name: row for row in rows if row.synthetic is not None}
    leaks, doubts = list(_leaks(known)), list(_doubts(known))
    about = (*leaks, *([] if leaks else doubts))
    use = tuple(_usefulness(known))
    if leaks:
        first = "This data set leaks: it must not stand in for pictures that others must not see."
        return ReportVerdict(LEAKS, (first, *about, *promised, *use))
    attacks = [known[name] for name in ("attack_d", "attack_nearest") if name in known]
    if not attacks:
        why = next((row.why_not for row in rows if row.figure.name == "attack_nearest"), "")
        return ReportVerdict(
            UNKNOWN, (f"Whether it leaks cannot be said. {why}".strip(), *promised, *use)
        )
    if doubts:
        return ReportVerdict(
            DOUBTFUL, ("Something was found.", *about, _by_chance(known), *guarantee, *use)
        )
    found = "; ".join(f"{_NAMES[row.figure.name]}: AUC {_given(row.synthetic)}" for row in attacks)
    return ReportVerdict(
        NOTHING_FOUND, (f"No attack we ran did better than chance ({found}).", *guarantee, *use)
    )


_NAMES = {"attack_d": "D's score", "attack_nearest": "nearest virtual picture"}


def _leaks(known: dict[str, Row]) -> Iterator[str]:
    by = {
        "attack_d": "Whoever has D can tell who was in the training data: AUC {given}; chance is "
        "0.5.",
        "attack_nearest": "The pictures alone tell who was in the training data: AUC {given}; "
        "chance is 0.5.",
        "nearest_train": "{percent} of the pictures are nearer to a training picture than to any "
        "of as many held-out ones, where half is chance.",
    }
    for name, sentence in by.items():
        row = known.get(name)
        if row is not None and row.synthetic is not None and row.synthetic.low > LEAK:
            yield sentence.format(given=_given(row.synthetic), percent=_percent(row.synthetic))
    copies, near = (_estimate(known, name) for name in ("copies", "nearest_train"))
    if copies and near and copies.low > COPIED and near.low > 0.5:
        yield (
            f"{_percent(copies)} of the pictures are nearer to a training picture than 99 % of new "
            "real ones are."
        )
    own = _estimate(known, "authenticity")
    if own and own.high < _usual_authenticity(known["authenticity"]) / 2:
        yield (
            f"Only {_percent(own)} of the pictures are farther from their nearest training picture "
            "than that one's own nearest is."
        )


# (figure, what chance gives, what is said where the interval lies above that)
_TESTS = (
    ("attack_d", 0.5, "The attack with D did better than chance: AUC {given}."),
    ("attack_d_sure", 0.01, "At 1 % false alarms the attack with D finds {percent}."),
    (
        "attack_nearest",
        0.5,
        "The attack with the nearest virtual picture did better than chance: AUC {given}.",
    ),
    (
        "attack_nearest_sure",
        0.01,
        "At 1 % false alarms the attack with the nearest virtual picture finds {percent}.",
    ),
    (
        "nearest_train",
        0.5,
        "{percent} of the pictures are nearer to a training picture than to as many held-out ones.",
    ),
)


def _doubts(known: dict[str, Row]) -> Iterator[str]:
    for name, chance, what in _TESTS:
        found = _estimate(known, name)
        if found and found.low > chance:
            yield what.format(given=_given(found), percent=_percent(found))


def _by_chance(known: dict[str, Row]) -> str:
    """How often sets that leak nothing look like this: a 95 % interval lies above chance in 2.5 %
    of them, and there are several."""
    tests = sum(name in known for name, _, _ in _TESTS)
    every = 1 / (1 - 0.975**tests)
    if tests == 1:
        return f"One in {every:.0f} data sets that leak nothing shows as much by chance."
    return (
        f"With {tests} tests, up to one in {every:.0f} data sets that leak nothing shows as much "
        "by chance."
    )


def _usefulness(known: dict[str, Row]) -> Iterator[str]:
    ratio = _estimate(known, "utility")
    if ratio:
        yield (
            f"A classifier trained on {ratio.n['pictures']:,} virtual pictures is right on "
            f"held-out real ones {_percent(ratio)} as often as one trained on real ones."
        )


def _usual_authenticity(row: Row) -> float:
    """What new real pictures reach, at least."""
    usual = row.control or row.ideal
    return usual.low if usual else 0.25


def _estimate(known: dict[str, Row], name: str) -> Estimate | None:
    row = known.get(name)
    return row.synthetic if row else None


def _given(found: Estimate | None) -> str:
    return "" if found is None else f"{found.value:.2f}, {found.low:.2f} to {found.high:.2f}"


def percent(share: float) -> str:
    """'12.3 %', never broken before its sign."""
    return f"{100 * share + 0.0:.1f}\u00a0%"


def _percent(found: Estimate) -> str:
    return f"{percent(found.value)} ({percent(found.low)} to {percent(found.high)})"
