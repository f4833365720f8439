"""Classes as zeros and ones."""

import pytest
import torch

from ganviz.models.parts import one_hot


def test_each_class_has_its_place():
    y = torch.tensor([2, 0, 1])
    assert torch.equal(one_hot(y, 3, torch.float32), torch.eye(3)[[2, 0, 1]])
    assert one_hot(y, 3, torch.bfloat16).dtype == torch.bfloat16


@pytest.mark.parametrize("unknown", [3, -1])
def test_an_unknown_class_is_an_error(unknown):
    with pytest.raises(IndexError):
        one_hot(torch.tensor([0, unknown]), 3, torch.float32)
