"""The strength of augmentation, steered by D: exact on games whose signs are known."""

import pytest
import torch

from ganviz.algorithms.adaptive_augmentation import INTERVAL, AdaptiveStrength, signs_of_reals
from ganviz.config import RunConfig
from ganviz.errors import ConfigError

CPU = torch.device("cpu")
# 8 of 10 right: a mean sign of 0.6
SHARES = {0.6: 8, 1.0: 10, 0.4: 7, -1.0: 0}
CHANGES = ("translation", "scaling", "rotation", "anisotropic-scaling", "hue", "saturation")
ADAPTIVE = {"augment": CHANGES, "augment_strength": "adaptive"}


def signs(mean):
    right = SHARES[mean]
    return torch.tensor([1.0] * right + [-1.0] * (10 - right))


def steered(mean, updates, samples=400, begin=0.5):
    strength = AdaptiveStrength(CPU)
    strength.state[0] = begin
    for _ in range(updates):
        strength.observe(signs(mean), 0.6, samples)
    return strength.p.item()


def test_p_moves_by_its_pace_and_stays_at_the_target():
    """4 updates of 10 reals are a tenth of 400 samples; nothing moves in between."""
    assert INTERVAL == 4
    for updates, moves in ((3, 0), (4, 1), (7, 1), (8, 2), (20, 5)):
        assert steered(1.0, updates) == pytest.approx(0.5 + 0.1 * moves)
        assert steered(0.4, updates) == pytest.approx(0.5 - 0.1 * moves)
    assert steered(0.6, 400) == 0.5
    assert steered(1.0, 400) == 1.0 and steered(-1.0, 400) == 0.0
    # from 0 to 1 in as many samples as the pace says
    assert steered(1.0, 36, begin=0.0) == pytest.approx(0.9)
    assert steered(1.0, 40, begin=0.0) == pytest.approx(1.0)


def test_updates_of_one_interval_count_together():
    """Two updates at 1 and two at 0.4 have a mean of 0.7, above the target; 0.4, 0.4, 1, 0.6 are
    just at it."""
    for means, expected in (((1.0, 1.0, 0.4, 0.4), 0.6), ((0.4, 0.4, 1.0, 0.6), 0.5)):
        strength = AdaptiveStrength(CPU)
        strength.state[0] = 0.5
        for mean in means:
            strength.observe(signs(mean), 0.6, 400)
        assert strength.p.item() == pytest.approx(expected)


def test_p_comes_to_rest_where_d_is_as_sure_as_it_is_meant_to_be():
    """A D that is right about every real as it is, and guesses about every changed one: its mean
    sign is 1 - p, so p comes to 1 - target and stays there."""
    random = torch.Generator().manual_seed(0)
    strength, seen = AdaptiveStrength(CPU), []
    for update in range(1600):
        sure = torch.rand(64, generator=random) >= strength.p
        guessed = torch.randint(0, 2, (64,), generator=random) * 2.0 - 1
        strength.observe(torch.where(sure, 1.0, guessed), 0.6, 20_000)
        if update >= 400:
            seen.append(strength.p.item())
    assert sum(seen) / len(seen) == pytest.approx(0.4, abs=0.02)
    assert min(seen) > 0.25 and max(seen) < 0.55


def test_processes_add_their_signs_up():
    """Two that see 1.0 and 0.4 steer as one that sees 0.7 of twice as many."""
    strength = AdaptiveStrength(CPU)
    other = torch.stack([signs(0.4).sum(), torch.tensor(10.0)])
    strength.add_up = lambda sums: sums.add_(other)
    for _ in range(4):
        strength.observe(signs(1.0), 0.6, 800)
    assert strength.p.item() == pytest.approx(0.1)


def test_what_d_is_right_about():
    real, fake = torch.tensor([2.0, 0.2, -1.0]), torch.tensor([1.0, 0.5, -3.0])
    assert signs_of_reals(real, fake, 0.0).tolist() == [1, 1, -1]
    assert signs_of_reals(real, fake, 0.5).tolist() == [1, -1, -1]
    # pairs have no level: a real is right where it stands above its fake, whatever is added to both
    assert signs_of_reals(real, fake, None).tolist() == [1, -1, 1]
    assert signs_of_reals(real + 7, fake + 7, None).tolist() == [1, -1, 1]


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_a_game_steers_and_a_resumed_one_goes_on_bit_for_bit(tiny, update):
    changes = dict(
        ADAPTIVE, ada_samples=400, update=update, d_norm="none", objective="relativistic",
        penalty="r1+r2", ada_target=-0.9, burn_in="cosine", burn_in_samples=200,
        burn_in_half_life=50,
    )  # fmt: skip
    whole, first, second = (tiny(**changes) for _ in range(3))
    for _ in range(11):
        whole.step()
    for _ in range(6):
        first.step()
    second.load(
        {name: value.clone() for name, value in first.weights().items()}, first.training_state()
    )
    for _ in range(5):
        second.step()
    assert torch.equal(whole.algorithm.strength.state, second.algorithm.strength.state)
    weights = second.weights()
    assert all(torch.equal(value, weights[name]) for name, value in whole.weights().items())
    figures = whole.read_stats()
    assert -1 <= figures["d_sign"] <= 1
    # D is right about more than a twentieth of its reals: two moves up in eight updates
    batch = whole.config.batch_size
    assert whole.algorithm.strength.p.item() == pytest.approx(min(1, 2 * 4 * batch / 400))
    assert {"augment_p", "d_sign"} <= {one.name for one in whole.algorithm.series}


def test_a_live_target_turns_p_round(tiny):
    trainer = tiny(**ADAPTIVE, ada_samples=4000, ada_target=-0.99, d_norm="none")
    for _ in range(4):
        trainer.step()
    risen = trainer.algorithm.strength.p.item()
    trainer.apply("ada_target", 0.99)
    trainer.apply("ada_samples", 10_000_000)
    for _ in range(4):
        trainer.step()
    assert 0 < trainer.algorithm.strength.p.item() < risen


def test_without_it_nothing_is_steered(tiny):
    trainer = tiny(augment=("translation",))
    trainer.step()
    assert trainer.algorithm.strength is None
    assert "augmentation" not in trainer.training_state()["algorithm"]
    assert "augment_p" not in {one.name for one in trainer.algorithm.series}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"algorithm": "vae", "augment": ("cutout",)}, "VAE"),
        ({"data": "ring8", "generator": "mlp", "discriminator": "mlp"}, "points"),
        ({}, "DiffAugment"),
    ],
)
def test_where_it_makes_no_sense_a_sentence_says_so(changes, word):
    with pytest.raises(ConfigError) as refusal:
        RunConfig.parse({"augment_strength": "adaptive", **changes})
    assert refusal.value.field == "augment_strength" and word in refusal.value.sentence
