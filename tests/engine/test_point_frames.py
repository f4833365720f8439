"""Pictures of points: where they are drawn, and that a run on points keeps them."""

import numpy as np
import torch

from ganviz.config import RunConfig
from ganviz.engine.point_frames import FAKE, PAGE, REAL, SIDE, draw_plane
from ganviz.engine.run import Run
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
    run = Run(config, RunStore(tmp_path / "run"), torch.device("cpu"), tmp_path)
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
