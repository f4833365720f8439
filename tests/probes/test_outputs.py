"""D's verdicts: figures against closed forms, and no trace left in the networks."""

import pytest
import torch
from torch import nn

from ganviz.probes.metrics import auc
from ganviz.probes.outputs import Outputs, accuracy, judged, spread
from ganviz.probes.probe import undisturbed
from ganviz.registry import OBJECTIVES


def objective(name):
    return OBJECTIVES.get(name)


def test_accuracy_and_auc_by_hand():
    real, fake = torch.tensor([2.0, 1.0, -1.0, 3.0]), torch.tensor([-2.0, -1.0, 1.0, -3.0])
    assert accuracy(real, fake, objective("non-saturating")) == 0.75
    assert auc(real, fake) == pytest.approx((4 + 3.5 + 2.5 + 4) / 16, abs=1e-4)
    assert (
        accuracy(real, fake, objective("least-squares")) == 0.75
    )  # the level lies between its targets, at 1/2


@pytest.mark.parametrize("name", ["wasserstein", "relativistic", "relativistic-average"])
def test_a_critic_without_a_level_may_shift_its_scores(name):
    real, fake = torch.tensor([2.0, 1.0, -1.0, 3.0]), torch.tensor([-2.0, -1.0, 0.5, -3.0])
    assert (
        accuracy(real + 50, fake + 50, objective(name))
        == accuracy(real, fake, objective(name))
        == 0.75
    )


def test_histograms_hold_every_sample_once():
    random = torch.Generator().manual_seed(0)
    real, fake = torch.randn(64, generator=random), 30 * torch.randn(64, generator=random)
    for name, unit in (
        ("non-saturating", "probability"),
        ("hinge", "raw"),
        ("relativistic", "raw"),
    ):
        told = judged(real, fake, objective(name))
        assert told["unit"] == unit and len(told["edges"]) == len(told["real"]) + 1
        assert sum(told["real"]) == pytest.approx(1, abs=1e-3) and sum(
            told["fake"]
        ) == pytest.approx(1, abs=1e-3)


def test_spread_is_the_mean_distance_of_pairs_within_a_class():
    x = torch.tensor([[0.0], [1.0], [10.0], [13.0]])
    assert spread(x[:2]).item() == 1.0
    assert spread(x, torch.tensor([0, 0, 1, 1])).item() == 2.0


def test_diversity_tells_a_collapsed_generator(lab):
    run = lab()
    probe = run.watched_by(Outputs())
    with torch.no_grad():
        for p in run.trainer.algorithm.networks["generator"].parameters():
            p.zero_()
    probe.tick()
    assert run.told("outputs")[0]["diversity"] == 0.0


def test_looking_leaves_no_trace():
    network = nn.Sequential(
        nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4)),
        nn.BatchNorm1d(4),
        nn.Dropout(),
        nn.Linear(4, 1),
    )
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    x = torch.randn(8, 3)
    with undisturbed(network) as still:
        y = still(x)
        assert torch.equal(y, still(x)) and not y.requires_grad
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert [module.training for module in network.modules()] == modes
    batch_norm = network[1]
    assert batch_norm.track_running_stats
    hidden = network[0](x)
    with undisturbed(batch_norm) as still:
        seen = still(hidden)
    assert torch.allclose(seen.mean(0), torch.zeros(4), atol=1e-5), (
        "it judges with the statistics of the batch, as in training"
    )


def test_one_process_that_looks_does_not_wait_for_the_others(tmp_path):
    """Synchronised batch norm in training mode would ask all processes for their statistics (and
    refuse a CPU)."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'meet'}", rank=0, world_size=1
    )
    try:
        plain, synced = nn.BatchNorm1d(4), nn.SyncBatchNorm(4)
        x = torch.randn(8, 4)
        with pytest.raises(ValueError, match="GPU"):
            synced(x)
        with undisturbed(plain) as still, undisturbed(synced) as too:
            assert torch.equal(still(x), too(x))
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.parametrize(
    "settings",
    [
        {"d_norm": "batch"},
        {"d_norm": "spectral", "objective": "hinge"},
        {"pac": 2},
        {"conditioning": "projection"},
        {"conditioning": "auxiliary"},
        {"minibatch_std": True},
        {"algorithm": "vae"},
    ],
)
def test_every_kind_of_discriminator_is_judged(lab, settings):
    run = lab(**settings)
    probe = run.watched_by(Outputs())
    run.trainer.step()
    before = {name: value.clone() for name, value in run.trainer.weights().items()}
    probe.tick()
    assert all(torch.equal(before[name], value) for name, value in run.trainer.weights().items())
    (told,) = run.told("outputs")
    assert 0 < told["diversity"] < 5
    assert ("accuracy" in told) == ("algorithm" not in settings)
