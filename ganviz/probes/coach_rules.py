"""The coach's rules, the gravest first: each looks at the newest facts and at what is remembered,
and finds a fault or none."""

from __future__ import annotations

import math
from itertools import pairwise

from ganviz.algorithms.statistics import NonFinite
from ganviz.probes.facts import Facts
from ganviz.probes.verdicts import EARLY, Evidence, Memory, Verdict, median, rule

MORE_VARIETY = (
    "Add a gradient penalty (R1), PacGAN or minibatch std; take more D steps or fewer G steps."
)
SMALLER_STEPS = "Lower both learning rates tenfold, or clip the gradients."
ALIKE = "diversity of the samples shown (over the reals')"


def not_a_number(error: NonFinite) -> Verdict:
    """A statistic or a network became NaN or infinite, which ended the run."""
    name, step = error.name, error.step
    where = "" if step is None else f" at step {step:,}"
    advice = "Start anew with learning rates ten times lower, a gradient penalty, or fp32."
    lesson = "learning-rate"
    if error.before_any_update:
        advice = (
            "No weight had moved yet, so no learning rate is to blame: look at the data and at "
            "what the networks return."
        )
        lesson = "no-probability"
    return Verdict(
        "nan",
        f"The numbers broke down{where}: {name} became NaN or infinite, and no step can mend that.",
        advice,
        (Evidence(f"value of {name}", math.nan, "a finite number"),),
        lesson,
    )


@rule("diverged", times=3, on="scalars", after=20)
def losses_blown_up(now: Facts, memory: Memory) -> Verdict | None:
    """Losses far beyond what the game can give."""
    # a critic's score has no bound of its own
    critic = now.game.equilibrium.get("loss_d") == 0
    limit = 300.0 if critic else 50.0
    if not now.game.adversary or now.largest_loss < limit:
        return None
    return Verdict(
        "diverged",
        "The losses have blown up: the steps are so large that both networks overshoot.",
        f"Bound the critic (gradient penalty, clipping, spectral norm). {SMALLER_STEPS}"
        if critic
        else SMALLER_STEPS,
        (Evidence("largest loss", now.largest_loss, f"{limit:g} or more"),),
        "lipschitz" if critic else "learning-rate",
    )


@rule("nan-ahead", times=2, on="networks", after=20)
def overflow_ahead(now: Facts, memory: Memory) -> Verdict | None:
    """Steps as large as the weights, or weights several times their first size together with a sign
    that nothing good comes of it."""
    for network in now.networks:
        stride = max((update for *_, update in now.chain(network)), default=0.0)
        if stride >= 0.3:
            return Verdict(
                "nan-ahead",
                f"The {network} moves by {stride:.0%} of its weights in one step: the steps are "
                "too large, and the numbers may soon overflow.",
                SMALLER_STEPS,
                (Evidence(f"largest update-to-weight ratio in the {network}", stride, ">= 0.3"),),
                "learning-rate",
            )
        size, first = now.weight_size(network), now.game.sizes.get(network)
        sign = _bad_sign(now)
        if size is None or not first or size < max(4 * first, 0.3) or sign is None:
            continue
        return Verdict(
            "nan-ahead",
            f"The {network}'s weights have grown {size / first:.0f}-fold: the steps are too large, "
            "and the numbers may soon overflow.",
            SMALLER_STEPS,
            (
                Evidence(f"weights of the {network} over their first size", size / first, ">= 4"),
                sign,
            ),
            "learning-rate",
        )
    return None


def _bad_sign(now: Facts) -> Evidence | None:
    if now.largest_loss >= 20:
        return Evidence("largest loss", now.largest_loss, "20 or more")
    if now.diversity is not None and not 0.6 <= now.diversity <= 1.6:
        return Evidence("diversity of the fakes", now.diversity, "outside 0.6 to 1.6")
    return None


