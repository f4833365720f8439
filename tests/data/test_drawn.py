"""A drawing becomes points along its strokes, or a sentence says what is wrong with it."""

import numpy as np
import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import check_data
from ganviz.data.drawn import draw_points, modes_of, parse_drawing
from ganviz.errors import ConfigError

POINTS = {
    "data": "drawn",
    "generator": "mlp",
    "discriminator": "mlp",
    "g_norm": "none",
    "holdout": 0.0,
}


def points(text, count=20_000):
    return draw_points(parse_drawing(text), np.random.default_rng(0), count)


def test_points_lie_evenly_along_a_stroke_and_normally_across():
    drawn = points("20,-100,50,100,50")
    along, across = drawn[:, 0], drawn[:, 1] - 0.5
    # uniform over two units; the brush of 0.2 is two standard deviations to its edge
    assert abs(along.mean()) < 0.02 and along.std() == pytest.approx(2 / 12**0.5, abs=0.01)
    assert across.std() == pytest.approx(0.05, abs=0.002)


def test_a_stroke_counts_by_its_length_and_a_dot_by_its_width():
    drawn = points("20,0,100,180,100_20,0,-100")
    assert (drawn[:, 1] > 0).mean() == pytest.approx(2.0 / 2.2, abs=0.01)


def test_a_single_dot_and_a_stroke_that_stays_where_it_is_are_one_cloud():
    for text in ("40,30,-70", "40,30,-70,30,-70"):
        drawn = points(text)
        assert np.allclose(drawn.mean(0), [0.3, -0.7], atol=0.01)
        assert np.allclose(drawn.std(0), 0.1, atol=0.005)


def test_separate_dots_are_modes():
    modes = modes_of(parse_drawing("20,-100,0_20,100,0_20,0,100"))
    assert modes["sigma"] == pytest.approx(0.05) and len(modes["centres"]) == 3
    for text in ("20,-100,0", "20,0,0_20,10,0", "20,0,0_10,100,0", "20,0,0_20,100,0,150,0"):
        assert modes_of(parse_drawing(text)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no drawing yet"),
        (" _ ", "no drawing yet"),
        ("10,0,0_10,250,0", "Stroke 2 leaves the plane"),
        ("0,0,0", "Stroke 1 is 0 hundredths wide"),
        ("10,0,0,5", "Stroke 1 of the drawing cannot be read"),
        ("10", "cannot be read"),
        ("10,nan,0", "cannot be read"),
        ("10,1e9,0", "cannot be read"),
    ],
)
def test_what_is_no_drawing_gets_a_sentence_before_a_run_is_made(text, words):
    config = RunConfig.parse({**POINTS, "drawing": text})
    with pytest.raises(ConfigError) as refused:
        check_data(config)
    assert words in refused.value.sentence.replace("of stroke 1", "Stroke 1")
    assert refused.value.field == "drawing"


def test_ten_thousand_strokes_are_refused_in_a_sentence():
    with pytest.raises(ConfigError) as refused:
        RunConfig.parse({**POINTS, "drawing": "_".join(["10,0,0"] * 10_000)})
    assert refused.value.field == "drawing" and "6000" in refused.value.sentence


def test_the_drawing_is_kept_with_the_run(load):
    config = RunConfig.parse({**POINTS, "drawing": "20,-100,0_20,100,0"})
    again = RunConfig.from_json(config.to_json())
    first, second = (load(**one.model_dump()) for one in (config, again))
    assert torch.equal(first.samples, second.samples) and first.modes is not None
