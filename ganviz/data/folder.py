"""A folder of one's own pictures. Nothing in it is trusted: files are read by their content, within
bounds. What is left out is counted, with the reason."""

from __future__ import annotations

import os
import random
import stat
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import torch
from torch import Tensor

from ganviz.accel.memory import free_memory
from ganviz.data.entry import Dataset, Progress
from ganviz.data.folder_layout import FolderLayout, layout_of
from ganviz.data.held_out import samples_to_load
from ganviz.data.picture_files import (
    MAX_PIXELS,
    TOO_LARGE,
    UNREADABLE,
    Picture,
    UnusablePicture,
    load_picture,
    read_picture,
)
from ganviz.data.source import DataSource, DataSpec
from ganviz.errors import ConfigError, DataError
from ganviz.text import listed, printable

if TYPE_CHECKING:
    from ganviz.config import RunConfig

MIN_PICTURES = 16
MAX_FILES = 200_000
MAX_ENTRIES = 1_000_000
GREY_TOLERANCE = 6
"""JPEG's rounding colours a grey picture by a few levels."""

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"),
    *(".pbm", ".pnm", ".tga", ".avif"),
}
# pictures of kinds that are not read: they are not passed over without a word
UNSUPPORTED = {
    ".heic": "HEIC",
    ".heif": "HEIF",
    ".jxl": "JPEG XL",
    ".jp2": "JPEG 2000",
    ".svg": "SVG",
    ".psd": "Photoshop",
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"), "camera raw"),
}


@dataclass
class Found:
    """What a walk through the folder saw. ``links``: those that lead out of it; ``closed``: folders
    that may not be read; ``unsupported``: files of each kind of picture that is not read."""

    files: list[Path] = field(default_factory=list)
    links: int = 0
    closed: list[Path] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    more: bool = False

    def notes(self, root: Path) -> list[str]:
        """A sentence for each kind of thing that was left out."""
        notes = [
            f"{count:,} {kind} file{_s(count)} {_were(count)} left out: convert "
            f"{'it' if count == 1 else 'them'} to JPEG or PNG."
            for kind, count in sorted(self.unsupported.items())
        ]
        if self.links:
            lead = "leads" if self.links == 1 else "lead"
            notes.append(
                f"{self.links:,} link{_s(self.links)} that {lead} out of the folder "
                f"{_were(self.links)} not followed: copy the pictures themselves."
            )
        if self.closed:
            closed = [printable(path.relative_to(root).as_posix()) for path in sorted(self.closed)]
            count = len(closed)
            notes.append(f"{count:,} sub-folder{_s(count)} may not be read: {listed(closed)}.")
        if self.more:
            notes.append(f"Only the first {MAX_FILES:,} pictures found are used.")
        return notes


@dataclass
class Loaded:
    """Pictures uint8 [N, C, size, size], the files they come from, and why others cannot be
    used."""

    images: Tensor
    kept: list[Path] = field(default_factory=list)
    rejected: dict[Path, str] = field(default_factory=dict)
    # sides in the files of those that were enlarged at least twofold
    small: list[int] = field(default_factory=list)
    # the largest value of any picture of 16 bits
    highest: int | None = None

    def add(self, path: Path, picture: Picture) -> None:
        """Take a picture in."""
        self.images[len(self.kept)] = torch.from_numpy(picture.pixels).permute(2, 0, 1)
        self.kept.append(path)
        if 2 * picture.side <= self.images.shape[-1]:
            self.small.append(picture.side)
        if picture.highest is not None:
            self.highest = max(self.highest or 0, picture.highest)

    def notes(self, root: Path) -> list[str]:
        """Sentences about files that cannot be used, and about pictures that were changed much."""
        total, size = len(self.kept) + len(self.rejected), self.images.shape[-1]
        unreadable, large = (self._names(root, reason) for reason in (UNREADABLE, TOO_LARGE))
        notes = []
        if unreadable:
            notes.append(
                f"{len(unreadable):,} of {total:,} files could not be read: {listed(unreadable)}."
            )
        if large:
            notes.append(
                f"{len(large):,} of {total:,} files have more than {MAX_PIXELS // 10**6} "
                "megapixels "
                f"and were left out: {listed(large)}."
            )
        if self.small:
            notes.append(
                f"{len(self.small):,} of {len(self.kept):,} pictures have less than half of the "
                f"{size} px and were enlarged, the smallest from {min(self.small)} px; a smaller "
                "image size shows them as they are."
            )
        return notes

    def _names(self, root: Path, reason: str) -> list[str]:
        paths = sorted(path for path, why in self.rejected.items() if why == reason)
        return [printable(path.relative_to(root).as_posix()) for path in paths]


