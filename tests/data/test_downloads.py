"""Downloads that work, and that fail: quickly, cleanly, with a sentence that says what works."""

import gzip
import hashlib
import http.server
import socket
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from ganviz import pacing
from ganviz.data import download, public
from ganviz.errors import DataError

from .idx_files import idx_bytes, write_pair

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


# -- downloads -------------------------------------------------------------------------------------


class Mirror:
    """A web server on this machine that serves ``files`` and can misbehave."""

    def __init__(self):
        self.files, self.manner, self.asked = {}, "good", []
        mirror = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.asked.append(self.path)
                data = mirror.files.get(self.path.lstrip("/"))
                if data is None:
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if mirror.manner == "stall":
                    self.wfile.write(data[:10])
                    self.wfile.flush()
                    time.sleep(1.5)
                    return None
                self.wfile.write(
                    {"good": data, "cut": data[:-5], "wrong": b"x" * len(data)}[mirror.manner]
                )
                return None

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def mirror(monkeypatch, tmp_path):
    """A mirror with a tiny MNIST and EMNIST, which torchvision's descriptions are pointed at."""
    torchvision = pytest.importorskip("torchvision.datasets")
    monkeypatch.setattr(pacing, "DOWNLOAD_TIMEOUT", 0.7)
    mirror = Mirror()
    folder = write_pair(tmp_path / "origin", "train", 50)
    resources = []
    for path in sorted(folder.iterdir()):
        mirror.files[path.name] = path.read_bytes()
        resources.append((path.name, hashlib.md5(path.read_bytes()).hexdigest()))
    monkeypatch.setattr(torchvision.MNIST, "mirrors", [mirror.url])
    monkeypatch.setattr(torchvision.MNIST, "resources", resources)
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()


