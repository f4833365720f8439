"""Paths that were kept with a run, as an exported page plays them."""

import io
import json

import numpy as np
import torch
from PIL import Image

from ganviz.export.kept_paths import COLUMNS, MOST_FRAMES, path_latents, write_paths
from ganviz.latent import base_z, to_text
from ganviz.runs.kept_latents import FILE, read_kept
from ganviz.runs.trained import load_generator


def test_a_sheet_holds_the_frames_of_the_path(own_run, tmp_path):
    generator = load_generator(own_run)
    first, second = write_paths(generator, own_run, tmp_path)
    assert (first["name"], first["frames"]) == ("Ünï <", 16) and second["frames"] == 24
    sheet = np.asarray(Image.open(io.BytesIO((tmp_path / second["file"]).read_bytes())))[..., 0]
    z, y = path_latents(generator, read_kept(own_run)["paths"][1])
    side = generator.spec.shape[-1]
    assert sheet.shape == (3 * side, COLUMNS * side)
    for index in (0, 9, 23):
        top, left = side * (index // COLUMNS), side * (index % COLUMNS)
        pixels = ((generator(z, y)[index, 0] + 1) * 127.5).round().numpy()
        found = sheet[top : top + side, left : left + side].astype(float)
        assert np.abs(found - pixels).max() <= 1
    # a closed way begins at its first key frame, and each frame has the class of the nearest one
    assert torch.allclose(z[0], base_z(0, 4), atol=1e-5) and y.unique().tolist() == [0, 1, 2]


def test_what_is_damaged_or_too_long_does_no_harm(own_run, tmp_path):
    key = {"z": to_text(base_z(1, 4)), "y": 1}
    paths = [
        {"name": "none"},
        {"name": "no list", "keys": 3},
        {"name": "one", "keys": [key]},
        {"name": "other generator", "keys": [{"z": to_text(base_z(1, 6)), "y": 1}] * 2},
        {"name": "no such class", "keys": [{**key, "y": 44}] * 2},
        {"name": "no such way", "keys": [key] * 2, "kind": "hyperspace"},
        {"name": "long", "keys": [key, key], "frames": 10**9},
    ]
    (own_run / FILE).write_text(json.dumps({"paths": paths}))
    found = write_paths(load_generator(own_run), own_run, tmp_path)
    assert [(one["name"], one["frames"]) for one in found] == [("long", MOST_FRAMES)]
    (own_run / FILE).write_text("{")
    assert write_paths(load_generator(own_run), own_run, tmp_path / "none") == []
