"""The VAE: its two terms against closed forms, what it learns, and that it goes on exactly where it
stopped."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ganviz.algorithms.vae import bernoulli, gaussian, kl_to_prior
from ganviz.config import RunConfig
from ganviz.data.source import Batch
from ganviz.engine.run import Run
from ganviz.errors import ConfigError
from ganviz.registry import DISCRIMINATORS, GENERATORS
from tests.tiny import DIGITS

VAE = {"algorithm": "vae", "g_lr": 1e-3, "beta1": 0.9}


@pytest.mark.parametrize(
    ("mean", "variance", "expected"),
    [
        (0.0, 1.0, 0.0),
        (1.0, 1.0, 0.5),
        (0.0, 4.0, 1.5 - math.log(2)),
        (2.0, 0.25, 0.5 * (4 + 0.25 - 1) + math.log(2)),
    ],
)
def test_kl_has_its_closed_form(mean, variance, expected):
    mean, log_variance = torch.tensor([[mean]]), torch.tensor([[variance]]).log()
    assert kl_to_prior(mean, log_variance).item() == pytest.approx(expected, abs=1e-6)


def test_kl_agrees_with_torch():
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    expected = kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(kl_to_prior(mean, log_variance), expected)


def test_bernoulli_is_cross_entropy_of_brightness():
    before_tanh, x = torch.randn(4, 1, 3, 3), torch.rand(4, 1, 3, 3) * 2 - 1
    chance = (before_tanh.tanh() + 1) / 2
    expected = torch.nn.functional.binary_cross_entropy(chance, (x + 1) / 2, reduction="none").sum(
        (1, 2, 3)
    )
    torch.testing.assert_close(bernoulli(before_tanh, x), expected)


def test_bernoulli_learns_where_tanh_is_saturated():
    before_tanh = torch.full(
        (1, 1, 1, 1), 60.0, requires_grad=True
    )  # tanh is exactly 1 in float32 here
    loss = bernoulli(before_tanh, torch.full((1, 1, 1, 1), -1.0))
    loss.sum().backward()
    assert loss.item() == pytest.approx(120.0) and before_tanh.grad.item() == pytest.approx(2.0)


def test_gaussian_agrees_with_torch():
    mean, x = torch.randn(4, 2), torch.randn(4, 2)
    torch.testing.assert_close(gaussian(mean, x, 0.3), -Normal(mean, 0.3).log_prob(x).sum(1))


def test_the_bound_is_tight_for_the_exact_posterior():
    """x = z + noise of deviation s: with the true posterior as q, the ELBO is log N(x; 0, 1 + s^2)
    itself."""
    s, x = 0.5, torch.tensor([[0.7]])
    variance = torch.tensor([[s**2 / (1 + s**2)]])
    mean = x / (1 + s**2)
    z = mean + variance.sqrt() * torch.randn(400_000, 1, generator=torch.Generator().manual_seed(0))
    elbo = -gaussian(z, x.expand_as(z), s).mean() - kl_to_prior(mean, variance.log()).sum()
    assert elbo.item() == pytest.approx(
        Normal(0.0, math.sqrt(1 + s**2)).log_prob(x).item(), abs=5e-3
    )


def test_a_loss_worked_out_by_hand(tiny):
    """Two latents at mean 1, variance 1 cost 1/2 each; 64 undecided pixels cost ln 2 each; beta 3,
    half warmed up."""
    algorithm = tiny(**VAE, beta=3.0, kl_warmup=100).algorithm
    algorithm.steps_done = 50
    algorithm._before_tanh = torch.zeros(1, 1, 8, 8)
    batch = Batch(torch.ones(1, 1, 8, 8), None)
    loss = algorithm.loss(batch, torch.zeros(1, 1, 8, 8), torch.ones(1, 2), torch.zeros(1, 2))
    assert loss.item() == pytest.approx(64 * math.log(2) + 1.5, rel=1e-6)
    assert algorithm.stats.read() == pytest.approx(
        {
            "reconstruction": 64 * math.log(2),
            "kl": 1.0,
            "in_use": 1.0,
            "elbo": -64 * math.log(2) - 1,
        },
        rel=1e-6,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"likelihood": "gaussian"},
        {"conditioning": "concat"},
        {
            "generator": "dcgan",
            "discriminator": "dcgan",
            "g_width": 4,
            "d_width": 4,
            "g_norm": "batch",
            "d_norm": "batch",
        },
    ],
)
def test_learning_raises_the_bound_and_reconstructs(tiny, changes):
    trainer = tiny(**{**VAE, "latent_dim": 8, "g_hidden": (64,), "d_hidden": (64,), **changes})
    trainer.step()
    before = trainer.read_stats()["elbo"]
    for _ in range(250):
        trainer.step()
    trainer.read_stats()
    for _ in range(20):
        trainer.step()
    after = trainer.read_stats()
    assert after["elbo"] > before + 15
    assert after["elbo"] == pytest.approx(-after["reconstruction"] - after["kl"], abs=1e-3)
    batch = trainer.sampler()
    again = trainer.algorithm.reconstruct(batch.x, batch.y)
    own = (again - batch.x).square().mean()
    assert own < 0.85 * (again - batch.x.roll(1, 0)).square().mean()


@pytest.mark.parametrize(
    "generator", [name for name, one in GENERATORS if "mistake" not in name and one.bounded]
)
def test_every_generator_is_a_decoder(tiny, generator):
    """Bernoulli logits are read before the last tanh, so there must be one."""
    trainer = tiny(**VAE, generator=generator, image_size=16, g_width=4, batch_size=4)
    assert isinstance(trainer.algorithm.generator.body[-1], torch.nn.Tanh)
    trainer.step()
    assert trainer.read_stats()["reconstruction"] < 16 * 16 * 3 * math.log(2)


@pytest.mark.parametrize("discriminator", DISCRIMINATORS.names())
def test_every_discriminator_is_an_encoder(tiny, discriminator):
    trainer = tiny(
        **VAE,
        discriminator=discriminator,
        image_size=16,
        d_width=4,
        batch_size=4,
        conditioning="concat",
    )
    trainer.step()
    batch = trainer.sampler()
    mean, log_variance = trainer.algorithm.encode(batch.x, batch.y)
    assert mean.shape == log_variance.shape == (4, 4)


def test_points_are_reconstructed(tiny):
    trainer = tiny(
        **VAE, data="ring8-wide", likelihood="gaussian", likelihood_sigma=0.1, latent_dim=2
    )
    for _ in range(300):
        trainer.step()
    x = trainer.sampler().x
    assert (trainer.algorithm.reconstruct(x) - x).square().mean() < 0.05


def test_spectral_norm_and_gradient_clipping_reach_the_encoder(tiny):
    trainer = tiny(**VAE, d_norm="spectral", grad_clip=1e-3, optimizer="sgd")
    encoder = trainer.algorithm.encoder
    for _ in range(200):  # each pass in training mode is one power iteration
        encoder(torch.randn(2, 1, 8, 8))
    assert torch.linalg.matrix_norm(encoder.ends.weight, 2).item() == pytest.approx(1.0, abs=1e-2)
    before = {
        name: value.clone()
        for name, value in trainer.algorithm.networks["generator"].named_parameters()
    }
    trainer.step()
    moved = sum(
        (value - before[name]).square().sum()
        for name, value in trainer.algorithm.generator.named_parameters()
    )
    assert 0 < moved.sqrt() <= 1e-3 * 1e-3 * 1.01  # learning rate times the norm that is left


@pytest.mark.parametrize(
    "changes", [{}, {"conditioning": "concat", "lr_decay": "linear", "kl_warmup": 5}]
)
def test_resumed_is_uninterrupted(tiny, changes):
    whole, first, second = (tiny(**VAE, **changes) for _ in range(3))
    for _ in range(8):
        whole.step()
    for _ in range(4):
        first.step()
    weights = {name: value.clone() for name, value in first.weights().items()}
    second.load(weights, first.training_state())
    for _ in range(4):
        second.step()
    expected, resumed = whole.weights(), second.weights()
    assert expected.keys() == resumed.keys()
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)


def test_looking_at_reconstructions_changes_nothing(tiny):
    watched, alone = tiny(**VAE, d_norm="batch"), tiny(**VAE, d_norm="batch")
    for _ in range(5):
        watched.step()
        watched.algorithm.reconstruct(torch.zeros(4, 1, 8, 8))
        alone.step()
    assert all(
        torch.equal(value, alone.weights()[name]) for name, value in watched.weights().items()
    )


def test_live_settings(tiny):
    trainer = tiny(**VAE)
    trainer.apply("beta", 7.0)
    trainer.apply("g_lr", 0.5)
    trainer.apply("ema_decay", 0.25)
    algorithm = trainer.algorithm
    assert algorithm.kl_weight == 7.0
    assert algorithm.optimizers["generator"].param_groups[0]["lr"] == 0.5
    assert algorithm.ema.decay == algorithm.encoder_ema.decay == 0.25


def test_a_vae_is_a_run_like_any_other(tmp_path):
    config = RunConfig.parse(
        {**DIGITS, "batch_size": RunConfig().batch_size, "steps": 30, "tick_seconds": 0.02, **VAE}
    )
    run = Run(config, device=torch.device("cpu"), data_root=tmp_path).start()
    assert run.join(60) and run.state == "finished"
    assert {"reconstruction", "kl", "elbo", "in_use"} <= run.events.rows().keys()
    assert {series["name"] for series in run.series} == {"reconstruction", "kl", "elbo", "in_use"}
    assert run.equilibrium == {} and run.frames.latest.step == 30
    pictures, _, _ = run.snapshots.render(torch.randn(3, 4))
    assert pictures.shape == (3, 8, 8, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"data": "ring8"}, "likelihood"),
        ({"conditioning": "projection"}, "conditioning"),
        ({"generator": "mlp-relu-mistake"}, "generator"),
        ({"discriminator": "dcgan", "data": "ring8"}, "discriminator"),
    ],
)
def test_what_a_vae_cannot_do_is_refused(tiny, changes, field):
    with pytest.raises(ConfigError) as refusal:
        tiny(**VAE, **changes)
    assert refusal.value.field == field
