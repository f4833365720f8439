"""The coach's rules on samples: too few kinds of them, too far from the reals, copies, empty codes;
and what a run must show before anybody is reassured."""

from __future__ import annotations

from ganviz.probes.coach_rules import MORE_VARIETY
from ganviz.probes.facts import Facts
from ganviz.probes.verdicts import (
    EARLY,
    GROWN,
    Evidence,
    Memory,
    Verdict,
    median,
    reassurance,
    rule,
)

DIVERSITY = "diversity of the fakes (mean distance, over the reals')"


@rule("g-winning", times=4, on="outputs", measurements=4)
def g_winning(now: Facts, memory: Memory) -> Verdict | None:
    """D takes the fakes for real, although they are not like the reals."""
    if (
        now.accuracy is None
        or now.accuracy > 0.6
        or now.outputs.get("unit") != "probability"
        or now.outputs["mean_fake"] < 0.8
    ):
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


@rule("collapse", times=4, on="outputs", after=EARLY, measurements=2)
def collapse(now: Facts, memory: Memory) -> Verdict | None:
    """The fakes are much more alike than the reals, and it is not getting better."""
    half = memory.around(now.step / 2)
    if now.diversity is None or len(half) < 2:
        return None
    latest = [facts.diversity for facts in memory.past[-2:] if facts.diversity is not None]
    later = median([now.diversity, *latest])
    before = median([facts.diversity for facts in half if facts.diversity is not None])
    fell = now.diversity < 0.4 * max(memory.values(lambda facts: facts.diversity))
    stuck = memory.grown(now) and later < 1.15 * before
    if now.diversity >= 0.25 or not (fell or stuck):
        return None
    return Verdict(
        "collapse",
        "Mode collapse: the generator draws nearly the same sample again and again.",
        MORE_VARIETY,
        (Evidence(DIVERSITY, now.diversity, "below 0.25"),),
        "mode-collapse",
    )


@rule("missing-modes", times=4, on="outputs", after=EARLY, measurements=2)
def missing_modes(now: Facts, memory: Memory) -> Verdict | None:
    """Samples come from half of the modes or fewer, and there are not more of them than before."""
    half = memory.around(now.step / 2)
    if now.modes_reached is None or len(half) < 2:
        return None
    if now.modes_reached > now.modes["total"] / 2:
        return None
    if now.modes_reached > min(facts.modes_reached or 0 for facts in half):
        return None
    return Verdict(
        "missing-modes",
        f"Modes are missing: samples come from {now.modes_reached} of {now.modes['total']} modes.",
        MORE_VARIETY,
        (Evidence("modes reached", now.modes_reached, f"half of {now.modes['total']} or fewer"),),
        "mode-collapse",
    )


@rule("rare-modes", times=6, on="outputs", after=GROWN, measurements=4)
def rare_modes(now: Facts, memory: Memory) -> Verdict | None:
    """Good samples come from half of the modes or fewer in more than a few cases, the shares are
    far from the data's, and neither is getting better: the other modes are only grazed."""
    divergence = now.modes.get("reverse_kl")
    if not now.modes or divergence is None or now.modes["quality"] < 0.25:
        return None
    half = [facts.modes for facts in memory.around(now.step / 2) if facts.modes]
    before = [modes["reverse_kl"] for modes in half if modes["reverse_kl"] is not None]
    if len(before) < 2 or not memory.grown(now):
        return None
    few = now.modes["strict"] <= min(now.modes["total"] / 2, *(modes["strict"] for modes in half))
    if not few or divergence < max(0.5, 0.85 * median(before)):
        return None
    return Verdict(
        "rare-modes",
        f"Modes are missing: nearly all good samples come from {now.modes['strict']} of "
        f"{now.modes['total']} modes.",
        MORE_VARIETY,
        (
            Evidence("modes with a fair share", now.modes["strict"], "half or fewer"),
            Evidence("reverse KL of the modes' shares, in nats", divergence, "0.5 or more"),
        ),
        "mode-collapse",
    )


@rule("missing-classes", times=1, on="fidelity")
def missing_classes(now: Facts, memory: Memory) -> Verdict | None:
    """Clear pictures of few classes, twice in a row, and no nearer to the data than before."""
    new = now.fidelity
    before = (facts.fidelity for facts in reversed(memory.past) if facts.fidelity)
    old = next((figures for figures in before if figures["at"] < new.get("at", 0)), {})
    if not old.get("classes") or old["at"] < GROWN / 2 or not memory.grown(now):
        return None
    half = len(new["classes"]) / 2
    clear = new["confidence"] >= 0.75 and now.diversity is not None and now.diversity < 0.8
    few = new["covered"] <= old["covered"] <= half
    if not (clear and few and new["fid"] >= 0.85 * old["fid"]):
        return None
    return Verdict(
        "missing-classes",
        f"Classes are missing: only {new['covered']} of {len(new['classes'])} are drawn.",
        MORE_VARIETY,
        (
            Evidence("classes covered, twice in a row", new["covered"], f"{half:g} or fewer"),
            Evidence("confidence of the classifier", new["confidence"], "0.75 or more"),
        ),
        "mode-collapse",
    )


