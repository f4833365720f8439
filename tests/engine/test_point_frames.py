"""Pictures of points: where they are drawn, and that a run on points keeps them."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz import pacing
from ganviz.config import RunConfig
from ganviz.engine.point_frames import (
    CHUNK,
    FAKE,
    PAGE,
    REAL,
    SIDE,
    draw_plane,
    packed_surface,
    plane_frame,
)
from ganviz.engine.recorder import paces
from ganviz.engine.run import Run
from ganviz.probes.modes import Surface
from ganviz.runs.folder_run import FolderRun
from ganviz.runs.store import RunStore


def test_points_are_where_they_should_be():
    picture = draw_plane(
        np.array([[-1.0, 1.0]]), np.array([[1.0, -0.5], [9.0, 0.0]]), extent=2.0, side=200
    )
    near = {
        "real": picture.getpixel((50, 50)),
        "fake": picture.getpixel((150, 125)),
    }  # y grows upwards
    assert picture.getpixel((20, 20)) == PAGE
    for kind, colour in (("real", REAL), ("fake", FAKE)):
        towards = np.subtract(near[kind], PAGE) / np.subtract(colour, PAGE)
        assert (towards > 0.4).all() and (towards <= 1.0).all()


def test_a_run_on_points_keeps_pictures_to_look_back_at(tmp_path):
    config = RunConfig.from_preset(
        "ring8-r1", steps=60, tick_seconds=0.02, sample_seconds=0.05, data_limit=500
    )
    store = RunStore(tmp_path / "run")
    run = Run(config, store, torch.device("cpu"), tmp_path, observers=[Surface()])
    run.start()
    assert run.join(60) and run.state == "finished"
    kept = FolderRun(tmp_path / "run")
    assert kept.frames.steps()[0] == 0 and kept.frames.steps()[-1] == 60
    assert (kept.frames.latest.width, kept.frames.latest.rows, kept.frames.latest.cols) == (
        SIDE,
        1,
        1,
    )
    assert (tmp_path / "run" / "thumb.png").is_file()
    assert kept.frames.get(0).data != kept.frames.latest.data
    assert _data_of(kept.frames.latest)["surface"]["size"] == 40
    assert _data_of(kept.frames.latest)["step"] == 60


def _data_of(frame) -> dict:
    """What a page reads of a frame, kept or not."""
    if not frame.is_picture:
        return json.loads(frame.data)
    with Image.open(io.BytesIO(frame.data)) as picture:
        return json.loads(picture.text[CHUNK])


@pytest.mark.parametrize("kept", [False, True])
def test_a_frame_carries_its_points(kept):
    real = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    fake = np.array([[0.5, -0.25], [1e9, -1e9], [0.0, 0.0]], np.float32)
    frame = plane_frame(real, fake, 7, kept, {"surface": _surface()})
    data = _data_of(frame)
    points = np.frombuffer(base64.b64decode(data["points"]), "<i2").reshape(-1, 2) * data["unit"]
    assert frame.is_picture is kept and frame.extension == ("png" if kept else "json")
    assert np.allclose(points[[0, 2]], fake[[0, 2]], atol=1e-3)
    assert points[1, 0] > 5 and points[1, 1] < -5
    assert (data["step"], data["surface"]["unit"]) == (7, "probability")


def _surface() -> dict:
    """A D that is sure: generated on the left, real on the right."""
    across = torch.linspace(0, 1, 40).expand(40, 40)
    return {
        "x": [-1.0, 1.0],
        "y": [-1.0, 1.0],
        "size": 40,
        "unit": "probability",
        "level": 0.5,
        **packed_surface(across),
    }


def test_the_verdict_lies_beneath_the_points():
    nothing = np.empty((0, 2))
    picture = draw_plane(nothing, nothing, extent=2.0, side=200, surface=_surface())
    left, right, outside = (picture.getpixel((x, 80)) for x in (55, 145, 10))
    assert outside == PAGE
    assert left[0] > left[1] and right[1] > right[0]


def test_a_verdict_far_wider_than_the_picture_is_cut_to_it():
    surface = _surface() | {"x": [-100.0, 100.0], "y": [-100.0, 100.0]}
    nothing = np.empty((0, 2))
    wide = draw_plane(nothing, nothing, extent=100.0, side=200, surface=surface)
    near = draw_plane(nothing, nothing, extent=50.0, side=200, surface=surface)
    for across in (-40, -20, 20, 40):
        there, here = 100 + across, 100 + 2 * across
        assert np.allclose(wide.getpixel((there, 80)), near.getpixel((here, 80)), atol=6)


def test_discs_that_overlap_hide_more():
    nothing, one, three = (np.zeros((count, 2)) for count in (0, 1, 3))
    red, redder = (
        draw_plane(nothing, fake, 1.0, 101).getpixel((51, 52))[0] for fake in (one, three)
    )
    assert PAGE[0] < red < redder <= FAKE[0]


@pytest.mark.parametrize("preset", ["ring8", "digits-quick"])
def test_points_set_up_by_hand_move_as_often_as_those_of_a_preset(preset):
    """Five planes a second, whichever preset the form began with; a pace that was set stays."""
    plain = RunConfig.from_preset(preset)
    assert paces(plain, is_images=False) == (pacing.PLANE_INTERVAL,) * 2
    assert paces(plain, is_images=True) == (plain.tick_seconds, plain.sample_seconds)
    slow = plain.but(tick_seconds=1.0, sample_seconds=5.0)
    assert paces(slow, is_images=False) == (1.0, 5.0)


def test_a_flat_surface_is_no_division_by_zero():
    packed = packed_surface(torch.full((4, 4), 0.3))
    assert packed["low"] == packed["high"] == pytest.approx(0.3)


def test_while_a_run_trains_planes_are_data_and_single_steps_are_shown(tmp_path):
    config = RunConfig.from_preset("ring8-r1", steps=0, data_limit=500)
    run = Run(config, None, torch.device("cpu"), tmp_path)
    run.pause()
    run.start()
    run.step(3)
    for wanted in (3, 4):
        for _ in range(600):
            if run.state == "paused" and run.step_count == wanted:
                break
            run.join(0.02)
        assert run.frames.latest.step == wanted
        run.step(1)
    run.stop()
    assert run.join(60)
