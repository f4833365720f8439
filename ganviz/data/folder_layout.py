"""What the folders in a folder of pictures mean: classes, parts of a data set, or nothing."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

import torch
from torch import Tensor

from ganviz.text import counted, listed, printable

MAX_CLASSES = 1000
# of the order of the files: runs with other seeds take the same ones under a limit
SEED = 0
# names that data sets give their parts, the one to train on first
TRAINING = ("train", "training")
PARTS = {*TRAINING, "test", "testing", "val", "valid", "validation", "dev", "eval"}


@dataclass(frozen=True)
class FolderLayout:
    """``files``: those to use. ``root``: the folder whose sub-folders are the ``classes``, which
    are none where it is None, and ``why_not`` then says why not where there are any. ``notes``:
    sentences about what was left out, and why."""

    files: list[Path]
    root: Path | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    why_not: str = ""

    def labels(self, kept: list[Path]) -> Tensor | None:
        """int64 [N]: the class of each file."""
        if self.root is None:
            return None
        number = {name: index for index, name in enumerate(self.classes)}
        return torch.tensor([number[name] for name in first_folders(kept, self.root)])

    def order(self) -> list[Path]:
        """All files in an order that is drawn once and for all. Each class is shuffled, and the
        first so many files hold each class as often as all files do, but at least once."""
        shuffled = list(self.files)
        random.Random(SEED).shuffle(shuffled)
        if self.root is None:
            return shuffled
        names = first_folders(shuffled, self.root)
        totals, seen, places = Counter(names), Counter[str](), []
        for name in names:
            # The first of each class stand before all others, the rest are spread evenly.
            places.append((seen[name] + 0.5) / totals[name] if seen[name] else 0.0)
            seen[name] += 1
        by_place = sorted(zip(places, shuffled, strict=True), key=itemgetter(0))
        return [path for _, path in by_place]

    def taken(self, labels: Tensor | None, count: int) -> str:
        """A sentence on what the first ``count`` pictures are of all files. ``labels``: of the
        pictures that are there, in their order."""
        total = len(self.files)
        if labels is None or self.root is None:
            return counted(
                count,
                "One of {total:,} pictures is learned from, drawn at random.",
                "{n} of {total:,} pictures are learned from, drawn at random.",
                total=total,
            )
        counts = torch.bincount(labels[:count], minlength=len(self.classes)).tolist()
        of_all = Counter(first_folders(self.files, self.root))
        each = [
            f"{printable(name)} {taken:,} of {of_all[name]:,}"
            for name, taken in zip(self.classes, counts, strict=True)
        ]
        return counted(
            count,
            "One of {total:,} pictures is learned from: {each}.",
            "{n} of {total:,} pictures are learned from, class by class as the folder has them: "
            "{each}.",
            total=total,
            each=listed(each),
        )

    def without(self, rejected: set[Path]) -> FolderLayout:
        """The same, without classes of which no file can be used."""
        files = [path for path in self.files if path not in rejected]
        if not rejected or not files:
            return self
        if self.root is None:
            again = layout_of(files)
            same = len(again.files) == len(files)
            return replace(again, notes=(*self.notes, *again.notes)) if same else self
        left = set(first_folders(files, self.root))
        classes = tuple(name for name in self.classes if name in left)
        return FolderLayout(files, self.root, classes, self.notes)


def first_folders(files: list[Path], root: Path) -> list[str]:
    """Of each of ``files`` below ``root``, the folder directly below it that holds the file; "" of
    one that lies there itself. As text: `Path.relative_to` takes longer than all else about a large
    folder."""
    before = len(os.path.join(root, ""))
    parts = (str(path)[before:].partition(os.sep) for path in files)
    return [name if inside else "" for name, inside, _ in parts]


def layout_of(files: list[Path]) -> FolderLayout:
    """The layout of picture ``files``. A class is a folder directly below the one that all
    share."""
    shared = Path(os.path.commonpath({os.path.dirname(path) for path in files}))
    first = first_folders(files, shared)
    beside = [path for path, name in zip(files, first, strict=True) if not name]
    counts = Counter(name for name in first if name)
    names = sorted(counts, key=_natural)
    if not names:
        return FolderLayout(files)
    if len(names) > 1 and all(name.lower() in PARTS for name in names):
        return _one_part(files, first, names, counts)
    if 2 * len(beside) >= len(files) or (beside and len(names) == 1):
        note = counted(
            len(beside),
            "One of {total:,} pictures lies beside the sub-folders, so the sub-folders are not "
            "used as classes.",
            "{n} of {total:,} pictures lie beside the sub-folders, so the sub-folders are not used "
            "as classes.",
            total=len(files),
        )
        return FolderLayout(files, why_not=note)
    if len(names) > MAX_CLASSES:
        note = (
            f"There are {len(names):,} sub-folders; more than {MAX_CLASSES:,} are not used as "
            "classes."
        )
        return FolderLayout(files, why_not=note)
    used = [path for path, name in zip(files, first, strict=True) if name]
    return FolderLayout(
        used, shared, tuple(names), (*_beside(shared, beside), *_empty(shared, names))
    )


def _one_part(
    files: list[Path], first: list[str], names: list[str], counts: Counter
) -> FolderLayout:
    """``train`` and ``test`` are no classes: one of them is used, with the classes inside it.
    ``first``: see `first_folders`."""
    by_name = {name.lower(): name for name in reversed(names)}
    used = next((by_name[name] for name in TRAINING if name in by_name), names[0])
    rest = [name for name in names if name != used]
    inside = layout_of([path for path, name in zip(files, first, strict=True) if name == used])
    note = counted(
        sum(counts[name] for name in rest),
        "The folders {all} are parts of one data set, not classes: only {used} is used, and one "
        "picture in {rest} is left out. To use another part, name its folder.",
        "The folders {all} are parts of one data set, not classes: only {used} is used, and {n} "
        "pictures in {rest} are left out. To use another part, name its folder.",
        all=listed(names),
        used=used,
        rest=listed(rest),
    )
    return replace(inside, notes=(note, *inside.notes))


def _beside(shared: Path, beside: list[Path]) -> list[str]:
    if not beside:
        return []
    names = listed(sorted(printable(path.name) for path in beside))
    return [
        counted(
            len(beside),
            "1 picture beside the sub-folders was left out, since it has no class: {names}.",
            "{n} pictures beside the sub-folders were left out, since they have no class: {names}.",
            names=names,
        )
    ]


def _empty(shared: Path, names: list[str]) -> list[str]:
    """A note on sub-folders without pictures, which make no class."""
    with os.scandir(shared) as entries:
        empty = [
            printable(entry.name)
            for entry in entries
            if entry.is_dir(follow_symlinks=False)
            and not entry.name.startswith(".")
            and entry.name not in names
        ]
    if not empty:
        return []
    return [
        counted(
            len(empty),
            "1 sub-folder holds no pictures and makes no class: {names}.",
            "{n} sub-folders hold no pictures and make no class: {names}.",
            names=listed(sorted(empty)),
        )
    ]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts "2" before "10"."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part.lower())
        for part in re.split(r"(\d+)", name)
        if part
    ] + [(-1, name)]
