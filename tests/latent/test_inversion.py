"""Inversion of a linear generator, whose answer is known; handles, neighbours, blends, D's eye."""

import pytest
import torch
from torch import nn

from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.errors import GanvizError
from ganviz.latent.activations import unit_effects
from ganviz.latent.classes import draw_blend
from ganviz.latent.discriminator_gradients import climb, fooling, input_gradient
from ganviz.latent.handles import Handle, drag
from ganviz.latent.inversion import CANDIDATES, invert, train_encoder
from ganviz.latent.neighbours import nearest, own_distances, place_among
from ganviz.models import build_generator


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


BASIS = torch.linalg.qr(random(16, 3)).Q  # orthonormal columns
OFFSETS = random(4, 16, seed=9)


def linear(z, y=None):
    """G(z, y) = B z + b_y, as pictures of 4 x 4."""
    x = z @ BASIS.T
    return (x if y is None else x + OFFSETS[y]).view(-1, 1, 4, 4)


def test_the_latent_of_a_linear_generator_is_found():
    z = torch.tensor([0.8, -1.2, 0.3])
    found = invert(linear, linear(z[None])[0], 3, steps=150)
    assert torch.allclose(found.z, z, atol=0.06) and found.error < 1e-4
    assert torch.allclose(found.x, linear(found.z[None])[0], atol=1e-6)


def test_the_class_is_found_with_it_or_kept_where_it_is_given():
    z, y = torch.tensor([[0.5, 0.1, -0.9]]), torch.tensor([2])
    target = linear(z, y)[0]
    found = invert(linear, target, 3, n_classes=4, steps=80)
    assert found.y == 2 and torch.allclose(found.z, z[0], atol=0.1)
    assert invert(linear, target, 3, n_classes=4, y=1, steps=20).y == 1


def test_a_start_with_its_class_is_tried_with_that_class_alone():
    target, drawn = linear(random(1, 3), torch.tensor([2]))[0], []

    def draw(z, y):
        drawn.append(len(z))
        return linear(z, y)

    guesses = random(4, 3)
    for given, tried in ((torch.arange(4), 4), (None, 16)):
        drawn.clear()
        invert(draw, target, 3, 4, start=guesses, start_y=given, steps=0, restarts=8)
        assert sum(drawn) == CANDIDATES + tried + 8


def test_features_and_an_encoder_help_and_progress_is_told_until_it_is_cancelled():
    z = torch.tensor([0.8, -1.2, 0.3])
    encoder = train_encoder(linear, 3, 0, (1, 4, 4), steps=150)
    guess = encoder(linear(z[None]))
    assert (guess - z).abs().max() < 0.5
    seen, asked = [], []

    def ended():
        asked.append(len(seen))
        return len(asked) > 34

    invert(
        linear,
        linear(z[None])[0],
        3,
        start=guess,
        features=lambda x: x.flatten(1)[:, :5],
        steps=100,
        on_step=seen.append,
        ended=ended,
    )
    assert [one.step for one in seen] == [10, 20, 30]
    assert seen[-1].error <= seen[0].error and len(asked) == 35  # it ends between two steps
    assert train_encoder(linear, 3, 0, (1, 4, 4), ended=lambda: True) is None


def test_nearest_is_brute_force():
    x, reals = random(3, 5), random(40, 5, seed=1)
    distances, index = nearest(x, reals, 4)
    expected = torch.cdist(x, reals).topk(4, largest=False)
    assert torch.equal(index, expected.indices)
    assert torch.allclose(distances, expected.values, atol=1e-5)
    own = own_distances(reals, 40)
    among = torch.cdist(reals, reals).fill_diagonal_(float("inf")).min(1).values.sort().values
    assert torch.allclose(own, among, atol=1e-4)
    assert place_among(0.0, own) == 0 and place_among(1e9, own) == 1
    copied, _ = nearest(reals[7:8], reals, 1)
    assert float(copied) == 0


class Plane(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(16, 1)

    def forward(self, x, y=None):
        return self.linear(x.flatten(1))


def test_d_of_a_plane_has_its_normal_as_gradient():
    plane = Plane()
    x = linear(random(5, 3))
    logit, gradient = input_gradient(plane, x, None)
    assert logit == pytest.approx(plane(x)[0].item(), abs=1e-6)
    assert torch.allclose(gradient.flatten(), plane.linear.weight[0])
    moved, (before, after) = fooling(plane, x.clamp(-1, 1), None, size=0.1)
    assert after > before and (moved - x[0].clamp(-1, 1)).abs().max() <= 0.1 + 1e-6
    way, logits = climb(linear, plane, random(5, 3), None, steps=6)
    assert len(way) == len(logits) == 7 and logits[-1] > logits[0]
    assert torch.allclose(way.norm(dim=1), way[0].norm().expand(7), atol=1e-4)
    assert all(parameter.grad is None for parameter in plane.parameters())


def blob(z, y=None):
    """A bright spot in a picture of 16 x 16, whose place is z."""
    axis = torch.linspace(-2, 2, 16)
    rows, columns = (axis[None] - z[:, one : one + 1] for one in (0, 1))
    return 2 * torch.exp(-4 * (rows[:, :, None] ** 2 + columns[:, None] ** 2))[:, None] - 1


def test_a_handle_takes_the_spot_along():
    steps = []
    found = drag(
        blob,
        torch.zeros(2),
        None,
        Handle((8, 8), (8, 12), 4),
        on_step=lambda step, _: bool(steps.append(step)),
    )
    assert found[1] > 0.6 and abs(float(found[0])) < 0.3 and len(steps) == 40
    with pytest.raises(GanvizError, match="places in the picture"):
        drag(blob, torch.zeros(2), None, Handle((8, 8), (8, 16)))


SPEC = DataSpec("x", "images", (1, 8, 8), 10, ("a", "b", "c"))
CONDITIONAL = RunConfig.parse(
    {
        "data": "digits",
        "image_size": 8,
        "generator": "mlp",
        "discriminator": "mlp",
        "g_hidden": (6,),
        "g_norm": "none",
        "latent_dim": 3,
        "conditioning": "concat",
    }
)


@torch.no_grad()
def test_a_blend_of_one_class_alone_is_that_class():
    generator, z = build_generator(CONDITIONAL, SPEC), random(3, 3)
    y = torch.tensor([0, 1, 2])
    assert torch.allclose(draw_blend(generator, z, torch.eye(3)), generator(z, y), atol=1e-6)
    with pytest.raises(GanvizError, match="cannot be blended"):
        draw_blend(nn.Linear(3, 4), z, torch.eye(3))
    with pytest.raises(GanvizError, match="each of the 3"):
        draw_blend(generator, z, torch.eye(2))


@torch.no_grad()
def test_the_units_that_draw_a_place_are_those_whose_absence_shows():
    generator, z, y = build_generator(CONDITIONAL, SPEC), random(1, 3), torch.tensor([1])
    layer = next(
        name for name, one in generator.named_modules() if isinstance(one, nn.LeakyReLU | nn.ReLU)
    )
    window = (slice(2, 5), slice(3, 6))
    effects = unit_effects(generator, z, y, layer, window)
    assert effects.shape == (6,) and effects.max() > 0
    last = generator.get_submodule(layer)
    off = int(effects.argmax())
    hook = last.register_forward_hook(lambda *args: args[2].index_fill(1, torch.tensor([off]), 0))
    without = generator(z, y)[0, :, 2:5, 3:6]
    hook.remove()
    change = (without - generator(z, y)[0, :, 2:5, 3:6]).abs().mean() / 2
    assert float(effects[off]) == pytest.approx(float(change), rel=1e-4)
