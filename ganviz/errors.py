"""Errors that a person can act on: one sentence, and where it was caused."""

from __future__ import annotations

from typing import Any


class GanvizError(Exception):
    """A problem told in a sentence that says what is wrong and what to do.

    ``sentence``: a whole sentence, or several; what varies in it stands in named slots, which
    ``slots`` fill, so that it can be said in another language. ``field`` names the `RunConfig`
    field (or other input) that caused it, so that a view can show the sentence next to that
    control.
    """

    def __init__(self, sentence: str, field: str | None = None, **slots: Any):
        self.template, self.slots = sentence, slots
        self.sentence = sentence.format(**slots) if slots else sentence
        self.field = field
        super().__init__(self.sentence)


class ConfigError(GanvizError):
    """A setting is unknown, out of range, or does not go with another one."""


class UnknownName(ConfigError):
    """A setting names a definition that this process does not have."""


class DefinitionError(GanvizError, ValueError):
    """A loss, network, preset or the like lacks something, or is defined twice."""


class DataError(GanvizError):
    """A data set cannot be read, downloaded or used."""


class CheckpointError(GanvizError):
    """A saved run is missing, damaged, or of another schema."""


class Busy(GanvizError):
    """Another run is training in this process."""