def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
    """All readable pictures under ``config.data_path`` at ``config.image_size``; sub-folders become
    classes, see `layout_of`.

    The order is a fixed shuffle, so that a data limit takes from every class.
    """
    root = find_folder(config.data_path)
    progress(None, f"Looking through {root.name}")
    found = find(root)
    if not found.files:
        raise DataError(
            f"The folder {printable(config.data_path)} holds no pictures that can be used (png, "
            "jpg, "
            f"gif, bmp, webp, tiff, ppm). {' '.join(found.notes(root))}".strip(),
            "data_path",
        )
    layout = layout_of(sorted(found.files, key=lambda path: path.as_posix()))
    loaded, deep = _load(config, layout, progress)
    layout = layout.without(set(loaded.rejected))
    about = [*layout.notes, *filter(None, [layout.why_not])]
    notes = [*loaded.notes(root), *about, *deep, *found.notes(root)]
    if len(loaded.kept) < MIN_PICTURES:
        kept, rejected, where = len(loaded.kept), len(loaded.rejected), printable(config.data_path)
        usable = f"{where} holds only {kept} picture{'' if kept == 1 else 's'}"
        if rejected:
            usable = f"Only {kept} of {kept + rejected} pictures in {where} can be used"
        raise DataError(
            f"{usable}; at least {MIN_PICTURES} are needed. {' '.join(notes)}".strip(), "data_path"
        )
    if config.conditional and not layout.classes:
        raise ConfigError(
            f"{layout.why_not or 'These pictures have no classes.'} Set conditioning to "
            "'none', or sort all pictures into sub-folders, one for each class.",
            "conditioning",
        )
    images = loaded.images
    if config.colour == "auto" and _all_grey(images):
        images = images[:, :1].contiguous()
    classes = tuple(printable(name) for name in layout.classes)
    spec = DataSpec(
        "folder", "images", tuple(images.shape[1:]), len(images), classes, " ".join(notes)
    )
    return DataSource(spec, images, layout.labels(loaded.kept))


def _load(config: RunConfig, layout: FolderLayout, progress: Progress) -> tuple[Loaded, list[str]]:
    """The pictures that a run takes, and a note where their depth was not what their files say."""
    files = list(layout.files)
    random.Random(0).shuffle(files)
    limit = max(samples_to_load(config), MIN_PICTURES) if config.data_limit else len(files)
    wanted = min(limit, len(files))
    grey, size = config.colour == "grey", config.image_size
    _fits_memory(wanted * (1 if grey else 3) * size * size, wanted, size)
    loaded = read_all(files, wanted, size, grey, progress)
    bits = (loaded.highest or 2**16 - 1).bit_length()
    if bits > 12:
        return loaded, []
    # cameras and scanners of 10 or 12 bits store their values as they are, in files of 16
    note = (
        f"The 16-bit pictures use only {bits} of their bits (their largest value is "
        f"{loaded.highest:,}); they are shown by these, not nearly black."
    )
    return read_all(files, wanted, size, grey, progress, bits), [note]


