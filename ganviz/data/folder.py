"""A folder of one's own pictures. Nothing in it is trusted: files are read by their content, within
bounds. What is left out is counted, with the reason."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ganviz.accel.memory import free_memory
from ganviz.data.entry import Dataset, Progress, ignore_progress
from ganviz.data.folder_layout import FolderLayout, layout_of
from ganviz.data.held_out import largest_limit, partition, samples_to_load
from ganviz.data.picture_cache import PictureCache, needed, room
from ganviz.data.picture_decoding import Loaded, bits_in_use, decode_into_memory
from ganviz.data.picture_files import read_picture
from ganviz.data.picture_search import Found, find
from ganviz.data.source import DataSource, DataSpec
from ganviz.disk import disk_sentence
from ganviz.errors import ConfigError, DataError
from ganviz.text import counted, printable

if TYPE_CHECKING:
    from ganviz.config import RunConfig

MIN_PICTURES = 16
QUOTES = ('""', "''", "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb")
_DRIVE = re.compile("[A-Za-z]:")
_ESCAPE = re.compile(r"\\(.)")


def load(config: RunConfig, data_root: Path, progress: Progress) -> DataSource:
    """All readable pictures under ``config.data_path`` at ``config.image_size``; sub-folders become
    classes, see `layout_of`.

    The order is a fixed one, so that a data limit takes from every class as the folder has it.
    """
    root, found = _pictures_in(config, progress)
    layout = layout_of(sorted(found.files, key=lambda path: path.as_posix()))
    loaded, taken = _load(config, data_root, root, layout, progress)
    kept_files, rejected_files = loaded.kept, loaded.rejected
    layout = layout.without(set(rejected_files))
    labels, limit = layout.labels(kept_files), config.data_limit
    about = [*layout.notes, *filter(None, [layout.why_not])]
    if 0 < limit < len(layout.files):
        learned, _ = partition(len(kept_files), limit, config.holdout, shuffled=True)
        about.append(layout.taken(labels, min(limit, len(loaded.images[learned]))))
    notes = [*loaded.notes(root), *about, *taken, *found.notes(root)]
    if len(kept_files) < MIN_PICTURES:
        raise _too_few(config, len(kept_files), len(rejected_files), notes)
    if config.conditional and not layout.classes:
        raise ConfigError(
            f"{layout.why_not or 'These pictures have no classes.'} Set conditioning to "
            "'none', or sort all pictures into sub-folders, one for each class.",
            "conditioning",
        )
    if config.conditional and 0 < config.data_limit < len(layout.classes):
        raise ConfigError(
            f"A data limit of {config.data_limit:,} does not reach the {len(layout.classes):,} "
            "classes of this folder, of which each is to be learned; set it to at least as many, "
            "or conditioning to 'none'.",
            "data_limit",
        )
    images = loaded.images
    if config.colour == "auto" and loaded.is_grey:
        images = images[:, :1]
    # those of all three channels are no checksums of one
    checksums = loaded.checksums if images.shape == loaded.images.shape else None
    classes = tuple(printable(name) for name in layout.classes)
    spec = DataSpec(
        "folder", "images", tuple(images.shape[1:]), len(images), classes, " ".join(notes)
    )
    return DataSource(spec, images, labels, mapped=loaded.mapped, checksums=checksums)


def _load(
    config: RunConfig, data_root: Path, root: Path, layout: FolderLayout, progress: Progress
) -> tuple[Loaded, list[str]]:
    """The pictures that a run takes, and notes on how they were taken."""
    files = layout.order()
    limit = max(samples_to_load(config), MIN_PICTURES) if config.data_limit else len(files)
    wanted = min(limit, len(files))
    cache = PictureCache.of(data_root, root, config.image_size, config.colour)
    try:
        loaded, notes = cache.load(files, wanted, progress), []
    except OSError as error:
        refusal = disk_sentence(error, cache.path.parent, "The decoded pictures cannot be kept")
        _fits_memory(config, wanted, cache, refusal)
        notes = [f"{refusal} They are decoded anew at each start."]
        loaded = _decode_into_memory(config, files, wanted, progress)
    bits = bits_in_use(loaded.table)
    if bits < 16:
        notes.append(
            f"The 16-bit pictures use only {bits} of their bits (their largest value is "
            f"{loaded.table['highest'].max():,}); they are shown by these, not nearly black."
        )
    return loaded, notes


def _decode_into_memory(
    config: RunConfig, files: list[Path], wanted: int, progress: Progress
) -> Loaded:
    decoded = partial(
        decode_into_memory, files, wanted, config.image_size, config.colour == "grey", progress
    )
    loaded = decoded()
    bits = bits_in_use(loaded.table)
    return loaded if bits == 16 else decoded(bits)


def plain_path(text: str) -> str:
    """A path as people paste it: without the quotes that "Copy as path" or a word processor puts
    around it, without a terminal's backslashes, and not as a file:// address."""
    text = text.strip()
    if len(text) > 1 and text[0] + text[-1] in QUOTES:
        text = text[1:-1].strip()
    if text.lower().startswith("file://"):
        return _path_of_address(text)
    bare = _ESCAPE.sub(r"\1", text) if os.sep == "/" else text
    there = [path for path in (text, bare) if os.path.exists(os.path.expanduser(path))]
    return there[0] if there else text


