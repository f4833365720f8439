"""The public picture sets that torchvision knows: where they lie, their checksums and, for two of
them, their readers."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import torch
from torch import Tensor

from ganviz.data import idx
from ganviz.data.download import fetch, need_no_download
from ganviz.data.entry import DIGITS, Dataset, Progress
from ganviz.data.source import DataSource, DataSpec
from ganviz.disk import disk_sentence
from ganviz.errors import DataError

if TYPE_CHECKING:
    from ganviz.config import RunConfig

Reader = Callable[[Path, Progress], "tuple[Tensor, Tensor, str]"]
"""``reader(data_root, progress)``: uint8 [N, C, H, W], int64 [N] and a note (or "")."""

FASHION = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
KUZUSHIJI = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def _torchvision(name: str) -> Any:
    """torchvision's description of a set: its class in ``torchvision.datasets``."""
    try:
        import torchvision.datasets
    except (
        ImportError,
        RuntimeError,
    ) as error:  # RuntimeError: a torchvision built for another torch
        raise DataError(
            "This data set is fetched through torchvision, which cannot be imported ({error}); "
            "install the one that belongs to your torch, or choose a data set that needs no "
            "download: {others}.",
            "data",
            error=error,
            others=need_no_download(),
        ) from None
    return getattr(torchvision.datasets, name)


def mnist_like(name: str, label: str, *folders: str) -> Reader:
    """A reader for idx files: those in one of ``folders`` under the data root, else downloaded.

    Only the training pictures are fetched. Where just the test files lie there, they are the data
    set.
    """

    def read(data_root: Path, progress: Progress) -> tuple[Tensor, Tensor, str]:
        found = _at_hand(name, label, folders, data_root, progress)
        if found is not None:
            return found
        raw = _raw(name, data_root)
        known = _torchvision(name)
        files = [
            fetch(
                [mirror + file for mirror in known.mirrors],
                raw / file,
                md5,
                f"{label} ({file})",
                progress,
            )
            for file, md5 in known.resources
            if file.startswith("train-")
        ]
        return *idx.read_pair(*sorted(files)), ""  # images before labels

    return read


def _raw(name: str, data_root: Path) -> Path:
    """Where torchvision keeps its own copy."""
    return data_root / name / "raw"


def _at_hand(
    name: str, label: str, folders: tuple[str, ...], data_root: Path, progress: Progress
) -> tuple[Tensor, Tensor, str] | None:
    for part in ("train", "t10k"):
        for folder in (_raw(name, data_root), *(data_root / folder for folder in folders)):
            pair = idx.find_pair(folder, part)
            if pair:
                progress(None, f"Reading {label}")
                note = (
                    ""
                    if part == "train"
                    else f"{folder} holds only the test pictures of {label}; they are used."
                )
                return *idx.read_pair(*pair), note
    return None


MNIST_FOLDERS = ("mnist", ".")


def mnist_at_hand(data_root: Path, progress: Progress) -> tuple[Tensor, Tensor, str] | None:
    """The digits of MNIST, their labels and a note, where they lie under the data root; None where
    they would have to be fetched."""
    return _at_hand("MNIST", "MNIST", MNIST_FOLDERS, data_root, progress)


def emnist_digits(data_root: Path, progress: Progress) -> tuple[Tensor, Tensor, str]:
    """240,000 digits, read out of NIST's archive without unpacking the other splits (EMNIST stores
    pictures transposed)."""
    known = _torchvision("EMNIST")
    archive = fetch(
        [known.url],
        data_root / "EMNIST" / "raw" / "gzip.zip",
        known.md5,
        "EMNIST (536 MB)",
        progress,
    )
    progress(None, "Unpacking the digits of EMNIST")
    try:
        with zipfile.ZipFile(archive) as file:
            images, labels = (
                _member(file, f"gzip/emnist-digits-train-{part}-ubyte.gz")
                for part in ("images-idx3", "labels-idx1")
            )
    except (OSError, EOFError, KeyError, ValueError, zlib.error, zipfile.BadZipFile):
        raise DataError(
            f"The file {archive} is damaged; delete it and get it again.", "data"
        ) from None
    return images.transpose(1, 2)[:, None].contiguous(), labels.long(), ""


