"""Each mistake shows its named failure on every seed, by a figure; its honest partner does not.

The presets themselves, on 8 px digits, for a few hundred steps.
"""

from functools import cache
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.data import load_data, to_float
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.registry import MISTAKES, PRESETS

pytestmark = pytest.mark.slow
SEEDS = range(3)
CPU = torch.device("cpu")
FAST = {"g_lr": 1e-3, "d_lr": 1e-3}


class Trained(NamedTuple):
    trainer: Trainer
    first: dict[str, float]  # statistics of the first and of the last twenty steps
    last: dict[str, float]

    @property
    def reals(self) -> Tensor:
        return to_float(self.trainer.source.samples)

    @torch.no_grad()
    def fakes(self) -> Tensor:
        z = torch.randn(
            400, self.trainer.config.latent_dim, generator=torch.Generator().manual_seed(5)
        )
        return self.trainer.algorithm.generator(z)

    @torch.no_grad()
    def called_real(self, x: Tensor) -> float:
        """The share of ``x`` that D takes for real."""
        return (self.trainer.algorithm.discriminator(x) > 0).float().mean().item()

    @property
    def diversity(self) -> float:
        """How much fakes differ among each other: their standard deviation over the reals',
        averaged over pixels."""
        return (self.fakes().std(0).mean() / self.reals.std(0).mean()).item()

    @property
    def critic_norm(self) -> float:
        return (
            torch.stack(
                [p.detach().norm() for p in self.trainer.algorithm.discriminator.parameters()]
            )
            .norm()
            .item()
        )


def trainer_of(preset, seed, **changes):
    config = RunConfig.from_preset(
        preset, data="digits", image_size=8, batch_size=32, seed=seed, **changes
    )
    return Trainer(config, load_data(config, CPU, "nowhere"), CPU)


@cache
def trained(preset, seed, steps, **changes) -> Trained:
    trainer = trainer_of(preset, seed, steps=steps, **changes)
    reads = []
    for step in range(steps):
        trainer.step()
        if step in (19, steps - 21, steps - 1):
            reads.append(trainer.read_stats())
    return Trained(trainer, reads[0], reads[-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_without_an_adversary_g_draws_the_mean_whatever_z_is(seed):
    run = trained("mlp-gan-mistake", seed, 100, g_lr=1e-3)
    assert run.diversity < 0.15
    assert (run.fakes().mean(0) - run.reals.mean(0)).square().mean() < 0.02
    assert run.called_real(run.fakes()) < 0.05, "D sees through it, and is not asked"


def test_with_an_adversary_g_does_not():
    run = trained("mlp-gan", 0, 200, **FAST)
    assert run.diversity > 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_logarithm_of_a_hidden_layer_is_no_number(seed):
    trainer = trainer_of("minimax-gan-mistake", seed)
    trainer.step()
    with pytest.raises(NonFinite) as blow_up:
        trainer.read_stats()
    assert (
        blow_up.value.step == 1
        and trainer.algorithm.owner_of_statistic[blow_up.value.name] == "discriminator"
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_d_that_never_saw_a_fake_label_says_real_to_all(seed):
    run = trained("virtual-data-mistake", seed, 150)
    assert run.called_real(run.reals) > 0.99 and run.called_real(run.fakes()) > 0.99
    assert run.last["d_fake"] > 0.99 and run.last["loss_g"] < 0.02, (
        "nothing is left for G to learn from"
    )


def test_a_d_that_did_tells_them_apart():
    run = trained("virtual-data", 0, 150)
    assert run.called_real(run.fakes()) < 0.3 and run.last["loss_g"] > 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_critic_fed_noise_teaches_noise(seed):
    run = trained("wgan-vs-vae-mistake", seed, 60)
    background = run.reals.mean(0) < -0.9
    assert run.fakes()[:, background].mean() > -0.5, "the digits' black background is never learned"
    assert abs(run.last["loss_d"]) > 3 * abs(run.first["loss_d"])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_critic_without_a_bound_grows(seed):
    run = trained("wgan-no-lipschitz-mistake", seed, 60, **FAST)
    assert abs(run.last["d_real"]) > 5 * abs(run.first["d_real"]) > 500, (
        "its outputs grow without end"
    )
    assert run.critic_norm > 40, "since its weights do"


def test_a_bounded_critic_does_not():
    run = trained("wgan-vs-vae", 0, 60, **FAST)
    assert abs(run.last["d_real"]) < 10 and abs(run.last["loss_d"]) < 5 and run.critic_norm < 25
    assert run.fakes()[:, run.reals.mean(0) < -0.9].mean() < -0.7


@pytest.mark.parametrize("seed", SEEDS)
def test_a_vae_with_the_gans_loss_gives_another_picture_back(seed):
    run = trained("wgan-vs-vae-vae-mistake", seed, 75)
    again = run.trainer.algorithm.reconstruct(run.reals)
    assert (again - run.reals).square().mean() > run.reals.var(0).mean(), (
        "the mean picture would be a better answer"
    )
    assert run.last["kl"] > 20


def test_a_vae_with_its_own_loss_gives_the_picture_back():
    run = trained("wgan-vs-vae-vae", 0, 150)
    again = run.trainer.algorithm.reconstruct(run.reals)
    assert (again - run.reals).square().mean() < 0.8 * run.reals.var(0).mean()
    assert run.last["kl"] < 10


@pytest.mark.parametrize("seed", SEEDS)
def test_turns_apart_fool_a_d_that_no_longer_answers(seed):
    run = trained("gradient-flow-mistake", seed, 300, **FAST)
    fakes = run.fakes()
    assert run.called_real(fakes) > 0.95, "G beats the frozen D"
    # what a D says of pictures that it never met is chance now and then: three are asked
    honest = [trained("gradient-flow", judge, 300, **FAST) for judge in range(3)]
    assert sorted(one.called_real(fakes) for one in honest)[1] < 0.05, (
        "with pictures that no D which went on learning takes for real"
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_relu_at_the_end_draws_nothing_dark(seed):
    run = trained("gradient-flow-relu-mistake", seed, 100)
    fakes = run.fakes()
    assert fakes.min() >= 0 and (run.reals < -0.5).float().mean() > 0.5
    assert run.called_real(fakes) < 0.05 and run.called_real(run.reals) > 0.95, (
        "D tells them by the background"
    )
    assert run.diversity < 0.05, (
        "and the outputs are driven to zero, where a ReLU passes no gradient"
    )


def test_a_mistake_is_made_only_by_name():
    assert RunConfig().mistake == "none"
    for name, preset in PRESETS:
        spoiled = preset.settings.get(
            "mistake", "none"
        ) != "none" or "mistake" in preset.settings.get("generator", "")
        assert not spoiled or name.endswith("-mistake"), name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mistake": "gan-loss"}, "mistake"),
        ({"mistake": "mean-squared", "algorithm": "vae"}, "mistake"),
        ({"mistake": "mean-squared", "update": "simultaneous"}, "update"),
        ({"mistake": "always-real", "objective": "hinge"}, "mistake"),
        ({"mistake": "hidden-layer", "penalty": "r1"}, "mistake"),
        ({"mistake": "turns-apart", "steps": 0}, "steps"),
        ({"mistake": "spilled-coffee"}, "mistake"),
    ],
)
def test_a_mistake_that_would_not_show_is_refused(changes, field):
    with pytest.raises(ConfigError) as refusal:
        RunConfig.parse(changes)
    assert refusal.value.field == field


def test_every_mistake_has_words():
    for _, mistake in MISTAKES:
        assert mistake.label and mistake.why.endswith(".")
