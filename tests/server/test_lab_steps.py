"""Recorded steps reach a page, with the lines that run; who cannot have one is told why."""

import base64
import gc
import time
import weakref

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganviz import pacing
from ganviz.accel.cuda_graphs import hooks_on_steps
from ganviz.config import RunConfig
from ganviz.runs.manager import RunManager
from ganviz.server import Gate, routes


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A manager, and a client of its routes whose requests share one event loop."""
    monkeypatch.setattr(pacing, "LAB_PAUSED_TIMEOUT", 0.05)
    manager = RunManager(tmp_path / "runs", tmp_path / "data", torch.device("cpu"))
    app = Gate(Starlette(routes=routes(manager)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield manager, client
        manager.close(20)


def paused(manager, preset, **changes):
    sizes = {"g_hidden": (16,), "d_hidden": (16,), "batch_size": 32}
    run = manager.start(RunConfig.from_preset(preset, steps=0, **{**sizes, **changes}), True)
    run.pause()
    wait_until(lambda: run.state == "paused")
    return run


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def recorded(client, after=0):
    """The next recorded step."""
    end = time.monotonic() + 60
    while "moves" not in (facts := client.get(f"/gv/lab/step?after={after}").json()):
        assert time.monotonic() < end
    return facts


def after_one_step(manager, client, preset):
    """A paused run that the lab has watched take one step, and that step."""
    run = paused(manager, preset)
    client.get("/gv/lab/step")
    wait_until(lambda: hooks_on_steps(run.trainer.algorithm))  # it is recorded from here on
    run.step(1)
    wait_until(lambda: run.step_count >= 1)
    return run, recorded(client)


def floats(text):
    return np.frombuffer(base64.b64decode(text), np.float32)


def test_a_step_that_one_player_takes_is_recorded(lab):
    manager, client = lab
    assert client.get("/gv/lab/step").status_code == 409
    run = paused(manager, "ring8")
    assert "next step" in client.get("/gv/lab/step").json()["sentence"]
    body = {"action": "turn", "player": "discriminator", "n": 2}
    answer = client.post("/gv/command", json=body).json()
    assert answer.get("sentence") == "D moves 2 times alone.", answer
    wait_until(lambda: run.step_count >= 2)
    facts = recorded(client)
    move = facts["moves"]["discriminator"]
    assert facts["counts"] == {"discriminator": 2, "generator": 0} and facts["kind"] == "points"
    assert len(floats(move["fake"])) == len(floats(move["real"])) == 2 * move["n"] == 64
    assert floats(move["fake_scores"]).max() <= 1 and move["rate"] == run.config.d_lr
    norms = np.hypot.reduce(np.array(move["layer_gradient"]))
    assert len(move["layers"]) == 2 and norms == pytest.approx(move["gradient"], rel=1e-3)
    again = client.get(f"/gv/lab/step?after={facts['number']}").json()
    assert set(again) == {"sentence"}, "nothing has happened since"

    code = client.get("/gv/lab/code").json()
    assert code["generator_loss"].startswith("def g(self, real") and "softplus" in str(code)
    maps = client.get("/gv/lab/activations").json()
    assert [layer["units"] for layer in maps["discriminator"]] == [16]
    assert len(maps["generator"][0]["order"]) == 16
    for wrong in ({"n": 1}, {"player": "discriminator", "n": 101}):
        assert client.post("/gv/command", json={"action": "turn", **wrong}).status_code == 422
    run.resume()
    wait_until(lambda: run.state == "running")
    refused = client.post("/gv/command", json={"action": "turn", "player": "generator"})
    assert refused.status_code == 409 and "Pause the run first" in refused.json()["sentence"]
    facts = recorded(client, after=facts["number"])
    assert facts["moves"]["generator"]["update"] > 0
    assert "real_scores" not in facts["moves"]["generator"], "its loss is of fakes alone"
    run.stop()
    assert run.join(30)
    assert client.get("/gv/lab/step").json()["step"] >= 3, "what was recorded can still be seen"


def test_pictures_come_with_where_their_pixels_are_pushed(lab):
    manager, client = lab
    _, facts = after_one_step(manager, client, "digits-mlp")
    move = facts["moves"]["generator"]
    push = np.frombuffer(base64.b64decode(move["push"]), np.uint8)
    assert facts["shape"] == [28, 28, 1] and len(push) == 16 * 28 * 28
    assert push.max() == 255 or push.min() == 1, "the strongest push has all of the scale"
    assert len(move["push_scale"]) == 16 and min(move["push_scale"]) > 0


def test_an_ended_run_lets_go_of_its_trainer_and_its_last_step_is_kept(lab):
    manager, client = lab
    run, _ = after_one_step(manager, client, "ring8")
    trainer = weakref.ref(run.trainer)
    run.stop()
    assert run.join(30)
    ended = client.get(f"/gv/lab/step?run={run.id}").json()
    assert ended["ended"] and set(ended["moves"]) == {"discriminator", "generator"}

    # another run trains, and the first is read from its folder
    other = paused(manager, "ring8-vae")
    # its thread lets go of one thing after another
    wait_until(lambda: gc.collect() >= 0 and trainer() is None)
    assert run.trainer is None
    again = client.get(f"/gv/lab/step?run={run.id}").json()
    assert again == ended
    assert "softplus" in client.get(f"/gv/lab/code?run={run.id}").json()["generator_loss"]
    maps = client.get(f"/gv/lab/activations?run={run.id}").json()
    assert [layer["units"] for layer in maps["generator"]] == [16]
    (run.store.folder / "step.json").write_text('{"step": {"moves": {"x": 1}}}')
    damaged = client.get(f"/gv/lab/step?run={run.id}")
    assert damaged.status_code == 409 and "No step of this run" in damaged.json()["error"]
    other.stop()
    assert other.join(30)
    assert "no game to record" in client.get("/gv/lab/step").json()["error"]
