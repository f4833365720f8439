"""Looking for pictures in a folder that is not trusted. What is left out is counted, with the
reason."""

from __future__ import annotations

import os
import stat
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ganviz.data.entry import Progress, ignore_progress
from ganviz.disk import open_plain
from ganviz.errors import DataError
from ganviz.text import counted, listed, printable

MAX_ENTRIES = 4_000_000
"""So many files and folders are looked at: more is a whole disk, which nobody means."""

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"),
    *(".pbm", ".pnm", ".tga", ".avif"),
}
# pictures of kinds that are not read: they are not passed over without a word
UNSUPPORTED = {
    ".heic": "HEIC",
    ".heif": "HEIF",
    ".jxl": "JPEG XL",
    **dict.fromkeys((".jp2", ".j2k", ".jpx", ".jpf"), "JPEG 2000"),
    ".svg": "SVG",
    ".psd": "Photoshop",
    ".exr": "OpenEXR",
    ".hdr": "Radiance HDR",
    ".dcm": "DICOM",
    ".pdf": "PDF",
    ".eps": "EPS",
    ".ico": "icon",
    **dict.fromkeys((".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"), "camera raw"),
}
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
# how files of SUFFIXES begin, whatever they are called
BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
UNNAMED_MOST = 10_000
"""So many files of no picture's name are looked into."""


@dataclass
class Found:
    """What a walk through the folder saw. ``links``: those that lead out of it; ``closed``: folders
    that may not be read; ``unsupported``: files of each kind of picture that is not read;
    ``archives``: files that may hold pictures; ``unnamed``: pictures that are not called so, of
    ``others`` files that were looked into."""

    files: list[Path] = field(default_factory=list)
    links: int = 0
    closed: list[Path] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    archives: list[Path] = field(default_factory=list)
    unnamed: list[Path] = field(default_factory=list)
    others: int = 0

    def notes(self, root: Path) -> list[str]:
        """A sentence for each kind of thing that was left out."""
        notes = [
            counted(
                count,
                "1 {kind} file was left out: convert it to JPEG or PNG.",
                "{n} {kind} files were left out: convert them to JPEG or PNG.",
                kind=kind,
            )
            for kind, count in sorted(self.unsupported.items())
        ]
        if self.archives:
            notes.append(
                counted(
                    len(self.archives),
                    "1 archive was left out: unpack it ({names}).",
                    "{n} archives were left out: unpack them ({names}).",
                    names=self._named(self.archives, root),
                )
            )
        if self.unnamed:
            notes.append(
                counted(
                    len(self.unnamed),
                    "1 file is a picture without a picture's ending and was left out: call it .png "
                    "or .jpg ({names}).",
                    "{n} files are pictures without a picture's ending and were left out: call "
                    "them .png or .jpg ({names}).",
                    names=self._named(self.unnamed, root),
                )
            )
        if self.links:
            notes.append(
                counted(
                    self.links,
                    "1 link that leads out of the folder was not followed: copy the pictures "
                    "themselves.",
                    "{n} links that lead out of the folder were not followed: copy the pictures "
                    "themselves.",
                )
            )
        if self.closed:
            notes.append(
                counted(
                    len(self.closed),
                    "1 sub-folder may not be read: {names}.",
                    "{n} sub-folders may not be read: {names}.",
                    names=self._named(sorted(self.closed), root),
                )
            )
        return notes

    @staticmethod
    def _named(paths: list[Path], root: Path) -> str:
        return listed([printable(path.relative_to(root).as_posix()) for path in paths])


def find(root: Path, progress: Progress = ignore_progress, enough: int | None = None) -> Found:
    """Picture files below ``root``, by their suffix. Hidden files, pipes, devices and links that
    lead out are left alone. ``enough``: how many it may end with; None finds all."""
    found, seen, waiting = Found(), 0, [os.fspath(root)]
    while waiting and (enough is None or len(found.files) < enough):
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            found.closed.append(Path(folder))
            continue
        seen += len(entries)
        progress(None, f"Looking through {root.name}: {len(found.files):,} pictures so far")
        if seen > MAX_ENTRIES:
            raise DataError(
                f"The folder {printable(str(root))} holds more than {MAX_ENTRIES:,} files; "
                "name the folder of the pictures itself.",
                "data_path",
            )
        below = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                _add(found, entry, root)
            elif entry.is_symlink():
                found.links += 1
            else:
                below.append(entry.path)
        waiting += reversed(below)
    return found


def _add(found: Found, entry: os.DirEntry[str], root: Path) -> None:
    """Take a file in, or note why not. What the listing of the folder says already is not asked
    again: that would be most of the time."""
    suffix = os.path.splitext(entry.name)[1].lower()
    path = Path(entry.path)
    if suffix in UNSUPPORTED:
        found.unsupported[UNSUPPORTED[suffix]] += 1
    elif suffix in ARCHIVES:
        found.archives.append(path)
    elif suffix not in SUFFIXES:
        _look_into(found, entry)
    elif not entry.is_symlink():
        # a pipe or a device would block or never end
        if entry.is_file(follow_symlinks=False):
            found.files.append(path)
    elif not _inside(path, root):
        found.links += 1
    elif _is_plain(path):
        found.files.append(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is one, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _look_into(found: Found, entry: os.DirEntry[str]) -> None:
    """Note a picture that is not called so."""
    found.others += 1
    if found.others > UNNAMED_MOST:
        return
    path = Path(entry.path)
    with suppress(OSError):
        if not entry.is_file(follow_symlinks=False):
            return
        with open_plain(path) as file:
            if file.read(8).startswith(BEGINNINGS):
                found.unnamed.append(path)


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
