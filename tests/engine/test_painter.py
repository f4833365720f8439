"""Grids painted beside the training show one step's generator, however far the training has gone
meanwhile."""

import threading
import time

import pytest
import torch
from torch import nn

from ganviz.algorithms.statistics import NonFinite
from ganviz.engine.painter import SHARE_ASIDE, Painter


class Constant(nn.Module):
    """G(z) = value."""

    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, z, y=None):
        return self.value.expand(len(z), 1)

    def become(self, value):
        nn.init.constant_(self.value, value)


@pytest.fixture
def made():
    generator = Constant(1.0)
    painter = Painter(generator, torch.zeros(3, 2), None)
    yield generator, painter
    painter.close()


def test_a_painting_shows_the_weights_of_its_step(made):
    generator, painter = made
    shown, go_on = [], threading.Event()

    def show(network, x):
        go_on.wait(30)
        shown.append((network.value.item(), x.tolist()))

    assert painter.begin(5, show)
    generator.become(2.0)  # the training goes on
    assert not painter.begin(6, show)  # one at a time: the newer one waits for its turn
    go_on.set()
    painter.paint(7, show)
    assert shown == [(1.0, [[1.0]] * 3), (2.0, [[2.0]] * 3)]


def test_what_is_not_a_number_is_told_at_the_next_look(made):
    generator, painter = made
    generator.become(float("nan"))
    shown = []
    assert painter.begin(9, lambda *_: shown.append(1))
    with pytest.raises(NonFinite) as error:
        while True:
            painter.check()
    assert error.value.step == 9 and error.value.name == "generator" and not shown
    painter.check()  # told once
    generator.become(0.5)
    painter.paint(10, lambda *_: shown.append(2))
    assert shown == [2]


def test_what_fails_while_showing_is_told_as_well(made):
    _, painter = made

    def show(network, x):
        raise RuntimeError("no room")

    painter.begin(1, show)
    with pytest.raises(RuntimeError, match="no room"):
        painter.paint(2, show)


def test_much_work_is_followed_by_a_longer_rest(made):
    _, painter = made
    assert painter.interval(0.4) == 0.4

    def work(*_):
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass

    painter.paint(1, work)
    assert painter.interval(0.4) >= 0.1 / SHARE_ASIDE


def test_waiting_is_no_work_that_pictures_must_pay_for(made):
    """On a busy machine a painting takes long because it waits for a core: the next one need not
    wait for ten times as long again."""
    _, painter = made
    painter.paint(1, lambda *_: time.sleep(0.3))
    assert painter.cost >= 0.3 and painter.interval(0.05) < painter.cost / SHARE_ASIDE / 2
