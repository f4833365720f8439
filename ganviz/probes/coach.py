"""The coach: one plain sentence on how the training goes, and what to try.

It reads what the other probes told, and speaks only on evidence of several looks: a false alarm is
worse than silence. Each verdict is one small rule below; `benchmarks/coach.py` counts hits and
false alarms on healthy and broken runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from ganviz.engine.event_kinds import event_kind
from ganviz.probes.facts import Collector, Facts
from ganviz.probes.probe import Probe
from ganviz.registry import PROBES

KEPT = 40  # looks that are remembered
EARLY = 300  # steps before which samples prove nothing
# steps by which a generator has left its first state behind, if its weights have travelled so far
# as well:
GROWN = 1000
TRAVELLED = 3.0  # times their own size, going by a typical step


@dataclass(frozen=True)
class Evidence:
    """A figure that speaks for a verdict, and the threshold that it passed."""

    figure: str
    value: float
    threshold: str


@dataclass(frozen=True)
class Verdict:
    """What the coach says. ``lesson``: the lesson to open, "" where there is none."""

    name: str
    sentence: str
    advice: str = ""
    evidence: tuple[Evidence, ...] = ()
    lesson: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The payload of a "coach" event."""
        return {
            "name": self.name,
            "sentence": self.sentence,
            "try": self.advice,
            "lesson": self.lesson,
            "evidence": [
                {"figure": e.figure, "value": _short(e.value), "threshold": e.threshold}
                for e in self.evidence
            ],
        }


LEARNING = Verdict("learning", "Both networks are learning; nothing calls for a change.")
CALM = ("learning", "equilibrium")


@dataclass(frozen=True)
class Memory:
    """What the coach remembers between looks: the first one and the newest, how often each rule
    held lately, and what it said last."""

    past: tuple[Facts, ...] = ()
    strikes: dict[str, int] = field(default_factory=dict)
    spoken: Verdict = LEARNING

    def values(self, figure: Callable[[Facts], float | None]) -> list[float]:
        """A figure over the past looks, oldest first, where it is known."""
        return [value for value in map(figure, self.past) if value is not None]

    def grown(self, now: Facts) -> bool:
        """Whether G has had the time to leave its first state: an untrained network's samples are
        all alike too."""
        strides = self.values(lambda look: look.stride("generator"))
        return now.step >= GROWN and (not strides or now.step * _median(strides) >= TRAVELLED)

    def around(self, step: float, count: int = 3) -> list[Facts]:
        """The ``count`` looks nearest to ``step`` that know the diversity. Progress is judged
        against half the steps, because looks come by the clock: a slow run takes few steps between
        two of them."""
        known = [look for look in self.past if look.diversity is not None]
        return sorted(known, key=lambda look: abs(look.step - step))[:count]


Rule = Callable[[Facts, Memory], "Verdict | None"]
RULES: dict[str, tuple[Rule, int]] = {}


def rule(name: str, looks: int) -> Callable[[Rule], Rule]:
    """Add a rule. It must hold at ``looks`` looks, more often than not, before it is told; the
    first rule that holds wins."""

    def add(function: Rule) -> Rule:
        RULES[name] = (function, looks)
        return function

    return add


def verdict(facts: Facts, memory: Memory) -> tuple[Verdict, Memory]:
    """What to say at this look, and the memory for the next one. Pure: the same looks give the same
    words.

    A rule that holds gains a strike, one that does not loses one. It is told from ``looks`` strikes
    on, and goes on being told until none is left, so a figure that trembles around its threshold
    does not make the coach stammer.
    """
    strikes, found = {}, {}
    for name, (function, looks) in RULES.items():
        finding = function(facts, memory)
        if finding:
            found[name] = finding
        strikes[name] = min(looks + 2, max(0, memory.strikes.get(name, 0) + (1 if finding else -1)))
    said, spoken = LEARNING, memory.spoken
    for name, (_, looks) in RULES.items():
        if name == spoken.name and strikes[name]:
            said = found.get(name, spoken)
            break
        if name in found and strikes[name] >= looks:
            said = found[name]
            break
    past = (*memory.past[:1], *memory.past[1:][1 - KEPT :], facts)
    return said, Memory(past, strikes, said)


COACH = event_kind("coach", browser="every", recalled=True, text="sentence")


