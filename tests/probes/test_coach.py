"""The coach's rules on made-up looks: each verdict with its evidence, patience before it speaks,
silence where all is well."""

import pytest

from ganviz.engine.events import Event
from ganviz.probes.coach import CALM, LEARNING, RULES, Coach, Memory, verdict
from ganviz.probes.facts import Collector, Facts
from ganviz.registry import LESSONS


def network(gradient=(1.0, 1.0, 1.0), weight=(1.0, 1.0, 1.0), update=(5e-3, 5e-3, 5e-3)):
    return {
        "layers": ["1 linear", "2 linear", "3 linear"],
        "kinds": ["linear"] * 3,
        "count": [10, 10, 10],
        "gradient": list(gradient),
        "weight": list(weight),
        "update": list(update),
    }


def look(
    step,
    accuracy=0.7,
    diversity=0.9,
    g=None,
    d=None,
    modes=None,
    fidelity=None,
    kind="images",
    **scalars,
):
    outputs = {
        "accuracy": accuracy,
        "diversity": diversity,
        "unit": "probability",
        "mean_fake": scalars.pop("mean_fake", 0.4),
    }
    return Facts(
        step,
        kind,
        scalars or {"loss_d": 1.0, "loss_g": 1.0},
        {"loss_d": 1.386, "loss_g": 0.693},
        outputs,
        {"generator": g or network(), "discriminator": d or network()},
        modes or {},
        fidelity or {},
    )


def listen(looks):
    """The verdict at each look."""
    memory, said = Memory(), []
    for facts in looks:
        spoken, memory = verdict(facts, memory)
        said.append(spoken)
    return said


def last_words(*looks):
    said = listen(looks)
    return said[-1], [verdict.name for verdict in said]


def modes(nearest, quality=0.9, strict=8):
    return {
        "n": sum(nearest),
        "total": len(nearest),
        "nearest": nearest,
        "quality": quality,
        "strict": strict,
    }


def at(values, **common):
    return [look(200 * (i + 1), **common, **value) for i, value in enumerate(values)]


def test_all_well_is_said_in_one_word():
    said = listen(at([{}] * 20))
    assert all(spoken == LEARNING for spoken in said)


@pytest.mark.parametrize(
    ("name", "looks", "figure"),
    [
        (
            "d-winning",
            at([{"accuracy": 0.99, "g": network([10 ** (-i / 2)] * 3)} for i in range(14)]),
            "D accuracy",
        ),
        ("g-winning", at([{"accuracy": 0.5, "mean_fake": 0.95}] * 14), "mean verdict"),
        ("collapse", at([{"diversity": 0.1}] * 14), "diversity"),
        (
            "collapse",
            at([{"kind": "points", "modes": modes([1250, 1250] + [0] * 6)}] * 14),
            "modes reached",
        ),
        (
            "oscillation",
            at(
                [
                    {"kind": "points", "modes": modes([2500 * (j == i % 8) for j in range(8)])}
                    for i in range(16)
                ]
            ),
            "changes",
        ),
        (
            "oscillation",
            at([{"loss_g": 30.0 * (-1) ** i} for i in range(16)]),
            "change of G's loss",
        ),
        ("vanishing", at([{"g": network([1e-7, 1e-3, 1.0])}] * 6), "1 linear"),
        ("exploding", at([{"d": network([5e3, 10.0, 1.0])}] * 6), "1 linear"),
        (
            "nan-ahead",
            at([{"g": network(weight=[2.0 * (1 + i)] * 3), "loss_g": 100.0} for i in range(10)]),
            "weights of the generator",
        ),
        ("nan-ahead", at([{"d": network(update=[0.5, 0.1, 0.1])}] * 6), "update-to-weight"),
        ("diverged", at([{"diversity": 1.7}] * 14), "diversity"),
        (
            "memorising",
            at([{"fidelity": {"copies": 0.6, "copies_real": 0.01, "at": 1}}] * 4),
            "copy",
        ),
        (
            "equilibrium",
            at([{"accuracy": 0.53, "loss_d": 1.38, "loss_g": 0.7, "kind": "points"}] * 12),
            "D accuracy",
        ),
    ],
)
def test_every_verdict_names_its_evidence(name, looks, figure):
    spoken, heard = last_words(*looks)
    assert spoken.name == name
    told = spoken.to_dict()
    assert told["sentence"] and told["try"] and told["lesson"] in LESSONS.names()
    assert any(figure in evidence["figure"] for evidence in told["evidence"])
    assert all(evidence["threshold"] for evidence in told["evidence"])
    assert heard[0] == "learning" or name == "memorising", "one look is not enough"
    assert (name in CALM) == (name == "equilibrium")


