"""A run answers a question by its own figure, or says that it has not got there."""

from types import SimpleNamespace

import numpy as np
import pytest

from ganviz import probes  # noqa: F401  they declare what a run may log
from ganviz.classroom.questions import reading
from ganviz.config import RunConfig
from ganviz.engine.events import EventLog
from ganviz.engine.frames import FrameStore, Layout, make_frame
from ganviz.lessons.question import Question

MODES = Question(
    "How many of the eight modes?",
    ("None or one", "Two to seven", "All eight"),
    (1.5, 7.5),
    "modes",
    "{value:.0f} of 8 modes",
    "Why.",
    seconds=10,
)


def a_run(state="running", seconds=()):
    """A run that has logged a row at each of ``seconds``, a hundred steps to the second."""
    run = SimpleNamespace(state=state, events=EventLog(), status=lambda: {"step": 7})
    for at in seconds:
        run.events.append("scalars", 100 * at, elapsed=float(at), d_real=at / 20)
    return run


def with_metric(metric, **changes):
    about = {"ask": "?", "choices": ("low", "high"), "cuts": (0.5,), "figure": "{value:.2f}"}
    return Question(metric=metric, why="Why.", seconds=10, **{**about, **changes})


def test_a_figure_picks_the_choice_whose_range_it_lies_in():
    assert [MODES.choice(value) for value in (0, 1, 2, 7, 8)] == [0, 0, 1, 1, 2]
    assert MODES.choice(float("nan")) is None and MODES.said(8.0) == "8 of 8 modes"


@pytest.mark.parametrize(
    ("choices", "cuts"), [("a", ()), ("ab", ()), ("abc", (2, 1)), ("abcdef", (1, 2, 3, 4, 5))]
)
def test_a_question_has_choices_and_a_cut_between_each_two(choices, cuts):
    with pytest.raises(ValueError):
        with_metric("modes", choices=tuple(choices), cuts=cuts)


def test_the_first_measurement_after_the_time_decides():
    run = a_run(seconds=(1, 9))
    run.events.append("modes", 900, strict=2)
    early = reading(run, MODES)
    assert early.state == "waiting" and "at 9 s, step 900" in early.sentence
    run.events.append("scalars", 1000, elapsed=10.0)
    assert "next measurement" in reading(run, MODES).sentence
    run.events.append("modes", 1020, strict=8)
    run.events.append("modes", 1100, strict=1)
    known = reading(run, MODES)
    assert (known.state, known.choice, known.step) == ("known", 2, 1020)
    assert known.sentence == "At step 1,020: 8 of 8 modes."


def test_a_figure_that_is_told_late_counts_for_the_step_that_it_was_measured_at():
    run = a_run(seconds=(10,))
    run.events.append("fidelity", 1200, at=990, copies=0.1)
    run.events.append("fidelity", 2000, at=1500, copies=0.9)
    assert reading(run, with_metric("copies")).value == 0.9


def test_a_statistic_is_the_mean_of_the_rows_before():
    run = a_run(seconds=(6, 7, 8, 9, 10, 20))
    found = reading(run, with_metric("d_real"))
    assert found.value == pytest.approx(0.4) and found.choice == 0


def test_a_run_that_ended_early_says_so():
    for state in ("stopped", "interrupted", "failed"):
        found = reading(a_run(state, (4,)), MODES)
        assert (
            found.state == "missing"
            and "has not got there: it ended at 4 s, step 400" in found.sentence
        )
    assert "before the figure was measured" in reading(a_run("stopped", (11,)), MODES).sentence
    run = a_run("running", (11,))
    run.events.append("modes", 1100, strict=None)
    assert "not a number" in reading(run, MODES).sentence


def test_a_slow_machine_takes_longer_to_answer():
    slow = with_metric("d_real", steps=1500)
    run = a_run(seconds=(10, 12))
    assert "not before step 1,500" in reading(run, slow).sentence
    run.events.append("scalars", 1500, elapsed=15.0, d_real=0.2)
    assert reading(run, slow).step == 1500


def test_what_a_finished_run_has_come_to_decides():
    run = a_run("finished", (2, 4))
    assert reading(run, with_metric("d_real")).value == pytest.approx(0.15)
    assert reading(run, MODES).state == "missing"
    run.events.append("modes", 390, strict=8)
    assert reading(run, MODES).choice == 2


def test_breaking_down_can_be_the_answer():
    fails = with_metric("failed")
    assert reading(a_run("failed"), with_metric("failed", figure="")).sentence == "At step 7: high."
    assert reading(a_run("running", (3,)), fails).state == "waiting"
    assert reading(a_run("running", (11,)), fails).choice == 0


def test_figures_of_layers():
    run = a_run(seconds=(11,))
    ones = [1, 1, 1, 1]
    table = {"layers": ones, "kinds": ["linear", "norm", "linear", "linear"]}
    table |= {"gradient": [1e-6, 1, 1e-2, 1], "weight": ones, "update": ones}
    for step, weight in ((5, 1.0), (1200, 3.0)):
        about = {"generator": table, "discriminator": {"weight": [weight]}}
        run.events.append("gradients", step, at=step, networks=about)
    for step, nearest in ((100, [9, 1]), (600, [2, 8]), (1200, [9, 1]), (1300, [0, 0, 9])):
        run.events.append("modes", step, nearest=nearest)
    assert reading(run, with_metric("visited")).value == 2
    assert reading(run, with_metric("gradient_ratio")).value == pytest.approx(1e-4)
    assert reading(run, with_metric("d_weights")).value == 3


def test_figures_of_a_run_before_its_first_step():
    run = a_run(seconds=(11,))
    run.config = RunConfig.parse({"latent_dim": 64})
    assert reading(run, with_metric("midpoint")).value == pytest.approx(0.71, abs=0.03)
    board = np.zeros((4, 8, 8, 1), np.uint8)
    board[:, ::2, ::2] = board[:, 1::2, 1::2] = 200
    run.frames = FrameStore()
    assert reading(run, with_metric("nyquist")).state == "missing"
    run.frames.add(make_frame(board, Layout(2, 2, (), None), 0))
    assert reading(run, with_metric("nyquist")).value > 60
    run.frames.add(make_frame(np.repeat(board, 2, 1).repeat(2, 2), Layout(2, 2, (), None), 0))
    assert reading(run, with_metric("nyquist")).value < 1
