"""The quick layers compute what torch's do, to any order of differentiation."""

import copy

import pytest
import torch
from torch import nn

from ganviz.accel import SWITCH, double_backward_conv, kernels, second_order
from ganviz.models.parts import add_spectral_norm

OURS = (kernels.__name__, second_order.__name__, double_backward_conv.__name__)


@pytest.fixture(autouse=True)
def every_way_is_quick(monkeypatch):
    """Also on a machine where it does not pay."""
    kernels.onednn_multiplies_faster.cache_clear()
    pays = kernels.onednn_multiplies_faster() or torch.backends.mkldnn.is_available()
    monkeypatch.setattr(kernels, "onednn_multiplies_faster", lambda: pays)
    monkeypatch.setattr(kernels, "MIN_WEIGHTS", 1)
    monkeypatch.delenv(SWITCH, raising=False)


NETWORKS = {
    "linear": (
        lambda: nn.Sequential(
            nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 8, bias=False), nn.Tanh(), nn.Linear(8, 1)
        ),
        (6, 20),
        (),
    ),
    "grey judge": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 5, 4, 2, 1), nn.Tanh(), nn.Conv2d(5, 6, 4, 2, 1), nn.Tanh()
        ),
        (3, 1, 28, 28),
        (kernels.SingleInputConv2d, double_backward_conv.CpuDoubleBackwardConv2d),
    ),
    "colour judge": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 5, 4, 2, 1),
            nn.Tanh(),
            nn.Conv2d(5, 6, 3, padding=1),
            nn.Tanh(),
            nn.Conv2d(6, 4, (3, 4), (1, 2), (0, 1), bias=False),
            nn.Tanh(),
        ),
        (3, 3, 12, 12),
        (double_backward_conv.CpuDoubleBackwardConv2d,) * 3,
    ),
    "doublings": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 6, 3, padding=1),
            nn.Tanh(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(6, 5, 3, padding=1, bias=False),
            nn.Tanh(),
            nn.Upsample(scale_factor=2.0),
            nn.Conv2d(5, 1, 3, padding=1),
        ),
        (3, 4, 7, 5),
        (
            double_backward_conv.CpuDoubleBackwardConv2d,
            *2 * (kernels.DeferredUpsample, kernels.UpsampleConv2d),
        ),
    ),
    "transposed": (
        lambda: nn.Sequential(
            nn.ConvTranspose2d(4, 6, 4, 2, 1), nn.Tanh(), nn.ConvTranspose2d(6, 1, 4, 2, 1)
        ),
        (3, 4, 7, 5),
        (kernels.SingleOutputConvTranspose2d,),
    ),
    "odd kernels": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 1, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(1, 3, (3, 5), (2, 1), (0, 1)),
            nn.ConvTranspose2d(3, 1, (3, 2), (2, 3), (1, 0)),
        ),
        (3, 4, 9, 8),
        (
            kernels.SingleOutputConv2d,
            kernels.SingleInputConv2d,
            kernels.SingleOutputConvTranspose2d,
        ),
    ),
}


def both(name, channels_last=False):
    make, shape, _ = NETWORKS[name]
    torch.manual_seed(0)
    plain, x = make(), torch.randn(shape)
    if channels_last and len(shape) == 4:
        plain, x = (
            plain.to(memory_format=torch.channels_last),
            x.to(memory_format=torch.channels_last),
        )
    return plain, kernels.optimize_layers(copy.deepcopy(plain)), x


def close(got, wanted):
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def penalised(network, x):
    """Output, input gradient, and the gradient of a penalty on that at all weights."""
    x = x.clone().requires_grad_()
    with second_order.double_backward():
        y = network(x)
    with second_order.no_weight_gradients():
        slope = torch.autograd.grad(y.square().sum(), x, create_graph=True)[0]
    loss = (slope.flatten(1).norm(dim=1) - 1).square().mean() + y.mean()
    return y, slope, *torch.autograd.grad(loss, list(network.parameters()))


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_both_derivatives_agree(name, channels_last):
    plain, fast, x = both(name, channels_last)
    for got, wanted in zip(penalised(fast, x), penalised(plain, x), strict=True):
        close(got, wanted)
    with torch.no_grad():
        close(fast(x), plain(x))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_layers_meant_are_the_ones_changed(name):
    plain, fast, _ = both(name)
    assert (
        tuple(
            type(layer)
            for layer in fast
            if type(layer).__module__ in OURS and not isinstance(layer, kernels.OneDnnLinear)
        )
        == NETWORKS[name][2]
    )
    assert copy.deepcopy(fast).state_dict().keys() == plain.state_dict().keys()


@pytest.mark.parametrize("name", NETWORKS)
def test_half_precision_stays_near(name):
    plain, fast, x = both(name)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(fast(x).float(), plain(x).float(), rtol=0.05, atol=0.02)


