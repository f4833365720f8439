"""Errors that a person can act on: one sentence, and where it was caused."""

from __future__ import annotations


class GanvizError(Exception):
    """A problem told in a sentence that says what is wrong and what to do.

    ``field`` names the `RunConfig` field (or other input) that caused it, so that a view
    can show the sentence next to that control.
    """

    def __init__(self, sentence: str, field: str | None = None):
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class ConfigError(GanvizError):
    """A setting is unknown, out of range, or does not go with another one."""


class DataError(GanvizError):
    """A data set cannot be read, downloaded or used."""


class CheckpointError(GanvizError):
    """A saved run is missing, damaged, or of another schema."""


class Busy(GanvizError):
    """Another run is training in this process."""
