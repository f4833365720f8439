"""The adversarial step against the same maths written out the long way."""

import contextlib
import copy

import pytest
import torch

from ganviz.accel import discriminator_pass, kernels
from ganviz.accel.choices import Choices, in_use
from ganviz.algorithms import base, build
from ganviz.config import RunConfig
from ganviz.data.source import Batch, DataSpec
from tests.tiny import DIGITS

CPU = torch.device("cpu")
SPEC = DataSpec("digits", "images", (1, 8, 8), 100, tuple("0123456789"))
BASE = {
    **DIGITS,
    "g_hidden": (12,),
    "d_hidden": (12,),
    "batch_size": 6,
    "optimizer": "sgd",
    "g_lr": 0.1,
    "d_lr": 0.1,
}


def made(**changes):
    return build(RunConfig.parse({**BASE, **changes}), SPEC, CPU)


def batch(seed=0, count=6):
    random = torch.Generator().manual_seed(seed)
    return Batch(torch.rand(count, 1, 8, 8, generator=random) * 2 - 1, torch.arange(count) % 10)


def gradients_of(loss, network):
    return torch.autograd.grad(loss, list(network.parameters()))


def moves(before, after):
    """What SGD with learning rate 0.1 was given as gradient."""
    return [(b - a) / 0.1 for b, a in zip(before.parameters(), after.parameters(), strict=True)]


