"""Named definitions: losses, networks, data sets, presets.

A definition registers itself in the one module that is its home; the form, the command line,
the documentation and the tests read the registry. The home is imported on first use only, so
that ``import ganviz.config`` stays light. A module of one's own registers in the same way, and
what it registers is listed behind ganviz's own.

Whatever an entry is, people choose it by its ``label`` and its ``why``, and it may say in
``reads`` which `RunConfig` fields mean something under it alone: views show those then, and
hide them otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Generic, TypeVar

from ganviz.arguments import nearest
from ganviz.errors import DefinitionError, UnknownName

T = TypeVar("T")
SETTINGS: set[str] = set()
"""The names of all settings, as `ganviz.config` declares them."""
SETTINGS_HOME = "ganviz.config"
NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]*", re.IGNORECASE | re.ASCII)
WORDS = {"label": "a few words to choose it by", "why": "a sentence that says what it is good for"}


_REGISTRIES: list[Registry] = []


def state() -> tuple[tuple[int, ...], ...]:
    """Another value once anything more is registered: what depends on all definitions is made
    anew then, and not before."""
    return tuple(registry.entries() for registry in _REGISTRIES)


class Registry(Generic[T]):
    """An ordered table of named definitions of one kind, loaded from its home on first use.

    ``needs``: what an entry must have, each with the words for a person who left it out.
    """

    def __init__(self, noun: str, home: str, needs: dict[str, str] | None = None):
        self.noun = noun
        self.home = home
        self.needs = needs or {}
        self._items: dict[str, T] = {}
        _REGISTRIES.append(self)

    def add(self, name: str, item: T) -> T:
        """Register ``item`` under ``name``; a name is given once.

        Raises `DefinitionError` where the definition lacks something, with what it lacks.
        """
        problem = self._problem(name, item)
        if problem:
            raise DefinitionError(problem)
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
        """The definition called ``name``, or an `UnknownName` that lists the names there are."""
        names = self.names()
        if not isinstance(name, str) or name not in self._items:
            given = repr(name[:80] if isinstance(name, str) else name)[:90]
            near = nearest(name, names)
            meant = f" Did you mean {near!r}?" if near else ""
            raise UnknownName(
                f"There is no {self.noun} called {given}.{meant} Choose one of: "
                f"{', '.join(names)}.",
                field,
            )
        return self._items[name]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        self.names()
        return iter(list(self._items.items()))

    def entries(self) -> tuple[int, ...]:
        """Numbers that stand for what is registered, without loading the home."""
        return tuple(map(id, self._items.values()))

    def _problem(self, name: str, item: T) -> str | None:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            return (
                f"The {self.noun} {name!r} needs another name: letters, digits and the signs "
                f". + _ -, such as 'my-{self.noun.replace(' ', '-')}'."
            )
        if name in self._items:
            return f"There are two definitions of the {self.noun} {name!r}: give one another name."
        for part, words in self.needs.items():
            value = getattr(item, part, None)
            if not value or getattr(value, "__isabstractmethod__", False):
                return f"The {self.noun} {name!r} lacks its {part}: {words}."
        named = set(_fields_named(item))
        unknown = named - _settings() if named else named
        if unknown:
            return (
                f"The {self.noun} {name!r} names {', '.join(sorted(map(repr, unknown)))}, "
                f"but no setting is called so."
            )
        return None


def _fields_named(item: Any) -> tuple[str, ...]:
    """The settings that a definition speaks of: those it reads, and those that a preset sets."""
    return (*getattr(item, "reads", ()), *getattr(item, "settings", ()))


def _settings() -> set[str]:
    import_module(SETTINGS_HOME)
    return SETTINGS


BUILD = {"build": "a function that makes it"}

DATASETS: Registry = Registry(
    "data set", "ganviz.data", WORDS | {"load": "a function that gives its samples"}
)
GENERATORS: Registry = Registry("generator", "ganviz.models", WORDS | BUILD)
DISCRIMINATORS: Registry = Registry("discriminator", "ganviz.models", WORDS | BUILD)
OBJECTIVES: Registry = Registry(
    "objective",
    "ganviz.objectives",
    WORDS | {"d": "a function that D minimises", "g": "a function that G minimises"},
)
PENALTIES: Registry = Registry("penalty", "ganviz.penalties", WORDS)
ALGORITHMS: Registry = Registry("algorithm", "ganviz.algorithms", WORDS | BUILD)
MISTAKES: Registry = Registry("mistake", "ganviz.algorithms", WORDS)
PRESETS: Registry = Registry(
    "preset", "ganviz.presets", WORDS | {"settings": "the settings that make it what it is"}
)
LESSONS: Registry = Registry(
    "lesson",
    "ganviz.lessons",
    {
        "title": "a few words to choose it by",
        "line": "the whole lesson in a sentence",
        "text": "what it has to say",
        "presets": "the set-ups to open",
    },
)
RULES: Registry = Registry("rule", "ganviz.rules")
"""Each looks at a config: ``(field, sentence, slots)`` where settings do not go together."""
PROBES: Registry = Registry(
    "probe", "ganviz.probes", {"measure": "a method that measures, and logs it"}
)
EXPORTS: Registry = Registry(
    "export format", "ganviz.export", WORDS | {"write": "a function that writes it"}
)
