"""Every generator and discriminator: it builds, has the right shapes and ranges, and every weight
gets a gradient."""

import pytest
import torch

from ganviz.models import build_discriminator, build_generator
from ganviz.models.parts import latent_weight
from ganviz.registry import DISCRIMINATORS, GENERATORS

Y = torch.tensor([0, 1, 2, 0, 1, 2])
SIZES = (8, 16, 28, 32, 64)
IMAGES = [
    (name, size)
    for size in SIZES
    for name in ("mlp", "dcgan", "conv", "resnet", "resnet-free", "r3gan")
]


def cases(registry):
    """(network, size, channels), size 0 for points."""
    yield "mlp", 0, 2
    for name, size in IMAGES:
        if name in registry.names() and size in (registry.get(name).sizes or SIZES):
            yield from ((name, size, channels) for channels in (1, 3))


def moved(network):
    """The branches of R3GAN start at zero, and give no gradient before their last layer moves."""
    with torch.no_grad():
        for weight in network.parameters():
            if not weight.any():
                weight.add_(0.1)
    return network


def check_gradients(network):
    for name, weight in network.named_parameters():
        assert weight.grad is not None and weight.grad.isfinite().all(), name
        assert weight.grad.abs().max() > 1e-9, f"{name} gets no gradient"


@pytest.mark.parametrize(("name", "size", "channels"), list(cases(GENERATORS)))
@pytest.mark.parametrize("conditioning", ["none", "concat"])
def test_generators(config, spec, draw, name, size, channels, conditioning):
    settings = config(size, generator=name, conditioning=conditioning if size else "none")
    network = moved(build_generator(settings, spec(size, channels)))
    x = network(draw(6, 5), Y)
    assert x.shape == (6, *spec(size, channels).shape) and x.dtype == torch.float32
    if size and GENERATORS.get(name).bounded:
        assert x.abs().max() <= 1
    (x * draw(*x.shape, seed=1)).sum().backward()
    check_gradients(network)


@pytest.mark.parametrize(("name", "size", "channels"), list(cases(DISCRIMINATORS)))
@pytest.mark.parametrize("conditioning", ["none", "concat", "projection", "auxiliary"])
def test_discriminators(config, spec, draw, name, size, channels, conditioning):
    settings = config(size, discriminator=name, conditioning=conditioning if size else "none")
    network = moved(build_discriminator(settings, spec(size, channels)))
    x = draw(6, *spec(size, channels).shape)
    logits = network(x, Y)
    loss = (logits * draw(6, seed=1)).sum()
    if settings.conditioning == "auxiliary":
        again, classes = network.judge(x)
        assert (
            torch.equal(again, logits)
            and torch.equal(network(x), logits)
            and classes.shape == (6, 3)
        )
        loss = loss + torch.nn.functional.cross_entropy(classes, Y)
    assert logits.shape == (6,) and logits.dtype == torch.float32
    loss.backward()
    check_gradients(network)


NORMS = [
    ("mlp", "batch"),
    ("mlp", "layer"),
    *((name, norm) for name in ("dcgan", "resnet") for norm in ("batch", "layer", "instance")),
]


@pytest.mark.parametrize(
    ("name", "norm"), [*NORMS, ("mlp", "none"), ("dcgan", "none"), ("resnet", "none")]
)
def test_generator_norms(config, spec, draw, name, norm):
    network = build_generator(config(16, generator=name, g_norm=norm), spec(16))
    x = network(draw(6, 5))
    (x * draw(*x.shape, seed=1)).sum().backward()
    check_gradients(network)


@pytest.mark.parametrize(
    ("name", "norm"),
    [
        *NORMS,
        ("conv", "batch"),
        ("conv", "layer"),
        ("conv", "instance"),
        *((name, "spectral") for name in ("mlp", "dcgan", "conv", "resnet")),
    ],
)
@pytest.mark.parametrize("std", [False, True])
def test_discriminator_norms(config, spec, draw, name, norm, std):
    network = build_discriminator(
        config(16, discriminator=name, d_norm=norm, minibatch_std=std), spec(16)
    )
    (network(draw(6, 1, 16, 16)) * draw(6, seed=1)).sum().backward()
    check_gradients(network)


INDEPENDENT = [
    ("mlp", "none"),
    ("mlp", "layer"),
    ("mlp", "spectral"),
    ("conv", "instance"),
    ("resnet-free", "none"),
    ("r3gan", "none"),
    *(
        (name, norm)
        for name in ("dcgan", "resnet")
        for norm in ("none", "layer", "instance", "spectral")
    ),
]


@pytest.mark.parametrize(("name", "norm"), INDEPENDENT)
@pytest.mark.parametrize("conditioning", ["none", "projection"])
def test_samples_are_judged_independently(config, spec, draw, name, norm, conditioning):
    """What lets one pass through D serve both players: no logit depends on the other samples, nor
    does its gradient."""
    network = build_discriminator(
        config(16, discriminator=name, d_norm=norm, conditioning=conditioning), spec(16)
    )
    network.train(
        norm != "spectral"
    )  # in training, spectral norm's estimate moves on with every pass
    x, others = draw(6, 1, 16, 16), draw(6, 1, 16, 16, seed=1)
    mixed = torch.cat([x[:3], others[3:]]).requires_grad_()
    assert torch.allclose(network(x, Y)[:3], network(mixed, Y)[:3], atol=1e-6)
    (gradient,) = torch.autograd.grad(network(mixed, Y)[:3].sum(), mixed)
    assert (gradient[3:] == 0).all()


