"""Work beside a training on a GPU has a stream of its own."""

import pytest
import torch

from ganviz.accel.preparation import Aside

PLACES = [pytest.param("cpu", id="cpu"), pytest.param("cuda", id="cuda", marks=pytest.mark.gpu)]


@pytest.mark.parametrize("place", PLACES)
def test_work_aside_follows_what_was_launched_and_is_done_at_its_end(place):
    device = torch.device(place)
    size, products = (4096, 20) if place == "cuda" else (8, 2)
    x = torch.randn(size, size, device=device)
    aside = Aside(device)
    for _ in range(2):
        y = x
        for _ in range(products):
            y = (y @ x).clamp(-1, 1)
        with aside.work():
            if place == "cuda":
                assert torch.cuda.current_stream(device) != torch.cuda.default_stream(device)
            found = y.sum()
        if place == "cuda":
            assert torch.cuda.current_stream(device) == torch.cuda.default_stream(device)
        assert found.item() == y.sum().item()


def test_an_error_aside_goes_on_to_who_asked():
    with pytest.raises(ValueError, match="measured"), Aside(torch.device("cpu")).work():
        raise ValueError("what was measured")