@PROBES.register("coach")
class Coach(Probe):
    """Logs "coach" whenever its verdict changes."""

    name = "coach's figures"
    # it reads what the others logged
    order = 100
    interval = 0.5

    def prepare(self) -> None:
        self._collector = Collector(self.source.spec.kind, dict(self.run.equilibrium))
        self._memory = Memory()
        self._cursor = self.run.events.seq
        self._told = ""

    def measure(self) -> None:
        since, self._cursor = self._cursor, self.run.events.seq
        facts = self._collector.take(
            self.run.events.since(since), self.run.events.rows(since), self.trainer.step_count
        )
        if facts is None:
            return
        said, self._memory = verdict(facts, self._memory)
        if said.name != self._told:
            self._told = said.name
            self.run.log("coach", **said.to_dict())


# -- the rules, the gravest first ------------------------------------------------------------------
@rule("nan-ahead", looks=2)
def nan_ahead(now: Facts, memory: Memory) -> Verdict | None:
    """Weights several times their first size, and large, together with a sign that nothing good
    comes of it."""
    slower = "Lower both learning rates tenfold, or clip the gradients."
    for network in now.networks:
        sizes, size = (
            memory.values(lambda look, network=network: look.weight_size(network)),
            now.weight_size(network),
        )
        stride = max((update for *_, update in now.chain(network)), default=0.0)
        if stride >= 0.3 and now.step >= 20:
            return Verdict(
                "nan-ahead",
                f"The {network} moves by {stride:.0%} of its weights in one step: the steps are "
                f"too "
                "large, and the numbers may soon overflow.",
                slower,
                (
                    Evidence(
                        f"largest update-to-weight ratio in the {network}", stride, "0.3 or more"
                    ),
                ),
                "learning-rate",
            )
        if size is None or not sizes or size < max(4 * sizes[0], 0.3):
            continue
        loss = max(
            (abs(value) for name, value in now.scalars.items() if name.startswith("loss")),
            default=0.0,
        )
        if loss >= 20:
            sign = Evidence("largest loss", loss, "20 or more")
        elif now.diversity is not None and not 0.6 <= now.diversity <= 1.6:
            sign = Evidence("diversity of the fakes", now.diversity, "outside 0.6 to 1.6")
        else:
            continue
        return Verdict(
            "nan-ahead",
            f"The {network}'s weights have grown {size / sizes[0]:.0f}-fold: the steps are too "
            f"large, "
            "and the numbers may soon overflow.",
            slower,
            (
                Evidence(
                    f"weights of the {network} over their first size", size / sizes[0], "4 or more"
                ),
                sign,
            ),
            "learning-rate",
        )
    return None


@rule("exploding", looks=3)
def exploding(now: Facts, memory: Memory) -> Verdict | None:
    """Gradients grow on their way back through a network."""
    for network in now.networks:
        chain = now.chain(network)
        if len(chain) < 3:
            continue
        label, gradient, *_ = chain[0]
        last = chain[-1][1]
        if last > 0 and gradient >= 1000 * last:
            return Verdict(
                "exploding",
                f"Gradients explode on their way back through the {network}: layer {label!r} gets "
                f"{_times(gradient / last)} the gradient of the last one.",
                "Start from smaller weights (default or Kaiming), or add batch norm or residual "
                "connections.",
                (
                    Evidence(
                        f"gradient of {label!r} over the last layer's",
                        gradient / last,
                        "1000 or more",
                    ),
                ),
                "gradients-and-depth",
            )
    return None


@rule("vanishing", looks=3)
def vanishing(now: Facts, memory: Memory) -> Verdict | None:
    """Some layer gets next to no gradient, while a later one does."""
    for network in now.networks:
        chain = now.chain(network)
        strongest = max((gradient for _, gradient, *_ in chain), default=0.0)
        if len(chain) < 3 or not math.isfinite(strongest) or strongest <= 0:
            continue
        label, gradient, *_ = min(chain[:-1], key=lambda layer: layer[1])
        if gradient <= 1e-4 * strongest:
            return Verdict(
                "vanishing",
                f"Gradients vanish in the {network}: layer {label!r} hardly learns.",
                "Use ReLU or leaky ReLU with Kaiming weights, batch norm, residual connections, "
                "or fewer layers.",
                (
                    Evidence(
                        f"gradient of {label!r} over the strongest layer's",
                        gradient / strongest,
                        "0.0001 or less",
                    ),
                ),
                "gradients-and-depth",
            )
    return None


@rule("d-winning", looks=4)
def d_winning(now: Facts, memory: Memory) -> Verdict | None:
    """D is hardly ever wrong, and what it teaches G dries up."""
    norms = memory.values(lambda look: look.norm("generator"))
    recent = now.norm("generator")
    if now.accuracy is None or now.accuracy < 0.95 or recent is None or len(norms) < 5:
        return None
    share = _median([*norms[-2:], recent]) / max(norms) if max(norms) else 0.0
    if share > 0.1:
        return None
    return Verdict(
        "d-winning",
        "The discriminator is winning: it is hardly ever wrong, and G's gradient is drying up.",
        "Lower D's learning rate or its steps, use the non-saturating loss, or add a gradient "
        "penalty (R1).",
        (
            Evidence("D accuracy", now.accuracy, "0.95 or more"),
            Evidence("G gradient over its peak", share, "0.1 or less"),
        ),
        "d-too-strong",
    )