@pytest.mark.parametrize(
    "objective", ["non-saturating", "hinge", "relativistic", "wasserstein", "least-squares"]
)
@pytest.mark.parametrize("penalty", ["none", "r1", "r1+r2", "wgan-gp"])
@pytest.mark.parametrize("conditioning", ["none", "projection"])
def test_one_pass_serves_both_players_exactly(objective, penalty, conditioning):
    """The simultaneous update equals two separate backward passes from the same
    position."""
    algorithm = made(
        objective=objective,
        penalty=penalty,
        conditioning=conditioning,
        update="simultaneous",
        penalty_weight=0.7,
    )
    g, d = copy.deepcopy(algorithm.generator), copy.deepcopy(algorithm.discriminator)
    random = torch.Generator().manual_seed(algorithm.config.seed + 1)
    data = batch()
    y = data.y if conditioning == "projection" else None
    algorithm.step(lambda: data)

    z = torch.randn(6, 4, generator=random)
    fake = g(z, y)
    real_logits, fake_logits = d(data.x, y), d(fake.detach(), y)
    loss_d = algorithm.objective.d(real_logits, fake_logits)
    loss_d = loss_d + 0.7 * algorithm.penalty.penalty(
        lambda x: d(x, y), data.x, fake.detach(), random
    )
    loss_g = algorithm.objective.g(d(data.x, y).detach(), d(fake, y))
    for expected, network, now in (
        (gradients_of(loss_d, d), d, algorithm.discriminator),
        (gradients_of(loss_g, g), g, algorithm.generator),
    ):
        for wanted, got in zip(expected, moves(network, now), strict=True):
            torch.testing.assert_close(got, wanted, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("objective", ["non-saturating", "hinge", "relativistic"])
@pytest.mark.parametrize("bias", [0.0, -200.0])
def test_one_way_back_serves_both_however_sure_d_is(objective, bias, monkeypatch):
    """D's loss wants nothing of a fake that D is sure of; G's loss still does."""
    rows = []

    def noted(x, found=kernels.first_row_wanted):
        rows.append(found(x))
        return rows[-1]

    monkeypatch.setattr(kernels, "first_row_wanted", noted)
    with in_use(Choices(optimized_linear=True)):
        algorithm = made(objective=objective, update="simultaneous", d_hidden=(300,))
    with torch.no_grad():
        list(algorithm.discriminator.parameters())[-1].fill_(bias)
    g, d = copy.deepcopy(algorithm.generator), copy.deepcopy(algorithm.discriminator)
    random = torch.Generator().manual_seed(algorithm.config.seed + 1)
    data = batch()
    algorithm.step(lambda: data)
    # Of the reals no input gradient is computed.
    assert rows[0] == 6 or not kernels.private.has_onednn_linear()

    fake = g(torch.randn(6, 4, generator=random))
    loss_d = algorithm.objective.d(d(data.x), d(fake.detach()))
    loss_g = algorithm.objective.g(d(data.x).detach(), d(fake))
    for expected, network, now in (
        (gradients_of(loss_d, d), d, algorithm.discriminator),
        (gradients_of(loss_g, g), g, algorithm.generator),
    ):
        for wanted, got in zip(expected, moves(network, now), strict=True):
            torch.testing.assert_close(got, wanted, rtol=1e-3, atol=2e-4 if bias else 2e-5)
    if objective != "relativistic":
        assert max(move.abs().max() for move in moves(g, algorithm.generator)) > 1e-4


def test_alternating_g_answers_the_moved_d():
    algorithm = made()
    g, d = copy.deepcopy(algorithm.generator), copy.deepcopy(algorithm.discriminator)
    random = torch.Generator().manual_seed(algorithm.config.seed + 1)
    data = batch()
    algorithm.step(lambda: data)

    fake = g(torch.randn(6, 4, generator=random))
    step_d = gradients_of(algorithm.objective.d(d(data.x), d(fake.detach())), d)
    with torch.no_grad():
        for p, move in zip(d.parameters(), step_d, strict=True):
            p -= 0.1 * move
    step_g = gradients_of(algorithm.objective.g(d(data.x), d(fake)), g)
    for wanted, got in zip(step_g, moves(g, algorithm.generator), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-3, atol=2e-5)


def test_a_penalised_turn_moves_d_by_the_penalty_too():
    plain, penalised = made(), made(penalty="r1", penalty_weight=10.0)
    data = batch()
    for algorithm in (plain, penalised):
        algorithm.step(lambda: data)
    assert not torch.equal(
        next(plain.discriminator.parameters()), next(penalised.discriminator.parameters())
    )
    assert penalised.stats.read()["penalty"] > 0


def test_several_critic_steps_draw_several_batches():
    drawn = []

    def draw():
        drawn.append(1)
        return batch(len(drawn))

    made(d_steps=5, objective="wasserstein", penalty="wgan-gp").step(draw)
    assert len(drawn) == 5  # G learns from the fakes of the last critic step


def test_weight_clipping_bounds_every_weight():
    algorithm = made(objective="wasserstein", weight_clip=0.01)
    algorithm.step(batch)
    assert all(p.abs().max() <= 0.01 for p in algorithm.discriminator.parameters())


def test_gradient_clipping_bounds_the_move():
    algorithm = made(grad_clip=1e-3)
    before = copy.deepcopy(algorithm.generator)
    algorithm.step(batch)
    norm = torch.cat([m.flatten() for m in moves(before, algorithm.generator)]).norm()
    assert norm <= 1.01e-3


@pytest.mark.parametrize(
    "changes",
    [
        {"label_flip": 0.3},
        {"label_smoothing": 0.1},
        {"instance_noise": 0.5},
        {"minibatch_std": True},
        {"pac": 2},
        {"augment": ("translation", "cutout", "brightness")},
        {"conditioning": "auxiliary"},
        {"conditioning": "concat"},
        {"precision": "bf16"},
        {"precision": "bf16", "penalty": "r1+r2", "update": "simultaneous"},
        {"d_norm": "spectral"},
        {"pac": 2, "penalty": "r1"},
        {"optimizer": "rmsprop"},
        {"optimizer": "momentum"},
        {"optimizer": "adam"},
        {"g_steps": 3},
        {"instance_noise": 0.2, "penalty": "dragan", "update": "simultaneous"},
    ],
    ids=str,
)
def test_every_option_trains_and_stays_finite(changes):
    algorithm = made(**{"g_lr": 1e-3, "d_lr": 1e-3, **changes})
    before = copy.deepcopy(algorithm.generator)
    for seed in range(5):
        algorithm.step(lambda seed=seed: batch(seed))
    stats = algorithm.stats.read()
    assert {"loss_d", "loss_g", "d_real", "d_fake"} <= stats.keys()
    assert any(
        not torch.equal(a, b)
        for a, b in zip(before.parameters(), algorithm.generator.parameters(), strict=True)
    )


def test_instance_noise_fades_to_nothing():
    algorithm = made(instance_noise=1.0, instance_noise_steps=10)
    x = torch.zeros(6, 1, 8, 8)
    assert algorithm.augmented(x).std() == pytest.approx(1.0, abs=0.15)
    algorithm.steps_done = 5
    assert algorithm.augmented(x).std() == pytest.approx(0.5, abs=0.1)
    algorithm.steps_done = 10
    assert torch.equal(algorithm.augmented(x), x)


def test_resumed_is_uninterrupted():
    through, first, second = (
        made(optimizer="adam"),
        made(optimizer="adam"),
        made(optimizer="adam", seed=9),
    )
    for seed in range(8):
        through.step(lambda seed=seed: batch(seed))
    for seed in range(4):
        first.step(lambda seed=seed: batch(seed))
    second.load(copy.deepcopy(first.weights()), copy.deepcopy(first.training_state()))
    for seed in range(4, 8):
        second.step(lambda seed=seed: batch(seed))
    a, b = through.weights(), second.weights()
    assert all(torch.equal(a[name], b[name]) for name in a)


def distance(a, b):
    a, b = (
        torch.cat([p.grad.flatten() for p in algorithm.discriminator.parameters()])
        for algorithm in (a, b)
    )
    return ((a - b).norm() / b.norm()).item()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"objective": "wasserstein", "penalty": "wgan-gp", "penalty_weight": 10.0},
        {"penalty": "r1+r2", "update": "simultaneous"},
    ],
    ids=str,
)
def test_bf16_in_products_products_is_near_fp32_and_leaves_no_trace(changes):
    short, full = (made(precision=precision, **changes) for precision in ("bf16", "fp32"))
    assert short._bf16_in_products and not full._bf16_in_products
    for algorithm in (short, full):
        algorithm.step(batch)
    assert distance(short, full) < 0.02
    assert torch.backends.mkldnn.matmul.fp32_precision in ("ieee", "none")
    assert all(p.dtype == torch.float32 for p in short.discriminator.parameters())