def test_a_convolution_can_be_differentiated_as_often_as_wanted():
    """As unrolled GANs do, whose D steps stay in the graph."""

    def third(network, x):
        x, weights = x.clone().requires_grad_(), [p for p in network.parameters() if p.dim() == 4]
        with second_order.double_backward():
            y = network(x)
        slope = torch.autograd.grad(y.square().sum(), x, create_graph=True)[0]
        steps = torch.autograd.grad(slope.square().sum(), weights, create_graph=True)
        return torch.autograd.grad(sum(step.square().sum() for step in steps), [x, *weights])

    plain, fast, x = both("colour judge")
    for got, wanted in zip(third(fast, x), third(plain, x), strict=True):
        close(got, wanted)


def test_only_convolutions_whose_slope_is_differentiated_take_the_quick_way():
    _, fast, _ = both("colour judge")
    quickly = {double_backward_conv._Convolution.__name__ + "Backward"}

    def ways(layer, x):
        return {type(layer(x).grad_fn).__name__} & quickly

    inner, h = fast[2], torch.randn(3, 5, 6, 6, requires_grad=True) * 1
    with second_order.double_backward():
        assert ways(inner, h) == quickly
        assert not ways(inner, h.detach().requires_grad_()), (
            "torch sees by itself who asks at the pictures"
        )
    with second_order.input_grad_only():
        assert ways(inner, h) == quickly
    assert not ways(inner, h)


def test_where_only_slopes_matter_no_zeros_travel_back():
    """The penalty's gradient is the same, although the pass that it came from gets none."""
    torch.manual_seed(0)
    plain = nn.Sequential(
        nn.Linear(20, 30), nn.LeakyReLU(0.2), nn.Linear(30, 8), nn.ReLU(), nn.Linear(8, 1)
    )
    fast, x = kernels.optimize_layers(copy.deepcopy(plain)), torch.randn(6, 20)

    def penalty(network):
        points = x.clone().requires_grad_()
        with second_order.input_grad_only():
            y = network(points)
        slope = torch.autograd.grad(y.sum(), points, create_graph=True)[0]
        loss = (slope.norm(dim=1) - 1).square().mean()
        return y, slope, *torch.autograd.grad(loss, [network[i].weight for i in (0, 2, 4)])

    for got, wanted in zip(penalty(fast), penalty(plain), strict=True):
        close(got, wanted)
    biases = [fast[i].bias for i in (0, 2)]
    slope = penalty(fast)[1]
    assert torch.autograd.grad(slope.square().sum(), biases, allow_unused=True) == (None, None)
    close(fast(x), plain(x))


@pytest.mark.parametrize("asked", [second_order.double_backward, second_order.input_grad_only])
@pytest.mark.parametrize(
    "layer",
    [
        nn.ReLU(),
        nn.LeakyReLU(0.3),
        nn.AvgPool2d(2),
        nn.AvgPool2d((3, 2), (2, 1), (1, 0), True, False),
    ],
    ids=str,
)
def test_layers_of_flat_slope_are_torchs_to_any_order(layer, asked):
    """Also on other devices, where only these are quick; with what comes in scaled, so that there
    is a second derivative."""
    fast, x = copy.deepcopy(nn.Sequential(layer)), torch.randn(2, 3, 7, 6)
    kernels.optimize_layers(fast, on_cpu=False)
    assert type(fast[0]) is not type(layer)

    def derivatives(network):
        scale, points = torch.tensor(1.5, requires_grad=True), x.clone().requires_grad_()
        with asked():
            y = network(scale * points)
        slope = torch.autograd.grad(y.pow(3).sum(), points, create_graph=True)[0]
        second = torch.autograd.grad(slope.square().sum(), [scale, points], create_graph=True)
        return y, slope, *second, *torch.autograd.grad(second[0], [scale, points])

    for got, wanted in zip(derivatives(fast), derivatives(nn.Sequential(layer)), strict=True):
        close(got, wanted)


def test_weight_gradients_are_left_out_only_where_told():
    _, fast, x = both("linear")
    fast(x).sum().backward()
    assert fast[0].weight.grad is not None
    with second_order.no_weight_gradients():
        slope = torch.autograd.grad(fast(x.requires_grad_()).sum(), x, create_graph=True)[0]
    slope.square().sum().backward()
    assert fast[0].weight.grad.isfinite().all() and fast[2].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("count", [0, 1])
def test_odd_batches(count):
    assert both("linear")[1](torch.randn(count, 20)).shape == (count, 1)


def test_what_the_quick_product_does_not_know_takes_torchs_way():
    plain, fast, x = both("linear")
    close(fast(x.view(2, 3, 20)), plain(x.view(2, 3, 20)))
    close(copy.deepcopy(fast).double()(x.double()), copy.deepcopy(plain).double()(x.double()))
    close(torch.func.vmap(fast)(x), plain(x))


def test_spectral_norm_keeps_its_own_layers():
    network = kernels.optimize_layers(add_spectral_norm(both("grey judge")[0]))
    assert not any(type(layer).__module__ in OURS for layer in network.modules())


def test_the_switch_leaves_everything_to_torch(monkeypatch):
    monkeypatch.setenv(SWITCH, "0")
    assert not any(type(layer).__module__ in OURS for layer in both("doublings")[1])