@rule("far-off", times=5, on="outputs", after=EARLY, measurements=2)
def far_off(now: Facts, memory: Memory) -> Verdict | None:
    """The fakes scatter far beyond the reals, and do not come back."""
    half = memory.around(now.step / 2)
    if now.diversity is None or now.diversity < 1.5 or len(half) < 2:
        return None
    before = median([facts.diversity for facts in half if facts.diversity is not None])
    if now.diversity < 0.9 * before:
        return None
    return Verdict(
        "far-off",
        "The fakes scatter far beyond the real samples and do not come back.",
        "Lower the learning rates, add a gradient penalty, and check that D is shown the data you "
        "mean.",
        (Evidence(DIVERSITY, now.diversity, "1.5 or more"),),
        "learning-rate",
    )


@rule("memorising", times=1, on="fidelity")
def memorising(now: Facts, memory: Memory) -> Verdict | None:
    """Fakes sit on top of single training samples."""
    copies, usual = now.fidelity.get("copies"), now.fidelity.get("copies_real")
    if copies is None or usual is None or copies < 0.25 or copies - usual < 0.2:
        return None
    return Verdict(
        "memorising",
        f"The generator seems to copy training samples: {copies:.0%} of its pictures are far "
        "nearer to one of them than to any other.",
        "Use more data, DiffAugment, or stop earlier.",
        (
            Evidence("fakes that copy a training sample", copies, "0.25 or more"),
            Evidence("the same for reals among the others", usual, "0.2 lower"),
        ),
        "memorisation",
    )


SHARP, GRAINY = 0.4, 3.0


@rule("blurred", times=3, on="sharpness", measurements=2)
def blurred(now: Facts, memory: Memory) -> Verdict | None:
    """Varied pictures of which anybody sees that they are blurred, or grainy, and stay so. (A VAE's
    are soft by nature, and its own words say so.)"""
    ratio = now.sharpness.get("ratio")
    if not now.game.adversary or ratio is None or SHARP <= ratio <= GRAINY:
        return None
    before = [
        facts.sharpness["ratio"]
        for facts in memory.around(now.step / 2)
        if facts.sharpness.get("ratio") is not None
    ]
    if len(before) < 2 or not memory.grown(now):
        return None
    soft = ratio < SHARP
    if ratio > 1.15 * median(before) if soft else ratio < 0.87 * median(before):
        return None
    return Verdict(
        "blurred",
        f"The pictures are {'blurred' if soft else 'grainy'}, and stay so: D does not object to "
        f"{'edges that are missing' if soft else 'noise where the data is smooth'}.",
        "Give D a higher learning rate, more steps or more width, and let instance noise fade; "
        "convolutions draw neighbouring pixels alike.",
        (
            Evidence(
                "sharpness, over the data's",
                ratio,
                f"below {SHARP:g}" if soft else f"above {GRAINY:g}",
            ),
        ),
        "d-too-weak",
    )


@rule("unused-latents", times=8, on="scalars", after=2 * EARLY)
def unused_latents(now: Facts, memory: Memory) -> Verdict | None:
    """A VAE whose code says nothing of the picture."""
    share = now.scalars.get("in_use")
    if share is None or share > 0.02:
        return None
    return Verdict(
        "unused-latents",
        "The code is empty: the decoder draws the same whatever the encoder tells it.",
        "Lower beta, or give the encoder more width.",
        (Evidence("share of latent numbers in use", share, "0.02 or less"),),
        "beta-vae",
    )


