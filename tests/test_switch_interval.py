"""Threads that compute get Python's lock as often as the shortest wish says, and as usual after."""

import sys

import pytest
import torch

from ganviz import pacing
from ganviz.accel.preparation import switch_interval_for
from ganviz.switch_interval import short_switch_interval


def test_the_shortest_wanted_interval_holds_and_ends():
    usual = sys.getswitchinterval()
    longer, shorter = short_switch_interval(0.0005), short_switch_interval(0.0002)
    with longer:
        assert sys.getswitchinterval() == pytest.approx(0.0005)
        with shorter:
            assert sys.getswitchinterval() == pytest.approx(0.0002)
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    assert sys.getswitchinterval() == usual


def test_whoever_ends_first_leaves_the_other_its_own():
    usual = sys.getswitchinterval()
    reader, training = short_switch_interval(0.0005), switch_interval_for(torch.device("cuda"))
    reader.__enter__()
    training.__enter__()
    reader.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(pacing.GPU_SWITCH_INTERVAL)
    training.__exit__(None, None, None)
    assert sys.getswitchinterval() == usual
    with switch_interval_for(torch.device("cpu")):
        assert sys.getswitchinterval() == usual
