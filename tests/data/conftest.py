"""Settings and hand-made picture folders for the data tests."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.errors import DataError
from ganviz.registry import DATASETS


@pytest.fixture
def config():
    """A function that makes a config for a data set, with networks that take any."""

    def make(data, **changes):
        kind = DATASETS.get(data).kind
        basics = {
            "data": data,
            "generator": "mlp",
            "discriminator": "mlp",
            "g_hidden": (8,),
            "d_hidden": (8,),
            "holdout": 0.0,
        }
        return RunConfig.parse(
            {**basics, **({} if kind == "points" else {"image_size": 28}), **changes}
        )

    return make


@pytest.fixture
def load(config, tmp_path):
    """A function that loads a data set from an empty data root on the CPU."""

    def run(data, data_root=None, progress=None, **changes):
        return load_data(config(data, **changes), "cpu", data_root or tmp_path / "root", progress)

    return run


@pytest.fixture
def pictures(tmp_path):
    """A function that writes ``count`` colour pictures into a folder and returns the folder."""

    def write(
        folder: str | Path = "own",
        count: int = 16,
        size=(40, 30),
        colour=(200, 30, 60),
        suffix=".png",
    ) -> Path:
        folder = tmp_path / folder
        folder.mkdir(parents=True, exist_ok=True)
        for i in range(count):
            pixels = np.full((size[1], size[0], 3), colour, np.uint8)
            pixels[i % size[1], :, :] = 255 - pixels[i % size[1], :, :]
            Image.fromarray(pixels).save(folder / f"picture-{i:03d}{suffix}")
        return folder

    return write


@pytest.fixture
def refusal(load):
    """A function that loads a folder that is refused, and returns the error."""

    def refused(path, **changes) -> DataError:
        with pytest.raises(DataError) as error:
            load("folder", data_path=str(path), **changes)
        return error.value

    return refused
