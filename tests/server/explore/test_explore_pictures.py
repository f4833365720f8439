"""What the tab Explore draws: any latents, D's scores, and pictures that anybody makes again."""

import base64
import csv
import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

import ganviz
from ganviz.latent import base_z, to_text

Z = torch.stack([base_z(seed, 6) for seed in range(3)])


def test_info_says_what_the_generator_takes_and_makes(client):
    info = client.get("/gv/explore/info?run=gan").json()
    assert info["latent_dim"] == 6 and info["width"] == info["height"] == 8
    assert info["conditional"] and info["classes"] == list("0123456789")
    assert info["step"] == 30 and info["checkpoints"][-1] == 30
    plain = client.get("/gv/explore/info?run=vae@30").json()
    assert plain["autoencoder"] and plain["classes"] == [] and plain["labels"] == list("0123456789")
    assert client.get("/gv/explore/info?run=points").json()["kind"] == "points"
    assert {row["id"] for row in client.get("/gv/explore/runs").json()["runs"]} == {
        "gan",
        "vae",
        "points",
    }


def test_seeds_give_the_latents_of_everywhere_else(client):
    response = client.post("/gv/explore/latents", json={"run": "gan", "seeds": [0, 1, 2]})
    assert np.array_equal(np.frombuffer(response.content, "<f4").reshape(3, 6), Z.numpy())


def test_samples_of_any_latents(client, post):
    response = client.post(
        "/gv/explore/samples", json={"run": "gan", "z": to_text(Z), "y": [0, 1, 2]}
    )
    assert response.headers["x-gv-count"] == "3" and response.headers["x-gv-channels"] == "1"
    assert len(response.content) == 3 * 8 * 8
    one = client.post("/gv/explore/samples", json={"run": "gan", "z": to_text(Z[1]), "y": 1})
    got = np.frombuffer(response.content, np.uint8).reshape(3, 64)[1].astype(int)
    assert np.abs(got - np.frombuffer(one.content, np.uint8)).max() <= 1
    points = post("samples", run="points", z=to_text(torch.zeros(4, 2)))["points"]
    assert len(points) == 4 and points[0] == points[3]


def test_the_discriminator_judges_each_sample(post, refusal):
    answer = post("scores", run="gan", z=to_text(Z), y=[0, 1, 2])
    assert len(answer["scores"]) == 3 and answer["unit"] == "probability"
    assert len(set(answer["scores"])) == 3 and all(0 <= one <= 1 for one in answer["scores"])
    assert refusal("scores", run="vae", z=to_text(Z)) == (
        409,
        "This run has no discriminator, so nothing judges its samples.",
    )


@pytest.mark.parametrize("how", [{"seed": 7, "psi": 0.8}, {"z": to_text(Z[2])}, {"seed": 3}])
def test_the_line_of_python_makes_exactly_the_picture(post, explored, monkeypatch, how):
    """Identical bytes, from a process that has nothing but the run's folder."""
    answer = post("exact", run="gan", step=30, y=4, **how)
    monkeypatch.chdir(explored.runs.parent)
    picture = eval(answer["line"], {"ganviz": ganviz})
    written = io.BytesIO()
    picture.save(written, "PNG")
    assert written.getvalue() == base64.b64decode(answer["png"])


def test_the_line_of_a_point(post, explored, monkeypatch):
    answer = post("exact", run="points", step=20, seed=5)
    monkeypatch.chdir(explored.runs.parent)
    assert eval(answer["line"], {"ganviz": ganviz}).tolist() == answer["point"]


def test_a_zip_holds_each_picture_with_its_line(client, explored, monkeypatch):
    body = {"run": "gan", "step": 30, "seeds": [4, 5], "y": [1, 2], "psi": 0.7}
    response = client.post("/gv/explore/zip", json=body)
    assert response.status_code == 200, response.text
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    rows = list(csv.DictReader(io.StringIO(archive.read("pictures.csv").decode())))
    monkeypatch.chdir(explored.runs.parent)
    for row in rows:
        kept = np.asarray(Image.open(io.BytesIO(archive.read(row["file"]))))
        assert np.array_equal(kept, np.asarray(eval(row["python"], {"ganviz": ganviz})))
    assert [row["class"] for row in rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("samples", {"run": "gone", "z": "AAAA"}, "no run called"),
        ("samples", {"run": "gan@7", "z": "AAAA"}, "gan keeps no checkpoint of step 7"),
        ("samples", {"run": "../gan", "z": "AAAA"}, "no run called"),
        ("samples", {"run": "gan", "z": "not base64!", "y": 0}, "base64"),
        ("samples", {"run": "gan", "z": to_text(Z)}, "say which"),
        ("samples", {"run": "gan", "z": to_text(Z), "y": [0, 1]}, "one class from 0 to 9"),
        ("samples", {"run": "gan", "z": to_text(Z), "y": 10}, "one class from 0 to 9"),
        ("samples", {"run": "vae", "z": to_text(Z), "y": 1}, "without classes"),
        ("samples", {"run": "points", "z": to_text(torch.zeros(600, 2))}, "At most 512"),
        ("latents", {"run": "gan", "seeds": []}, "seeds"),
        ("latents", {"run": "gan", "seeds": [-1]}, "seeds"),
        ("exact", {"run": "gan", "step": 12, "y": 1}, "No checkpoint holds"),
        ("exact", {"run": "gan", "step": 30, "y": 1, "psi": 7}, "psi"),
        ("exact", {"run": "gan", "step": 30, "y": 11}, "class"),
        ("zip", {"run": "points", "step": 20, "seeds": [1]}, "points"),
    ],
)
def test_bad_input_gets_a_sentence(refusal, name, body, says):
    status, sentence = refusal(name, **body)
    assert status < 500 and says in sentence
