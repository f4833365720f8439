"""What a run says when its numbers break down."""

from types import SimpleNamespace

import pytest

from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.engine.diagnosis import explain


@pytest.mark.parametrize(
    ("name", "step", "blamed"),
    [("loss_d", 1, False), ("loss_g", 1, True), ("loss_d", 2, True), ("generator", 1, True)],
)
def test_learning_rates_are_blamed_only_once_a_weight_has_moved(name, step, blamed):
    error = NonFinite(name)
    error.step = step
    trainer = SimpleNamespace(algorithm=Adversarial, config=RunConfig())
    sentence = explain(error, trainer)
    assert ("lower the learning rates" in sentence) is blamed
    assert ("no weight had moved yet" in sentence) is not blamed
