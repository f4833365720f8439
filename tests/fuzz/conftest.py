"""A kept run whose files are damaged one after the other."""

import shutil

import pytest

from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.engine import checkpoint

from .mutations import TINY


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A kept run; every example puts back what it changed."""
    folder = tmp_path_factory.mktemp("runs") / "kept"
    assert follow(make_run(RunConfig.parse(TINY), folder, "cpu", "data")).state == "finished"
    return folder


@pytest.fixture(scope="session")
def old_checkpoint(run, tmp_path_factory, to_schema_1):
    """The run's checkpoint as ganviz 0.1 wrote them."""
    newest = checkpoint.newest(run / "checkpoints")
    copied = tmp_path_factory.mktemp("old") / newest.name
    shutil.copytree(newest, copied)
    return to_schema_1(copied)
