"""One tiny conditional run with held-out pictures, on disk, and one loaded for a report."""

import pytest
import torch

from ganviz.api import train
from ganviz.synthetic.report import RunUnderTest
from tests.tiny import DIGITS

TINY = {
    **DIGITS,
    "g_hidden": (32,),
    "d_hidden": (32,),
    "latent_dim": 8,
    "batch_size": 32,
    "steps": 40,
    "conditioning": "concat",
    "sample_seconds": 60.0,
}


def silent(fraction, sentence):
    """Nobody watches."""


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory, data_root):
    """The folder of a finished run; do not change it."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    train(TINY, out=folder, device="cpu", data_root=data_root)
    return folder


@pytest.fixture(scope="session")
def run(run_folder, data_root):
    return RunUnderTest.load(run_folder, data_root, torch.device("cpu"), silent)
