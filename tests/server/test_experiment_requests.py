"""Experiments answer fast, in bounds, and refuse in a sentence; reconstructions are a VAE's
alone."""

import json
from pathlib import Path

import pytest
import torch

from ganviz.engine.run import Run
from ganviz.probes.reconstruction import Reconstruction
from ganviz.probes.sharpness import Sharpness, sharpness

SIGMOID = {
    "depth": 8,
    "activation": "sigmoid",
    "init": "default",
    "norm": "none",
    "residual": False,
}


def test_gradients_at_the_start_come_in_under_a_second(client):
    reply = client.post("/gv/probe/initial", json=SIGMOID)
    answer = reply.json()
    assert reply.status_code == 200
    assert len(answer["layers"]) == len(answer["gradient"]) == 9
    assert answer["ratio"] < 1e-3
    assert answer["seconds"] < 1


@pytest.mark.parametrize(
    "change",
    [
        {"depth": 33},
        {"depth": 0},
        {"activation": "gelu"},
        {"norm": "spectral"},
        {"other": 1},
        {"width": 100_000},
    ],
)
def test_choices_that_do_not_exist_are_refused_in_a_sentence(client, change):
    reply = client.post("/gv/probe/initial", json={**SIGMOID, **change})
    assert reply.status_code == 422
    assert reply.json()["error"].rstrip(".")


def test_the_frozen_probe_streams_its_points_and_what_fell(client, manager, tmp_path):
    manager.data_root = tmp_path
    reply = client.post(
        "/gv/probe/frozen",
        json={**SIGMOID, "depth": 1, "activation": "relu", "width": 16, "steps": 20},
    )
    about, *lines = [json.loads(line) for line in reply.text.splitlines()]
    assert [line["step"] for line in lines[:-1]] == sorted({line["step"] for line in lines[:-1]})
    assert (lines[0]["step"], lines[-2]["step"]) == (0, 20)
    assert [one["name"] for one in about["objectives"]] == list(lines[0]["gradients"])
    traits = {one["name"]: one["vanishing"] for one in about["objectives"]}
    assert traits["saturating"] is True and traits["non-saturating"] is False
    assert traits["hinge"] is None
    assert lines[-1]["done"] and lines[-1]["steps"] == 20


def test_too_many_steps_are_refused(client):
    assert client.post("/gv/probe/frozen", json={**SIGMOID, "steps": 10**6}).status_code == 422


def trained(tools, **changes):
    settings = tools.config({**tools.tiny, "conditioning": "none", "steps": 4, **changes})
    run = Run(
        settings,
        device=torch.device("cpu"),
        data_root=Path("/nowhere"),
        observers=[Reconstruction(), Sharpness()],
    )
    run.start()
    assert run.join(60)
    assert run.state == "finished", run.error
    return run


@pytest.mark.parametrize(
    ("changes", "status"), [({"algorithm": "vae", "likelihood": "gaussian"}, 200), ({}, 404)]
)
def test_reconstructions_are_pictures_of_an_autoencoder(
    client, manager, tools, monkeypatch, changes, status
):
    monkeypatch.setattr("ganviz.engine.run.load_data", lambda *_: tools.noise())
    run = manager.start(trained(tools, **changes))
    reply = client.get("/gv/runs/run/reconstruction")
    assert reply.status_code == status
    if status == 200:
        assert reply.headers["content-type"] == "image/png"
        told = run.events.since(0, ("reconstruction",))[-1].data
        assert (told["rows"], told["cols"], told["width"]) == (8, 4, 4 * 17 - 1)
    figures = run.events.since(0, ("sharpness",))[-1].data
    assert figures["real"] > 0 and figures["ratio"] == pytest.approx(
        figures["fake"] / figures["real"], rel=1e-3
    )


def test_blur_is_less_sharp_than_noise():
    noise = torch.rand(4, 1, 16, 16) * 2 - 1
    blurred = torch.nn.functional.avg_pool2d(noise, 3, 1, 1)
    assert (sharpness(blurred) < 0.2 * sharpness(noise)).all()
