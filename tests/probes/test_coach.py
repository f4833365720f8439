"""The coach's rules on made-up facts: each verdict with its evidence, patience before it speaks,
and no reassurance without proof."""

import math
from dataclasses import replace

import pytest
import torch

from ganviz.algorithms.statistics import NonFinite
from ganviz.engine.diversity import Diversity, spread
from ganviz.engine.event_kinds import event_kinds
from ganviz.engine.events import Event
from ganviz.engine.run import Run
from ganviz.probes import default_observers
from ganviz.probes.coach import Coach, score_kind, weight_size
from ganviz.probes.facts import Collector, Facts, GameTraits
from ganviz.probes.verdicts import RULES, TOO_EARLY, UNCLEAR, Memory, judge
from ganviz.registry import LESSONS, OBJECTIVES

GAN = GameTraits(
    equilibrium={"loss_d": 1.386, "loss_g": 0.693}, sizes={"generator": 0.5, "discriminator": 0.5}
)
POINTS = GameTraits("points", equilibrium=GAN.equilibrium, sizes=GAN.sizes)
RAW = GameTraits(scores="raw", equilibrium={"loss_d": 0.0, "loss_g": None}, sizes=GAN.sizes)
VAE = GameTraits(adversary=False, scores="raw")
ALL = frozenset({"scalars", "outputs", "networks", "modes", "fidelity", "sharpness"})
GOOD = {
    "fid": 20.0, "coverage": 0.5, "classes": ["a"], "covered": 1, "at": 100, "copies": 0.0,
    "copies_real": 0.0, "confidence": 0.9,
}  # fmt: skip
BAD = {**GOOD, "fid": 80.0, "coverage": 0.1, "confidence": 0.5}


def network(gradient=(1.0, 1.0, 1.0), weight=(1.0, 1.0, 1.0), update=(5e-3, 5e-3, 5e-3)):
    return {
        "layers": ["1 linear", "2 linear", "3 linear"],
        "kinds": ["linear"] * 3,
        "count": [10, 10, 10],
        "gradient": list(gradient),
        "weight": list(weight),
        "update": list(update),
    }


def facts(step, game=GAN, accuracy=0.7, diversity=0.9, g=None, d=None, news=ALL, **more):
    """Facts of a run that goes well, with changes; further names are scalars."""
    tables = {name: more.pop(name, {}) for name in ("modes", "fidelity", "sharpness")}
    outputs = {
        "accuracy": accuracy, "diversity": diversity, "unit": "probability",
        "mean_fake": more.pop("mean_fake", 0.4),
    }  # fmt: skip
    scalars = {
        "loss_d": 1.0, "loss_g": 1.0, "d_real": 0.6, "d_fake": 0.4, "sample_diversity": diversity
    }  # fmt: skip
    networks = {"generator": g or network(), "discriminator": d or network()}
    return Facts(step, game, scalars | more, outputs, networks, news=news, **tables)


def modes(nearest, quality=0.9, strict=8, reverse_kl=0.01):
    return {
        "n": sum(nearest), "total": len(nearest), "nearest": nearest, "quality": quality,
        "strict": strict, "reverse_kl": reverse_kl,
    }  # fmt: skip


def ticks(values, **common):
    return [facts(200 * (i + 1), **{**common, **value}) for i, value in enumerate(values)]


def verdicts(sequence):
    memory, found = Memory(), []
    for now in sequence:
        verdict, memory = judge(now, memory)
        found.append(verdict)
    return found


def names(sequence):
    return [verdict.name for verdict in verdicts(sequence)]


