"""D's scores of the sample grid, asked of a run that trains."""

import time

import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz.config import RunConfig
from ganviz.runs.manager import RunManager
from ganviz.server import routes


@pytest.fixture
def training(tmp_path):
    """A manager whose run is paused after three steps, and a client of its routes."""
    manager = RunManager(tmp_path / "runs", tmp_path / "data", torch.device("cpu"))
    yield manager, TestClient(Starlette(routes=routes(manager)))
    manager.close(20)


def started(manager, preset, **changes):
    run = manager.start(RunConfig.from_preset(preset, steps=0, **changes))
    run.step(3)
    end = time.monotonic() + 60
    while not (run.state == "paused" and run.step_count >= 3):
        assert time.monotonic() < end, run.status()
        time.sleep(0.02)
    return run


def test_each_tile_has_a_score(training):
    manager, client = training
    run = started(manager, "digits-mlp", batch_size=8, g_hidden=(16,), d_hidden=(16,))
    weights = [p.clone() for p in run.trainer.algorithm.networks["discriminator"].parameters()]
    answer = client.get(f"/gv/runs/{run.id}/scores").json()
    assert (answer["step"], answer["unit"], len(answer["scores"])) == (
        run.step_count,
        "probability",
        64,
    )
    assert all(0 <= score <= 1 for score in answer["scores"])
    assert len(set(answer["scores"])) > 1
    after = run.trainer.algorithm.networks["discriminator"].parameters()
    assert all(torch.equal(a, b) for a, b in zip(weights, after, strict=True))
    assert client.get(f"/gv/runs/{run.id}/scores").json() == answer


def test_what_has_no_score_says_why(training):
    manager, client = training
    assert client.get("/gv/runs/nobody/scores").status_code == 404
    run = started(manager, "ring8", pac=2, d_hidden=(8,), g_hidden=(8,))
    answer = client.get(f"/gv/runs/{run.id}/scores")
    assert answer.status_code == 422 and "several samples" in answer.json()["error"]
    run.stop()
    assert run.join(60)
    assert "trains here now" in client.get(f"/gv/runs/{run.id}/scores").json()["error"]


def test_a_question_that_fails_does_not_end_the_run(training):
    manager, _ = training
    run = started(manager, "ring8", d_hidden=(8,), g_hidden=(8,))
    with pytest.raises(ZeroDivisionError):
        run.between_steps(lambda trainer: 1 / 0).result(10)
    assert run.between_steps(lambda trainer: trainer.step_count).result(10) == run.step_count
    assert run.state == "paused"


def test_networks_that_are_being_made_are_not_waited_for(manager, client, monkeypatch):
    """Nor is a step in progress blamed for it."""
    run, put = manager.current, []
    run.state = "preparing"
    monkeypatch.setattr(type(run), "active", True)
    monkeypatch.setattr(run, "between_steps", put.append)
    answer = client.get(f"/gv/runs/{run.id}/scores")
    assert answer.status_code == 409 and "being made" in answer.json()["error"]
    assert put == []
