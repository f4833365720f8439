"""The verb ``cache``: decoded pictures that are kept under the data root, and how to be rid of
them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganviz.cli.options import DataRoot, OptionalTexts
from ganviz.errors import DataError
from ganviz.text import counted


def cache(
    remove: Annotated[
        OptionalTexts,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="Delete the file of this name, or 'all'; may be given several times. They are "
            "decoded again when a run needs them.",
        ),
    ] = None,
    data_root: DataRoot = Path("data"),
) -> None:
    """List the decoded pictures of your folders, which make later starts quick, or delete them."""
    from ganviz.data.picture_cache import kept_pictures
    from ganviz.disk import megabytes

    kept = kept_pictures(data_root)
    if remove:
        _remove({one.path.name: one.path for one in kept}, remove)
        return
    for one in kept:
        what = "cannot be read; the next start makes it anew"
        if one.header is not None:
            words = ("1 picture of {folder}", "{n} pictures of {folder}")
            what = counted(one.header.count, *words, folder=one.header.folder)
        print(f"{one.path.name}  {megabytes(one.bytes)}  {what}")
    if not kept:
        print(f"There are no decoded pictures in {data_root}.")


def _remove(kept: dict[str, Path], names: list[str]) -> None:
    from ganviz.data.picture_cache import remove_pictures
    from ganviz.disk import disk_sentence, megabytes

    for name in names:
        if name != "all" and name not in kept:
            raise DataError(
                "There are no decoded pictures called {name}; 'ganviz cache' lists them.",
                "remove",
                name=name,
            )
    freed = 0
    for name, path in kept.items():
        if "all" in names or name in names:
            try:
                freed += remove_pictures(path)
            except OSError as error:
                raise DataError(disk_sentence(error, path, "It was not deleted")) from None
    print(f"{megabytes(freed)} were freed.")
