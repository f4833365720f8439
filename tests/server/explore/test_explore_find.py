"""Find a picture, compare it with the data, and look into both networks."""

import base64
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ganviz.latent import base_z, from_text, to_text
from ganviz.server import explore_data
from ganviz.server.explore_data import ExploreData

Z = base_z(4, 6)
ONE = {"run": "gan", "z": to_text(Z), "y": 3}


@pytest.fixture
def lines(client):
    """``lines(name, **body)``: all lines of a streamed answer."""

    def send(name, /, **body):
        response = client.post(f"/gv/explore/{name}", json=body)
        assert response.status_code == 200, response.text
        return [json.loads(line) for line in response.text.splitlines()]

    return send


@pytest.fixture
def pixels(client):
    """``pixels(name, **body)``: int [n, height, width]."""

    def send(name, /, **body):
        response = client.post(f"/gv/explore/{name}", json=body)
        assert response.status_code == 200, response.text
        shape = [int(response.headers[f"x-gv-{one}"]) for one in ("count", "height", "width")]
        return np.frombuffer(response.content, np.uint8).reshape(*shape, -1)[..., 0].astype(int)

    return send


def test_a_samples_own_latent_is_found_again(lines, pixels):
    drawn = pixels("samples", **ONE)[0]
    text = base64.b64encode(drawn.astype(np.uint8).tobytes()).decode()
    answer = lines("find", run="gan", pixels=text, steps=60)
    errors = [line["error"] for line in answer]
    assert errors[-1] <= errors[0] and answer[-1]["done"] and answer[-1]["step"] == 60
    best = answer[-1]
    again = pixels("samples", run="gan", z=best["z"], y=best["y"])[0]
    assert np.abs(again - drawn).mean() / 255 < 0.03
    kept = lines("find", run="gan", pixels=text, y=5, steps=10)
    assert kept[-1]["y"] == 5


def test_a_feature_net_that_nobody_waits_for_is_not_kept(monkeypatch):
    """A search that is stopped ends its training; the next one begins it anew."""
    monkeypatch.setattr(
        explore_data, "feature_model", lambda _, __, cancelled: None if cancelled() else "a net"
    )
    run, data = SimpleNamespace(id="one"), ExploreData(SimpleNamespace(data_root=None))
    data.source = lambda run: None
    assert data.features(run, lambda: True) is None
    assert data.features(run) == "a net"


def test_a_training_picture_is_found_by_a_vaes_encoder(lines):
    answer = lines("find", run="vae", index=7, steps=20)
    assert answer[-1]["done"] and answer[-1]["error"] <= answer[0]["error"] < 0.3


def test_what_cannot_be_found_gets_a_sentence(lines, refusal):
    for body, says in (
        ({"run": "gan", "pixels": "AAAA"}, "8 by 8 pixels"),
        ({"run": "gan", "pixels": "*"}, "base64"),
        ({"run": "gan", "index": 10**7}, "training pictures"),
        ({"run": "gan", "index": 1, "y": 77}, "10 classes"),
        ({"run": "points", "index": 1}, "drag the dot"),
    ):
        (line,) = lines("find", **body)
        assert says in line["error"] and line["error"].endswith("."), line
    assert "steps" in refusal("find", run="gan", index=1, steps=10**6)[1]


def test_the_nearest_training_pictures_and_how_near_that_is(post, pixels):
    answer = post("nearest", **ONE)
    for name in ("pixels", "features"):
        distances = [one["distance"] for one in answer[name]["neighbours"]]
        assert distances == sorted(distances) and len(distances) == 8
        assert 0 <= answer[name]["share"] <= 1
    indices = [one["index"] for one in answer["pixels"]["neighbours"]]
    reals = pixels("reals", run="gan", indices=indices)
    drawn = pixels("samples", **ONE)[0]
    apart = np.sqrt((((reals - drawn) / 127.5) ** 2).sum((1, 2)))
    assert np.allclose(
        apart, [one["distance"] for one in answer["pixels"]["neighbours"]], atol=0.05
    )


def test_samples_are_judged_by_distance_and_confidence(post, refusal):
    z = to_text(torch.stack([base_z(seed, 6) for seed in range(4)]))
    for by in ("distance", "confidence"):
        scores = post("judge", run="gan", z=z, y=[0, 1, 2, 3], by=by)["scores"]
        assert len(scores) == 4 and min(scores) >= 0
    assert "points" in refusal("judge", run="points", z=to_text(torch.zeros(2)), by="distance")[1]


def test_truncation_is_measured_for_each_psi(lines):
    *figures, last = lines("truncation", run="gan")
    assert last == {"done": True} and figures[0]["psi"] == 0.3
    assert all(0 <= one["precision"] <= 1 and 0 <= one["recall"] <= 1 for one in figures)


def test_a_blend_begins_and_ends_with_its_classes(pixels, refusal):
    blend = {"run": "gan", "z": to_text(Z), "a": 3, "b": 8}
    way = pixels("blend", **blend, steps=5)
    for index, y in ((0, 3), (4, 8)):
        assert np.abs(way[index] - pixels("samples", run="gan", z=to_text(Z), y=y)[0]).max() <= 1
    assert "counted from 0" in refusal("blend", **{**blend, "b": 10})[1]
    assert "counted from 0" in refusal("blend", **{**blend, "run": "vae"})[1]


def test_ds_eye(post, client, refusal):
    answer = post("eye", **ONE)
    gradient = np.frombuffer(base64.b64decode(answer["gradient"]), np.int8)
    assert len(gradient) == 64 and np.abs(gradient).max() == 127
    way = post("morph", **ONE)
    latents = from_text(way["z"], 6)
    assert torch.allclose(latents[0], Z, atol=1e-6) and way["scores"][-1] >= way["scores"][0]
    before, after = map(
        float, client.post("/gv/explore/fool", json=ONE).headers["x-gv-scores"].split(",")
    )
    assert after > before and before == pytest.approx(answer["score"], abs=0.01)
    assert "no discriminator" in refusal("eye", run="vae", z=to_text(Z))[1]
    assert "no pixels" in refusal("eye", run="points", z=to_text(torch.zeros(2)))[1]


def test_inside_the_generator(post, pixels, lines, refusal):
    (layer,) = post("layers", **ONE)["layers"]
    assert layer["units"] == 16 and layer["side"] == [1, 1] and len(layer["order"]) == 16
    units = post("effects", **ONE, layer=layer["name"], row=4, column=4)["units"]
    assert units[0]["effect"] >= units[-1]["effect"]
    drawn = pixels("samples", **ONE)
    off = [{"layer": layer["name"], "unit": units[0]["unit"], "factor": 0}]
    assert np.abs(pixels("edited", **ONE, edits=off) - drawn).max() > 0
    assert np.abs(pixels("edited", **ONE, edits=[]) - drawn).max() <= 1
    assert "no layer" in refusal("edited", **ONE, edits=[{"layer": "gone", "unit": 1}])[1]
    assert "outside" in refusal("effects", **ONE, layer=layer["name"], row=9, column=1)[1]
    way = lines("drag", **ONE, start=[2, 2], end=[4, 4])
    assert way[-1]["done"] and len(way) > 5
    assert "places in the picture" in lines("drag", **ONE, start=[2, 2], end=[4, 99])[0]["error"]
