"""The data of a kept run, which may have been moved since it was trained."""

from __future__ import annotations

import shlex
from pathlib import Path

from ganviz.config import RunConfig
from ganviz.data import check_data
from ganviz.errors import ConfigError, DataError
from ganviz.registry import DATASETS

MOVED = (
    "{problem} This run learned from it: where its pictures are elsewhere now, name the folder "
    "that holds them."
)
# where no folder can be named
MOVED_ON_THE_PAGE = (
    "{problem} This run learned from it: bring it back, or say in a terminal where its pictures "
    "are now: ganviz resume {run} --data-path FOLDER"
)


def with_data_at(config: RunConfig, data_path: str | None) -> RunConfig:
    """The settings of a kept run, with its folder of pictures at ``data_path`` (None: where it
    was), looked for like those of a new run.

    Raises `DataError` for a folder that is not there, and `ConfigError` for a ``data_path`` of a
    run that learned from no folder.
    """
    if data_path is not None:
        if not DATASETS.get(config.data, "data").reads_folder:
            raise ConfigError(
                "This run learned from the data set {data!r}, which is no folder of pictures: "
                "there is no folder to name.",
                "data_path",
                data=config.data,
            )
        return check_data(config.but(data_path=data_path))
    return _checked(config, MOVED)


def check_kept_data(config: RunConfig, run: Path) -> None:
    """Raise `DataError` where the data of the kept run in the folder ``run`` are not there any
    more: what can be done about it stands in the sentence."""
    _checked(config, MOVED_ON_THE_PAGE, run=shlex.quote(str(run)))


def _checked(config: RunConfig, sentence: str, **slots: str) -> RunConfig:
    try:
        return check_data(config)
    except DataError as error:
        if error.field != "data_path":
            raise
        raise DataError(sentence, "data_path", problem=error.sentence, **slots) from None
