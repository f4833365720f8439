"""Work beside a training on a GPU has a stream of its own."""

import pytest
import torch

from ganviz.accel.preparation import SideStream


@pytest.mark.gpu
def test_work_beside_follows_what_was_launched_and_is_done_at_its_end():
    device = torch.device("cuda")
    x = torch.randn(4096, 4096, device=device)
    beside = SideStream(device)
    for _ in range(2):
        y = x
        for _ in range(20):
            y = (y @ x).clamp(-1, 1)
        with beside.work():
            assert torch.cuda.current_stream(device) != torch.cuda.default_stream(device)
            found = y.sum()
        assert torch.cuda.current_stream(device) == torch.cuda.default_stream(device)
        assert found.item() == y.sum().item()


def test_an_error_goes_on_to_who_asked():
    with pytest.raises(ValueError, match="measured"), SideStream(torch.device("cpu")).work():
        raise ValueError("what was measured")