# -- what reassures --------------------------------------------------------------------------------
@reassurance
def equilibrium(now: Facts, memory: Memory) -> Verdict | None:
    """Both losses are where a perfect generator would leave them, and the fakes are as good and as
    varied as the reals."""
    lines = {
        name: value
        for name, value in now.game.equilibrium.items()
        if value is not None and name in now.scalars
    }
    if not lines or now.accuracy is None or abs(now.accuracy - 0.5) > 0.12:
        return None
    for name, value in lines.items():
        if abs(now.scalars[name] - value) > 0.08 * max(abs(value), 0.5):
            return None
    if now.diversity is None or not 0.8 <= now.diversity <= 1.2 or not _samples_good(now):
        return None
    return Verdict(
        "equilibrium",
        "Close to equilibrium: D can hardly tell fakes from reals; the losses are near their "
        "lines.",
        "Let it run for finer detail, or stop here.",
        (
            Evidence("D accuracy", now.accuracy, "0.38 to 0.62"),
            Evidence(DIVERSITY, now.diversity, "0.8 to 1.2"),
        ),
        "the-game",
        tone="calm",
    )


@reassurance
def learning(now: Facts, memory: Memory) -> Verdict | None:
    """The samples are as varied as the data, get nearer to it or are near, and D does not run
    away."""
    if not now.game.adversary or now.diversity is None or not 0.6 <= now.diversity <= 1.35:
        return None
    if now.grid_diversity is not None and not 0.5 <= now.grid_diversity <= 1.35:
        return None
    if now.accuracy is not None and now.accuracy >= 0.98:
        return None
    progress = _progress(now, memory)
    if progress is None:
        return None
    return Verdict(
        "learning",
        "Both networks are learning: the samples are varied and come nearer to the data.",
        evidence=(progress, Evidence(DIVERSITY, now.diversity, "0.6 to 1.35")),
        tone="calm",
    )


@reassurance
def coding(now: Facts, memory: Memory) -> Verdict | None:
    """A VAE: the bound rises or stands, its code is used, and its samples are varied."""
    share, bound = now.scalars.get("in_use"), now.scalars.get("elbo")
    if now.game.adversary or share is None or bound is None or share < 0.05:
        return None
    before = memory.recent(lambda facts: facts.scalars.get("elbo"))
    if len(before) < 2 or bound < before[len(before) // 2] - 0.05 * abs(bound):
        return None
    if now.diversity is None or not 0.3 <= now.diversity <= 1.4:
        return None
    blur = now.sharpness.get("ratio")
    soft = (
        ""
        if blur is None or blur >= 0.7
        else " Its pictures are softer than the data, as a VAE's are."
    )
    return Verdict(
        "coding",
        f"Encoder and decoder are learning to tell samples apart by their code.{soft}",
        evidence=(
            Evidence("share of latent numbers in use", share, "0.05 or more"),
            Evidence("ELBO, nats per sample", bound, "no lower than half way back"),
        ),
        lesson="wgan-vs-vae" if soft else "",
        tone="calm",
    )


def _progress(now: Facts, memory: Memory) -> Evidence | None:
    """A figure of the samples that is good, or better than before."""
    if now.game.kind == "points":
        return _progress_of_points(now)
    if not now.fidelity or _copied(now):
        return None
    ratio = now.sharpness.get("ratio")
    if ratio is not None and not 0.4 <= ratio <= 2.0:
        return None
    if now.fidelity.get("fid") is None:
        # without labels there are no features: varied, sharp and no copies is what can be known
        return None if ratio is None else Evidence("sharpness, over the data's", ratio, "0.4 to 2")
    first = next((facts.fidelity for facts in memory.past if facts.fidelity.get("fid")), None)
    if (now.fidelity["coverage"] or 0.0) >= 0.3:
        return Evidence("coverage of the data", now.fidelity["coverage"], "0.3 or more")
    if first and first["at"] < now.fidelity["at"] and now.fidelity["fid"] <= 0.8 * first["fid"]:
        return Evidence("FID over the first one", now.fidelity["fid"] / first["fid"], "<= 0.8")
    return None


def _progress_of_points(now: Facts) -> Evidence | None:
    if not now.modes:
        close = now.accuracy is not None and now.accuracy <= 0.75
        return Evidence("D accuracy", now.accuracy or 0.0, "0.75 or less") if close else None
    share = now.modes["strict"] / now.modes["total"]
    good = share >= 0.75 and now.modes["quality"] >= 0.25
    return Evidence("share of the modes reached", share, "0.75 or more") if good else None


def _copied(now: Facts) -> bool:
    return (now.fidelity.get("copies") or 0.0) - (now.fidelity.get("copies_real") or 0.0) >= 0.1


def _samples_good(now: Facts) -> bool:
    """Whether what can be measured of the samples themselves is good: a D that learns nothing is at
    its line as well."""
    if now.modes:
        return now.modes["strict"] >= 0.9 * now.modes["total"] and now.modes["quality"] >= 0.5
    if now.fidelity.get("fid") is not None:
        return (now.fidelity["coverage"] or 0.0) >= 0.5
    return now.game.kind == "points"
