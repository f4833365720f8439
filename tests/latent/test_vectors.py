"""Latents as text come back to the last bit, and nothing else is taken for one."""

import pytest
import torch

from ganviz.errors import GanvizError
from ganviz.latent import LatentSpec, base_z, compose, from_text, to_text


def test_text_brings_back_every_bit():
    z = torch.randn(3, 7, generator=torch.Generator().manual_seed(1))
    assert torch.equal(from_text(to_text(z), 7), z)
    assert torch.equal(from_text(to_text(z[1]), 7)[0], z[1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not whole latents"),
        ("a", "base64"),
        ("AAAA", "not whole latents"),
        (to_text(torch.zeros(6)), "7 numbers"),
        (to_text(torch.full((7,), float("nan"))), "not finite"),
        (to_text(torch.full((7,), 1e30)), "far too large"),
        ("\u00e9" * 40, "base64"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text, says):
    with pytest.raises(GanvizError, match=says) as refusal:
        from_text(text, 7)
    assert refusal.value.field == "z"


def test_a_spec_may_give_its_base_itself():
    z = base_z(5, 12)
    spec = LatentSpec(z=to_text(z), psi=0.5, raw={2: 1.0})
    expected = 0.5 * z
    expected[2] += 1
    assert torch.equal(compose(spec, torch.empty(0, 12), 12), expected)
    with pytest.raises(GanvizError, match="one z"):
        compose(LatentSpec(z=to_text(torch.zeros(2, 12))), torch.empty(0, 12), 12)