def find(root: Path) -> Found:
    """Picture files below ``root``, by their suffix. Hidden files, pipes, devices and links that
    lead out are left alone."""
    found, seen = Found(), 0

    def note_closed(error: OSError) -> None:
        found.closed.append(Path(error.filename))

    # does not follow links to folders
    for folder, folders, names in os.walk(root, onerror=note_closed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.links += sum(Path(folder, name).is_symlink() for name in folders)
        seen += len(folders) + len(names)
        if seen > MAX_ENTRIES:
            raise DataError(
                f"The folder {printable(str(root))} holds more than {MAX_ENTRIES:,} files; "
                "name the folder of the pictures itself.",
                "data_path",
            )
        for name in sorted(names):
            if not name.startswith(".") and not _add(found, Path(folder, name), root):
                return found
    return found


def _add(found: Found, path: Path, root: Path) -> bool:
    """Take a file in, or note why not; False when no more are taken."""
    suffix = path.suffix.lower()
    if suffix in UNSUPPORTED:
        found.unsupported[UNSUPPORTED[suffix]] += 1
    elif suffix not in SUFFIXES:
        return True
    elif path.is_symlink() and not _inside(path, root):
        found.links += 1
    elif _is_plain(path):
        if len(found.files) == MAX_FILES:
            found.more = True
            return False
        found.files.append(path)
    return True


def read_all(
    files: list[Path], wanted: int, size: int, grey: bool, progress: Progress, bits: int = 16
) -> Loaded:
    """Up to ``wanted`` pictures in the order of ``files``; see `load_picture`."""
    loaded = Loaded(torch.empty(wanted, 1 if grey else 3, size, size, dtype=torch.uint8))
    with warnings.catch_warnings():
        # Pillow's remarks about odd files: those that matter are counted and named here
        warnings.simplefilter("ignore")
        for path, picture in _read_ahead(files, size, grey, bits):
            if isinstance(picture, UnusablePicture):
                loaded.rejected[path] = picture.reason
            else:
                loaded.add(path, picture)
            progress(len(loaded.kept) / wanted, f"Reading {wanted:,} pictures")
            if len(loaded.kept) == wanted:
                break
    loaded.images = loaded.images[: len(loaded.kept)]
    return loaded


def _read_ahead(
    files: list[Path], size: int, grey: bool, bits: int, batch: int = 256
) -> Iterator[tuple[Path, Picture | UnusablePicture]]:
    """Pictures in the order of ``files``, decoded by a few threads (decoders let go of Python's
    lock)."""

    def read(path: Path) -> Picture | UnusablePicture:
        try:
            return load_picture(path, size, grey, bits)
        except UnusablePicture as error:
            return error

    remaining = iter(files)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        while some := list(islice(remaining, batch)):
            yield from zip(some, pool.map(read, some), strict=True)


def plain_path(text: str) -> str:
    """A path as people paste it: without the quotes that "Copy as path" puts around it, and not as
    a file:// address."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return unquote(urlsplit(text).path) if text.lower().startswith("file://") else text


def find_folder(text: str) -> Path:
    """The folder that a person means, as an absolute path. Raises `DataError`."""
    path = plain_path(text)
    if not path:
        raise DataError("Name the folder that holds your pictures.", "data_path")
    try:
        root = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise DataError(f"There is no folder {printable(path)}.", "data_path") from None
    if not root.is_dir():
        raise DataError(
            f"{printable(path)} is not a folder; name the folder that holds the pictures.",
            "data_path",
        )
    if not os.access(root, os.R_OK | os.X_OK):
        raise DataError(f"The folder {printable(path)} may not be read.", "data_path")
    return root


def _inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a link to nothing, or to itself
        return False


def _is_plain(path: Path) -> bool:
    """A pipe or a device would block or never end."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _all_grey(images: Tensor) -> bool:
    spreads = (part.amax(1).short() - part.amin(1).short() for part in images.split(4096))
    return all(int(spread.max()) <= GREY_TOLERANCE for spread in spreads)


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _fits_memory(size_bytes: int, count: int, size: int) -> None:
    free = free_memory()
    if size_bytes > free / 2:
        raise DataError(
            f"{count:,} pictures at {size} px need {size_bytes / 1e9:.1f} GB, more than half of "
            f"the free memory "
            f"({free / 1e9:.1f} GB); choose a smaller image size or set a data limit.",
            "data_limit",
        )


def _absolute(config: RunConfig) -> dict[str, str]:
    find_folder(config.data_path)
    # links are not resolved: who points one at other pictures means those
    return {"data_path": os.path.abspath(Path(plain_path(config.data_path)).expanduser())}


def list_classes(config: RunConfig) -> tuple[str, ...]:
    """The names of the classes that `load` will find: sub-folders with a picture that can be
    read."""
    layout = layout_of(sorted(find(find_folder(config.data_path)).files, key=Path.as_posix))
    if layout.root is None:
        return ()
    grey, size = config.colour == "grey", config.image_size
    files: dict[str, list[Path]] = {name: [] for name in layout.classes}
    for path in layout.files:
        files[path.relative_to(layout.root).parts[0]].append(path)
    return tuple(
        printable(name)
        for name, members in files.items()
        if any(read_picture(path, size, grey) is not None for path in members)
    )


ENTRIES = {
    "folder": Dataset(
        "Your own pictures",
        "A folder of your own: each picture is cropped to its central square and resized; "
        "sub-folders "
        "become classes.",
        load,
        classes=None,
        shuffled=True,
        extra_reads=("data_path",),
        check=_absolute,
        list_classes=list_classes,
    )
}
