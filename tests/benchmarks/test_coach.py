"""How the table of the coach marks a run."""

import pytest

from benchmarks.coach import Case, Course, has_healed, mark_of

COLLAPSE = Case("collapse", {}, ("few-modes",))
HEALTHY = Case("healthy", {}, ())
FOUND, CALM = (9.0, "few-modes", "alarm"), (28.0, "learning", "calm")


@pytest.mark.parametrize(
    ("case", "verdicts", "healed", "mark"),
    [
        (COLLAPSE, [FOUND], [], "ok"),
        (COLLAPSE, [(9.0, "vanishing", "alarm")], [], "wrong word"),
        (COLLAPSE, [(9.0, "unclear", "idle")], [], "MISSED"),
        (COLLAPSE, [FOUND, CALM], [], "REASSURED"),
        (COLLAPSE, [FOUND, CALM], [26.0, 29.5], "ok"),  # it is well by then
        (COLLAPSE, [FOUND, CALM], [20.0], "REASSURED"),  # it was, for a moment
        (COLLAPSE, [(8.0, "learning", "calm"), (11.0, *FOUND[1:])], [], "REASSURED"),
        (HEALTHY, [CALM], [], "ok"),
        (HEALTHY, [FOUND, CALM], [28.0], "FALSE ALARM"),
    ],
)
def test_marks(case, verdicts, healed, mark):
    assert mark_of(case, Course(verdicts, healed)) == mark


@pytest.mark.parametrize(
    ("change", "healed"),
    [
        ({}, True),
        ({"captured": 7}, False),
        ({"quality": 0.6}, False),
        ({"reverse_kl": 0.3}, False),
        ({"reverse_kl": None}, False),
    ],
)
def test_a_collapse_has_healed_where_the_samples_are_the_data_s(change, healed):
    figures = {"captured": 8, "total": 8, "quality": 0.9, "reverse_kl": 0.02, **change}
    assert has_healed(figures) == healed
