"""Films smooth curves as the page does: both sides are held to the numbers of one file."""

import json
from pathlib import Path

import numpy as np

from ganviz.export.run_data import smoothed

SHARED = Path(__file__).parents[1] / "assets" / "smoothing.json"


def test_films_smooth_the_same_numbers_to_the_same_curve():
    shared = json.loads(SHARED.read_text())
    values, expected = (np.array(shared[name], float) for name in ("values", "smoothed"))
    np.testing.assert_allclose(smoothed(values), expected, rtol=0, atol=1e-9)
