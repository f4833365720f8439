"""One tiny finished run; each test damages a copy of its own."""

import shutil
import threading
from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.listing import find, list_runs, run_info
from ganviz.server import Gate, routes
from tests.tiny import DIGITS, OFTEN

TINY = {**DIGITS, **OFTEN, "g_hidden": (8,), "d_hidden": (8,), "batch_size": 8, "steps": 20}


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """Nobody changes this one."""
    folder = tmp_path_factory.mktemp("hostile") / "kept"
    assert follow(make_run(RunConfig.parse(TINY), folder, "cpu", "data")).state == "finished"
    return folder


@pytest.fixture
def run(finished_run, tmp_path):
    return shutil.copytree(finished_run, tmp_path / "runs" / "kept")


@pytest.fixture
def client(run):
    opened = {}
    manager = SimpleNamespace(
        current=None,
        device=torch.device("cpu"),
        runs_root=run.parent,
        library=lambda: list_runs(run.parent),
        run_info=lambda name: run_info(find(run.parent, name)),
        get=lambda name: opened.setdefault(name, FolderRun(run.parent / name)),
    )
    with TestClient(Gate(Starlette(routes=routes(manager))), base_url="http://localhost") as client:
        yield client


def within(seconds, action):
    """What ``action`` returns or raises; it must not take longer."""
    outcome = []

    def act():
        try:
            outcome.append((action(), None))
        except Exception as error:
            outcome.append((None, error))

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    thread.join(seconds)
    assert outcome, f"it hangs: {action}"
    value, error = outcome[0]
    if error:
        raise error
    return value