@rule("oscillation", looks=3)
def oscillation(now: Facts, memory: Memory) -> Verdict | None:
    """G sits on a few modes, and they change; or its loss swings to and fro by large amounts."""
    losses = [
        *memory.values(lambda look: look.scalars.get("loss_g"))[-8:],
        now.scalars.get("loss_g", math.nan),
    ]
    swings = [b - a for a, b in pairwise(losses)]
    turns = sum(a * b < 0 for a, b in pairwise(swings))
    if len(swings) == 8 and turns >= 4 and _median([abs(swing) for swing in swings]) >= 5:
        return Verdict(
            "oscillation",
            "The losses swing to and fro: each network overshoots the other's last move.",
            "Hold D back with a gradient penalty, spectral norm or weight clipping, and lower the "
            "learning rates.",
            (
                Evidence(
                    "typical change of G's loss from look to look",
                    _median([abs(swing) for swing in swings]),
                    "5 or more",
                ),
                Evidence("turns in the last 9 looks", turns, "4 or more"),
            ),
            "oscillation",
        )
    if (
        now.peopled is None
        or now.peopled > now.modes["total"] / 2
        or len(memory.past) < 8
        or now.step < EARLY
    ):
        return None
    looks = [
        look
        for look in (*memory.past[-8:], now)
        if look.modes and look.peopled <= look.modes["total"] / 2
    ]
    homes = [
        max(range(len(look.modes["nearest"])), key=look.modes["nearest"].__getitem__)
        for look in looks
    ]
    moves = sum(a != b for a, b in pairwise(homes))
    if moves < 3:
        return None
    return Verdict(
        "oscillation",
        "The modes are hopping: the generator moves to another mode each time D has learnt to "
        "reject "
        "the last one.",
        "Add a gradient penalty (R1) or PacGAN, lower both learning rates, or take fewer G steps.",
        (
            Evidence("changes of the main mode in the last 9 looks", moves, "3 or more"),
            Evidence("modes reached", now.peopled, f"half of {now.modes['total']} or fewer"),
        ),
        "oscillation",
    )


@rule("g-winning", looks=4)
def g_winning(now: Facts, memory: Memory) -> Verdict | None:
    """D takes the fakes for real, although they are not like the reals."""
    if (
        now.accuracy is None
        or now.accuracy > 0.6
        or now.outputs.get("unit") != "probability"
        or len(memory.past) < 4
    ):
        return None
    if now.outputs["mean_fake"] < 0.8:
        return None
    return Verdict(
        "g-winning",
        "The generator is winning too easily: D calls nearly everything real, and teaches it "
        "nothing.",
        "Give D a higher learning rate, more steps or more width; check that it is told which are "
        "fake.",
        (
            Evidence("D accuracy", now.accuracy, "0.6 or less"),
            Evidence("D's mean verdict on fakes", now.outputs["mean_fake"], "0.8 or more"),
        ),
        "d-too-weak",
    )


@rule("collapse", looks=4)
def collapse(now: Facts, memory: Memory) -> Verdict | None:
    """The fakes are much more alike than the reals, or come from few modes, and it is not getting
    better."""
    half = memory.around(now.step / 2)
    if now.diversity is None or now.step < EARLY or len(half) < 2:
        return None
    advice = (
        "Add a gradient penalty (R1), PacGAN or minibatch std; take more D steps or fewer G steps."
    )
    later = _median([now.diversity, *(look.diversity for look in memory.past[-2:])])
    best = max(memory.values(lambda look: look.diversity))
    fell = now.diversity < 0.4 * best
    stuck = memory.grown(now) and later < 1.15 * _median([look.diversity for look in half])
    if now.diversity < 0.25 and (fell or stuck):
        return Verdict(
            "collapse",
            "Mode collapse: the generator draws nearly the same sample again and again.",
            advice,
            (
                Evidence(
                    "diversity of the fakes (mean distance, over the reals')",
                    now.diversity,
                    "below 0.25",
                ),
            ),
            "mode-collapse",
        )
    if (
        now.peopled is not None
        and now.peopled <= now.modes["total"] / 2
        and now.peopled <= min(look.peopled or 0 for look in half)
    ):
        return Verdict(
            "collapse",
            f"Modes are missing: samples come from {now.peopled} of {now.modes['total']} modes.",
            advice,
            (Evidence("modes reached", now.peopled, f"half of {now.modes['total']} or fewer"),),
            "mode-collapse",
        )
    return _missing_classes(now, memory, advice)


