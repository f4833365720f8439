"""Several seeds trained as one get what each would have got alone."""

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.experiments.batched_seeds import BatchedSeedsTrainer, problem

CPU = torch.device("cpu")
POINTS = {
    "data": "ring8",
    "generator": "mlp",
    "discriminator": "mlp",
    "latent_dim": 2,
    "g_hidden": (24, 24),
    "d_hidden": (24, 24),
    "g_norm": "none",
    "d_norm": "none",
    "activation": "relu",
    "batch_size": 32,
    "steps": 60,
    "optimizer": "sgd",
    "g_lr": 0.02,
    "d_lr": 0.02,
}
SEEDS = (3, 7, 8)
ADAM = {"optimizer": "adam", "g_lr": 2e-3, "d_lr": 2e-3}

GAMES = {
    "in turns": {},
    "more turns": {"d_steps": 3, "g_steps": 2},
    "at once": {
        "update": "simultaneous",
        "objective": "relativistic",
        "penalty": "r1+r2",
        "penalty_weight": 0.05,
        "lr_decay": "linear",
    },
    "Adam": {
        "update": "simultaneous",
        "objective": "relativistic",
        "penalty": "r1+r2",
        "penalty_weight": 0.05,
        **ADAM,
    },
    "clipped": {"objective": "wasserstein", "weight_clip": 0.15},
}
TOLERANCE = {
    "Adam": 0.1
}  # it divides by the gradient's own size: where that is nothing but rounding, so is the move


def single(config, seed):
    config = config.but(seed=seed)
    return Trainer(config, load_data(config, CPU, "unused"), CPU)


@pytest.mark.parametrize("game", GAMES)
def test_every_seed_learns_what_it_learns_alone(game):
    config = RunConfig.parse({**POINTS, **GAMES[game]})
    alone = [single(config, seed) for seed in SEEDS]
    together = BatchedSeedsTrainer([single(config, seed) for seed in SEEDS])
    before = [
        torch.cat(
            [value.flatten() for value in one.algorithm.generator.state_dict().values()]
        ).clone()
        for one in alone
    ]
    for _ in range(12):
        together.step()
        for one in alone:
            one.step()
    for index, one in enumerate(alone):
        mine, theirs = (
            torch.cat([value.flatten() for value in network.state_dict().values()])
            for network in (together.averaged(index), one.algorithm.ema.network)
        )
        moved = (theirs - before[index]).norm()
        assert moved > 1e-3 and (mine - theirs).norm() <= TOLERANCE.get(game, 1e-3) * moved
    means = [one.read_stats() for one in alone]
    for name, value in together.read_stats().items():
        assert value == pytest.approx(
            sum(each[name] for each in means) / len(SEEDS), rel=5e-3, abs=5e-4
        )


def test_one_seed_that_breaks_leaves_the_others_alone():
    config = RunConfig.parse({**POINTS, "objective": "relativistic"})
    alone = single(config, SEEDS[0])
    together = BatchedSeedsTrainer([single(config, seed) for seed in SEEDS[:2]])
    with torch.no_grad():
        next(together.algorithm.generator.parameters())[1] = float("nan")
    for _ in range(4):
        together.step()
        alone.step()
    good, bad = (together.averaged(index).first.weight for index in (0, 1))
    torch.testing.assert_close(good, alone.algorithm.ema.network.first.weight, rtol=2e-3, atol=2e-5)
    assert bad.isnan().any()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"g_norm": "batch"}, "g_norm"),
        ({"penalty": "wgan-gp"}, "penalty"),
        ({"grad_clip": 1.0}, "grad_clip"),
        ({"instance_noise": 0.1}, "instance_noise"),
        ({"minibatch_std": True}, "minibatch_std"),
        ({"pac": 2}, "pac"),
    ],
)
def test_what_mixes_samples_is_refused(changes, named):
    config = RunConfig.parse({**POINTS, **changes})
    assert named in problem(config)
    with pytest.raises(ConfigError, match=named):
        BatchedSeedsTrainer([single(config, 1)])
