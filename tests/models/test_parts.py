"""The pieces that networks share, against closed forms; seeds; the rules on networks."""

import math

import pytest
import torch
from torch import nn

from ganviz.errors import ConfigError
from ganviz.models import build_discriminator, build_generator
from ganviz.models.mlp import Layer
from ganviz.models.parts import MinibatchStd, Packed, fan_in, initialise
from ganviz.models.resnet import Block

Y = torch.tensor([0, 1, 2, 0, 1, 2])


def test_minibatch_std_by_hand():
    """Features 0, 2 and 0, 4 over a batch of two deviate by 1 and 2: 1.5 on average."""
    x = torch.tensor([[0.0, 0.0], [2.0, 4.0]])
    assert torch.allclose(MinibatchStd()(x), torch.tensor([[0.0, 0.0, 1.5], [2.0, 4.0, 1.5]]))
    maps = x.view(2, 1, 2, 1)
    assert torch.allclose(MinibatchStd()(maps)[:, 1], torch.full((2, 2, 1), 1.5))
    same = torch.ones(4, 3, requires_grad=True)  # a fully collapsed batch
    MinibatchStd()(same)[:, 3].sum().backward()
    assert same.grad.isfinite().all()


class Echo(nn.Module):
    """A discriminator that hands back what it is shown."""

    def forward(self, x, y):
        return x


def test_packing_joins_neighbours():
    x = torch.arange(12.0).view(4, 3)
    assert torch.equal(Packed(Echo(), 2)(x), x.view(2, 6))
    maps = torch.arange(24.0).view(4, 1, 2, 3)
    assert torch.equal(Packed(Echo(), 4)(maps), maps.view(1, 4, 2, 3))


