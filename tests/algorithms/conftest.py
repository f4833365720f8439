"""8 px digits through small networks: a step takes a millisecond."""

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from tests.tiny import DIGITS

TINY = {**DIGITS, "g_hidden": (32,), "d_hidden": (32,), "batch_size": 32, "steps": 40}


@pytest.fixture
def tiny(tmp_path):
    """A function that makes a trainer of a tiny config with changes."""

    def make(**changes):
        config = RunConfig.parse({**TINY, **changes})
        return Trainer(config, load_data(config, "cpu", tmp_path), torch.device("cpu"))

    return make