@rule("exploding", times=3, on="networks")
def exploding(now: Facts, memory: Memory) -> Verdict | None:
    """Gradients grow on their way back through a network."""
    for network in now.networks:
        chain = now.chain(network)
        if len(chain) < 3 or not chain[-1][1] > 0:
            continue
        label, gradient, *_ = chain[0]
        factor = gradient / chain[-1][1]
        if factor < 1000:
            continue
        written = f"{factor:,.0f}" if factor < 1e5 else f"{factor:.0e}"
        return Verdict(
            "exploding",
            f"Gradients explode on their way back through the {network}: layer {label!r} gets "
            f"{written} times the gradient of the last one.",
            "Start from smaller weights (default or Kaiming), or add batch norm or residual "
            "connections.",
            (Evidence(f"gradient of {label!r} over the last layer's", factor, "1000 or more"),),
            "gradients-and-depth",
        )
    return None


@rule("vanishing", times=3, on="networks")
def vanishing(now: Facts, memory: Memory) -> Verdict | None:
    """Some layer gets next to no gradient, while a later one does."""
    for network in now.networks:
        chain = now.chain(network)
        strongest = max((gradient for _, gradient, *_ in chain), default=0.0)
        if len(chain) < 3 or not math.isfinite(strongest) or strongest <= 0:
            continue
        label, gradient, *_ = min(chain[:-1], key=lambda layer: layer[1])
        if gradient > 1e-4 * strongest:
            continue
        share = gradient / strongest
        return Verdict(
            "vanishing",
            f"Gradients vanish in the {network}: layer {label!r} hardly learns.",
            "Use ReLU or leaky ReLU with Kaiming weights, batch norm, residual connections, or "
            "fewer layers.",
            (Evidence(f"gradient of {label!r} over the strongest layer's", share, "<= 0.0001"),),
            "gradients-and-depth",
        )
    return None


@rule("starving", times=6, on="scalars", after=50)
def starving(now: Facts, memory: Memory) -> Verdict | None:
    """D's loss is next to nothing, and stays there: what it teaches G dries up."""
    line = now.game.equilibrium.get("loss_d")
    loss = now.scalars.get("loss_d")
    if not line or line < 0 or loss is None or not 0 <= loss <= 0.05 * line:
        return None
    # D leads in the first steps of many a good training, but not so far, and G moves on
    stuck = loss <= 0.01 * line and now.grid_diversity is not None and now.grid_diversity < 0.3
    if now.step < 200 and not stuck:
        return None
    return Verdict(
        "starving",
        "The discriminator has won: its loss is next to nothing, and it tells every fake from the "
        "real samples.",
        "Lower D's learning rate or its steps, use the non-saturating loss, or add a gradient "
        "penalty (R1).",
        (Evidence("D's loss over its value at equilibrium", loss / line, "0.05 or less"),),
        # log(1 - D(G(z))), the loss that is flat where D has won, is never above 0
        "vanishing-gradient" if now.scalars.get("loss_g", math.nan) < 0 else "d-too-strong",
    )


@rule("d-winning", times=4, on="outputs")
def d_winning(now: Facts, memory: Memory) -> Verdict | None:
    """D is hardly ever wrong, and what it teaches G dries up."""
    norms = memory.values(lambda facts: facts.norm("generator"))
    recent = now.norm("generator")
    if now.accuracy is None or now.accuracy < 0.95 or recent is None or len(norms) < 5:
        return None
    share = median([*norms[-2:], recent]) / max(norms) if max(norms) else 0.0
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


@rule("blind-d", times=6, on="scalars", after=50)
def blind_d(now: Facts, memory: Memory) -> Verdict | None:
    """D says the same of everything, and is sure of it."""
    real, fake = now.scalars.get("d_real"), now.scalars.get("d_fake")
    if now.game.scores != "probability" or real is None or fake is None:
        return None
    if not (min(real, fake) >= 0.9 or max(real, fake) <= 0.1):
        return None
    word = "real" if real >= 0.9 else "fake"
    return Verdict(
        "blind-d",
        f"The discriminator calls everything {word}, real samples and fakes alike: G has nothing "
        "to learn from it.",
        "Check that D is told which samples are fake; then give it a higher learning rate, more "
        "steps or more width.",
        (
            Evidence("D's verdict on reals", real, "0.9 or more, or 0.1 or less"),
            Evidence("D's verdict on fakes", fake, "on the same side"),
        ),
        "fakes-labelled-real",
    )


