"""Samples as files: a grid, raw values, an archive or a folder of single pictures, or a scatter of
points. They are drawn and written part by part, so that any number fits into memory, and a file is
there when it is whole."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageDraw

from ganviz.disk import atomic_replace, disk_sentence, write_atomic
from ganviz.engine.frames import Layout, grid_of
from ganviz.engine.snapshot import to_pictures
from ganviz.errors import ConfigError, GanvizError
from ganviz.runs.trained import TrainedGenerator

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
ABOUT, LABELS = "samples.json", "labels.csv"
MAX_GRID_PIXELS = 100_000_000
PLOT_SIDE = 640
FAKE = (124, 77, 190)  # purple, as everywhere
_FOLDER_NAME = re.compile(r"[^\W_][\w .+-]{0,79}(?<![ .])")

Notify = Callable[[int], None]
Part = tuple[np.ndarray, np.ndarray]
Store = Callable[[str, bytes], None]


def write_samples(
    generator: TrainedGenerator,
    out: Path | str,
    n: int,
    seed: int = 0,
    y: str | None = None,
    psi: float = 1.0,
    notify: Notify | None = None,
) -> Path:
    """Write ``n`` samples to ``out`` and return it.

    A picture's name gets a grid of all (points: a scatter); ``.npz`` the values as float32
    ``samples`` with int64 ``labels`` and the names of the ``classes``; ``.npy`` the values alone,
    with the labels in a file beside it; ``.zip``, and anything without an ending, PNGs in a folder
    for each class, with a table of all labels. ``notify`` gets the number of samples done. Raises
    `ConfigError` for what cannot be done, `GanvizError` where the disk refuses.
    """
    text, out = str(out), Path(out)
    folder = text.endswith(("/", "\\")) or out.is_dir() or not out.suffix
    suffix = "folder" if folder else out.suffix.lower()
    if suffix not in WRITERS:
        raise ConfigError(
            f"{out.name}: samples go to a .png, .jpg, .webp, .npz, .npy or .zip file, or to a "
            "folder.",
            "out",
        )
    request = Request(generator, n, seed, y, psi, notify or (lambda done: None))
    request.check(suffix)
    if folder:
        _check_folder(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(out) as beside:
            WRITERS[suffix](request, beside, out)
    except OSError as error:
        raise GanvizError(
            disk_sentence(error, out.parent, "The samples were not written")
        ) from None
    return out


@dataclass(frozen=True)
class Request:
    """Which samples are to be written."""

    generator: TrainedGenerator = field(repr=False)
    n: int
    seed: int
    y: str | None
    psi: float
    notify: Notify = field(repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the labels; () without any."""
        return self.generator.classes

    def check(self, suffix: str) -> None:
        """Raise `ConfigError` for what cannot be written so."""
        spec = self.generator.spec
        if spec.kind == "points" and suffix in ("folder", ".zip"):
            raise ConfigError(
                "Points have no single pictures; write them to a .png, .npz or .npy file.", "out"
            )
        if spec.kind == "images" and suffix in PICTURES:
            _, height, width = spec.shape
            if self.n * (height + 1) * (width + 1) > MAX_GRID_PIXELS:
                raise ConfigError(
                    f"{self.n:,} samples are too many for one picture; write them to a folder or "
                    "to a .npz or .zip file.",
                    "n",
                )
        self.generator.labels(1, self.y)

    def parts(self) -> Iterator[Part]:
        """Values float32 [N, ...] and labels int64 [N] (-1: none), a few hundred at a time."""
        done = 0
        for x, labels in self.generator.batches(self.n, self.seed, self.y, self.psi):
            values = x.float().cpu().numpy()
            yield values, np.full(len(x), -1) if labels is None else labels.cpu().numpy()
            done += len(x)
            self.notify(done)

    def pictures(self) -> Iterator[tuple[np.ndarray, int]]:
        """Single pictures, uint8 [H, W, C], each with its label."""
        done = 0
        for x, labels in self.generator.batches(self.n, self.seed, self.y, self.psi):
            for i, pixels in enumerate(to_pictures(x)):
                yield pixels, -1 if labels is None else int(labels[i])
            done += len(x)
            self.notify(done)

    def about(self) -> str:
        """What was written, as JSON."""
        generator = self.generator
        table = {
            "n": self.n,
            "seed": self.seed,
            "class": self.y,
            "psi": self.psi,
            "step": generator.step,
            "classes": list(self.classes),
            "data": asdict(generator.spec),
        }
        return json.dumps(table, indent=1) + "\n"


# -- one picture of all ----------------------------------------------------------------------------
def _write_grid(request: Request, beside: Path, out: Path) -> None:
    kind = Image.registered_extensions()[out.suffix.lower()]
    if request.generator.spec.kind == "points":
        points = np.concatenate([values for values, _ in request.parts()])
        scatter(points).save(beside, kind)
        return
    n, classes = request.n, len(request.classes)
    cols = classes if request.y is None and 2 <= classes <= min(n, 32) else math.ceil(math.sqrt(n))
    rows = math.ceil(n / cols)
    channels, height, width = request.generator.spec.shape
    full = np.full((rows * cols, height, width, channels), 128, np.uint8)
    for index, (pixels, _) in enumerate(request.pictures()):
        full[index] = pixels
    _image(grid_of(full, Layout(rows, cols, (), None))).save(beside, kind)


