"""Public sets without the internet: files that lie there already, whole or damaged."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from ganviz.data import download, idx
from ganviz.errors import DataError

from .idx_files import idx_bytes, write_pair

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def offline(monkeypatch):
    """No request gets through."""

    def refuse(*_, **__):
        raise AssertionError("asked the internet")

    monkeypatch.setattr(download.urllib.request, "urlopen", refuse)


# -- files that lie there --------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [".", "mnist", "MNIST/raw"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_with_only_the_test_files_is_an_mnist(load, offline, tmp_path, folder, packed):
    write_pair(tmp_path / "root" / folder, packed=packed)
    source = load("mnist")
    assert source.samples.shape == (30, 1, 28, 28) and source.spec.classes == tuple("0123456789")
    assert source.labels.tolist() == [i % 10 for i in range(30)] and (source.samples[7] == 7).all()
    assert "only the test pictures" in source.spec.note


def test_the_train_files_are_preferred_wherever_they_lie(load, offline, tmp_path):
    write_pair(tmp_path / "root" / "MNIST" / "raw", "t10k")
    write_pair(tmp_path / "root", "train", 60)
    source = load("mnist")
    assert source.spec.count == 60 and source.spec.note == ""


def test_another_spelling_and_mixed_packing(load, offline, tmp_path):
    write_pair(tmp_path / "root", spelling="-{kind}.{dims}-ubyte", packed=False)
    assert load("mnist").spec.count == 30
    folder = write_pair(tmp_path / "other" / "mnist", packed=False)
    labels = folder / "t10k-labels-idx1-ubyte"
    labels.with_name(labels.name + ".gz").write_bytes(gzip.compress(labels.read_bytes()))
    labels.unlink()
    assert load("mnist", data_root=tmp_path / "other").spec.count == 30


def test_the_relatives_have_folders_of_their_own(load, offline, tmp_path):
    write_pair(tmp_path / "root")  # these may be MNIST's, never Fashion's
    write_pair(tmp_path / "root" / "FashionMNIST" / "raw", "train", 20)
    write_pair(tmp_path / "root" / "kmnist", "train", 40)
    assert (
        load("fashion-mnist").spec.count == 20
        and load("kmnist").spec.count == 40
        and load("mnist").spec.count == 30
    )


@pytest.mark.parametrize("damage", ["cut", "empty", "garbage", "header", "short", "long", "huge"])
def test_damaged_files_get_a_sentence(load, offline, tmp_path, damage):
    folder = write_pair(tmp_path / "root" / "mnist")
    path = folder / "t10k-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    pictures = idx_bytes(np.zeros((30, 28, 28)))
    path.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "empty": b"",
            "garbage": b"garbage" * 9,
            "header": gzip.compress(b"\0\0\x09\3" + pictures[4:]),
            "short": gzip.compress(pictures[:-1]),
            "long": gzip.compress(pictures + b"x"),
            "huge": gzip.compress(struct.pack(">HBBIII", 0, 8, 3, 2**31, 2**10, 2**10)),
        }[damage]
    )
    with pytest.raises(DataError) as error:
        load("mnist")
    assert (
        str(path) in error.value.sentence
        and "delete it" in error.value.sentence
        and "\n" not in error.value.sentence
    )


def test_files_that_do_not_belong_together(load, offline, tmp_path):
    folder = write_pair(tmp_path / "root")
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(np.zeros(29))))
    with pytest.raises(DataError, match="do not belong together"):
        load("mnist")
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(np.full(30, 25))))
    with pytest.raises(DataError, match="another set"):
        load("mnist")


def test_an_unpacking_bomb_stops_at_what_the_header_says():
    class Stream:
        def __init__(self):
            self.head, self.asked = struct.pack(">HBBI", 0, 8, 1, 1000), 0

        def read(self, n):
            self.asked += n
            out, self.head = self.head[:n], self.head[n:]
            return out + bytes(n - len(out))

    stream = Stream()
    with pytest.raises(ValueError, match="length"):
        idx.parse_idx(stream)
    assert stream.asked < 1100


@pytest.mark.skipif(
    not (SHARED / "mnist").is_dir(), reason="the MNIST test files are not in ../shared/data/mnist"
)
def test_the_real_test_files(load, offline):
    source = load("mnist", data_root=SHARED)
    assert source.samples.shape == (10_000, 1, 28, 28)
    assert source.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert source.labels.bincount().tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    assert source.samples.float().mean() / 255 == pytest.approx(0.1325, abs=1e-3)
    assert load(
        "mnist", data_root=SHARED / "mnist", image_size=32, data_limit=100
    ).samples.shape == (100, 1, 32, 32)
