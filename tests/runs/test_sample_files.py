"""Samples as files: any number in bounded memory, labels never lost, whole or not there."""

import json
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganviz.data.folder import find
from ganviz.data.folder_layout import layout_of
from ganviz.errors import ConfigError, GanvizError
from ganviz.runs.sample_files import class_folders, labels_beside, scatter, write_samples
from ganviz.runs.trained import BATCH, TrainedGenerator, load_generator


@pytest.fixture(scope="module")
def generator(trained_run):
    return load_generator(trained_run)


def test_a_grid_goes_through_the_classes_by_column(generator, tmp_path):
    out = write_samples(generator, tmp_path / "new" / "grid.png", 30)
    with Image.open(out) as picture:
        assert picture.size == (10 * 9 - 1, 3 * 9 - 1)
    with Image.open(write_samples(generator, tmp_path / "one.webp", 10, y="3")) as picture:
        assert picture.size == (4 * 9 - 1, 3 * 9 - 1)


def test_raw_values_with_labels(generator, tmp_path):
    """Nothing that a conditional generator was asked for is lost, whatever the format."""
    n = 2 * BATCH + 7
    wanted = generator.sample(n, seed=5).numpy()
    labels = generator.labels(n).numpy()
    with np.load(write_samples(generator, tmp_path / "x.npz", n, seed=5)) as packed:
        assert np.array_equal(packed["samples"], wanted)
        assert packed["samples"].dtype == np.float32 and packed["labels"].dtype == np.int64
        assert np.array_equal(packed["labels"], labels)
        assert packed["classes"].tolist() == list("0123456789")
    values = np.load(write_samples(generator, tmp_path / "raw.npy", n, seed=5))
    assert np.array_equal(values, wanted)
    assert np.array_equal(np.load(tmp_path / "raw.labels.npy"), labels)
    assert sorted(os.listdir(tmp_path)) == ["raw.labels.npy", "raw.npy", "x.npz"]
    assert labels_beside(tmp_path / "raw.npy", generator.classes) == tmp_path / "raw.labels.npy"
    # another format has them inside, whatever lies there from before
    assert labels_beside(tmp_path / "raw.zip", generator.classes) is None
    assert labels_beside(tmp_path / "raw.npy", ()) is None


def test_single_pictures_in_a_folder_for_each_class(generator, tmp_path):
    folder = write_samples(generator, f"{tmp_path}/singles/", 12, seed=5)
    assert sorted(os.listdir(folder)) == [*"0123456789", "labels.csv", "samples.json"]
    assert sorted(os.listdir(folder / "1")) == ["01.png", "11.png"]
    values = generator.sample(12, seed=5).numpy()
    pixels = np.asarray(Image.open(folder / "0" / "00.png"))
    assert np.abs(pixels / 127.5 - 1 - values[0, 0]).max() < 0.01
    rows = (folder / "labels.csv").read_text().splitlines()
    assert rows[0] == "file,label,class" and rows[12] == "1/11.png,1,1" and len(rows) == 13
    assert json.loads((folder / "samples.json").read_text())["step"] == 40
    # a folder of samples is a folder to train on
    files = find(folder).files
    assert layout_of(files).classes == tuple("0123456789")


def test_an_archive_holds_the_same_pictures(generator, tmp_path):
    folder = write_samples(generator, f"{tmp_path}/singles/", 12, seed=5)
    with zipfile.ZipFile(write_samples(generator, tmp_path / "x.zip", 12, seed=5)) as archive:
        assert archive.testzip() is None
        names = sorted(archive.namelist())
        there = sorted(path for path in folder.rglob("*") if path.is_file())
        assert names == sorted(path.relative_to(folder).as_posix() for path in there)
        assert all(archive.read(name) == (folder / name).read_bytes() for name in names)


def test_any_number_takes_no_more_memory(generator, tmp_path, monkeypatch):
    """Nothing is joined: of the parts that have been written none is kept."""
    import gc
    import weakref

    alive = []
    batches = TrainedGenerator.batches

    def counted(self, *arguments):
        for x, labels in batches(self, *arguments):
            alive.append(weakref.ref(x))
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 2
            yield x, labels

    monkeypatch.setattr(TrainedGenerator, "batches", counted)
    gc.freeze()  # what other tests hold need not be looked through each time
    for name in ("x.npz", "x.npy", "x.zip", "x.png", "folder/"):
        alive.clear()
        write_samples(generator, f"{tmp_path}/{name}", 5 * BATCH)
        assert len(alive) == 5


def test_progress_is_notified(generator, tmp_path):
    for name in ("x.npz", "x.zip"):
        done = []
        write_samples(generator, tmp_path / name, BATCH + 3, notify=done.append)
        assert done == [BATCH, BATCH + 3]


@pytest.mark.parametrize("name", ["x.npz", "x.npy", "x.zip", "x.png", "folder/"])
def test_what_raise_if_interrupted_leaves_what_was_there(generator, tmp_path, name):
    write_samples(generator, f"{tmp_path}/{name}", 3)
    before = sorted(tmp_path.rglob("*"))

    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_samples(generator, f"{tmp_path}/{name}", 5, notify=interrupt)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_of_other_things_is_not_replaced(generator, tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ConfigError, match="already holds something else"):
        write_samples(generator, f"{tmp_path}/", 3)
    assert os.listdir(tmp_path) == ["thesis.txt"]
    folder = tmp_path / "new"
    for n in (12, 3):
        write_samples(generator, f"{folder}/", n)
    assert len(list(folder.rglob("*.png"))) == 3


def test_classes_of_any_name_stay_in_the_folder():
    """A checkpoint from elsewhere may call its classes what it likes."""
    names = ("cat", "../../etc", "a/b", "", ".", "..", "Cat", "x" * 300, "dog ", "été", "a\\b")
    folders = class_folders(names)
    assert folders[0] == "cat" and folders[9] == "été"
    assert len({name.lower() for name in folders}) == len(names)
    assert all(
        name in ("cat", "été") or name == f"class-{index}" for index, name in enumerate(folders)
    )


def test_points_are_kept_as_values(tmp_path):
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec
    from ganviz.models import build_generator

    config = RunConfig.from_preset("ring8-collapse")
    spec = DataSpec("ring8", "points", (2,), 1)
    points = TrainedGenerator(build_generator(config, spec), config, spec, 1)
    with np.load(write_samples(points, tmp_path / "x.npz", 9)) as packed:
        assert packed["samples"].shape == (9, 2) and packed.files == ["samples"]
    for name in ("x.zip", "singles/"):
        with pytest.raises(ConfigError, match="no single pictures"):
            write_samples(points, f"{tmp_path}/{name}", 9)


def test_what_cannot_be_written(generator, tmp_path):
    with pytest.raises(ConfigError, match=r"\.png, \.jpg"):
        write_samples(generator, tmp_path / "grid.exe", 4)
    with pytest.raises(ConfigError, match="too many for one picture"):
        write_samples(generator, tmp_path / "grid.png", 10_000_000)
    (tmp_path / "file").write_text("x")
    with pytest.raises(GanvizError, match="were not written"):
        write_samples(generator, tmp_path / "file" / "grid.png", 4)


def test_points_become_a_scatter():
    picture = np.asarray(scatter(np.array([[1.0, 1.0], [np.nan, 0.0], [-1.0, -1.0]])))
    middle = picture.shape[0] // 2
    assert (
        picture[:middle, middle + 1 :].min() < 200 and picture[:middle, : middle - 1].min() == 255
    )
    assert scatter(np.zeros((0, 2))).size == scatter(np.full((3, 2), np.inf)).size