@rule("oscillation", times=3, on="scalars")
def swinging(now: Facts, memory: Memory) -> Verdict | None:
    """G's loss swings to and fro by large amounts."""
    losses = memory.recent(lambda facts: facts.scalars.get("loss_g"))[-8:]
    losses = [*losses, now.scalars.get("loss_g", math.nan)]
    swings = [b - a for a, b in pairwise(losses)]
    turns = sum(a * b < 0 for a, b in pairwise(swings))
    if len(swings) < 8 or turns < 4:
        return None
    typical = median([abs(swing) for swing in swings])
    if not typical >= 5:
        return None
    return Verdict(
        "oscillation",
        "The losses swing to and fro: each network overshoots the other's last move.",
        "Hold D back with a gradient penalty, spectral norm or weight clipping, and lower the "
        "learning rates.",
        (
            Evidence("typical change of G's loss from tick to tick", typical, "5 or more"),
            Evidence("turns in the last 9 ticks", turns, "4 or more"),
        ),
        "oscillation",
    )


@rule("hopping", times=3, on="outputs", after=EARLY, measurements=8)
def hopping(now: Facts, memory: Memory) -> Verdict | None:
    """G sits on a few modes, and they change."""
    if not _on_few_modes(now):
        return None
    few = [facts for facts in (*memory.past[-8:], now) if _on_few_modes(facts)]
    nearest = [facts.modes["nearest"] for facts in few]
    homes = [max(range(len(counts)), key=counts.__getitem__) for counts in nearest]
    moves = sum(a != b for a, b in pairwise(homes))
    if moves < 3:
        return None
    return Verdict(
        "hopping",
        "The modes are hopping: the generator moves to another mode each time D has learnt to "
        "reject the last one.",
        "Add a gradient penalty (R1) or PacGAN, lower both learning rates, or take fewer G steps.",
        (
            Evidence("changes of the main mode in the last 9 measurements", moves, "3 or more"),
            Evidence(
                "modes reached", now.modes_reached or 0, f"half of {now.modes['total']} or fewer"
            ),
        ),
        "oscillation",
    )


def _on_few_modes(facts: Facts) -> bool:
    return facts.modes_reached is not None and facts.modes_reached <= facts.modes["total"] / 2


@rule("identical", times=6, on="scalars", after=2 * EARLY, ticks=12)
def identical(now: Facts, memory: Memory) -> Verdict | None:
    """The samples that a person sees are all the same, and it is not getting better."""
    if now.grid_diversity is None or now.grid_diversity >= 0.2:
        return None
    before = memory.shown_around(now.step / 2)
    best = max(memory.recent(lambda facts: facts.grid_diversity), default=0.0)
    stuck = before and now.grid_diversity < 1.15 * median(before)
    if not (stuck or now.grid_diversity < 0.4 * best):
        return None
    return Verdict(
        "identical",
        "Mode collapse: the samples are all but identical, whatever z is.",
        MORE_VARIETY,
        (Evidence(ALIKE, now.grid_diversity, "below 0.2"),),
        "mode-collapse",
    )


@rule("scattered", times=8, on="scalars", after=EARLY, ticks=2)
def scattered(now: Facts, memory: Memory) -> Verdict | None:
    """The samples lie far beyond the reals, and do not come back."""
    before = memory.shown_around(now.step / 2)
    if now.grid_diversity is None or now.grid_diversity < 1.6 or len(before) < 2:
        return None
    if now.grid_diversity < 0.9 * median(before):
        return None
    return Verdict(
        "scattered",
        "The samples scatter far beyond the real ones and do not come back.",
        "Lower the learning rates, add a gradient penalty, and check that D is shown the data you "
        "mean.",
        (Evidence(ALIKE, now.grid_diversity, "1.6 or more"),),
        "learning-rate",
    )
