"""Settings that are kept in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganviz.config import BEFORE, RunConfig
from ganviz.disk import open_plain
from ganviz.errors import ConfigError, UnknownName

MAX_FILE = 2**20


def load_config(path: Path, before: Mapping[str, Any] = BEFORE) -> RunConfig:
    """Read a config from a JSON file of at most 1 MB. ``before``: as of `RunConfig.from_json`."""
    try:
        with open_plain(path) as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise ConfigError(
                "The settings file {path} is larger than any that ganviz writes.", path=path
            )
        return RunConfig.from_json(content.decode("utf-8"), before)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(
            "The settings file {path} cannot be read: {why}.", path=path, why=why
        ) from None


def load_kept(folder: Path, name: str) -> RunConfig:
    """The settings of the kept run in ``folder``. Raises `ConfigError`, which says of which run it
    speaks: whoever reads it has not chosen these settings now."""
    try:
        return load_config(Path(folder) / "config.json")
    except UnknownName as error:
        raise ConfigError(
            "The run {name} has a definition that is not here: {error} If it is one of your own, "
            "start ganviz with its module imported.",
            name=name,
            error=error.sentence,
        ) from None
    except ConfigError as error:
        raise ConfigError(
            "The settings of the run {name} do not fit this version of ganviz: {error}",
            name=name,
            error=error.sentence,
        ) from None
