"""Named definitions: losses, networks, data sets, presets.

A definition registers itself in the one module that is its home; the form, the command line,
the documentation and the tests read the registry. The home is imported on first use only, so
that ``import ganviz.config`` stays light.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Generic, TypeVar

from ganviz.errors import ConfigError

T = TypeVar("T")


class Registry(Generic[T]):
    """An ordered table of named definitions of one kind, loaded from its home on first use."""

    def __init__(self, noun: str, home: str):
        self.noun = noun
        self.home = home
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> T:
        """Register ``item`` under ``name``; a name is given once."""
        if name in self._items:
            raise ValueError(f"two definitions of {self.noun} {name!r}")
        self._items[name] = item
        return item

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator form of `add`."""
        return lambda item: self.add(name, item)

    def names(self) -> list[str]:
        """All names, in the order of definition."""
        import_module(self.home)
        return list(self._items)

    def get(self, name: str, field: str | None = None) -> T:
        """The definition called ``name``, or a `ConfigError` that lists the names there are."""
        names = self.names()
        if name not in self._items:
            raise ConfigError(
                f"There is no {self.noun} called {name!r}. Choose one of: {', '.join(names)}.",
                field,
            )
        return self._items[name]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        self.names()
        return iter(self._items.items())


DATASETS: Registry = Registry("data set", "ganviz.data")
GENERATORS: Registry = Registry("generator", "ganviz.models")
DISCRIMINATORS: Registry = Registry("discriminator", "ganviz.models")
OBJECTIVES: Registry = Registry("objective", "ganviz.objectives")
PENALTIES: Registry = Registry("penalty", "ganviz.penalties")
ALGORITHMS: Registry = Registry("algorithm", "ganviz.algorithms")
MISTAKES: Registry = Registry("mistake", "ganviz.algorithms")
PRESETS: Registry = Registry("preset", "ganviz.presets")
LESSONS: Registry = Registry("lesson", "ganviz.lessons")
PROBES: Registry = Registry("probe", "ganviz.probes")
EXPORTS: Registry = Registry("export format", "ganviz.export")
