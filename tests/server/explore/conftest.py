"""Three tiny kept runs to explore: a GAN that knows classes, a VAE, and points. No test changes
them."""

from types import SimpleNamespace

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.api import follow, make_run
from ganviz.config import RunConfig
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, routes
from tests.tiny import DIGITS

TINY = {**DIGITS, "latent_dim": 6, "steps": 30, "sample_seconds": 5.0}
RUNS = {
    "gan": {**TINY, "conditioning": "projection"},
    "vae": {**TINY, "algorithm": "vae"},
    "points": {
        "data": "ring8",
        "generator": "mlp",
        "discriminator": "mlp",
        "g_hidden": (8,),
        "d_hidden": (8,),
        "g_norm": "none",
        "latent_dim": 2,
        "steps": 20,
    },
}


@pytest.fixture(scope="package")
def explored(tmp_path_factory):
    """``client`` for all routes, ``manager``, and ``runs``, the folder that holds `RUNS`."""
    root = tmp_path_factory.mktemp("explored")
    for name, settings in RUNS.items():
        follow(make_run(RunConfig.parse(settings), root / "runs" / name, "cpu", root / "data"))
    manager = RunManager(root / "runs", root / "data", torch.device("cpu"))
    with TestClient(Gate(Starlette(routes=routes(manager)))) as client:
        yield SimpleNamespace(client=client, manager=manager, runs=root / "runs")
    manager.close()


@pytest.fixture
def client(explored):
    return explored.client


@pytest.fixture
def post(client):
    """``post(name, **body)``: the parsed answer of one request, which is expected to work."""

    def send(name, /, **body):
        response = client.post(f"/gv/explore/{name}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    return send


@pytest.fixture
def refusal(client):
    """``refusal(name, **body)``: the status and the sentence of one that is refused."""

    def send(name, /, **body):
        response = client.post(f"/gv/explore/{name}", json=body)
        assert response.status_code >= 400, response.text
        sentence = response.json()["error"]
        assert sentence.endswith("."), sentence
        return response.status_code, sentence

    return send