def _missing_classes(now: Facts, memory: Memory, advice: str) -> Verdict | None:
    """Clear pictures of few classes, twice in a row, and no nearer to the data than before."""
    new = now.fidelity
    before = (look.fidelity for look in reversed(memory.past) if look.fidelity)
    old = next((figures for figures in before if figures["at"] < new.get("at", 0)), {})
    if (
        not old.get("classes")
        or old["at"] < GROWN / 2
        or not memory.grown(now)
        or now.diversity >= 0.8
    ):
        return None
    half = len(new["classes"]) / 2
    if (
        not new["covered"] <= old["covered"] <= half
        or new["confidence"] < 0.75
        or new["fid"] < 0.85 * old["fid"]
    ):
        return None
    return Verdict(
        "collapse",
        f"Classes are missing: only {new['covered']} of {len(new['classes'])} are drawn.",
        advice,
        (
            Evidence("classes covered, twice in a row", new["covered"], f"{half:g} or fewer"),
            Evidence("confidence of the classifier", new["confidence"], "0.75 or more"),
            Evidence("diversity of the fakes", now.diversity, "below 0.8"),
        ),
        "mode-collapse",
    )


@rule("diverged", looks=5)
def diverged(now: Facts, memory: Memory) -> Verdict | None:
    """The fakes scatter far beyond the reals, and do not come back."""
    half = memory.around(now.step / 2)
    if now.diversity is None or now.diversity < 1.5 or now.step < EARLY or len(half) < 2:
        return None
    if now.diversity < 0.9 * _median([look.diversity for look in half]):
        return None
    return Verdict(
        "diverged",
        "The fakes scatter far beyond the real samples and do not come back.",
        "Lower the learning rates, add a gradient penalty, and check that D is shown the data you "
        "mean.",
        (
            Evidence(
                "diversity of the fakes (mean distance, over the reals')",
                now.diversity,
                "1.5 or more",
            ),
        ),
        "learning-rate",
    )


@rule("memorising", looks=1)
def memorising(now: Facts, memory: Memory) -> Verdict | None:
    """Fakes sit on top of single training samples."""
    copies, usual = now.fidelity.get("copies"), now.fidelity.get("copies_real")
    if copies is None or usual is None or copies < 0.25 or copies - usual < 0.2:
        return None
    return Verdict(
        "memorising",
        f"The generator seems to copy training samples: {copies:.0%} of its pictures are far "
        f"nearer "
        "to one of them than to any other.",
        "Use more data, DiffAugment, or stop earlier.",
        (
            Evidence("fakes that copy a training sample", copies, "0.25 or more"),
            Evidence("the same for reals among the others", usual, "0.2 lower"),
        ),
        "memorisation",
    )


@rule("equilibrium", looks=6)
def equilibrium(now: Facts, memory: Memory) -> Verdict | None:
    """Both losses are where a perfect generator would leave them, and the fakes are as varied as
    the reals."""
    known = {
        name: value
        for name, value in now.equilibrium.items()
        if value is not None and name in now.scalars
    }
    if not known or now.accuracy is None or abs(now.accuracy - 0.5) > 0.12 or now.diversity is None:
        return None
    if any(
        abs(now.scalars[name] - value) > 0.08 * max(abs(value), 0.5)
        for name, value in known.items()
    ):
        return None
    if not 0.8 <= now.diversity <= 1.2 or not _good(now):
        return None
    return Verdict(
        "equilibrium",
        "Close to equilibrium: D can hardly tell fakes from reals; the losses are near their "
        "lines.",
        "Let it run for finer detail, or stop here.",
        (
            Evidence("D accuracy", now.accuracy, "0.38 to 0.62"),
            Evidence("diversity of the fakes", now.diversity, "0.8 to 1.2"),
        ),
        "the-game",
    )


# -- helpers ---------------------------------------------------------------------------------------
def _good(now: Facts) -> bool:
    """Whether what can be measured of the samples themselves is good: a D that learns nothing is at
    its line as well."""
    if now.modes:
        return now.modes["strict"] >= 0.9 * now.modes["total"] and now.modes["quality"] >= 0.5
    if "fid" in now.fidelity:
        return (now.fidelity["coverage"] or 0.0) >= 0.5
    return now.kind == "points"


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _times(factor: float) -> str:
    return f"{factor:,.0f} times" if factor < 1e5 else f"{factor:.0e} times"


def _short(value: float) -> float:
    return float(f"{value:.4g}") if math.isfinite(value) else value