@pytest.mark.parametrize(
    ("changes", "linked"),
    [({"d_norm": "batch"}, True), ({"minibatch_std": True}, True), ({}, False)],
)
def test_batch_statistics_link_samples(config, spec, draw, changes, linked):
    network = build_discriminator(config(16, discriminator="dcgan", **changes), spec(16))
    x = draw(6, 1, 16, 16)
    changed = torch.cat([x[:3], 3 * x[3:]])
    assert torch.allclose(network(x)[:3], network(changed)[:3]) != linked


@pytest.mark.parametrize(
    ("name", "size"),
    [("mlp", 0), ("mlp", 16), ("dcgan", 28), ("resnet", 16), ("resnet-free", 16), ("r3gan", 16)],
)
@pytest.mark.parametrize("conditioning", ["none", "projection"])
def test_first_layer_is_what_z_meets_first(config, spec, draw, name, size, conditioning):
    network = build_generator(
        config(size, generator=name, conditioning=conditioning if size else "none"), spec(size)
    )
    weight = network.first_layer()
    assert weight.shape[1] == network.latent_dim == 5 and not weight.requires_grad
    seen = []
    network.first.register_forward_hook(lambda module, inputs, output: seen.append(output.detach()))
    z, direction = draw(6, 5), draw(5, seed=1)
    network(z, Y), network(z + direction, Y)
    assert torch.allclose(seen[1] - seen[0], (weight @ direction).expand(6, -1), atol=1e-5)


@pytest.mark.parametrize(
    ("size", "upsample", "sides"),
    [
        (28, "nearest", [7, 14, 28]),
        (28, "transposed", [14, 28]),
        (64, "nearest", [4, 8, 16, 32, 64]),
        (8, "nearest", [4, 8]),
    ],
)
def test_dcgan_grows_by_doubling(config, spec, draw, size, upsample, sides):
    """28 px is native, 7 -> 14 -> 28; ``nearest`` convolves before it doubles; ``g_width`` is the
    picture's end."""
    network = build_generator(config(size, generator="dcgan", upsample=upsample), spec(size))
    outputs = []
    for module in network.body:
        if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
            module.register_forward_hook(
                lambda module, inputs, output: outputs.append(
                    (output.shape[-1], module.in_channels)
                )
            )
    network(draw(6, 5))
    assert [side for side, _ in outputs] == sides
    assert outputs[-1][1] == 3


def test_networks_run_channels_last(config, spec, draw):
    """The layout changes nothing but the speed."""
    for name in ("dcgan", "resnet", "resnet-free", "r3gan"):
        settings = config(28, generator=name, discriminator=name, conditioning="projection")
        g, d = build_generator(settings, spec(28, 3)), build_discriminator(settings, spec(28, 3))
        plain = d(g(draw(6, 5), Y), Y)
        g, d = build_generator(settings, spec(28, 3)), build_discriminator(settings, spec(28, 3))
        g.to(memory_format=torch.channels_last), d.to(memory_format=torch.channels_last)
        x = g(draw(6, 5), Y)
        assert x.is_contiguous(memory_format=torch.channels_last)
        assert torch.allclose(d(x, Y), plain, atol=1e-5)


def test_outputs_are_fp32_under_autocast(config, spec, draw):
    settings = config(16, conditioning="auxiliary")
    g, d = build_generator(settings, spec(16)), build_discriminator(settings, spec(16))
    with torch.autocast("cpu", torch.bfloat16):
        x = g(draw(6, 5), Y)
        assert {x.dtype, d(x).dtype, *(part.dtype for part in d.judge(x))} == {torch.float32}


@pytest.mark.parametrize(
    ("name", "size"), [("mlp", 16), ("dcgan", 16), ("resnet", 16), ("r3gan", 16)]
)
def test_generators_export_with_any_batch_size(config, spec, draw, name, size):
    """By torch.export, which takes what `len` says for a constant."""
    network = build_generator(config(size, generator=name), spec(size)).eval()
    sizes = ({0: torch.export.Dim("batch", min=2)},)
    exported = torch.export.export(network, (draw(4, 5),), dynamic_shapes=sizes).module()
    for count in (2, 7):
        assert torch.allclose(exported(draw(count, 5)), network(draw(count, 5)), atol=1e-5)


class OwnGenerator(torch.nn.Module):
    """One that says nothing of its first layer."""

    def __init__(self, first):
        super().__init__()
        self.other, self.first = torch.nn.Linear(3, 3), first


@pytest.mark.parametrize(
    ("first", "shape"),
    [
        (torch.nn.Linear(7, 6), (6, 5)),
        (torch.nn.ConvTranspose2d(5, 4, 3), (36, 5)),
        (torch.nn.ReLU(), (5, 5)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_generator_of_ones_own_has_directions_too(first, shape):
    weight = latent_weight(OwnGenerator(first), 5)
    assert weight.shape == shape and not weight.requires_grad
