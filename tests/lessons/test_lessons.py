"""Lessons are short, lead to set-ups and lessons that exist, and cover every mistake."""

import re

import pytest

from benchmarks import lessons
from ganviz.classroom import questions
from ganviz.classroom.polls import MAX_ASK, MAX_CHOICE
from ganviz.lessons import LEVELS, Promise
from ganviz.registry import LESSONS, PRESETS
from ganviz.server.lessons import as_data, preset

NAMES = LESSONS.names()
STATISTICS = {"loss_d", "loss_g", "d_real", "d_fake", "kl", "in_use", "sample_diversity"}
METRICS = {*questions.METRICS, *questions.AT_START, questions.FAILED, *STATISTICS}
FIVE = ("mlp-gan", "minimax-gan", "virtual-data", "wgan-vs-vae", "gradient-flow")
COACH = (
    "learning-rate",
    "gradients-and-depth",
    "d-too-strong",
    "d-too-weak",
    "oscillation",
    "mode-collapse",
    "memorisation",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_short_and_leads_somewhere(name):
    lesson = LESSONS.get(name)
    assert lesson.name == name and lesson.title
    assert 80 <= len(lesson.text.split()) <= 150
    assert lesson.line.endswith(".") and len(lesson.line) <= 120
    assert lesson.presets and set(lesson.presets) <= set(PRESETS.names())
    assert lesson.watch and all(
        point.endswith((".", "?")) or point.endswith(")") for point in lesson.watch
    )
    assert not re.search(r"[A-Z]+_MEASURED", lesson.text)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_lessons_or_papers(name):
    lesson = LESSONS.get(name)
    for words in (lesson.text, *lesson.watch):
        for target in re.findall(r"\]\(([^)]+)\)", words):
            assert (
                target.removeprefix("#") in NAMES
                if target.startswith("#")
                else target.startswith("https://")
            ), target
        assert words.count("$") % 2 == 0 and words.count("**") % 2 == 0


def test_every_mistake_and_every_system_has_a_lesson():
    taught = {preset for _, lesson in LESSONS for preset in lesson.presets}
    mistakes = {name for name, item in PRESETS if item.group == "Mistakes"}
    assert mistakes <= taught and set(FIVE) <= taught


def test_what_the_coach_points_to_exists():
    assert set(COACH) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_has_a_level_and_a_group(name):
    lesson = LESSONS.get(name)
    assert lesson.level in LEVELS and lesson.group


def test_a_group_stands_together_and_goes_from_easy_to_deep():
    groups = [lesson.group for _, lesson in LESSONS]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)
    for group in set(groups):
        levels = [LEVELS.index(one.level) for _, one in LESSONS if one.group == group]
        assert levels == sorted(levels)
    assert next(iter(LESSONS))[1].level == LEVELS[0]


def test_texts_are_narrow_enough_to_edit():
    wide = [name for name, one in LESSONS for line in one.text.split("\n") if len(line) > 100]
    assert not wide


def test_promises_are_about_set_ups_that_the_lesson_opens():
    for name, one in LESSONS:
        for promise in one.promises:
            assert promise.preset in PRESETS.names(), name
            assert promise.low > float("-inf") or promise.high < float("inf"), name
            assert promise.metric in {*METRICS, *lessons.EXPERIMENTS}, name
            assert promise.preset in lessons.PACES, name
            assert promise.seconds <= 30, name
        promised = {promise.preset for promise in one.promises}
        assert one.presets[0] in promised, f"{name} opens another set-up first"


def test_every_lesson_asks_a_question_that_its_run_answers():
    for name, one in LESSONS:
        question = one.question
        assert question is not None, name
        assert question.metric in METRICS, name
        assert one.question_preset in one.presets, name
        assert question.ask.endswith("?") and question.why.endswith("."), name
        assert len(question.ask) <= MAX_ASK, name
        assert all(len(choice) <= MAX_CHOICE for choice in question.choices), name
        assert question.said(1.0), name


def test_a_page_knows_what_the_lab_shows_of_a_lesson():
    modes = as_data("mode-collapse", LESSONS.get("mode-collapse"))
    assert modes["question"]["measure"] == "modes-strict"
    assert all(one["lab"] for one in modes["presets"])
    pictures = as_data("wgan-vs-vae", LESSONS.get("wgan-vs-vae"))
    plays = {one["name"]: one["lab"] for one in pictures["presets"]}
    assert not plays["vae"] and plays["wgan-vs-vae"]
    assert preset("ring8-vae")["lab"], "a VAE's points lie in the plane"


def test_a_promise_is_held_to_its_bounds():
    promise = Promise("modes", "ring8-r1", low=8)
    assert promise.sentence == "modes of ring8-r1 at 30 s at least 8"
    assert (
        Promise("modes", "ring8", high=2, seconds=5).sentence == "modes of ring8 at 5 s at most 2"
    )
    assert promise.holds(8) and not promise.holds(7) and not promise.holds(float("nan"))
    kept = lessons.Kept("mode-collapse", promise, [8, 8, 8, 8, 2])
    assert kept.kept == 4 and kept.enough
    assert not lessons.Kept("mode-collapse", promise, [8, 8, 8, 2, 2]).enough


def test_a_promise_may_be_about_how_far_seeds_lie_apart():
    promise = Promise("modes", "ring8", low=3, seconds=5, over="range")
    assert promise.sentence.startswith("range over seeds of modes of ring8")
    assert lessons.Kept("luck", promise, [4, 8, 5]).enough
    assert not lessons.Kept("luck", promise, [6, 8, 7]).enough


def test_promises_are_measured_as_a_question_is_answered():
    """What shows before the first step, what fails at once, and the rest after a few steps."""
    at_start = Promise("gradient_ratio", "deep-sigmoid", high=1e-4, seconds=0)
    modes = Promise("modes", "deep-sigmoid", low=0, seconds=0)
    found = lessons.measure([at_start, modes], 0, "data", pace=0.01)
    assert at_start.holds(found[0]) and modes.holds(found[1])
    fails = Promise("failed", "minimax-gan-mistake", low=1, settings={"data": "digits"})
    assert lessons.measure([fails], 0, "data", pace=1.0) == [1.0]
    changes = {"data": "digits", "image_size": 8, "batch_size": 8}
    pictures = [
        Promise(metric, "mlp-gan", low=0, seconds=1, settings=changes)
        for metric in ("sample_diversity", "d_accuracy", "d_weights", "sharpness", "nyquist")
    ]
    found = lessons.measure(pictures, 0, "data", pace=0.05)
    assert all(one.holds(value) for one, value in zip(pictures, found, strict=True))


def test_promises_of_one_set_up_share_a_training():
    kept = [lessons.Kept(name, one) for name, lesson in LESSONS for one in lesson.promises]
    shared = [{one.lesson for one in together} for together in lessons.set_ups(kept)]
    assert {"mode-collapse", "oscillation"} in shared
    assert sum(map(len, lessons.set_ups(kept))) == len(kept)