def _member(archive: zipfile.ZipFile, name: str) -> Tensor:
    import gzip

    with archive.open(name) as packed, gzip.open(packed) as file:
        return idx.parse_idx(cast(BinaryIO, file))


def cifar10(data_root: Path, progress: Progress) -> tuple[Tensor, Tensor, str]:
    """50,000 training pictures. torchvision unpacks the archive and checks every file before it
    reads it."""
    known = _torchvision("CIFAR10")
    progress(None, "Reading CIFAR-10")
    try:
        data = known(str(data_root), train=True)
    except RuntimeError:  # not unpacked yet, or half
        fetch([known.url], data_root / known.filename, known.tgz_md5, "CIFAR-10", progress)
        progress(None, "Unpacking CIFAR-10")
        data = known(str(data_root), train=True, download=True)
    return (
        torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous(),
        torch.tensor(data.targets),
        "",
    )


def svhn(data_root: Path, progress: Progress) -> tuple[Tensor, Tensor, str]:
    """73,257 training pictures, cropped house-number digits."""
    known = _torchvision("SVHN")
    url, file, md5 = known.split_list["train"]
    fetch([url], data_root / file, md5, "SVHN", progress)
    progress(None, "Reading SVHN")
    data = known(str(data_root), split="train")
    return torch.from_numpy(data.data).contiguous(), torch.from_numpy(data.labels).long(), ""


def _entry(
    name: str, label: str, why: str, read: Reader, classes: tuple[str, ...], in_colour: bool = False
) -> tuple[str, Dataset]:
    def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
        try:
            images, labels, note = read(data_root, progress)
        except OSError as error:
            raise DataError(
                disk_sentence(error, data_root, f"{label} cannot be read or kept"), "data"
            ) from None
        if int(labels.max()) >= len(classes):
            raise DataError(
                f"The label files of {label} under {data_root} belong to another set: they number "
                f"{int(labels.max()) + 1} classes.",
                "data",
            )
        return DataSource(
            DataSpec(name, "images", tuple(images.shape[1:]), len(images), classes, note),
            images,
            labels,
        )

    return name, Dataset(label, why, load, classes=classes, offline=False, in_colour=in_colour)


ENTRIES = dict(
    [
        _entry(
            "mnist",
            "MNIST",
            "60,000 handwritten digits, 28 px; downloads 10 MB.",
            mnist_like("MNIST", "MNIST", *MNIST_FOLDERS),
            DIGITS,
        ),
        _entry(
            "fashion-mnist",
            "Fashion-MNIST",
            "60,000 pictures of clothes, 28 px; downloads 26 MB.",
            mnist_like("FashionMNIST", "Fashion-MNIST", "fashion-mnist"),
            FASHION,
        ),
        _entry(
            "kmnist",
            "Kuzushiji-MNIST",
            "60,000 cursive Japanese characters, 28 px; downloads 18 MB.",
            mnist_like("KMNIST", "KMNIST", "kmnist"),
            KUZUSHIJI,
        ),
        _entry(
            "emnist-digits",
            "EMNIST digits",
            "240,000 handwritten digits, 28 px; downloads 536 MB.",
            emnist_digits,
            DIGITS,
        ),
        _entry(
            "cifar10",
            "CIFAR-10",
            "50,000 colour photos in ten classes, 32 px; downloads 170 MB.",
            cifar10,
            CIFAR,
            in_colour=True,
        ),
        _entry(
            "svhn",
            "SVHN",
            "73,257 house-number digits in colour, 32 px; downloads 182 MB.",
            svhn,
            DIGITS,
            in_colour=True,
        ),
    ]
)
