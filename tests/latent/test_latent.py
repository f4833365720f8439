"""Latent geometry in closed form."""

import math

import pytest
import torch

from ganviz.errors import GanvizError
from ganviz.latent import (
    Directions,
    LatentSpec,
    base_z,
    compose,
    directions,
    label_of,
    lerp,
    path,
    pca,
    slerp,
)

NONE = torch.empty(0, 6)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# -- sampling ------------------------------------------------------------------------------
def test_a_seed_draws_the_same_z_everywhere():
    assert base_z(7, 3).tolist() == pytest.approx([-0.1468, 0.7861, 0.9468], abs=1e-4)
    assert torch.equal(base_z(7, 64), base_z(7, 64))
    assert not torch.equal(base_z(7, 64), base_z(8, 64))
    z = base_z(0, 10_000)
    assert (z.dtype, z.shape) == (torch.float32, (10_000,))
    assert abs(z.mean()) < 0.05 and abs(z.std() - 1) < 0.05


def test_drawing_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    base_z(1, 8)
    assert torch.equal(torch.get_rng_state(), before)


def test_sliders_are_offsets_and_truncation_scales_the_base_only():
    axes = torch.eye(6)[:2]
    spec = LatentSpec(seed=3, directions={0: 1.5, 1: -2.0}, raw={1: 0.5, 5: 4.0}, psi=0.5)
    expected = base_z(3, 6) * 0.5 + torch.tensor([1.5, -1.5, 0, 0, 0, 4.0])
    assert torch.allclose(compose(spec, axes, 6), expected)
    assert torch.equal(compose(LatentSpec(seed=3), NONE, 6), base_z(3, 6))
    assert torch.equal(compose(LatentSpec(seed=3, psi=0), NONE, 6), torch.zeros(6))


@pytest.mark.parametrize(
    ("spec", "field"), [({"directions": {2: 1.0}}, "directions"), ({"raw": {6: 1.0}}, "raw")]
)
def test_what_does_not_exist_cannot_be_moved(spec, field):
    with pytest.raises(GanvizError) as refusal:
        compose(LatentSpec(**spec), torch.eye(6)[:2], 6)
    assert refusal.value.field == field


def test_the_class_meant():
    assert label_of(LatentSpec(seed=23), 10) == 3
    assert label_of(LatentSpec(seed=23, label=0), 10) == 0
    assert label_of(LatentSpec(seed=23), 0) is None
    for n_classes in (0, 4):
        with pytest.raises(GanvizError, match="class"):
            label_of(LatentSpec(label=4), n_classes)


# -- paths ---------------------------------------------------------------------------------
@pytest.mark.parametrize("dim", [2, 3, 64])
def test_slerp_between_vectors_of_one_norm_keeps_it_and_turns_evenly(dim):
    a, b = random(dim, seed=1), random(dim, seed=2)
    b *= a.norm() / b.norm()
    points = path(a, b, 9)
    assert torch.allclose(points.norm(dim=1), a.norm().expand(9), rtol=1e-5)
    angles = torch.cosine_similarity(points[1:], points[:-1])
    assert torch.allclose(angles, angles[:1].expand(8), atol=1e-5)


def test_slerp_half_way_between_orthogonal_vectors():
    a, b = torch.tensor([2.0, 0, 0]), torch.tensor([0, 2.0, 0])
    assert torch.allclose(slerp(a, b, 0.5), torch.tensor([math.sqrt(2), math.sqrt(2), 0]))
    assert torch.allclose(slerp(a, 2 * b, 0.5).norm(), torch.tensor(3.0))
    assert torch.allclose(slerp(a, b, 1 / 3), torch.tensor([math.sqrt(3), 1.0, 0]))


def test_lerp_of_gaussian_vectors_cuts_inside_the_shell():
    a, b = random(4096, seed=1), random(4096, seed=2)
    shell = (a.norm() + b.norm()) / 2
    assert lerp(a, b, 0.5).norm() / shell == pytest.approx(math.sqrt(0.5), abs=0.02)
    assert slerp(a, b, 0.5).norm() / shell == pytest.approx(1.0, abs=1e-5)


def test_slerp_of_parallel_vectors_is_lerp():
    a = random(8)
    for b in (a, 3 * a, a + 1e-9, a * (1 + 1e-7)):
        assert torch.allclose(slerp(a, b, 0.3), lerp(a, b, 0.3), atol=1e-6)


@pytest.mark.parametrize("dim", [2, 8, 512])
def test_slerp_of_opposite_vectors_takes_a_half_circle(dim):
    a = random(dim)
    points = path(a, -a, 7)
    assert torch.allclose(points.norm(dim=1), a.norm().expand(7), rtol=1e-5)
    assert abs(points[3] @ a) < 1e-4 * a.norm() ** 2
    assert torch.equal(points, path(a, -a, 7))
    nearly = path(a, -a + 1e-4 * random(dim, seed=5), 7)
    assert torch.allclose(nearly.norm(dim=1), a.norm().expand(7), rtol=1e-3)


