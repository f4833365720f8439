"""A data set as files: every format, resumed after whatever stopped it, nothing written over."""

import csv
import errno
import json
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ganviz.errors import ConfigError, GanvizError
from ganviz.runs.trained import BATCH, TrainedGenerator
from ganviz.synthetic import spool
from ganviz.synthetic.card import CARD, CONSENT, card
from ganviz.synthetic.dataset import UNFINISHED, Order, beside_file, write_dataset
from ganviz.synthetic.report import RunUnderTest
from tests.synthetic.conftest import silent

N = 2 * BATCH + 8


def write(run, out, n=N, report=silent, **changes):
    return write_dataset(run, out, Order(n, reported=False, **changes), out.parent, report)


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    """A data set written without a break, as a folder."""
    return write(run, tmp_path_factory.mktemp("whole") / "set")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_has_a_sub_folder_for_each_class(run, whole):
    from torchvision.datasets import ImageFolder

    pictures = ImageFolder(whole)
    assert pictures.classes == list("0123456789") and len(pictures) == N
    assert pictures.targets == sorted(i % 10 for i in range(N))
    pixels = np.asarray(Image.open(whole / "1" / "001.png"))
    expected = run.draw(2, 0, "balanced").x[1, 0].numpy()
    assert np.array_equal(pixels, expected)
    with open(whole / "labels.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == N and rows[11] == {"file": "1/011.png", "label": "1", "class": "1"}
    assert json.loads((whole / "samples.json").read_text())["n"] == N
    assert not whole.with_name("set" + UNFINISHED).exists()


def test_the_card_has_a_header_for_programs(run, whole, tmp_path):
    head, _, text = (whole / CARD).read_text().removeprefix("---\n").partition("\n---\n")
    values = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    assert values["license"] == '"unknown"' and "- image-classification" in head
    assert '- "n<1K"' in head and "No picture in it is real" in text
    assert "1,617 pictures, and 180 were held out" in text and CONSENT not in text
    named = write(run, tmp_path / "named", 4, licence="CC0-1.0") / CARD
    assert '"cc0-1.0"' in named.read_text() and "Licence: CC0-1.0." in named.read_text()
    # a folder of somebody's own is called as they like
    own = replace(
        run,
        config=run.config.but(data="folder", data_path="there"),
        spec=replace(run.spec, name="My friends"),
    )
    assert CONSENT in card(own, 4, "", "", None)


def test_every_format_holds_the_same_pictures(run, whole, tmp_path):
    with zipfile.ZipFile(write(run, tmp_path / "set.zip")) as archive:
        assert archive.testzip() is None
        inside = {name: archive.read(name) for name in archive.namelist()}
    folder = contents(whole)
    assert inside.keys() == folder.keys()
    assert all(inside[name] == data for name, data in folder.items() if name != CARD)
    with np.load(write(run, tmp_path / "set.npz")) as arrays:
        assert arrays["images"].shape == (N, 8, 8, 1) and arrays["images"].dtype == np.uint8
        assert arrays["labels"].tolist() == [i % 10 for i in range(N)]
        assert arrays["classes"].tolist() == list("0123456789")
        one = np.asarray(Image.open(whole / "3" / "003.png"))
        assert np.array_equal(arrays["images"][3, ..., 0], one)
    assert "numpy.load" in beside_file(tmp_path / "set.npz", CARD).read_text()


def test_a_table_is_read_as_pictures_and_labels(run, whole, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(write(run, tmp_path / "set.parquet"))
    rows = table.slice(7, 1).to_pylist()
    assert rows[0]["label"] == 7 and rows[0]["image"]["bytes"] == contents(whole)["7/007.png"]
    about = json.loads(table.schema.metadata[b"huggingface"])
    assert about["info"]["features"]["label"]["names"] == list("0123456789")


def test_hugging_face_reads_it(whole, run, tmp_path):
    datasets = pytest.importorskip("datasets")
    for kind, where in (
        ("imagefolder", {"data_dir": str(whole)}),
        ("parquet", {"data_files": str(write(run, tmp_path / "set.parquet"))}),
    ):
        rows = datasets.load_dataset(kind, split="train", cache_dir=str(tmp_path / kind), **where)
        assert len(rows) == N and rows.features["label"].names == list("0123456789")
        assert rows[0]["image"].size == (8, 8)


def test_a_table_without_its_package_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setattr("ganviz.synthetic.parquet.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install pyarrow"):
        write(run, tmp_path / "set.parquet")
    assert os.listdir(tmp_path) == []


def test_a_folder_without_a_first_file_is_no_other_order(tmp_path):
    """The disk was full before there was one."""
    assert spool.Spool(tmp_path, {"n": 3}).done == 0
    (tmp_path / spool.PICTURES).touch()
    with pytest.raises(ConfigError, match="asked for otherwise"):
        spool.Spool(tmp_path, {"n": 3})


def test_what_stopped_goes_on_and_is_the_same_in_the_end(run, whole, tmp_path, monkeypatch):
    def interrupt(fraction, sentence):
        if sentence.startswith(f"{BATCH:,} of"):
            raise KeyboardInterrupt

    out = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        write(run, out, report=interrupt)
    kept = tmp_path / ("set" + UNFINISHED)
    assert json.loads((kept / spool.STATE).read_text())["done"] == BATCH and not out.exists()
    # another order is not mixed with it
    with pytest.raises(ConfigError, match="unfinished data set that was asked for otherwise"):
        write(run, out, seed=1)
    # a process that was killed left half a picture behind
    with open(kept / spool.PICTURES, "ab") as file:
        file.write(b"half")
    encode, calls = spool.encoded, []

    def full(pixels):
        calls.append(1)
        if len(calls) == 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        return encode(pixels)

    monkeypatch.setattr(spool, "encoded", full)
    with pytest.raises(GanvizError, match=r"the disk is full.*What was drawn is kept"):
        write(run, out)
    monkeypatch.setattr(spool, "encoded", encode)
    drawn = []
    batches = TrainedGenerator.batches
    monkeypatch.setattr(
        TrainedGenerator,
        "batches",
        lambda self, *arguments, **keys: (
            drawn.append(len(part[0])) or part for part in batches(self, *arguments, **keys)
        ),
    )
    write(run, out)
    assert drawn == [BATCH, 8]
    assert contents(out) == contents(whole) and not kept.exists()


@pytest.mark.parametrize(
    "harm", [{"done": "x"}, {"done": N + 1}, {"bytes": -1}, {"bytes": 10**9}, {"done": None}]
)
def test_pictures_that_are_not_all_there_are_drawn_again(tmp_path, harm):
    """A power cut can leave a file shorter than what stands beside it says."""
    folder, order = tmp_path / "set", {"n": N, "seed": 0}
    folder.mkdir()
    (folder / spool.PICTURES).write_bytes(bytes(100))
    state = {"request": order, "done": 3, "bytes": 100}
    (folder / spool.STATE).write_text(json.dumps(state))
    assert spool.Spool(folder, order).done == 3
    (folder / spool.STATE).write_text(json.dumps(state | harm))
    assert spool.Spool(folder, order).done == 0


def test_nothing_is_written_over(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "mine.zip").write_text("mine")
    for name in ("full", "mine.zip"):
        with pytest.raises(ConfigError):
            write(run, tmp_path / name)
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["full", "mine.zip"]
    (tmp_path / "empty").mkdir()
    assert len(list(write(run, tmp_path / "empty", 10).glob("*/*.png"))) == 10


def test_labels_as_the_data_are_and_none(run, run_folder, tmp_path, data_root):
    out = write(run, tmp_path / "as-data.npz", 100, balance="as-data")
    with np.load(out) as arrays:
        counts = np.bincount(arrays["labels"], minlength=10)
    shares = np.bincount(run.source.labels.numpy(), minlength=10) / len(run.source.labels)
    assert np.abs(counts - 100 * shares).max() < 1
    with pytest.raises(ConfigError, match="balanced or as-data"):
        write(run, tmp_path / "other", balance="random")


def test_points_are_refused_with_a_way_out(tmp_path, data_root):
    from ganviz.api import train

    settings = {"preset": "ring8-r1", "steps": 2, "data_limit": 500}
    train(settings, out=tmp_path / "points", device="cpu", data_root=data_root)
    with pytest.raises(ConfigError, match="ganviz sample"):
        RunUnderTest.load(tmp_path / "points", data_root, "cpu", silent)