FAULTS = [
    ("diverged", ticks([{"loss_g": 3.4e9, "loss_d": 0.0}] * 6), "largest loss"),
    ("diverged", ticks([{"loss_g": 400.0}] * 6, game=RAW), "largest loss"),
    ("starving", ticks([{"loss_d": 4e-4, "loss_g": 8.0}] * 10), "D's loss over"),
    (
        "d-winning",
        ticks([{"accuracy": 0.99, "g": network([10 ** (-i / 2)] * 3)} for i in range(14)]),
        "D accuracy",
    ),
    ("blind-d", ticks([{"d_real": 1.0, "d_fake": 0.99, "loss_d": 4e-4}] * 5 * 2,
                      game=GameTraits(equilibrium={"loss_d": None})), "D's verdict on reals"),
    ("blind-d", ticks([{"d_real": 0.03, "d_fake": 0.02}] * 10), "D's verdict on fakes"),
    ("g-winning", ticks([{"accuracy": 0.5, "mean_fake": 0.95}] * 14), "mean verdict"),
    ("identical", ticks([{"sample_diversity": 0.05}] * 30), "samples shown"),
    ("collapse", ticks([{"diversity": 0.1, "sample_diversity": 0.3}] * 14), "diversity"),
    ("missing-modes", ticks([{"modes": modes([1250, 1250] + [0] * 6)}] * 14, game=POINTS), "modes"),
    (
        "rare-modes",
        ticks([{"modes": modes([600] * 4 + [25] * 4, 0.45, 4, 0.88)}] * 30, game=POINTS),
        "reverse KL",
    ),
    (
        "hopping",
        ticks([{"modes": modes([2500 * (j == i % 8) for j in range(8)])} for i in range(16)],
              game=POINTS),
        "changes",
    ),
    ("oscillation", ticks([{"loss_g": 30.0 * (-1) ** i} for i in range(16)]), "change of G's loss"),
    ("vanishing", ticks([{"g": network([1e-7, 1e-3, 1.0])}] * 6), "1 linear"),
    ("exploding", ticks([{"d": network([5e3, 10.0, 1.0])}] * 6), "1 linear"),
    (
        "nan-ahead",
        ticks([{"g": network(weight=[4.0 * (1 + i)] * 3), "loss_g": 30.0} for i in range(10)]),
        "weights of the generator",
    ),
    ("nan-ahead", ticks([{"d": network(update=[0.5, 0.1, 0.1])}] * 6), "update-to-weight"),
    ("scattered", ticks([{"sample_diversity": 1.9}] * 30), "samples shown"),
    ("far-off", ticks([{"diversity": 1.7, "sample_diversity": 1.2}] * 14), "diversity"),
    ("memorising", ticks([{"fidelity": {**GOOD, "copies": 0.6}}] * 4), "copy"),
    ("blurred", ticks([{"sharpness": {"ratio": 0.25}}] * 14), "sharpness"),
    ("blurred", ticks([{"sharpness": {"ratio": 4.0}}] * 14), "sharpness"),
    ("unused-latents", ticks([{"in_use": 0.0, "elbo": -9.0}] * 14, game=VAE), "in use"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sequence", "figure"), FAULTS)
def test_every_fault_names_its_evidence(name, sequence, figure):
    *before, last = verdicts(sequence)
    assert last.name == name and last.tone == "alarm"
    payload = last.to_dict()
    assert payload["sentence"] and payload["try"] and payload["lesson"] in LESSONS.names()
    assert any(figure in evidence["figure"] for evidence in payload["evidence"])
    assert all(evidence["threshold"] for evidence in payload["evidence"])
    assert all(verdict.tone != "calm" for verdict in before), "no reassurance on the way"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_is_tried(rule):
    assert rule in {name for name, *_ in FAULTS} | {"missing-classes"}


def test_it_is_too_early_until_there_is_evidence():
    assert names([facts(7)] * 3) == ["too-early"] * 3
    assert names(ticks([{}] * 7)) == ["too-early"] * 7, "statistics of a few ticks prove nothing"
    assert verdicts([facts(5, news=frozenset({"scalars"}))])[0] == TOO_EARLY


def test_nothing_is_reassuring_without_proof_of_the_samples():
    assert names(ticks([{}] * 20))[-1] == "unclear", "no figure of the samples is known"
    assert names(ticks([{"fidelity": BAD}] * 20))[-1] == "unclear"
    assert UNCLEAR.tone == TOO_EARLY.tone == "idle"


def test_pictures_that_get_sharper_are_not_called_blurred():
    """Nor those of a VAE, which has words of its own."""
    better = [{"sharpness": {"ratio": 0.02 * (i + 1)}} for i in range(18)]
    assert "blurred" not in names(ticks(better))
    assert "blurred" not in names(ticks([{"sharpness": {"ratio": 0.2}}] * 14, game=VAE))


def test_learning_names_what_got_better():
    for extra, figure in (
        ({"fidelity": GOOD}, "coverage of the data"),
        (
            {"fidelity": {**GOOD, "fid": None, "coverage": None}, "sharpness": {"ratio": 0.9}},
            "sharpness",
        ),
        ({"modes": modes([300] * 8), "game": POINTS}, "share of the modes"),
    ):
        last = verdicts(ticks([{}] * 20, **extra))[-1]
        assert last.name == "learning" and last.tone == "calm"
        assert figure in last.evidence[0].figure
    better = [{"fidelity": {**BAD, "at": 1}}] * 10 + [
        {"fidelity": {**BAD, "fid": 40.0, "at": 2}}
    ] * 10
    assert names(ticks(better))[-1] == "learning"


@pytest.mark.parametrize(
    "doubt",
    [
        {"sample_diversity": 0.1}, {"diversity": 0.3}, {"accuracy": 0.995}, {"diversity": 1.45},
        {"fidelity": {**GOOD, "copies": 0.2}}, {"sharpness": {"ratio": 3.0}},
        {"g": network([1e-7, 1e-3, 1.0])},
    ],
)  # fmt: skip
def test_one_doubt_is_enough_to_say_nothing_reassuring(doubt):
    well = ticks([{}] * 20, fidelity=GOOD, sharpness={"ratio": 1.0})
    assert names(well)[-1] == "learning"
    now = facts(4200, **{"fidelity": GOOD, "sharpness": {"ratio": 1.0}, **doubt})
    assert verdicts([*well, now])[-1].tone == "idle"


def test_equilibrium_asks_for_good_samples():
    settled = {"accuracy": 0.53, "loss_d": 1.38, "loss_g": 0.7}
    last = verdicts(ticks([settled] * 12, fidelity=GOOD))[-1]
    assert last.name == "equilibrium" and last.tone == "calm" and last.lesson == "the-game"
    assert names(ticks([settled] * 12, fidelity=BAD))[-1] == "unclear"


def test_a_vae_has_words_of_its_own():
    figures = {"in_use": 0.8, "elbo": -100.0, "sharpness": {"ratio": 0.4}}
    *_, last = verdicts(ticks([figures] * 20, game=VAE, accuracy=None))
    assert last.name == "coding" and "Encoder and decoder" in last.sentence
    assert "softer" in last.sentence and last.lesson == "wgan-vs-vae"
    assert "discriminator" not in last.sentence.lower() and "both networks" not in last.sentence


def test_one_bad_measurement_in_three_is_not_told():
    bad = {"g": network([1e-7, 1e-3, 1.0])}
    assert "vanishing" not in names(ticks([bad, {}, {}] * 8))


def test_a_trembling_figure_does_not_make_it_stammer():
    bad = {"g": network([1e-7, 1e-3, 1.0])}
    assert names(ticks([bad] * 5 + [{}, bad] * 6))[4:] == ["vanishing"] * 13


def test_a_verdict_is_taken_back_when_all_is_well_again():
    bad = {"g": network([1e-7, 1e-3, 1.0])}
    assert names(ticks([bad] * 6 + [{}] * 12, fidelity=GOOD))[-1] == "learning"


def test_what_was_not_measured_anew_is_no_further_evidence():
    """D is measured once in twenty ticks: one bad measurement does not count twenty times."""
    bad = {"accuracy": 0.5, "mean_fake": 0.95}
    once = ticks([{**bad, "news": ALL if i == 0 else frozenset({"scalars"})} for i in range(20)])
    assert "g-winning" not in names(once)


def test_a_d_that_has_won_in_a_slow_run_is_told_before_many_steps():
    won = {"loss_d": 2e-3, "loss_g": -1e-3}

    def slow(values):
        return [facts(10 * (i + 5), **values) for i in range(14)]

    assert names(slow({**won, "sample_diversity": 0.13}))[-1] == "starving"
    assert "starving" not in names(slow({**won, "sample_diversity": 0.6})), "G moves on"
    assert "starving" not in names(slow({"loss_d": 0.05, "sample_diversity": 0.13}))


def test_the_lesson_is_that_of_the_loss():
    flat, steep = (
        verdicts(ticks([{"loss_d": 4e-4, "loss_g": loss}] * 10))[-1].lesson for loss in (-4e-4, 8.0)
    )
    assert (flat, steep) == ("vanishing-gradient", "d-too-strong")
    critic = verdicts(ticks([{"loss_g": 400.0}] * 6, game=RAW))[-1]
    assert critic.lesson == "lipschitz" and critic.advice.startswith("Bound the critic")


def test_a_rule_is_not_asked_before_there_is_enough_to_judge_by():
    bad = facts(5000, diversity=0.1, sample_diversity=0.1)
    for one in RULES.values():
        assert one.finding(replace(bad, step=one.after - 1), Memory()) is None or not one.after
    assert RULES["collapse"].finding(bad, Memory(past=(bad,))) is None


def test_a_generator_that_is_still_spreading_out_has_not_collapsed():
    growing = [{"diversity": min(0.1 * 1.12**i, 1.0)} for i in range(24)]
    assert not {"collapse", "identical"} & set(names(ticks(growing)))


def test_missing_classes_are_told_after_the_second_measurement():
    def measured(at, covered):
        table = {**BAD, "fid": 50.0, "classes": list("0123456789"), "covered": covered, "at": at}
        return {"fidelity": {**table, "confidence": 0.9}, "diversity": 0.7}

    assert "missing-classes" not in names(ticks([measured(600, 4)] * 12))
    assert "missing-classes" in names(ticks([measured(600, 4)] * 6 + [measured(900, 3)] * 3))
    assert "missing-classes" not in names(ticks([measured(600, 4)] * 6 + [measured(900, 5)] * 3))


def test_unknown_figures_are_no_evidence():
    bare = [Facts(200 * i, GAN, outputs={"diversity": None}, news=ALL) for i in range(1, 15)]
    broken = ticks([{"accuracy": None, "loss_d": math.nan, "sample_diversity": math.nan,
                     "g": network([math.nan] * 3, [math.inf] * 3)}] * 14)  # fmt: skip
    for sequence in (bare, broken):
        assert set(names(sequence)) <= {"too-early", "unclear"}


def test_it_is_a_pure_function_with_bounded_memory():
    memory = Memory()
    for now in ticks([{}] * 300):
        first, again = judge(now, memory), judge(now, memory)
        assert first == again
        memory = first[1]
    assert len(memory.past) <= 41 and len(memory.ticks) <= 121
    assert memory.past[0].step == memory.ticks[0].step == 200
    assert set(memory.strikes) == set(RULES)


def test_facts_are_gathered_from_events():
    collector = Collector(POINTS)
    assert collector.gather([Event(1, "note", 5, 0.0, {})], {}, 5) is None
    now = collector.gather(
        [Event(1, "modes", 5, 0.0, {"strict": 3})], {"loss_g": [1.0, 2.0, float("nan")]}, 5
    )
    assert now.news == {"modes", "scalars"} and now.scalars == {"loss_g": 1.5}
    later = collector.gather([Event(2, "outputs", 9, 0.0, {"accuracy": 0.8})], {}, 9)
    assert later.news == {"outputs"} and later.accuracy == 0.8 and later.modes == {"strict": 3}
    assert later.game is POINTS and later.step == 9


def test_spread_is_of_the_class_where_the_class_is_told():
    x = torch.tensor([[0.0], [2.0], [10.0], [12.0]])
    y = torch.tensor([0, 0, 1, 1])
    assert spread(x, y) == pytest.approx(math.sqrt(4 / 2))
    assert spread(x[:2]) == 1.0
    assert Diversity(x, y).of(x, y) == pytest.approx(1.0)
    assert Diversity(x, None).of(x.mean(0, keepdim=True).expand(4, 1), None) == 0.0
    assert math.isnan(Diversity(torch.zeros(4, 1), None).of(x, None))


def test_what_the_game_is_comes_from_its_traits():
    kinds = {name: score_kind(entry) for name, entry in OBJECTIVES}
    assert kinds["non-saturating"] == "probability" and kinds["relativistic"] == "beside"
    assert kinds["hinge"] == kinds["wasserstein"] == score_kind(None) == "raw"
    layer = torch.nn.Linear(3, 1, bias=False)
    torch.nn.init.constant_(layer.weight, -2.0)
    assert weight_size(layer) == 2.0


def test_the_coach_speaks_when_its_verdict_changes(lab):
    run = lab()
    coach = run.watched_by(Coach())
    for step in range(8):
        run.trainer.step()
        run.log("gradients", at=step, networks={"generator": network([1e-7, 1e-3, 1.0])})
        run.log("outputs", accuracy=0.7, diversity=0.9, unit="probability", mean_fake=0.4)
        coach.tick()
    assert [told["name"] for told in run.told("coach")] == ["too-early", "vanishing"]
    coach.fail(NonFinite("loss_g"))
    last = run.told("coach")[-1]
    assert last["name"] == "nan" and "loss_g became NaN" in last["sentence"]
    assert last["lesson"] == "learning-rate"


def test_after_a_nan_the_coach_says_so(config):
    observers = default_observers()
    run = Run(config(mistake="hidden-layer", steps=200), observers=observers).start()
    assert run.join(60) and run.state == "failed"
    spoken = [event.data for event in run.events.since(0, ("coach",))]
    assert spoken[-1]["name"] == "nan" and spoken[-1]["tone"] == "alarm"
    assert spoken[-1]["lesson"] == "no-probability", "no learning rate is to blame at step 1"
    assert "coach" in {kind.name for kind in event_kinds() if kind.recalled}


def test_a_dead_training_is_never_called_healthy(config, tmp_path):
    """Learning rates of 10: the losses blow up at once, and the samples are one picture."""
    run = Run(config(g_lr=10.0, d_lr=10.0, steps=1500), data_root=tmp_path,
              observers=[Coach()]).start()  # fmt: skip
    assert run.join(120)
    spoken = [event.data for event in run.events.since(0, ("coach",))]
    assert all(data["tone"] != "calm" for data in spoken)
    assert spoken[-1]["tone"] == "alarm"