@pytest.mark.parametrize("size", [0, 16])
@pytest.mark.parametrize("pac", [2, 4])
def test_pac_judges_packs(config, spec, draw, size, pac):
    network = build_discriminator(config(size, pac=pac), spec(size))
    x = draw(8, *spec(size).shape)
    logits = network(x)
    assert logits.shape == (8 // pac,)
    changed = x.clone()
    changed[-1] += 1
    assert torch.equal(network(changed)[:-1], logits[:-1]) and network(changed)[-1] != logits[-1]


def test_projection_adds_an_inner_product(config, spec, draw):
    network = build_discriminator(config(16, conditioning="projection"), spec(16))
    x = draw(6, 1, 16, 16)
    features = network.trunk(x)
    expected = (
        features @ network.real.weight[0]
        + network.real.bias
        + (network.classes.weight[Y] * features).sum(1)
    )
    assert torch.allclose(network(x, Y), expected, atol=1e-6)


@pytest.mark.parametrize("conditioning", ["concat", "projection"])
@pytest.mark.parametrize("name", ["mlp", "dcgan"])
def test_the_class_matters(config, spec, draw, conditioning, name):
    settings = config(16, conditioning=conditioning, generator=name, discriminator=name)
    g, d = build_generator(settings, spec(16)).eval(), build_discriminator(settings, spec(16))
    x = g(draw(1, 5).expand(3, -1), torch.arange(3))
    assert not torch.allclose(x[0], x[1]) and not torch.allclose(x[1], x[2])
    assert len(d(x[:1].expand(3, -1, -1, -1), torch.arange(3)).unique()) == 3
    for network, argument in ((g, draw(1, 5)), (d, x[:1])):
        with pytest.raises(ValueError, match="give it the classes"):
            network(argument)


def test_residual_layers_start_from_the_identity():
    layer = Layer(4, 4, "relu", "none", residual=True)
    nn.init.zeros_(layer.linear.weight), nn.init.zeros_(layer.linear.bias)
    x = torch.randn(3, 4)
    assert torch.equal(layer(x), x)
    assert not Layer(4, 5, "relu", "none", residual=True).residual
    block = Block(4, 4, [nn.Conv2d(4, 4, 1, bias=False)], nn.Identity(), shrink=False)
    nn.init.zeros_(block.branch[0].weight)
    maps = torch.randn(2, 4, 3, 3)
    assert torch.equal(block(maps), maps)


@pytest.mark.parametrize("act", ["relu", "leaky_relu", "tanh", "sigmoid"])
def test_the_mlp_uses_the_activation_that_the_config_names(config, spec, act):
    kind = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[
        act
    ]
    settings = config(0, activation=act)
    for network in (build_generator(settings, spec()), build_discriminator(settings, spec())):
        found = [
            type(module)
            for module in network.modules()
            if type(module).__module__.endswith("activation")
        ]
        assert found == [kind, kind]


@pytest.mark.parametrize("hidden", [(), (8,), (8,) * 32])
@pytest.mark.parametrize("std", [False, True])
def test_mlps_of_any_depth(config, spec, draw, hidden, std):
    settings = config(0, g_hidden=hidden, d_hidden=hidden, residual=True, minibatch_std=std)
    x = build_generator(settings, spec())(draw(6, 5))
    assert x.shape == (6, 2) and build_discriminator(settings, spec())(x).shape == (6,)


@pytest.mark.parametrize(
    ("init", "std"),
    [
        ("dcgan", 0.02),
        ("normal1", 1.0),
        ("kaiming", math.sqrt(2 / 200)),
        ("xavier", math.sqrt(2 / 500)),
        ("default", math.sqrt(1 / 600)),
    ],
)
def test_initial_weights(init, std):
    torch.manual_seed(0)
    layer = initialise(nn.Sequential(nn.Linear(200, 300)), init)[0]
    assert layer.weight.std().item() == pytest.approx(std, rel=0.03)
    assert init == "default" or not layer.bias.any()


@pytest.mark.parametrize(
    ("layer", "products"),
    [(nn.Conv2d(16, 256, 3, 1, 1), 144), (nn.ConvTranspose2d(16, 256, 4, 2, 1), 64)],
)
def test_kaiming_keeps_the_scale_through_convolutions(layer, products):
    """With fan-in counted right, rectified noise of unit variance comes out with a mean square of 2
    * 1/2 = 1."""
    torch.manual_seed(0)
    initialise(layer, "kaiming")
    assert fan_in(layer) == products
    inner = layer(torch.randn(8, 16, 8, 8).relu())[:, :, 2:-2, 2:-2]
    assert inner.square().mean().item() == pytest.approx(1, rel=0.15)


def test_spectral_norm_bounds_every_layer(config, spec, draw):
    network = build_discriminator(
        config(16, d_norm="spectral", init="normal1", conditioning="projection"), spec(16)
    )
    for _ in range(50):
        network(draw(6, 1, 16, 16), Y)
    network.eval()
    weights = [
        m.weight for m in network.modules() if isinstance(m, (nn.Conv2d, nn.Linear, nn.Embedding))
    ]
    assert len(weights) == 4
    for weight in weights:
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("norm", ["none", "spectral"])
def test_weights_come_from_the_seed_alone(config, spec, norm):
    def weights(seed):
        settings = config(16, seed=seed, d_norm=norm)
        networks = build_generator(settings, spec(16)), build_discriminator(settings, spec(16))
        return [
            value
            for network in networks
            for value in network.state_dict().values()
            if value.is_floating_point()
        ]

    torch.manual_seed(1)
    first, stream = weights(7), torch.get_rng_state()
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, weights(7), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(first, weights(8), strict=True))
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), stream)  # the process-wide stream is left as it was


@pytest.mark.parametrize(
    ("size", "changes", "field"),
    [
        (0, {"g_norm": "instance"}, "g_norm"),
        (0, {"d_norm": "instance"}, "d_norm"),
        (28, {"generator": "mlp", "g_norm": "instance"}, "g_norm"),
        (28, {"generator": "resnet-free", "g_norm": "batch"}, "g_norm"),
        (28, {"discriminator": "resnet-free", "d_norm": "spectral"}, "d_norm"),
        (8, {"generator": "resnet"}, "generator"),
        (0, {"generator": "dcgan"}, "generator"),
        (0, {"discriminator": "conv"}, "discriminator"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(config, size, changes, field):
    with pytest.raises(ConfigError) as caught:
        config(size, **changes)
    assert caught.value.field == field and caught.value.sentence.endswith(".")
