"""Noise of each kind from normal numbers, and a generator that starts from it."""

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.errors import ConfigError
from ganviz.models import build_generator
from ganviz.models.noise import sphere, uniform

POINTS = {"data": "ring8", "generator": "mlp", "discriminator": "mlp", "g_norm": "none"}
SPEC = DataSpec("ring8", "points", (2,), 10)
Z = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0))


def test_uniform_noise_fills_the_cube_evenly():
    u = uniform(Z)
    assert u.abs().max() < 1 and u.std(0).numpy() == pytest.approx([3**-0.5] * 3, abs=0.01)
    shares = torch.histc(u[:, 0], 10, -1, 1) / len(u)
    assert shares.numpy() == pytest.approx([0.1] * 10, abs=0.01)


def test_noise_on_a_sphere_keeps_directions_and_has_one_radius():
    s = sphere(Z)
    assert torch.allclose(s.norm(dim=1), torch.full((len(s),), 3**0.5), atol=1e-5)
    assert torch.allclose(torch.cosine_similarity(s, Z), torch.ones(len(s)), atol=1e-5)
    assert torch.isfinite(sphere(torch.zeros(1, 3))).all()


def test_a_generator_starts_from_the_noise_of_its_config():
    plain, shaped = (
        build_generator(RunConfig.parse({**POINTS, "latent_dim": 3, "noise": noise}), SPEC)
        for noise in ("gaussian", "uniform")
    )
    assert torch.equal(shaped(Z[:8]), plain(uniform(Z[:8])))
    assert shaped.state_dict().keys() == plain.state_dict().keys()


def test_a_sphere_of_one_dimension_and_a_vae_have_no_use_for_it():
    with pytest.raises(ConfigError) as refused:
        RunConfig.parse({**POINTS, "latent_dim": 1, "noise": "sphere"})
    assert refused.value.field == "latent_dim"
    vae = RunConfig.parse(
        {**POINTS, "noise": "uniform", "algorithm": "vae", "likelihood": "gaussian"}
    )
    assert build_generator(vae, SPEC).noise is None
