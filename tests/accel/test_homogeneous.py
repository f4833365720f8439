"""One double backward for loss and penalty moves D as the loss itself would."""

import copy
import threading

import pytest
import torch
from torch.nn.functional import softplus
from torch.utils._python_dispatch import TorchDispatchMode

from ganviz.accel import SWITCH
from ganviz.accel.homogeneous import HomogeneousDoubleBackward, is_homogeneous
from ganviz.algorithms import base, build
from ganviz.config import RunConfig
from ganviz.data.augment import diff_augment
from ganviz.data.source import DataSpec
from ganviz.models import build_discriminator
from ganviz.models.r3gan import Downsample

SPEC = DataSpec("digits", "images", (3, 16, 16), 100, tuple("0123456789"))
BASE = {
    "data": "digits",
    "image_size": 16,
    "generator": "mlp",
    "latent_dim": 4,
    "batch_size": 4,
    "g_hidden": (8,),
    "g_norm": "none",
    "d_width": 4,
    "d_hidden": (24, 24, 24),
    "d_norm": "none",
    "penalty": "r1+r2",
}
EXACT = [
    {"discriminator": "dcgan"},
    {"discriminator": "mlp", "activation": "leaky_relu", "residual": True},
    {"discriminator": "mlp", "d_hidden": ()},
    {"discriminator": "conv", "activation": "relu"},
    {"discriminator": "resnet"},
    {"discriminator": "resnet-free"},
    {"discriminator": "r3gan"},
    {"discriminator": "r3gan", "conditioning": "projection"},
    {"discriminator": "dcgan", "conditioning": "projection"},
    {"discriminator": "resnet", "d_norm": "spectral"},
]
INEXACT = [
    {"discriminator": "mlp", "activation": "tanh"},
    {"discriminator": "dcgan", "d_norm": "layer"},
    {"discriminator": "dcgan", "minibatch_std": True},
    {"discriminator": "dcgan", "conditioning": "concat"},
    {"discriminator": "dcgan", "conditioning": "auxiliary"},
    {"discriminator": "dcgan", "pac": 2},
]


def made(changes, dtype=torch.float64):
    """D as the engine places it, its biases away from 0, where they start."""
    network = base.to_device(
        build_discriminator(RunConfig.parse({**BASE, **changes}), SPEC), torch.device("cpu")
    )
    with torch.no_grad():
        for p in network.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
    return network.to(dtype)


def samples(network, count=6):
    like = next(network.parameters())
    x = torch.randn(
        count, *SPEC.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    ).to(like.dtype)
    return x, torch.arange(count) % 10 if network.conditioning == "projection" else None


def loss(logits, input_gradient):
    """Mixes samples, as relativistic losses do, and looks at the input gradients of some samples
    only, as R1 does."""
    real, fake = logits.chunk(2)
    return (
        softplus(fake - real.flip(0)).square().mean()
        + 0.7 * input_gradient.chunk(2)[0].square().sum()
        + fake.mean()
    )


def the_long_way(network, augment):
    x, y = samples(network)
    points = x.requires_grad_()
    logits = network(augment(points), y)
    slope = torch.autograd.grad(logits.sum(), points, create_graph=True)[0]
    loss(logits, slope).backward(inputs=list(network.parameters()))
    return logits, slope


def one_backward(network, augment):
    x, y = samples(network)
    shared = HomogeneousDoubleBackward(network, x, y, augment)
    shared.backward(loss(shared.logits, shared.input_gradient), list(network.parameters()))
    return shared.logits, shared.input_gradient


def as_it_is(x):
    return x


def augmented(x):
    return diff_augment(
        x, ("translation", "rotation", "cutout", "brightness"), torch.Generator().manual_seed(3)
    )


@pytest.mark.parametrize("augment", [as_it_is, augmented], ids=lambda augment: augment.__name__)
@pytest.mark.parametrize("changes", EXACT, ids=str)
def test_the_gradient_is_that_of_the_loss_to_the_last_digits(changes, augment):
    plain = made(changes)
    short = copy.deepcopy(plain)
    assert is_homogeneous(short)
    for got, wanted in zip(one_backward(short, augment), the_long_way(plain, augment), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-10, atol=1e-12)
    for (name, got), wanted in zip(short.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(
            got.grad,
            wanted.grad,
            rtol=1e-9,
            atol=1e-11,
            msg=lambda text, name=name: f"{name}: {text}",
        )


@pytest.mark.parametrize(
    "changes", [{"discriminator": "dcgan"}, {"discriminator": "resnet"}], ids=str
)
def test_in_single_precision_too(changes):
    plain = made(changes, torch.float32)
    short = copy.deepcopy(plain)
    one_backward(short, as_it_is)
    the_long_way(plain, as_it_is)
    for got, wanted in zip(short.parameters(), plain.parameters(), strict=True):
        assert (got.grad - wanted.grad).norm() < 1e-4 * wanted.grad.norm() + 1e-6


@pytest.mark.parametrize("changes", INEXACT, ids=str)
def test_other_networks_are_left_whole(changes):
    assert not is_homogeneous(made(changes))
    algorithm = build(RunConfig.parse({**BASE, **changes}), SPEC, torch.device("cpu"))
    assert not algorithm.pass_options().homogeneous


def test_a_layer_of_somebody_else_may_do_what_it_likes():
    class Squared(torch.nn.Linear):
        def forward(self, x):
            return super().forward(x).square()

    network = made({"discriminator": "mlp", "activation": "relu"})
    assert is_homogeneous(network)
    network.trunk[1].linear.__class__ = Squared
    assert not is_homogeneous(network)


def test_the_switch_leaves_the_way_to_torch(monkeypatch):
    network = made({"discriminator": "dcgan"})
    monkeypatch.setenv(SWITCH, "0")
    assert not is_homogeneous(network)


def test_another_thread_may_ask_d_meanwhile():
    plain = made({"discriminator": "dcgan"})
    short = copy.deepcopy(plain)
    shorts = samples(short)

    def disturbed(x):
        asking = threading.Thread(target=short, args=shorts)
        asking.start()
        asking.join()
        return x

    one_backward(short, disturbed)
    the_long_way(plain, as_it_is)
    for got, wanted in zip(short.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(got.grad, wanted.grad, rtol=1e-9, atol=1e-11)


class Convolutions(TorchDispatchMode):
    """Counts them, and the gradients of them."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.convolution.default:
            self.count += 1
        if function is torch.ops.aten.convolution_backward.default:
            self.count += sum(args[-1][:2])
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    "changes",
    [{"discriminator": name} for name in ("dcgan", "resnet", "resnet-free", "r3gan")],
    ids=str,
)
def test_each_layer_convolves_four_times_and_nothing_goes_back_through_the_pass_itself(
    changes, monkeypatch
):
    monkeypatch.delenv(SWITCH, raising=False)
    network = made(changes, torch.float32)
    layers = sum(isinstance(module, torch.nn.Conv2d) for module in network.modules())
    with Convolutions() as seen:
        one_backward(network, as_it_is)
    # A kernel that is no weight has no derivative of its own.
    resampled = sum(isinstance(module, Downsample) for module in network.modules())
    assert seen.count == 4 * layers + 3 * resampled