def test_a_penalty_is_taken_in_full_precision(monkeypatch):
    """Its own backward pass, outside of the short products; the gradients add up to those of the
    sum."""
    within = []

    @contextlib.contextmanager
    def noted():
        within.append(True)
        yield
        within.append(False)

    for module in (base, discriminator_pass):
        monkeypatch.setattr(module, "bf16_products", noted)
    settings = {"objective": "wasserstein", "penalty": "wgan-gp", "penalty_weight": 10.0}
    apart, full = made(precision="bf16", **settings), made(**settings)
    with monkeypatch.context() as spying:
        seen, backward, penalty = [], torch.Tensor.backward, type(apart.penalty).penalty
        spying.setattr(
            torch.Tensor,
            "backward",
            lambda *args, **more: seen.append(within[-1]) or backward(*args, **more),
        )
        spying.setattr(
            type(apart.penalty), "penalty", lambda *args: seen.append(within[-1]) or penalty(*args)
        )
        apart.step(batch)
    assert seen == [
        False,
        False,
        True,
        True,
    ]  # the penalty, its backward pass, that of D's loss, that of G's
    full.step(batch)
    assert distance(apart, full) < 1e-5  # nothing was shortened here


@pytest.mark.parametrize("changes", [{}, {"penalty": "r1"}, {"d_norm": "batch"}], ids=str)
def test_the_class_loss_of_reals_and_of_fakes_counts_in_full(changes):
    """AC-GAN's L_C is a sum of two expectations, however many passes D takes (Odena et al.
    2017)."""
    algorithm = made(conditioning="auxiliary", **changes)
    data, fake = batch(), batch(5).x
    judged = algorithm.judge_both(data.x.clone(), fake.clone(), data.y)
    wanted = sum(
        torch.nn.functional.cross_entropy(algorithm.discriminator.judge(x)[1], data.y)
        for x in (data.x, fake)
    )
    torch.testing.assert_close(judged.class_loss, wanted)
