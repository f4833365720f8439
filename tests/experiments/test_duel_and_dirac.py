"""Two sides in lockstep are what they are alone; the Dirac-GAN by closed form and by training."""

import math

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.experiments.batched_seeds import BatchedSeedsTrainer
from ganviz.experiments.dirac import FIELDS, Dirac
from ganviz.experiments.duel import Duel, differences
from ganviz.registry import OBJECTIVES
from tests.tiny import DIGITS

CPU = torch.device("cpu")
PLANE = {
    "data": "ring8-wide",
    "generator": "mlp",
    "discriminator": "mlp",
    "g_norm": "none",
    "latent_dim": 2,
    "g_hidden": (16, 16),
    "d_hidden": (16, 16),
    "batch_size": 32,
    "steps": 100,
}
PAIRS = {
    "points": (PLANE, {**PLANE, "penalty": "r1", "penalty_weight": 0.1}),
    "GAN and VAE": (PLANE, {**PLANE, "algorithm": "vae", "likelihood": "gaussian"}),
    "pictures": (DIGITS, {**DIGITS, "objective": "hinge"}),
}


def alone(config, steps):
    trainer = Trainer(config, load_data(config, CPU, "unused"), CPU)
    for _ in range(steps):
        trainer.step()
    return trainer


@pytest.mark.parametrize("pair", PAIRS)
def test_each_side_of_a_duel_is_bit_for_bit_what_it_is_alone(pair):
    configs = [RunConfig.parse(settings) for settings in PAIRS[pair]]
    duel = Duel(*configs, "unused")
    for _ in range(7):
        duel.step()
        for side in duel.sides:
            side.samples()  # looking changes nothing
    for side, config in zip(duel.sides, configs, strict=True):
        single, mine = alone(config, 7).weights(), side.trainer.weights()
        assert all(torch.equal(single[name], mine[name]) for name in single)
        assert side.statistics() and not side.problem
    assert duel.sides[0].samples().shape == duel.sides[1].samples().shape


def test_a_duel_names_what_differs_and_refuses_other_data():
    left, right = (RunConfig.parse(settings) for settings in PAIRS["points"])
    assert [(one.field, one.left, one.right) for one in differences(left, right)] == [
        ("penalty", "none", "r1"),
        ("penalty_weight", 1.0, 0.1),
    ]
    with pytest.raises(ConfigError, match="seed differs"):
        differences(left, right.but(seed=1))


def test_a_side_that_breaks_down_stops_and_the_other_goes_on():
    config = RunConfig.parse(PLANE)
    duel = Duel(config, config.but(g_lr=1e-4), "unused")
    with torch.no_grad():
        next(duel.sides[0].trainer.algorithm.generator.parameters()).fill_(math.nan)
    duel.step()
    assert duel.sides[0].statistics() == {} and "no finite number" in duel.sides[0].problem
    duel.step()
    assert duel.sides[1].statistics() and duel.sides[1].trainer.step_count == 2


def test_each_of_six_seeds_draws_after_the_first_steps_what_it_draws_alone():
    configs = [RunConfig.parse(PLANE).but(seed=seed) for seed in range(6)]
    together = BatchedSeedsTrainer([alone(config, 0) for config in configs])
    singles = [alone(config, 3) for config in configs]
    for _ in range(3):
        together.step()
    z = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    for index, single in enumerate(singles):
        with torch.no_grad():
            mine, theirs = together.averaged(index)(z), single.algorithm.ema.network(z)
        assert torch.allclose(mine, theirs, atol=1e-5)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("alternating", [False, True])
@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_closed_form_and_training_of_the_dirac_gan_agree(name, alternating, gamma):
    dirac = Dirac(name, gamma, alternating=alternating)
    closed = torch.tensor(dirac.path((1.0, 0.5), 60))
    trained = torch.tensor(dirac.trained(OBJECTIVES.get(name, "objective"), (1.0, 0.5), 60))
    assert torch.allclose(closed, trained, atol=1e-6)


def test_without_a_penalty_it_circles_and_r1_brings_it_to_rest():
    def radius(gamma, objective="wasserstein"):
        return math.hypot(*Dirac(objective, gamma).path((1.0, 0.0), 500)[-1])

    # each simultaneous step of rate h multiplies the radius by sqrt(1 + h^2)
    assert radius(0.0) == pytest.approx(1.04**250, rel=1e-9)
    assert radius(0.0, "saturating") > 1 and radius(1.0, "non-saturating") < 1e-3
    assert all(velocity == 0 for velocity in Dirac("saturating").velocity(0.0, 0.0))
    with pytest.raises(ConfigError, match="closed form"):
        Dirac("hinge")