def files_below(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_downloaded_once_with_progress(load, mirror, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("ganviz.data._throttled", lambda progress: progress)
    source = load("mnist", progress=lambda fraction, text: told.append((fraction, text)))
    assert source.spec.count == 50 and torch.equal(source.labels, torch.arange(50) % 10)
    assert files_below(tmp_path / "root") == [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
    ]
    assert (1.0, next(text for fraction, text in told if fraction == 1.0)) in told
    assert any("Downloading MNIST" in text and "MB" in text for _, text in told)
    assert load("mnist").spec.count == 50 and len(mirror.asked) == 2


@pytest.mark.parametrize(
    "manner, says", [("cut", "broke off"), ("wrong", "checksum"), ("stall", "no answer")]
)
def test_a_bad_mirror_leaves_nothing_and_the_next_try_works(load, mirror, tmp_path, manner, says):
    mirror.manner = manner
    with pytest.raises(DataError) as error:
        load("mnist")
    sentence = error.value.sentence
    assert (
        says in sentence
        and "'glyphs'" in sentence
        and "'digits'" in sentence
        and "Your own pictures" in sentence
    )
    assert error.value.__cause__ is None and error.value.field == "data"
    assert files_below(tmp_path / "root") == []
    mirror.manner = "good"
    assert load("mnist").spec.count == 50


def test_the_next_mirror_is_asked(load, mirror, monkeypatch):
    import torchvision.datasets

    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [mirror.url + "gone/", mirror.url])
    assert load("mnist").spec.count == 50


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(
    "name", ["mnist", "fashion-mnist", "kmnist", "emnist-digits", "cifar10", "svhn"]
)
def test_without_the_internet_each_set_says_what_works(load, monkeypatch, tmp_path, name):
    pytest.importorskip("torchvision")

    def unreachable(*_, **__):
        raise download.urllib.error.URLError(
            socket.gaierror(-3, "Temporary failure in name resolution")
        )

    monkeypatch.setattr(download.urllib.request, "urlopen", unreachable)
    with pytest.raises(DataError) as error:
        load(name, image_size=32)
    assert (
        "its name cannot be looked up" in error.value.sentence
        and "'glyphs'" in error.value.sentence
    )
    assert files_below(tmp_path) == []


def test_a_refused_connection_and_a_hanging_look_up_end_quickly(monkeypatch, tmp_path):
    pytest.importorskip("torchvision")
    monkeypatch.setattr(pacing, "DOWNLOAD_TIMEOUT", 0.3)
    url = f"http://127.0.0.1:{closed_port()}/x"
    with pytest.raises(DataError, match="refused"):
        download.fetch([url], tmp_path / "x", "0" * 32, "X", public_progress)
    release = threading.Event()
    monkeypatch.setattr(download.urllib.request, "urlopen", lambda *_, **__: release.wait(20))
    begun = time.monotonic()
    with pytest.raises(DataError, match="no answer"):
        download.fetch(
            ["http://a.example/x", "http://b.example/x"],
            tmp_path / "x",
            "0" * 32,
            "X",
            public_progress,
        )
    release.set()
    assert time.monotonic() - begun < 3


def public_progress(fraction, text):
    pass


def test_cancelled_in_the_middle_leaves_nothing(load, mirror, tmp_path, monkeypatch):
    monkeypatch.setattr("ganviz.data._throttled", lambda progress: progress)

    class Stop(Exception):
        pass

    def stop(fraction, text):
        if fraction is not None:
            raise Stop

    with pytest.raises(Stop):
        load("mnist", progress=stop)
    assert files_below(tmp_path / "root") == []


def test_a_data_root_that_cannot_be_written(load, mirror, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(DataError) as error:
        load("mnist", data_root=blocked)
    assert "MNIST" in error.value.sentence and "glyphs" not in error.value.sentence


def test_emnist_is_read_out_of_its_archive_and_turned_upright(load, mirror, tmp_path, monkeypatch):
    import torchvision.datasets

    pictures = np.zeros((20, 28, 28), np.uint8)
    pictures[:, 3, 20] = 255  # column 3, row 20, as NIST stores it
    archive = tmp_path / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(
            "gzip/emnist-digits-train-images-idx3-ubyte.gz", gzip.compress(idx_bytes(pictures))
        )
        file.writestr(
            "gzip/emnist-digits-train-labels-idx1-ubyte.gz",
            gzip.compress(idx_bytes(np.arange(20) % 10)),
        )
    mirror.files["gzip.zip"] = archive.read_bytes()
    monkeypatch.setattr(torchvision.datasets.EMNIST, "url", mirror.url + "gzip.zip")
    monkeypatch.setattr(
        torchvision.datasets.EMNIST, "md5", hashlib.md5(archive.read_bytes()).hexdigest()
    )
    source = load("emnist-digits")
    assert source.samples.shape == (20, 1, 28, 28) and (source.samples[:, 0, 20, 3] == 255).all()
    assert source.labels.tolist() == [i % 10 for i in range(20)]


def test_svhn_and_cifar_through_torchvision(load, mirror, tmp_path, monkeypatch):
    import io
    import pickle
    import tarfile

    import torchvision.datasets

    scipy_io = pytest.importorskip("scipy.io")
    random = np.random.default_rng(0)

    path = tmp_path / "train_32x32.mat"
    scipy_io.savemat(
        path,
        {
            "X": random.integers(0, 256, (32, 32, 3, 12), np.uint8),
            "y": np.arange(1, 13)[:, None] % 10 + 1,
        },
    )
    mirror.files[path.name] = path.read_bytes()
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(
        torchvision.datasets.SVHN, "split_list", {"train": [mirror.url + path.name, path.name, md5]}
    )
    source = load("svhn", image_size=32)
    assert (
        source.samples.shape == (12, 3, 32, 32)
        and source.labels.max() == 9
        and source.labels.min() == 0
    )  # 10 means 0

    known = torchvision.datasets.CIFAR10
    batch = pickle.dumps(
        {
            "data": random.integers(0, 256, (20, 3072), np.uint8),
            "labels": [i % 10 for i in range(20)],
        }
    )
    names = pickle.dumps({"label_names": list(public.CIFAR)})
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, data in (("data_batch_1", batch), ("batches.meta", names)):
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    mirror.files[known.filename] = archive.getvalue()
    monkeypatch.setattr(known, "url", mirror.url + known.filename)
    monkeypatch.setattr(known, "tgz_md5", hashlib.md5(archive.getvalue()).hexdigest())
    monkeypatch.setattr(known, "train_list", [["data_batch_1", hashlib.md5(batch).hexdigest()]])
    monkeypatch.setattr(known, "test_list", [])
    monkeypatch.setattr(known, "meta", {**known.meta, "md5": hashlib.md5(names).hexdigest()})
    source = load("cifar10", image_size=32)
    assert source.samples.shape == (20, 3, 32, 32) and source.labels.tolist() == [
        i % 10 for i in range(20)
    ]
    asked = len(mirror.asked)
    (tmp_path / "root" / known.base_folder / "data_batch_1").write_bytes(
        b"half"
    )  # unpacking was interrupted
    assert (
        load("cifar10", image_size=32, colour="grey").samples.shape == (20, 1, 32, 32)
        and len(mirror.asked) == asked
    )
