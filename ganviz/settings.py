"""How a setting of `RunConfig` is declared, and what a view can ask about one.

A setting is one annotated line and the sentence below it::

    steps: int = setting(RUN, 4000, "Steps", unit="steps", basic=True, ge=0, le=MOST_STEPS)
    \"\"\"How many generator updates to train; 0 trains until you stop it.\"\"\"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo

from ganviz import registry
from ganviz.arguments import nearest
from ganviz.errors import ConfigError

MOST_STEPS = 100_000_000
"""So many at most is a run trained for, or resumed for."""


@dataclass(frozen=True)
class Group:
    """Settings that a view shows together. ``name``: as an identifier; ``title``: for people."""

    name: str
    title: str


RUN = Group("run", "Run")
DATA = Group("data", "Data")
NETWORKS = Group("networks", "Networks")
OBJECTIVE = Group("objective", "Objective and penalties")
AUGMENTATION = Group("augmentation", "Augmentation")
OPTIMISATION = Group("optimisation", "Optimisation")
SCHEDULES = Group("schedules", "Schedules")
PRIVACY = Group("privacy", "Privacy")
RECORDING = Group("recording", "Recording")

GROUPS = (DATA, NETWORKS, OBJECTIVE, AUGMENTATION, OPTIMISATION, SCHEDULES, PRIVACY, RECORDING, RUN)
"""In the order in which a form lists them."""


def setting(
    group: Group,
    default: Any,
    label: str,
    *,
    unit: str = "",
    live: bool = False,
    basic: bool = False,
    fork: bool = False,
    nvidia: bool = False,
    kept: bool = False,
    of: str | None = None,
    when: dict[str, tuple[Any, ...]] | None = None,
    words: dict[str, str] | None = None,
    **bounds: Any,
) -> Any:
    """A field of `RunConfig`; the docstring below it says what it is for, in one or two sentences.

    ``live``: may change while the run trains (and in a fork). ``fork``: may change in a fork of the
    run. ``basic``: shown without unfolding the advanced settings. ``nvidia``: does nothing on
    another device. ``kept``: choosing a preset leaves it alone unless the preset sets it. ``of``:
    the registry that lists the choices. ``when``: the choice of another setting under which this
    one has an effect; a choice out of a registry says so itself, in its ``reads``. ``words``: how
    people read a choice where its plain spelling will not do. ``bounds``: as pydantic's.
    """
    about = {
        "group": group,
        "label": label,
        "unit": unit,
        "live": live,
        "basic": basic,
        "fork": fork or live,
        "nvidia": nvidia,
        "kept": kept,
        "of": of,
        "when": when or {},
        "words": words or {},
    }
    return Field(default, json_schema_extra=cast(Any, about), **bounds)


def extra(info: FieldInfo) -> dict[str, Any]:
    """What `setting` was told of a field beside its bounds."""
    return cast("dict[str, Any]", info.json_schema_extra)


def describe(info: FieldInfo) -> dict[str, Any]:
    """What `ganviz.config.meta` says of a field, but for its conditions."""
    about = extra(info)
    bounds = {
        name: getattr(item, name)
        for item in info.metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(item, name)
    }
    kind, choices = _kind(info.annotation)
    if about["of"]:
        kind, choices = "choice", getattr(registry, about["of"]).names()
    return {
        **about,
        "group": about["group"].name,
        "why": " ".join((info.description or about["label"]).split()),
        "default": info.default,
        "kind": kind,
        "choices": choices,
        "low": bounds.get("ge", bounds.get("gt")),
        "high": bounds.get("le", bounds.get("lt")),
        "low_open": "gt" in bounds,
    }


def conditions(fields: Mapping[str, FieldInfo]) -> dict[str, list[dict[str, tuple[Any, ...]]]]:
    """When a setting has an effect, for each one that has not always: a list of alternatives, each
    the choices of other settings that it takes.

    They come from the settings' own ``when`` and from what the entries of the registries say that
    they read.
    """
    found = {name: [extra(info)["when"]] for name, info in fields.items() if extra(info)["when"]}
    for name, info in fields.items():
        table = extra(info)["of"]
        readers: dict[str, list[str]] = {}
        for choice, entry in getattr(registry, table) if table else ():
            for field in getattr(entry, "reads", ()):
                readers.setdefault(field, []).append(choice)
        for field, choices in readers.items():
            found.setdefault(field, []).append({name: tuple(choices)})
    return found


def effective(
    fields: Iterable[str],
    found: Mapping[str, list[dict[str, tuple[Any, ...]]]],
    values: Mapping[str, Any],
) -> frozenset[str]:
    """Those of the settings ``fields`` that have an effect under ``values``, by the `conditions`
    ``found``.

    A choice that has none itself brings no other setting into effect: a VAE has no objective, so
    the objective's targets mean nothing.
    """
    known: dict[str, bool] = {}

    def counts(name: str) -> bool:
        if name not in known:
            # While it is being asked, so that two entries that name each other end somewhere.
            known[name] = True
            known[name] = name not in found or any(
                all(values[other] in allowed and counts(other) for other, allowed in each.items())
                for each in found[name]
            )
        return known[name]

    return frozenset(name for name in fields if counts(name))


# what pydantic calls it, and what to do about it
WHOLE, NUMBER = "give a whole number", "give a number"
PROBLEMS = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), WHOLE),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), NUMBER),
    **dict.fromkeys(("bool_parsing", "bool_type"), "say true or false"),
    "string_type": "give a text",
}


def as_sentence(error: ValidationError, fields: Mapping[str, FieldInfo]) -> ConfigError:
    """The first problem that pydantic found, as a sentence with the field's name."""
    first = error.errors()[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return cause
    field = str(first["loc"][0]) if first["loc"] else None
    if field is None or field not in fields:
        near = nearest(field, fields)
        meant = "There is no setting called {name!r}; did you mean {near!r}?"
        sentence = meant if near else "There is no setting called {name!r}."
        return ConfigError(sentence, field, name=field, near=near)
    problem = PROBLEMS.get(first["type"]) or first["msg"]
    problem = problem.removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return ConfigError(
        "{label} ({name}): {problem}; it is {value}.",
        field,
        label=extra(fields[field])["label"],
        name=field,
        problem=problem[0].lower() + problem[1:],
        value=repr(str(first["input"])[:80]),
    )


def _kind(annotation: Any) -> tuple[str, list[Any] | None]:
    if get_origin(annotation) is Literal:
        return "choice", list(get_args(annotation))
    if get_origin(annotation) is tuple:
        inner = get_args(annotation)[0]
        return (
            ("many", list(get_args(inner))) if get_origin(inner) is Literal else ("numbers", None)
        )
    return {bool: "bool", int: "int", float: "float", str: "str"}[annotation], None
