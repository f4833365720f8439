"""R3GAN against the paper's definitions: counts, layers, resampling, initial weights, conditioning,
gradients."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.errors import ConfigError
from ganviz.models import build_discriminator, build_generator
from ganviz.models.r3gan import Basis, Downsample, GroupedBlock, Upsample, channels_at, groups_of

DIGITS = tuple("0123456789")
CONDITIONING = ("none", "projection")


def settings_of(size=32, width=768, **changes):
    return RunConfig.parse(
        {
            "data": "cifar10",
            "image_size": size,
            "generator": "r3gan",
            "discriminator": "r3gan",
            "g_width": width,
            "d_width": width,
            "g_norm": "none",
            "latent_dim": 64,
            **changes,
        }
    )


def networks_of(config, device="cpu"):
    spec = DataSpec("made up", "images", (3, config.image_size, config.image_size), 100, DIGITS)
    with torch.device(device):
        return build_generator(config, spec), build_discriminator(config, spec)


def count(network):
    return sum(weight.numel() for weight in network.parameters())


def on_paper(widths, conditional, z=64, classes=10, blocks=2):
    """Weights of G and of D, by hand; ``widths`` from the smallest map to the picture."""
    in_blocks = sum(
        blocks * (2 * width * 2 * width + 2 * width * 16 * 9 + 2 * 2 * width) for width in widths
    )
    between = sum(a * b for a, b in pairwise(widths) if a != b)
    shared = in_blocks + between + 16 * widths[0] + 3 * widths[-1]
    generator = z * widths[0] + conditional * (classes * z + z * widths[0])
    head = widths[0] * (widths[0] + classes) if conditional else widths[0]
    return shared + generator, shared + head


@pytest.mark.parametrize(
    ("size", "widths", "millions"),
    [
        (32, [768] * 4, (20.7, 20.7)),
        (64, [768] * 4 + [384], (22.4, 22.4)),
        (128, [768] * 4 + [384, 192], (22.9, 22.9)),
        (256, [768] * 4 + [384, 192, 96], (23.1, 23.0)),
    ],
)
@pytest.mark.parametrize("conditional", [False, True])
def test_as_many_weights_as_in_the_paper(size, widths, millions, conditional):
    """32 px and 256 px are its CIFAR-10 and FFHQ-256; what the class adds is counted beside."""
    config = settings_of(size, widths[-1], conditioning=CONDITIONING[conditional])
    found = [count(network) for network in networks_of(config, "meta")]
    assert found == list(on_paper(widths, conditional))
    if not conditional:
        assert tuple(round(weights / 1e6, 1) for weights in found) == millions
    assert [channels_at(widths[-1], 4 << i, size) for i in range(len(widths))] == widths


def test_blocks_are_as_in_the_paper():
    first, act, second, again, last = GroupedBlock(768).branch
    assert (first.kernel_size, first.out_channels) == ((1, 1), 1536) and first.bias is not None
    assert (second.kernel_size, second.groups, second.out_channels) == ((3, 3), 96, 1536)
    assert last.kernel_size == (1, 1) and last.out_channels == 768 and last.bias is None
    assert act.negative_slope == again.negative_slope == 0.2
    # FFHQ-256's cardinality: 96 down to 12; widths that do not part evenly get fewer groups
    assert [groups_of(2 * width) for width in (768, 384, 192, 96, 16, 4, 28)] == [
        96, 48, 24, 12, 2, 1, 2,
    ]  # fmt: skip


def test_resampling_is_bilinear_with_zeros_beyond_the_edge():
    line = torch.tensor([1.0, 2.0, 4.0, 8.0])
    up = Upsample()(line.expand(1, 1, 4, 4))[0, 0, 3]
    # a quarter of the neighbour, three quarters of the pixel itself; the row is inside
    expected = [0.75, 1.25, 1.75, 2.5, 3.5, 5.0, 7.0, 6.0]
    assert up.tolist() == pytest.approx(expected)
    down = Downsample()(line.expand(1, 1, 4, 4))[0, 0]
    # (x[-1] + 3 x[0] + 3 x[1] + x[2]) / 8, and 7/8 of it in a row at the edge
    assert (8 / 7 * down[0]).tolist() == pytest.approx([13 / 8, 38 / 8])
    x, small = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 4, 4)
    # each is the other's transpose, up to the four pixels that one becomes
    torch.testing.assert_close((Upsample()(small) * x).sum(), 4 * (small * Downsample()(x)).sum())


def test_every_block_starts_as_the_identity():
    """So the generator starts as basis, resampling and 1x1 convolutions alone, and D likewise."""
    g, d = networks_of(settings_of(16, 16))
    z, x = torch.randn(4, 64), torch.randn(4, 3, 16, 16)
    for network in (g.body, d.trunk):
        for module in network.modules():
            if isinstance(module, GroupedBlock):
                h = torch.randn(2, module.branch[-1].out_channels, 4, 4)
                assert torch.equal(module(h), h)
    bare = nn.Sequential(*(module for module in g.body if not isinstance(module, GroupedBlock)))
    assert torch.equal(g(z), bare(g.first(z)))
    bare = nn.Sequential(*(module for module in d.trunk if not isinstance(module, GroupedBlock)))
    assert torch.equal(d(x), d.real(bare(x)).squeeze(1))


@pytest.mark.parametrize("blocks", [1, 2])
def test_initial_weights_keep_the_scale(blocks):
    """Fix-up: sqrt(2 / (1 + 0.2^2)) L^(-1/4) for two layers makes the mean square of a branch 1 / L
    of its input's; everything else keeps it at 1."""
    g, d = networks_of(settings_of(32, 128, blocks=blocks))
    depth = 4 * blocks
    for network in (g, d):
        found = [module for module in network.modules() if isinstance(module, GroupedBlock)]
        assert len(found) == depth
        for block in found[:2]:
            inner = block.branch[:-1](torch.randn(8, 128, 16, 16))[:, :, 1:-1, 1:-1]
            assert inner.square().mean().item() == pytest.approx(1 / depth, rel=0.15)
            std = math.sqrt(2 / 1.04) * depth**-0.25 / math.sqrt(128)
            assert block.branch[0].weight.std().item() == pytest.approx(std, rel=0.05)
            assert not any(layer.bias.any() for layer in (block.branch[0], block.branch[2]))
    z = torch.randn(256, 64)
    basis = g.body[0](g.first(z))
    assert isinstance(g.body[0], Basis)
    assert basis.square().mean().item() == pytest.approx(1, rel=0.1)
    assert d.trunk[0](torch.randn(8, 3, 32, 32)).var().item() == pytest.approx(1, rel=0.3)
    logits = d.real(d.trunk[-2:](torch.randn(2048, 128, 4, 4)))
    assert logits.var().item() == pytest.approx(1, rel=0.3)


