"""128 and 256 px: networks stop widening, grids stay small, few pictures are drawn at a time, and a
run on a folder goes all the way."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz import api
from ganviz.data.source import DataSpec
from ganviz.engine.frames import WIDEST, fitted, layout_for, make_frame
from ganviz.engine.run import Run
from ganviz.engine.snapshot import draw, render_chunk
from ganviz.models import build_discriminator, build_generator
from ganviz.registry import DISCRIMINATORS, GENERATORS
from ganviz.runs.store import RunStore
from ganviz.runs.trained import load_generator


def spec_of(size: int) -> DataSpec:
    return DataSpec("folder", "images", (3, size, size), 0)


@pytest.fixture
def large():
    def make(size: int, **more):
        return api.as_config(
            {
                "data": "folder",
                "data_path": "pictures",
                "image_size": size,
                "latent_dim": 4,
                "g_width": 2,
                "d_width": 2,
                "batch_size": 2,
                **more,
            }
        )

    return make


@pytest.mark.parametrize(
    "name",
    [name for name in DISCRIMINATORS.names() if 64 in (DISCRIMINATORS.get(name).sizes or ())],
)
def test_every_network_for_64_px_makes_256(large, name):
    assert {128, 256} <= set(GENERATORS.get(name).sizes)
    config = large(256, generator=name, discriminator=name, g_norm="none", d_norm="none")
    g, d = build_generator(config, spec_of(256)), build_discriminator(config, spec_of(256))
    x = g(torch.zeros(1, 4))
    assert x.shape == (1, 3, 256, 256) and d(x).shape == (1,)


@pytest.mark.parametrize("upsample", ["nearest", "transposed"])
def test_a_larger_dcgan_is_no_wider_than_at_64_px(large, upsample):
    def widest(size):
        config = large(size, generator="dcgan", discriminator="dcgan", upsample=upsample)
        networks = (
            build_generator(config, spec_of(size)),
            build_discriminator(config, spec_of(size)),
        )
        return [
            max(m.in_channels for m in network.modules() if hasattr(m, "in_channels"))
            for network in networks
        ]

    assert widest(256) == widest(128)
    assert widest(64)[0] == widest(256)[0]
    assert widest(256)[1] <= 2 * widest(64)[1]


def test_a_grid_is_no_wider_than_a_screen():
    layout = layout_for(spec_of(256), conditional=False)
    pictures = np.zeros((64, 256, 256, 3), np.uint8)
    pictures[:, ::2, ::2] = 200  # a quarter of each square of 2 px
    frame = make_frame(pictures, layout, 0)
    assert (frame.width, frame.height) == (8 * 129 - 1, 8 * 129 - 1)
    assert frame.width <= WIDEST
    assert (fitted(pictures, 8) == 50).all()
    assert fitted(pictures[:, :128, :128], 8).shape == (64, 128, 128, 3)
    grey = fitted(pictures[..., :1], 10)
    assert grey.shape == (64, 128, 128, 1)


def test_as_many_pixels_are_drawn_at_a_time_as_of_64_px(large):
    def chunk(size):
        return render_chunk(build_generator(large(size, generator="dcgan"), spec_of(size)))

    assert [chunk(size) for size in (28, 64, 128, 256)] == [64, 64, 16, 4]
    g = build_generator(large(256, generator="dcgan", g_norm="none"), spec_of(256)).eval()
    z, seen = torch.randn(6, 4), []
    g.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    assert draw(g, z, None).shape == (6, 3, 256, 256)
    assert seen == [4, 2]


def test_a_folder_of_large_pictures_goes_all_the_way(large, tmp_path):
    pictures, random = tmp_path / "pictures", np.random.default_rng(0)
    pictures.mkdir()
    for i in range(18):
        Image.fromarray(random.integers(0, 255, (9, 9, 3), np.uint8)).resize((300, 260)).save(
            pictures / f"{i}.png"
        )
    config = large(256, preset="colour-256", data_path=str(pictures), steps=2)
    store = RunStore(tmp_path / "run")
    result = api.follow(Run(config, store, torch.device("cpu"), tmp_path))
    assert (result.state, result.step) == ("finished", 2), result.sentence
    with Image.open(sorted((tmp_path / "run" / "frames").glob("*"))[-1]) as grid:
        assert grid.width <= WIDEST and grid.width > 4 * 256
    generator = load_generator(tmp_path / "run")
    assert generator.sample(2).shape == (2, 3, 256, 256)