def test_one_bad_look_in_three_is_not_told():
    bad, fine = {"g": network([1e-7, 1e-3, 1.0])}, {}
    assert set(last_words(*at([bad, fine, fine] * 8))[1]) == {"learning"}


def test_a_trembling_figure_does_not_make_it_stammer():
    bad, fine = {"g": network([1e-7, 1e-3, 1.0])}, {}
    said = listen(at([bad] * 5 + [fine, bad] * 6))
    names = [spoken.name for spoken in said]
    assert names[4:] == ["vanishing"] * 13
    assert all(spoken.sentence for spoken in said)


def test_a_verdict_is_taken_back_when_all_is_well_again():
    assert last_words(*at([{"g": network([1e-7, 1e-3, 1.0])}] * 6 + [{}] * 8))[0].name == "learning"


def test_a_generator_that_is_still_spreading_out_has_not_collapsed():
    growing = [{"diversity": 0.1 * 1.12**i} for i in range(14)]
    assert set(last_words(*at(growing))[1]) == {"learning"}


def test_a_blind_d_at_its_line_is_no_equilibrium_while_the_pictures_are_bad():
    bad = {
        "fid": 80.0,
        "coverage": 0.1,
        "classes": ["a"],
        "covered": 1,
        "at": 1,
        "copies": 0.0,
        "copies_real": 0.0,
        "confidence": 0.5,
    }
    looks = at([{"accuracy": 0.5, "loss_d": 1.386, "loss_g": 0.693, "fidelity": bad}] * 12)
    assert last_words(*looks)[0].name == "learning"


def test_missing_classes_are_told_after_the_second_measurement():
    def measured(at, covered):
        return {
            "fidelity": {
                "fid": 50.0,
                "coverage": 0.2,
                "classes": list("0123456789"),
                "covered": covered,
                "at": at,
                "confidence": 0.9,
                "copies": 0.0,
                "copies_real": 0.0,
            },
            "diversity": 0.7,
        }

    assert set(last_words(*at([measured(600, 4)] * 12))[1]) == {"learning"}
    assert last_words(*at([measured(600, 4)] * 6 + [measured(900, 3)] * 8))[0].name == "collapse"
    assert set(last_words(*at([measured(600, 4)] * 6 + [measured(900, 5)] * 8))[1]) == {
        "learning"
    }, "it is getting better"


def test_unknown_figures_are_no_evidence():
    bare = [Facts(200 * i, outputs={"diversity": None}) for i in range(1, 15)]
    broken = [
        Facts(
            200 * i,
            outputs={"diversity": 0.9, "accuracy": None},
            networks={"generator": network([float("nan")] * 3, [float("inf")] * 3)},
        )
        for i in range(1, 15)
    ]
    for looks in (bare, broken):
        assert {spoken.name for spoken in listen(looks)} == {"learning"}


def test_it_is_a_pure_function_with_bounded_memory():
    memory = Memory()
    for facts in at([{}] * 200):
        first, again = verdict(facts, memory), verdict(facts, memory)
        assert first == again
        memory = first[1]
    assert len(memory.past) <= 41 and memory.past[0].step == 200
    assert set(memory.strikes) == set(RULES)


def test_facts_are_gathered_from_events():
    collector = Collector("points", {"loss_g": 0.7})
    assert (
        collector.take(
            [Event(1, "modes", 5, 0.0, {"strict": 3})], {"loss_g": [1.0, 2.0, float("nan")]}, 5
        )
        is None
    )
    facts = collector.take(
        [Event(2, "outputs", 9, 0.0, {"accuracy": 0.8, "diversity": 0.5})], {}, 9
    )
    assert (
        facts.step == 9
        and facts.accuracy == 0.8
        and facts.scalars == {"loss_g": 1.5}
        and facts.modes == {"strict": 3}
    )


def test_the_coach_speaks_when_its_verdict_changes(lab):
    run = lab()
    coach = run.watched_by(Coach())
    run.log("outputs", accuracy=0.7, diversity=0.9, unit="probability", mean_fake=0.4)
    coach.tick()
    for step in range(8):
        run.trainer.step()
        run.log("gradients", at=step, networks={"generator": network([1e-7, 1e-3, 1.0])})
        run.log("outputs", accuracy=0.7, diversity=0.9, unit="probability", mean_fake=0.4)
        coach.tick()
    assert [told["name"] for told in run.told("coach")] == ["learning", "vanishing"]