# -- raw values ------------------------------------------------------------------------------------
def _write_npy(request: Request, beside: Path, out: Path) -> None:
    labels = np.full(request.n, -1)
    with open(beside, "wb") as file:
        for first, values, some in _numbered(request):
            if not first:
                _write_header(file, (request.n, *values.shape[1:]), values.dtype)
            file.write(np.ascontiguousarray(values).data)
            labels[first : first + len(some)] = some
    beside_it = labels_beside(out, request.classes)
    if beside_it:
        packed = io.BytesIO()
        np.save(packed, labels)
        write_atomic(beside_it, packed.getvalue())


def labels_beside(out: Path, classes: tuple[str, ...]) -> Path | None:
    """Where the labels of the samples in ``out`` are if not in ``out``: ``x.labels.npy`` for
    ``x.npy``, for a file of one array has no room for a second one."""
    return out.with_suffix(".labels.npy") if classes and out.suffix.lower() == ".npy" else None


def _write_npz(request: Request, beside: Path, out: Path) -> None:
    labels = np.full(request.n, -1)
    with zipfile.ZipFile(beside, "w") as archive:
        with archive.open("samples.npy", "w", force_zip64=True) as file:
            for first, values, some in _numbered(request):
                if not first:
                    _write_header(file, (request.n, *values.shape[1:]), values.dtype)
                file.write(np.ascontiguousarray(values).data)
                labels[first : first + len(some)] = some
        if request.classes:
            for name, array in (("labels", labels), ("classes", np.array(request.classes))):
                with archive.open(f"{name}.npy", "w") as file:
                    np.lib.format.write_array(file, array, allow_pickle=False)


def _numbered(request: Request) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    first = 0
    for values, labels in request.parts():
        yield first, values, labels
        first += len(values)


def _write_header(file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


# -- single pictures -------------------------------------------------------------------------------
@contextmanager
def storing(beside: Path, zipped: bool) -> Iterator[Store]:
    """``store(name, data)`` that writes files into a new folder, or an archive, at ``beside``."""
    if zipped:
        # PNGs are compressed already
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            yield archive.writestr
        return
    beside.mkdir()

    def store(name: str, data: bytes) -> None:
        path = beside / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    yield store


def _write_singles(request: Request, beside: Path, out: Path, zipped: bool) -> None:
    singles = ((encoded(pixels), label) for pixels, label in request.pictures())
    with storing(beside, zipped) as store:
        store_singles(singles, request.n, request.classes, store)
        store(ABOUT, request.about().encode())


def encoded(pixels: np.ndarray) -> bytes:
    """A picture, uint8 [H, W, C], as PNG."""
    packed = io.BytesIO()
    _image(pixels).save(packed, "PNG")
    return packed.getvalue()


def store_singles(
    singles: Iterable[tuple[bytes, int]],
    n: int,
    classes: tuple[str, ...],
    store: Store,
    unlabelled: str = "",
) -> None:
    """``store(name, data)`` each of ``n`` PNGs in its class's folder; and, for programs that would
    rather read one file, a table of all labels. ``unlabelled``: the folder of those of no class."""
    folders, digits = class_folders(classes), len(str(n - 1))
    rows = ["file,label,class"]
    for number, (data, label) in enumerate(singles):
        folder = folders[label] if label >= 0 else unlabelled
        name = f"{folder}/{number:0{digits}d}.png" if folder else f"{number:0{digits}d}.png"
        if label >= 0:
            rows.append(f"{name},{label},{folder}")
        store(name, data)
    if classes:
        store(LABELS, ("\n".join(rows) + "\n").encode())


def class_folders(classes: tuple[str, ...]) -> list[str]:
    """A folder's name for each class: its own where that is one on every system, else by number. A
    checkpoint from elsewhere may call a class anything."""
    taken: set[str] = set()
    names = []
    for index, name in enumerate(classes):
        plain = _FOLDER_NAME.fullmatch(name) and name.lower() not in taken
        names.append(name if plain else f"class-{index}")
        taken.add(names[-1].lower())
    return names


def _check_folder(out: Path) -> None:
    """Raise `ConfigError` for a folder that holds anything but samples of before."""
    if out.is_dir() and any(out.iterdir()) and not (out / ABOUT).is_file():
        raise ConfigError(
            f"{out} already holds something else; give the samples a folder of their own.", "out"
        )


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def scatter(points: np.ndarray) -> Image.Image:
    """A square picture of points [N, 2], the origin in its middle."""
    finite = points[np.isfinite(points).all(1)]
    reach = max(1e-6, float(np.quantile(np.abs(finite), 0.995))) * 1.15 if len(finite) else 1.0
    image = Image.new("RGB", (PLOT_SIDE, PLOT_SIDE), "white")
    draw = ImageDraw.Draw(image, "RGBA")
    middle = PLOT_SIDE // 2
    draw.line([(0, middle), (PLOT_SIDE, middle)], fill=(0, 0, 0, 40))
    draw.line([(middle, 0), (middle, PLOT_SIDE)], fill=(0, 0, 0, 40))
    for x, y in (finite / reach * [1, -1] + 1) * PLOT_SIDE / 2:
        draw.ellipse([x - 2, y - 2, x + 2, y + 2], fill=(*FAKE, 140))
    return image


WRITERS: dict[str, Callable[[Request, Path, Path], None]] = {
    **dict.fromkeys(PICTURES, _write_grid),
    ".npy": _write_npy,
    ".npz": _write_npz,
    ".zip": partial(_write_singles, zipped=True),
    "folder": partial(_write_singles, zipped=False),
}
