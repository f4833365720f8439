"""Layer names, gradient norms and update ratios against values worked out by hand; histories stay
small."""

import math

import pytest
import torch
from torch import nn

from ganviz.engine.events import Event
from ganviz.probes.gradients import FLOOR, GradientHistory, Gradients, gradient_norms, heat_maps
from ganviz.probes.layers import layers_of


class Backwards(nn.Module):
    """Defines its layers in another order than it uses them in."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 1)
        self.first = nn.Conv2d(1, 3, 2)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        return self.last(self.norm(self.first(x)).flatten(1))


def test_layers_come_in_forward_order_with_words():
    network, x = Backwards(), torch.randn(4, 1, 2, 2)
    assert [layer.label for layer in layers_of(network, lambda net: net(x))] == [
        "1 conv 1 → 3, 2x2",
        "2 batch norm 3",
        "3 linear 3 → 1",
    ]
    assert [layer.name for layer in layers_of(network)] == ["last", "first", "norm"]
    assert int(network.norm.num_batches_tracked) == 0, "looking at a network must not change it"


def test_a_spectrally_normalised_weight_belongs_to_its_layer():
    network = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Linear(2, 3)), nn.Linear(3, 1)
    )
    layers = layers_of(network, lambda net: net(torch.zeros(1, 2)))
    assert [(layer.name, layer.kind, len(layer.parameters)) for layer in layers] == [
        ("0", "linear", 2),
        ("1", "linear", 2),
    ]


def test_gradient_norms_join_weight_and_bias():
    layer = nn.Linear(2, 1)
    layer(torch.tensor([[3.0, 4.0]])).backward()
    assert gradient_norms(layers_of(layer)) == [pytest.approx(math.sqrt(9 + 16 + 1))]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_one_step_is_measured_as_it_is(lab, optimizer):
    run = lab(optimizer=optimizer, g_lr=1e-2, d_lr=1e-2)
    probe = run.watched_by(Gradients())
    probe.tick()
    before = {name: value.clone() for name, value in run.trainer.weights().items()}
    run.trainer.step()
    network = run.trainer.algorithm.networks["generator"]
    probe.tick()
    (told,) = run.told("gradients")
    figures = told["networks"]["generator"]
    assert told["at"] == 1 and figures["layers"][0].startswith("1 linear 4")
    first = network.first
    gradient = math.hypot(first.weight.grad.norm(), first.bias.grad.norm())
    weight = math.hypot(
        before["generator/first.weight"].norm(), before["generator/first.bias"].norm()
    )
    assert figures["gradient"][0] == pytest.approx(gradient, rel=1e-3)
    assert figures["weight"][0] == pytest.approx(weight, rel=1e-3)
    # The first step of Adam moves each weight by the learning rate, however large its gradient is.
    moved = 1e-2 * (
        gradient
        if optimizer == "sgd"
        else math.sqrt(sum((p.grad != 0).sum() for p in (first.weight, first.bias)))
    )
    assert figures["update"][0] == pytest.approx(moved / weight, rel=2e-3)


def test_every_network_of_every_algorithm_is_measured(lab):
    for settings, names in (
        ({}, {"generator", "discriminator"}),
        ({"algorithm": "vae"}, {"generator", "encoder"}),
    ):
        run = lab(**settings)
        probe = run.watched_by(Gradients())
        for _ in range(3):
            probe.tick()
            run.trainer.step()
        probe.tick()
        told = run.told("gradients")
        assert len(told) == 3 and set(told[-1]["networks"]) == names
        assert all(
            len({len(values) for values in figures.values()}) == 1
            for figures in told[-1]["networks"].values()
        )
        probe.finish()
        assert not run.trainer.algorithm.optimizers["generator"]._optimizer_step_pre_hooks


def test_history_thins_itself_and_keeps_the_mean():
    history = GradientHistory(["a", "b"], limit=8)
    for step in range(1, 65):
        history.add(step, [10.0 ** (step % 2), 0.0])
    assert len(history.columns) < 8 and history.stride == 16
    payload = history.payload()
    assert payload["steps"] == [16, 32, 48, 64]
    assert payload["log10"] == [[0.5] * 4, [FLOOR] * 4]


def test_heat_maps_are_rebuilt_from_the_log():
    data = {"at": 5, "networks": {"generator": {"layers": ["1 linear"], "gradient": [100.0]}}}
    events = [Event(1, "gradients", 6, 0.0, data), Event(2, "note", 6, 0.0, {})]
    assert heat_maps(events) == {
        "generator": {"layers": ["1 linear"], "steps": [5], "log10": [[2.0]]}
    }
