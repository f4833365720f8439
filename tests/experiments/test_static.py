"""The probes that need no run: the frozen generator, and gradients at initialisation."""

import pytest

from ganviz.experiments.frozen_generator import frozen_probe, measuring_points
from ganviz.experiments.initial_gradients import at_start, mlp_config


def test_saturating_starves_a_frozen_generator_and_non_saturating_does_not(lab):
    run = lab(
        points=True,
        objective="saturating",
        latent_dim=2,
        g_hidden=(64, 64),
        d_hidden=(128, 128),
        batch_size=128,
    )
    result = frozen_probe(run.config, run.source, 1000, names=("saturating", "non-saturating"))
    assert result.steps[0] == 0 and result.steps[-1] == 1000
    assert result.fall("saturating") >= 100
    assert result.fall("non-saturating") < 2
    norms = result.gradients["non-saturating"]
    assert norms[-1] > 10 * norms[0]
    assert result.accuracy[-1] > 0.99
    assert result.to_dict()["fall"]["saturating"] >= 100


def test_the_frozen_probe_serves_every_objective_leaves_the_generator_alone_and_can_be_ended(lab):
    run = lab(penalty="wgan-gp", objective="wasserstein")
    generator = run.trainer.algorithm.networks["generator"]
    before = [p.clone() for p in generator.parameters()]
    seen = []
    result = frozen_probe(
        run.config,
        run.source,
        500,
        generator,
        on_point=lambda sofar: seen.append(1) or len(sofar.steps) == 3,
    )
    assert len(result.steps) == len(seen) == 3
    assert len(result.gradients) == 7 and all(
        len(norms) == 3 and min(norms) > 0 for norms in result.gradients.values()
    )
    assert all(
        (p == old).all() and p.grad is None
        for p, old in zip(generator.parameters(), before, strict=True)
    )


def test_points_are_even_on_a_logarithmic_axis():
    points = sorted(measuring_points(2000))
    assert points[0] == 0 and points[-1] == 2000 and {1, 10, 100, 1000} <= set(points)
    assert len(points) < 45


@pytest.mark.parametrize(
    ("settings", "low", "high"),
    [
        ({"depth": 2, "activation": "sigmoid"}, 1e-3, 1e-1),
        ({"depth": 16, "activation": "sigmoid"}, 0, 1e-9),
        ({"depth": 16, "activation": "tanh", "init": "normal1"}, 1e3, 1e7),
        ({"depth": 16, "init": "kaiming"}, 1e-3, 10),
        ({"depth": 16, "activation": "sigmoid", "norm": "batch"}, 0.1, 1e3),
        ({"depth": 16, "init": "dcgan", "residual": True}, 0.1, 10),
    ],
)
def test_depth_activation_and_initialisation_show_at_once(settings, low, high):
    result = at_start(mlp_config(**settings))
    assert low <= result.ratio <= high
    assert result.seconds < 1
    assert (
        len(result.layers)
        == len(result.gradient)
        == settings["depth"] * (2 if "norm" in settings else 1) + 1
    )


def test_small_weights_kill_every_layer():
    assert max(at_start(mlp_config(16, init="dcgan")).gradient[:8]) < 1e-6


def test_pictures_and_discriminators_can_be_looked_at_without_data(config):
    for network in ("generator", "discriminator"):
        result = at_start(
            config(generator="dcgan", discriminator="dcgan", conditioning="projection"), network
        )
        assert all(norm > 0 for norm in result.gradient) and result.seconds < 1