def test_classes_are_told_as_in_the_paper():
    """An embedding of z's size beside z; D's logit is one inner product with the class's vector."""
    g, d = networks_of(settings_of(16, 16, conditioning="projection"))
    assert g.embedding.weight.shape == (64, 10) and g.first.in_features == 128
    z, y = torch.randn(6, 64), torch.arange(6)
    joined = torch.cat([z, g.embedding.weight.t()[y]], 1)
    torch.testing.assert_close(g(z, y), g.body(g.first(joined)))
    torch.testing.assert_close(g.of_mixture(z, torch.eye(10)[y]), g(z, y))
    x = torch.randn(6, 3, 16, 16)
    assert not hasattr(d, "real")
    torch.testing.assert_close(d(x, y), (d.classes.weight[y] * d.trunk(x)).sum(1))
    wide = networks_of(settings_of(8, 256, conditioning="projection", blocks=1))[1]
    assert wide.classes.weight.std().item() == pytest.approx((10 * 256) ** -0.5, rel=0.1)


def test_pictures_have_no_end_and_a_bernoulli_decoder_needs_one():
    g, _ = networks_of(settings_of(16, 16))
    assert not any(isinstance(module, nn.Tanh) for module in g.modules())
    assert (g(5 * torch.randn(64, 64)).abs() > 1).any()
    with pytest.raises(ConfigError) as refusal:
        settings_of(algorithm="vae", d_norm="none")
    assert refusal.value.field == "likelihood" and "tanh" in refusal.value.sentence
    assert settings_of(algorithm="vae", likelihood="gaussian").generator == "r3gan"


def test_resampling_has_no_weights_and_no_place_in_checkpoints():
    for network in networks_of(settings_of(16, 16)):
        named = dict(network.named_parameters())
        assert set(network.state_dict()) == set(named) and not any("kernel" in n for n in named)


def test_what_the_presets_promise():
    """20.7 million weights in each network at the paper's size: the class adds half a million to
    D. The simplified network has the size of before, and its name in the settings of old runs."""
    config = RunConfig.from_preset("r3gan-cifar10")
    bare = networks_of(config.but(conditioning="none"), "meta")
    assert [round(count(network) / 1e6, 1) for network in bare] == [20.7, 20.7]
    assert (config.burn_in_samples, config.image_size, config.penalty) == (20_000_000, 32, "r1+r2")
    small = RunConfig.from_preset("r3gan")
    assert small.generator == small.discriminator == "r3gan"
    simple = RunConfig.from_preset("norm-free-resnet")
    assert simple.generator == simple.discriminator == "resnet-free"
    old = RunConfig.parse({"preset": "r3gan", "generator": "resnet-free", "g_norm": "none"})
    assert RunConfig.from_json(old.to_json()) == old
