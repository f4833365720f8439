"""The data of a kept run, which may have been moved since it was trained."""

from __future__ import annotations

from ganviz.config import RunConfig
from ganviz.data import check_data
from ganviz.errors import ConfigError, DataError
from ganviz.registry import DATASETS

MOVED = (
    "{problem} This run learned from it: where its pictures are elsewhere now, name the folder "
    "that holds them."
)


def with_data_at(config: RunConfig, data_path: str | None) -> RunConfig:
    """The settings of a kept run, with its folder of pictures at ``data_path`` (None: where it
    was), looked for like those of a new run.

    Raises `DataError` for a folder that is not there or holds too few pictures, and `ConfigError`
    for a ``data_path`` of a run that learned from no folder.
    """
    reads_folder = DATASETS.get(config.data, "data").reads_folder
    if data_path is not None:
        if not reads_folder:
            raise ConfigError(
                "This run learned from the data set {data!r}, which is no folder of pictures: "
                "there is no folder to name.",
                "data_path",
                data=config.data,
            )
        return check_data(config.but(data_path=data_path))
    try:
        return check_data(config)
    except DataError as error:
        if error.field != "data_path":
            raise
        raise DataError(MOVED, "data_path", problem=error.sentence) from None
