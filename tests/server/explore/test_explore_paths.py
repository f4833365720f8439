"""A path's latents, and a film with the same frames."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.latent import base_z, to_text
from ganviz.latent.paths import through

KEYS = torch.stack([base_z(seed, 6) for seed in range(3)])
PATH = {"run": "gan", "keys": to_text(KEYS), "y": [1, 2, 3], "frames": 8}


@pytest.fixture
def frames(client):
    """The pictures that the preview shows, uint8 [8, 8, 8]."""
    response = client.post("/gv/explore/path", json=PATH)
    nearest = list(map(int, response.headers["x-gv-nearest"].split(",")))
    z = torch.frombuffer(bytearray(response.content), dtype=torch.float32).view(8, 6)
    expected, indices = through(KEYS, 8, "slerp")
    assert torch.equal(z, expected) and nearest == indices
    body = {"run": "gan", "z": to_text(z), "y": [PATH["y"][one] for one in nearest]}
    drawn = client.post("/gv/explore/samples", json=body).content
    return np.frombuffer(drawn, np.uint8).reshape(8, 8, 8)


def test_a_strip_has_the_frames_of_the_preview(client, frames):
    response = client.post("/gv/explore/film", json={**PATH, "format": "png"})
    strip = np.asarray(Image.open(io.BytesIO(response.content)))[..., 0]
    assert response.headers["content-type"] == "image/png"
    assert np.array_equal(strip, np.concatenate(list(frames), 1))


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_films_have_as_many_frames(client, frames, kind):
    av = pytest.importorskip("av")
    response = client.post("/gv/explore/film", json={**PATH, "format": kind})
    assert response.status_code == 200, response.text
    if kind == "mp4":
        with av.open(io.BytesIO(response.content)) as film:
            assert sum(1 for _ in film.decode(video=0)) == 8
        return
    picture = Image.open(io.BytesIO(response.content))
    assert picture.n_frames == 8
    picture.seek(3)
    got = np.asarray(picture.convert("L").resize((8, 8), Image.Resampling.BOX)).astype(int)
    assert np.abs(got - frames[3]).mean() < 12


def test_bad_paths_get_a_sentence(refusal):
    assert "two key frames" in refusal("path", **{**PATH, "keys": to_text(KEYS[0])})[1]
    assert "no path called" in refusal("path", **PATH, kind="warp")[1]
    assert "one class" in refusal("film", **{**PATH, "y": [1]})[1]
    assert "saved as one of" in refusal("film", **PATH, format="exe")[1]
    assert "frames" in refusal("path", **{**PATH, "frames": 10**9})[1]
    points = {"run": "points", "keys": to_text(torch.eye(2)), "frames": 4}
    assert "points" in refusal("film", **points)[1]
