"""Convolutions as on CUDA: torch's own values and derivatives, and in a step of each penalised
preset no kernel that is larger than its layer's, nor more products than on paper.

What needs no GPU is tried without one: the layers are those for CUDA, on the CPU or, where shapes
are enough, on the meta device.
"""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganviz import algorithms, objectives
from ganviz.accel import SWITCH, channel_padding, double_backward_conv, kernels, second_order
from ganviz.algorithms import base
from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.data.source import Batch
from ganviz.models.parts import MinibatchStd, add_spectral_norm
from ganviz.models.r3gan import Downsample, Upsample
from ganviz.registry import PENALTIES, PRESETS
from tests.accel.test_kernels import close, penalised

META = torch.device("meta")
AS_ON_CUDA = partial(kernels.optimize_layers, on_cpu=False)


@pytest.fixture(autouse=True)
def layers_of_cuda(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(base, "optimize_layers", lambda network, **_: AS_ON_CUDA(network))


# -- values and derivatives --------------------------------------------------------------------
NETWORKS = {
    "strided and 1x1": lambda: nn.Sequential(
        nn.Conv2d(4, 6, 4, 2, 1), nn.Tanh(), nn.Conv2d(6, 4, 1), nn.Tanh(), nn.Conv2d(4, 2, 3)
    ),
    "grouped and dilated": lambda: nn.Sequential(
        nn.Conv2d(4, 6, 3, 1, 1, groups=2),
        nn.Tanh(),
        nn.Conv2d(6, 4, (2, 3), (1, 2), (0, 1), (2, 1), 2, bias=False),
    ),
    "transposed": lambda: nn.Sequential(
        nn.ConvTranspose2d(4, 6, 4, 2, 1),
        nn.Tanh(),
        nn.ConvTranspose2d(6, 4, 3, (2, 1), 1, (1, 0), groups=2),
        nn.Tanh(),
        nn.ConvTranspose2d(4, 1, 1),
    ),
    "spectral norm": lambda: add_spectral_norm(
        nn.Sequential(nn.Conv2d(4, 6, 4, 2, 1), nn.Tanh(), nn.Conv2d(6, 4, 3, 1, 1))
    ),
}


def both(name):
    torch.manual_seed(0)
    plain = NETWORKS[name]().to(memory_format=torch.channels_last)
    x = torch.randn(3, 4, 13, 12).to(memory_format=torch.channels_last)
    for network in (plain, AS_ON_CUDA(copy.deepcopy(plain))):
        # Each pass moves the estimate of spectral norm.
        yield network.eval(), x


@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_both_derivatives_are_torchs(name):
    (plain, x), (ours, _) = both(name)
    assert not any(type(m) in (nn.Conv2d, nn.ConvTranspose2d) for m in ours.modules())
    for got, wanted in zip(penalised(ours, x), penalised(plain, x), strict=True):
        close(got, wanted)
    with torch.no_grad():
        close(ours(x), plain(x))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_recorder_finds_no_kernel_of_a_whole_map(name):
    (plain, x), (ours, _) = both(name)
    kernels_of_layers = {m.kernel_size for m in plain.modules() if hasattr(m, "kernel_size")}
    with Kernels() as seen, torch.autocast("cpu", torch.bfloat16):
        penalised(ours, x)
    assert set(seen.sizes) <= kernels_of_layers
    with Kernels() as torchs_own:
        penalised(plain, x)
    assert not set(torchs_own.sizes) <= kernels_of_layers


PICTURES = {
    "convolutions": lambda: nn.Sequential(
        nn.Conv2d(3, 6, 4, 2, 1), nn.Tanh(), nn.Conv2d(6, 8, 3, bias=False), nn.Conv2d(8, 1, 2)
    ),
    "transposed": lambda: nn.Sequential(
        nn.ConvTranspose2d(3, 8, 3, 2, 1, 1), nn.Tanh(), nn.ConvTranspose2d(8, 3, 4, 2, 1)
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_channels_of_zeros_fill_up_fours_and_change_nothing(name, monkeypatch):
    """Tensor cores take TF32 in whole fours of channels, and a picture has three."""
    torch.manual_seed(0)
    plain = PICTURES[name]()
    x = torch.randn(3, 3, 9, 8)
    ours = AS_ON_CUDA(copy.deepcopy(plain))
    monkeypatch.setattr(channel_padding, "_wants_tensor_cores", lambda x: True)
    with Kernels() as seen:
        found = penalised(ours, x)
    for got, wanted in zip(found, penalised(plain, x), strict=True):
        close(got, wanted)
    assert seen.channels and all(channels % 4 == 0 for channels in seen.channels)
    first_order = []
    for network in (plain, ours):
        network.zero_grad()
        inputs = x.clone().requires_grad_()
        with Kernels() as of_one_pass:
            network(inputs).square().sum().backward()
        first_order.append([inputs.grad, *(p.grad for p in network.parameters())])
    assert all(channels % 4 == 0 for channels in of_one_pass.channels)
    for got, wanted in zip(*first_order, strict=True):
        close(got, wanted)


@pytest.mark.parametrize("channels", [(3, 8), (8, 3), (3, 3)])
def test_what_follows_may_change_filled_up_maps_in_place(channels, monkeypatch):
    monkeypatch.setattr(channel_padding, "_wants_tensor_cores", lambda x: True)
    layer = nn.Conv2d(*channels, 3, padding=1)
    plain = nn.Sequential(layer, nn.LeakyReLU(0.2, inplace=True))
    ours = AS_ON_CUDA(copy.deepcopy(plain))
    x = torch.randn(2, channels[0], 5, 5)
    close(ours(x), plain(x))
    ours(x).view(-1).sum().backward()
    assert all(weight.grad is not None for weight in ours.parameters())


def test_asking_for_the_channels_computes_no_weight(monkeypatch):
    """One that spectral norm computes moves its estimate each time."""
    monkeypatch.setattr(channel_padding, "_wants_tensor_cores", lambda x: True)
    plain = add_spectral_norm(nn.Sequential(nn.Conv2d(3, 8, 3)))
    ours = AS_ON_CUDA(copy.deepcopy(plain))
    x = torch.randn(2, 3, 5, 5)
    close(ours(x), plain(x))
    for got, wanted in zip(ours.buffers(), plain.buffers(), strict=True):
        close(got, wanted)


@pytest.mark.gpu
@pytest.mark.parametrize("name", PICTURES)
def test_on_a_gpu_filled_up_channels_are_taken_in_tf32(name):
    device = torch.device("cuda")
    torch.manual_seed(0)
    plain = PICTURES[name]().to(device)
    x = torch.randn(3, 3, 9, 8, device=device)
    exact = penalised(copy.deepcopy(plain).double(), x.double())
    ours = AS_ON_CUDA(plain)
    products = torch.backends.cudnn.conv
    before, products.fp32_precision = products.fp32_precision, "tf32"
    try:
        with Kernels() as seen:
            found = penalised(ours, x)
    finally:
        products.fp32_precision = before
    assert seen.channels and all(channels % 4 == 0 for channels in seen.channels)
    for got, wanted in zip(found, exact, strict=True):
        assert (got.double() - wanted).norm() <= 0.01 * wanted.norm()


def test_short_numbers_under_autocast_come_near():
    (_, x), (ours, _) = both("strided and 1x1")
    exact = penalised(ours, x)
    with torch.autocast("cpu", torch.bfloat16):
        short = penalised(ours, x)
    assert short[0].dtype == torch.bfloat16 and short[1].dtype == torch.float32
    for got, wanted in zip(short, exact, strict=True):
        assert (got - wanted).norm() < 0.05 * wanted.norm()


def test_where_weights_alone_are_asked_for_samples_get_no_gradient():
    (_, x), (ours, _) = both("strided and 1x1")
    x = x.clone().requires_grad_()
    with second_order.double_backward():
        y = ours(x).sum()
    with Kernels() as seen, second_order.no_sample_gradients():
        y.backward(inputs=list(ours.parameters()))
    assert seen.wanted[-1] == (False, True)
    with second_order.double_backward(), torch.autocast("cpu", torch.bfloat16):
        y = ours(x).float().sum()
    with Kernels() as seen, second_order.no_sample_gradients():
        y.backward(inputs=list(ours.parameters()))
    assert seen.wanted[-1] == (False, True)


def test_a_weight_in_the_place_of_samples_is_no_sample():
    constant = nn.Parameter(torch.randn(2, 4, 5, 5))
    layer = AS_ON_CUDA(nn.Sequential(nn.Conv2d(4, 3, 3)))
    with second_order.double_backward(), second_order.no_sample_gradients():
        layer(constant).sum().backward()
    assert constant.grad is not None


def test_other_paddings_stay_with_torch():
    for layer in (nn.Conv2d(2, 2, 3, padding="same"), nn.Conv2d(2, 2, 3, padding_mode="reflect")):
        assert double_backward_conv.double_backward_class(layer) is None


# -- the steps of presets ----------------------------------------------------------------------
class Kernels(TorchDispatchMode):
    """Remembers the kernel (rows, columns) and the channels of every convolution of its thread,
    which gradients each backward pass of one was asked for, and the floating point operations of
    all."""

    def __init__(self):
        super().__init__()
        self.sizes, self.channels, self.wanted, self.flops = [], [], [], 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.convolution.default:
            self.sizes.append(tuple(args[1].shape[2:]))
            self.channels += args[1].shape[:2]
        if function is torch.ops.aten.convolution_backward.default:
            self.sizes.append(tuple(args[2].shape[2:]))
            self.channels += args[2].shape[:2]
            self.wanted.append(tuple(args[-1][:2]))
        result = function(*args, **(kwargs or {}))
        # What FlopCounterMode adds up; its hooks on modules do not go with gradients of gradients.
        count = flop_registry.get(function.overloadpacket)
        if function is torch.ops.aten.convolution_backward.default:
            *rest, groups, (to_input, to_weight, _) = args
            self.flops += count(*rest, groups, (to_input, False, False), out_val=result)
            # It takes the weights' part of each group for one of all channels.
            weights = count(*rest, groups, (False, to_weight, False), out_val=result)
            self.flops += weights / groups
        elif count:
            self.flops += count(*args, **(kwargs or {}), out_val=result)
        return result


def of_preset(name):
    return RunConfig.from_preset(name, batch_size=16, precision="fp32", data_path="somewhere")


PENALISED = [name for name, _ in PRESETS if of_preset(name).penalised]


def on_paper(config, curved, judge, draw):
    """Products of a step, counted by hand. One forward pass of D on a batch takes ``judge``, one of
    G ``draw``; a pass to inputs or to weights takes as much.

    - D's loss takes three passes: forward, to inputs, to weights; on reals and fakes.
    - A penalised pass takes four: forward, to inputs, and the two derivatives of that. Where D is
      made of linear and piecewise linear layers only, its loss goes the same way. Where it is
      ``curved``, the pass itself is gone back through as well, to inputs and to weights.
    - G takes three, and D on its samples two (forward, to inputs), unless both move at once. A loss
      that needs the reals' logits takes one more.
    """
    penalty, objective = PENALTIES.get(config.penalty), objectives.build(config)
    plain, penalised = 3 * judge, (4 + 2 * curved) * judge
    if not penalty.at_samples:
        discriminator = 2 * plain + penalised
    elif curved and penalty.at != "both":
        discriminator = plain + penalised
    else:
        discriminator = 2 * penalised
    generator = 3 * draw
    if config.update == "alternating":
        generator += 2 * judge + objective.needs_real_in_g * judge
    fakes_for_d = (config.d_steps - 1) * draw
    return config.d_steps * discriminator + fakes_for_d + config.g_steps * generator


CURVED = (nn.Tanh, nn.Sigmoid, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d, MinibatchStd)


@pytest.mark.parametrize("preset", PENALISED)
def test_a_penalised_step_as_on_cuda(preset):
    config = of_preset(preset)
    spec = expected_spec(config)
    with META:
        algorithm = algorithms.build(config, spec, META)
        x = torch.empty(config.batch_size, *spec.shape)
        y = torch.zeros(config.batch_size, dtype=torch.int64) if spec.classes else None
        told = y if config.conditional else None
        z = torch.empty(config.batch_size, config.latent_dim)
    forward = [
        recorded(lambda: algorithm.discriminator(x, told)).flops,
        recorded(lambda: algorithm.generator(z, told)).flops,
    ]
    seen = recorded(lambda: algorithm.step(lambda: Batch(x, y)))
    modules = [m for network in algorithm.networks.values() for m in network.modules()]
    kernels_of_layers = {
        module.kernel_size
        for module in modules
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)
    } | {tuple(m.kernel.shape[2:]) for m in modules if isinstance(m, Upsample | Downsample)}
    assert set(seen.sizes) <= kernels_of_layers
    curved = any(isinstance(module, CURVED) for module in algorithm.discriminator.modules())
    share = seen.flops / on_paper(config, curved, *forward)
    assert 0.8 < share <= 1.1, share


def recorded(work):
    with Kernels() as seen:
        work()
    return seen
