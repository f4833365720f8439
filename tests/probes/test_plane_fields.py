"""Manifold and arrows against direct evaluation and finite differences."""

import base64

import numpy as np
import pytest
import torch

from ganviz.models.parts import Packed
from ganviz.probes.modes import columns
from ganviz.probes.plane_fields import ARROWS, CELLS, CURVE, PlaneFields, manifold_latents, pushes
from ganviz.registry import OBJECTIVES

RANDOM = torch.Generator().manual_seed(0)
D = torch.nn.Sequential(
    torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1), torch.nn.Flatten(0)
).double()
REAL, FAKE = (torch.randn(6, 2, generator=RANDOM, dtype=torch.float64) for _ in range(2))


class Judge(torch.nn.Module):
    def forward(self, x, y):
        return D(x)


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_arrows_are_minus_the_gradient_of_the_chosen_loss_at_each_fake(name):
    objective = OBJECTIVES.get(name, "objective")
    moved = pushes(Judge(), {name: objective}, REAL, FAKE)[name]
    step = 1e-5
    for i in range(len(FAKE)):
        for axis in range(2):
            ahead, behind = FAKE.clone(), FAKE.clone()
            ahead[i, axis] += step
            behind[i, axis] -= step
            with torch.no_grad():
                slope = (objective.g(D(REAL), D(ahead)) - objective.g(D(REAL), D(behind))) / (
                    2 * step
                )
            assert float(moved[i, axis]) == pytest.approx(-len(FAKE) * float(slope), abs=1e-6)
    assert all(p.grad is None for p in D.parameters())


def test_saturating_arrows_die_where_d_is_sure_and_the_others_do_not():
    sure = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Flatten(0)).double()
    with torch.no_grad():
        sure[0].weight.fill_(0.1)
        sure[0].bias.fill_(-9.0)
    judge = type("Sure", (torch.nn.Module,), {"forward": lambda self, x, y: sure(x)})()
    kinds = ("saturating", "non-saturating", "wasserstein")
    moved = pushes(judge, {k: OBJECTIVES.get(k, "objective") for k in kinds}, REAL, FAKE)
    length = {kind: float(moved[kind].norm(dim=1).mean()) for kind in kinds}
    assert length["saturating"] < 1e-3 * length["wasserstein"]
    assert length["non-saturating"] == pytest.approx(length["wasserstein"], rel=1e-3)
    assert all((moved[kind] > 0).all() for kind in kinds), "all push towards what D likes"


def test_each_cell_of_the_grid_holds_the_same_share_of_the_latents():
    z = manifold_latents(3)
    assert z.shape == ((CELLS + 1) ** 2, 3) and not z[:, 2].any()
    shares = torch.special.ndtr(z[: CELLS + 1, 0]).diff()
    assert torch.allclose(shares, shares[:1].expand(CELLS), atol=1e-6)
    assert manifold_latents(1).shape == (CURVE, 1)


def unpacked(packed):
    places = np.frombuffer(base64.b64decode(packed["points"]), "<i2").reshape(-1, 2)
    return places * packed["unit"]


def test_a_frame_gets_the_images_of_the_grid_and_the_arrows_at_its_fakes(lab):
    run = lab(points=True, latent_dim=2)
    probe = PlaneFields()
    run.watched_by(probe)
    weights = {name: value.clone() for name, value in run.trainer.weights().items()}
    data = probe.frame_data(exact=True)
    with torch.no_grad():
        images = run.trainer.algorithm.ema.network(manifold_latents(2), None)
    assert np.allclose(unpacked(data["manifold"]), images.numpy(), atol=1e-3)
    arrows = data["arrows"]
    assert arrows["own"] == "non-saturating"
    assert set(arrows["pushes"]) == {"non-saturating", "saturating", "wasserstein"}
    assert all(unpacked(one).shape == (ARROWS, 2) for one in arrows["pushes"].values())
    assert columns(torch.tensor(unpacked(arrows["at"])))["x"]
    assert all(torch.equal(weights[name], value) for name, value in run.trainer.weights().items())


def test_what_cannot_be_drawn_is_left_out(lab):
    packed = lab(points=True, pac=2)
    assert isinstance(packed.trainer.algorithm.networks["discriminator"], Packed)
    probe = PlaneFields()
    packed.watched_by(probe)
    assert set(probe.frame_data(exact=True)) == {"manifold"}
    pictures = PlaneFields()
    lab().watched_by(pictures)
    assert pictures.frame_data(exact=True) == {}