def test_slerp_where_there_is_no_direction():
    zero, a = torch.zeros(4), random(4)
    assert torch.allclose(slerp(zero, a, 0.25), a / 4)
    assert torch.equal(slerp(zero, zero, 0.5), zero)
    assert torch.equal(slerp(torch.tensor([1.0]), torch.tensor([-1.0]), 0.5), torch.tensor([0.0]))


@pytest.mark.parametrize("kind", ["lerp", "slerp"])
def test_a_path_has_its_exact_ends(kind):
    a, b = random(16, seed=1), random(16, seed=2)
    points = path(a, b, 8, kind)
    assert points.shape == (8, 16) and points.dtype == torch.float32
    assert torch.equal(points[0], a) and torch.equal(points[-1], b)
    assert torch.allclose(path(b, a, 8, kind), points.flip(0), atol=1e-5)


def test_a_path_that_is_none():
    with pytest.raises(GanvizError, match="slerp"):
        path(NONE, NONE, 3, "walk")
    with pytest.raises(GanvizError, match="two"):
        path(NONE, NONE, 1)


# -- directions ----------------------------------------------------------------------------
def weight_of(singular_values, dim, out, seed=0):
    """(a weight with these singular values, its right singular vectors as rows)."""
    left = torch.linalg.qr(random(out, out, seed=seed))[0][:, : len(singular_values)]
    right = torch.linalg.qr(random(dim, dim, seed=seed + 1))[0][:, : len(singular_values)].T
    return left @ torch.diag(torch.tensor(singular_values)) @ right, right


def test_directions_are_the_leading_right_singular_vectors():
    weight, right = weight_of([8.0, 4.0, 2.0, 1.0, 0.5], dim=12, out=40)
    found = directions(weight, 3)
    assert torch.allclose((found.vectors @ right[:3].T).abs(), torch.eye(3), atol=1e-5)
    assert torch.allclose(found.strengths, torch.tensor([1.0, 0.5, 0.25]), atol=1e-5)
    assert torch.allclose(found.vectors @ found.vectors.T, torch.eye(3), atol=1e-6)
    assert torch.allclose(
        (weight @ found.vectors.T).norm(dim=0), torch.tensor([8.0, 4.0, 2.0]), atol=1e-4
    )


@pytest.mark.parametrize(("out", "dim", "count"), [(40, 12, 8), (40, 3, 3), (2, 12, 2), (1, 1, 1)])
def test_there_are_as_many_directions_as_can_be(out, dim, count):
    found = directions(random(out, dim), 8)
    assert found.vectors.shape == (count, dim) and len(found) == len(found.strengths) == count


def test_a_weight_of_zeros_still_has_directions():
    found = directions(torch.zeros(10, 4), 2)
    assert torch.isfinite(found.vectors).all() and found.strengths.tolist() == [0.0, 0.0]


def test_directions_keep_their_place_and_sign():
    weight, _ = weight_of([8.0, 7.0, 2.0, 1.0], dim=6, out=20)
    before = directions(weight, 3)
    # the first two change places in strength, one is mirrored, and everything moves a little
    crossed = weight_of([7.0, 8.0, 2.0, 1.0], dim=6, out=20)[0] * -1 + 0.01 * random(20, 6, seed=9)
    after = directions(crossed, 3, before)
    assert torch.allclose((after.vectors * before.vectors).sum(1), torch.ones(3), atol=1e-2)
    assert after.strengths.argmax() == 1
    swapped = Directions(before.vectors[[2, 0, 1]] * -1, before.strengths)
    again = directions(weight, 3, swapped)
    assert torch.allclose(again.vectors, swapped.vectors, atol=1e-5)


def test_directions_of_another_network_are_not_aligned_to():
    assert torch.equal(
        directions(random(20, 6), 3, directions(random(20, 8), 3)).vectors,
        directions(random(20, 6), 3).vectors,
    )


def test_pca_of_a_linear_generator_finds_its_singular_vectors():
    weight, right = weight_of([8.0, 4.0, 2.0, 1.0], dim=6, out=2 * 5 * 5)
    z = random(200, 6, seed=3)
    pictures = (z @ weight.T + 3.0).view(200, 2, 5, 5)
    found = pca(z, pictures, 3)
    assert torch.allclose((found.vectors @ right[:3].T).abs(), torch.eye(3), atol=1e-4)
    assert torch.allclose(found.strengths, torch.tensor([1.0, 0.5, 0.25]), atol=1e-4)
