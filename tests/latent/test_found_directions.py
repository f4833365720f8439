"""Directions against closed forms, and what a generator computes on the way."""

import pytest
import torch
from torch import nn

from ganviz.errors import GanvizError
from ganviz.latent.activations import activation_layers, activations, edited
from ganviz.latent.directions import ganspace, informative_axes, mean_difference


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_ganspace_of_a_linear_layer_finds_its_right_singular_vectors():
    """For A = U S V^T and z of N(0, 1) the components are U's columns, and back in z V's rows."""
    u, v = (torch.linalg.qr(random(size, size, seed=size)).Q for size in (9, 4))
    z = torch.linalg.qr(random(400, 4, seed=2)).Q * 20  # uncorrelated to the last digit
    z = z - z.mean(0)
    matrix = u[:, :4] * torch.tensor([4.0, 3.0, 2.0, 0.0]) @ v.T
    found = ganspace(z, z @ matrix.T, 4)
    assert len(found) == 3
    cosines = (found.vectors * v.T[:3]).sum(1).abs()
    assert torch.allclose(cosines, torch.ones(3), atol=0.01)
    assert torch.allclose(found.strengths, torch.tensor([1, 0.75, 0.5]), atol=0.02)


def test_the_difference_of_two_means():
    chosen, others = torch.tensor([[3.0, 5.0], [3.0, 3.0]]), torch.zeros(1, 2)
    assert torch.allclose(mean_difference(chosen, others), torch.tensor([0.6, 0.8]))
    with pytest.raises(GanvizError, match="same mean"):
        mean_difference(chosen, chosen)
    with pytest.raises(GanvizError, match="samples of both"):
        mean_difference(chosen[:0], others)


def test_a_vaes_axes_come_by_how_far_their_means_vary():
    found = informative_axes(random(50, 3) * torch.tensor([0.1, 2.0, 1.0]), 2)
    assert found.vectors.argmax(1).tolist() == [1, 2]
    assert found.strengths[0] == 1 and 0.3 < found.strengths[1] < 0.8


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(3, 4),
            nn.ReLU(),
            nn.Linear(4, 5),
            nn.LeakyReLU(0.2),
            nn.Linear(5, 2),
            nn.Tanh(),
        )

    def forward(self, z, y=None):
        return self.body(z)


def test_activations_are_the_outputs_of_the_layers_between():
    network, z = Small(), random(6, 3)
    assert [name for name, _ in activation_layers(network)] == ["body.1", "body.3"]
    found = activations(network, z, None)
    assert torch.equal(found["body.1"], network.body[:2](z))
    assert torch.equal(found["body.3"], network.body[:4](z))
    assert list(activations(network, z, None, most=1)) == ["body.1"]
    with pytest.raises(GanvizError, match="no activations"):
        activations(nn.Linear(3, 2), z, None)


@torch.no_grad()
def test_a_silent_unit_is_a_weight_of_zero():
    network, z = Small(), random(6, 3)
    factors = torch.ones(5)
    factors[2] = 0
    with edited(network, "body.3", factors):
        got = network(z)
    hidden = network.body[:4](z) * factors
    assert torch.equal(got, network.body[4:](hidden))
    assert torch.equal(network(z), network.body(z))
    with pytest.raises(GanvizError, match="no layer"), edited(network, "gone", factors):
        pass
    with pytest.raises(GanvizError, match="4 units"), edited(network, "body.1", factors):
        network(z)
