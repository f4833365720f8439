"""Set-ups of the networks' and the engine's tests, and a trainer of 8 px digits through small
networks."""

import pytest
import torch

from ganviz.accel.preparation import prepare_training_thread
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.trainer import Trainer
from tests.engine.conftest import TINY, tiny  # noqa: F401
from tests.models.conftest import config, draw, spec  # noqa: F401
from tests.runs.conftest import wait_until  # noqa: F401


@pytest.fixture
def tiny_trainer(tmp_path):
    """A function that makes a trainer of a tiny config with changes."""

    def make(**changes):
        settings = RunConfig.parse(
            {**TINY, "g_hidden": (32,), "d_hidden": (32,), "batch_size": 32, **changes}
        )
        return Trainer(settings, load_data(settings, "cpu", tmp_path), torch.device("cpu"))

    return make


@pytest.fixture
def trainer(tiny):  # noqa: F811
    """A function that makes a trainer of a tiny config with changes, at a place such as "cpu"."""

    def make(place, **changes):
        settings, device = tiny(**changes), torch.device(place)
        prepare_training_thread(device, settings.short_products)
        return Trainer(settings, load_data(settings, device, "unused"), device)

    return make
