"""One tiny trained run with pictures, and one of points whose log is written by hand."""

import shutil
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.engine.events import Event
from ganviz.latent import base_z, to_text
from ganviz.runs import listing
from ganviz.runs.kept_latents import keep
from ganviz.runs.store import RunStore
from ganviz.server import Gate, routes
from tests.tiny import DIGITS

TINY = {
    **DIGITS,
    "steps": 60,
    "tick_seconds": 0.02,
    "sample_seconds": 5.0,
    "conditioning": "concat",
}
HOSTILE = 'Ünï </script><script>alert(1)</script> "quoted" \u2028 日本'


@pytest.fixture(scope="session")
def kept_run(tmp_path_factory):
    """The folder of a finished conditional run with notes. Do not change it: see `own_run`."""
    folder = tmp_path_factory.mktemp("kept") / "tiny-run"
    run = make_run(RunConfig.parse(TINY), folder, "cpu", "data")
    run.frames.wants_to_keep = lambda elapsed: True
    result = follow(run)
    assert result.state == "finished", result.sentence
    listing.set_notes(folder.parent, folder.name, f"{HOSTILE}\n<img src=x onerror=alert(2)>")
    keys = [{"z": to_text(base_z(seed, 4)), "y": seed, "seed": seed} for seed in range(3)]
    for name, kind, frames in ((HOSTILE[:5], "slerp", 16), ("Round", "spline", 24)):
        keep(folder, "paths", name, {"kind": kind, "frames": frames, "step": 60, "keys": keys})
    return folder


@pytest.fixture
def own_run(kept_run, tmp_path):
    """A copy that a test may harm."""
    return shutil.copytree(kept_run, tmp_path / "runs" / "own-run")


@pytest.fixture
def points_run(tmp_path):
    """A run of points that has shown itself at 20 steps."""
    store = RunStore(tmp_path / "runs" / "points")
    store.write_config(
        RunConfig.parse(
            {"data": "ring8", "generator": "mlp", "discriminator": "mlp", "latent_dim": 2}
        )
    )
    random = np.random.default_rng(0)
    for step in range(0, 200, 10):
        points = random.normal(0, 0.1 + step / 200, (50, 2)).round(3)
        table = {"x": points[:, 0].tolist(), "y": points[:, 1].tolist()}
        store.append(Event(step + 1, "scalars", step, time.time(), {"loss_d": 1.0, "loss_g": 0.7}))
        store.append(Event(step + 2, "scatter", step, time.time(), {"fake": table, "real": table}))
    store.close()
    return store.folder


@pytest.fixture
def client(own_run):
    manager = SimpleNamespace(
        current=None,
        device=torch.device("cpu"),
        runs_root=own_run.parent,
        data_root=own_run.parent / "data",
        get=lambda run: None,
    )
    with TestClient(Gate(Starlette(routes=routes(manager))), base_url="http://localhost") as client:
        yield client