def _path_of_address(text: str) -> str:
    """The path of a file:// address, with a share's server or without; ``text`` itself where it is
    none."""
    try:
        address = urlsplit(text)
        host, path = address.netloc, address.path
        if _DRIVE.fullmatch(host):  # file://C:/pictures, as people write it
            return url2pathname(f"/{host}{path}")
        return url2pathname(path if host.lower() in ("", "localhost") else f"//{host}{path}")
    except (ValueError, OSError):
        return text


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


def _fits_memory(config: RunConfig, count: int, cache: PictureCache, refusal: str) -> None:
    """Raise `DataError` where ``count`` decoded pictures, which the disk refuses, find no room in
    memory either."""
    each = needed(1, config.image_size, config.colour)
    memory = free_memory() // 2
    if count * each <= memory:
        return
    most = largest_limit(max(memory, room(cache.path.parent)) // each, config.holdout)
    raise DataError(
        "{refusal} {count:,} pictures at {size} px need {need:.1f} GB, more than half of the free "
        "memory, too ({memory:.1f} GB). Free some space, choose a smaller image size, or set a "
        "data limit of at most {most:,}, which takes from every class.",
        "data_limit",
        refusal=refusal,
        count=count,
        size=config.image_size,
        need=count * each / 1e9,
        memory=memory / 1e9,
        most=max(most, MIN_PICTURES),
    )


def _pictures_in(
    config: RunConfig, progress: Progress = ignore_progress, enough: int | None = None
) -> tuple[Path, Found]:
    """The folder of ``config`` and the pictures found in it, ``enough`` of them or all. Raises
    `DataError` where there is none: a drive that is not connected leaves an empty folder behind."""
    root = find_folder(config.data_path)
    found = find(root, progress, enough)
    if not found.files:
        raise DataError(
            f"The folder {printable(config.data_path)} holds no pictures that can be used (png, "
            "jpg, "
            f"gif, bmp, webp, tiff, ppm). {' '.join(found.notes(root))}".strip(),
            "data_path",
        )
    return root, found


def _too_few(config: RunConfig, kept: int, rejected: int, notes: list[str]) -> DataError:
    where = printable(config.data_path)
    usable = counted(
        kept, "{where} holds only one picture", "{where} holds only {n} pictures", where=where
    )
    if rejected:
        usable = f"Only {kept} of {kept + rejected} pictures in {where} can be used"
    sentence = f"{usable}; at least {MIN_PICTURES} are needed. {' '.join(notes)}".strip()
    return DataError(sentence, "data_path")


def _checked(config: RunConfig) -> dict[str, str]:
    """What can be known before anything is read: files that are too few hold too few pictures."""
    root, found = _pictures_in(config, enough=MIN_PICTURES)
    if len(found.files) < MIN_PICTURES:
        raise _too_few(config, len(found.files), 0, found.notes(root))
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


def decoded_file(config: RunConfig, data_root: Path) -> Path:
    """Where `load` keeps the decoded pictures."""
    root = find_folder(config.data_path)
    return PictureCache.of(data_root, root, config.image_size, config.colour).path


ENTRIES = {
    "folder": Dataset(
        "Your own pictures",
        "A folder of your own: each picture is cropped to its central square and resized; "
        "sub-folders "
        "become classes.",
        load,
        classes=None,
        shuffled=True,
        in_colour=True,
        extra_reads=("data_path",),
        check=_checked,
        list_classes=list_classes,
        decoded_file=decoded_file,
    )
}
