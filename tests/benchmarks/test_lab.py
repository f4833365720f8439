"""What the lab's benchmark makes of what it saw."""

import pytest

from benchmarks.lab import ages_of


def test_a_step_is_as_old_as_the_time_since_it_was_taken():
    taken = [(100, 10.0), (200, 11.0), (400, 12.0)]
    drawn = [[50.0, 10.1], [150.0, 10.7], [200.0, 11.1], [300.0, 11.9]]
    assert ages_of(drawn, taken) == pytest.approx([0.2, 0.1, 0.4])
