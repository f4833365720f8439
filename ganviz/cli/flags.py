"""Command line flags made from `RunConfig`: each field's name, sentence, bounds and default have
their one home there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.markup import escape

from ganviz.config import RunConfig, in_effect, meta
from ganviz.registry import EXPORTS
from ganviz.settings import GROUPS

TITLES = {group.name: group.title for group in GROUPS}
METAVARS = {
    "int": "N",
    "float": "X",
    "str": "TEXT",
    "choice": "NAME",
    "numbers": "N,N,...",
    "many": "NAME,NAME,...",
}
TRUE_FALSE = Optional[bool]  # noqa: UP045  (typer reads it at run time, on Python 3.10 too)
TEXT = Optional[str]  # noqa: UP045
PATH = Optional[Path]  # noqa: UP045
GENERATED = tuple(name for name in RunConfig.model_fields if name != "preset")


def flag(field: str) -> str:
    """``batch_size`` -> ``--batch-size``."""
    return "--" + field.replace("_", "-")


def with_config_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """``command`` with a flag for every field of `RunConfig`; it receives those that were given as
    ``**settings``."""
    return _with_parameters(command, [_parameter(field) for field in GENERATED])


def with_export_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """``command`` with an option for each family of export formats; it receives their paths as
    ``**outputs``."""
    return _with_parameters(command, [_export_parameter(name) for name in _export_options()])


def export_examples() -> str:
    """The options of ``ganviz export`` as they are written: "--film FILE.mp4, --page FOLDER"."""
    return ", ".join(
        f"--{one.option} {'FILE' + one.extension if one.extension else 'FOLDER'}"
        for _, one in EXPORTS
    )


def _export_options() -> list[str]:
    return list(dict.fromkeys(one.option for _, one in EXPORTS))


def _export_parameter(option: str) -> inspect.Parameter:
    family = [one for _, one in EXPORTS if one.option == option]
    endings = " or ".join(one.extension or "a folder" for one in family)
    words = f"{family[0].label.split(' (')[0]}: {endings}. {family[0].why}"
    metavar = "|".join(f"FILE{one.extension}" if one.extension else "FOLDER" for one in family)
    made = typer.Option(f"--{option}", help=escape(words), metavar=metavar, show_default=False)
    return inspect.Parameter(
        option, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[PATH, made]
    )


def _with_parameters(
    command: Callable[..., Any], made: list[inspect.Parameter]
) -> Callable[..., Any]:
    """``command`` with the parameters that were ``made``, in place of its ``**keywords``; it
    receives those that were given."""
    own = [
        p
        for p in inspect.signature(command, eval_str=True).parameters.values()
        if p.kind is not p.VAR_KEYWORD
    ]
    names = [p.name for p in made]

    def wrapped(**values: Any) -> Any:
        given = {name: values.pop(name) for name in names}
        return command(
            **values, **{name: value for name, value in given.items() if value is not None}
        )

    wrapped.__doc__ = command.__doc__
    # typer reads the flags from it; a function's type does not know the attribute
    setattr(wrapped, "__signature__", inspect.Signature([*own, *made]))  # noqa: B010
    wrapped.__annotations__ = {p.name: p.annotation for p in [*own, *made]}
    return wrapped


def _parameter(field: str) -> inspect.Parameter:
    """One flag, as a parameter that typer understands. Values stay text: `RunConfig` reads and
    checks them."""
    about = meta(field)
    on_off = about["kind"] == "bool"
    names = f"{flag(field)}/{_off(field)}" if on_off else flag(field)
    words = escape(_sentence(about)) + f" [dim]{escape(f'[default: {_default(about)}]')}[/dim]"
    option = typer.Option(
        names,
        help=words,
        metavar=None if on_off else METAVARS[about["kind"]],
        show_default=False,
        rich_help_panel=TITLES[about["group"]],
    )
    return inspect.Parameter(
        field,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[TRUE_FALSE if on_off else TEXT, option],
    )


def _sentence(about: dict[str, Any]) -> str:
    """The field's sentence, then what may be given, then when it counts."""
    parts = [about["why"]]
    if about["choices"]:
        parts.append(
            ("Any of: " if about["kind"] == "many" else "One of: ")
            + ", ".join(map(str, about["choices"]))
            + "."
        )
    elif about["low"] is not None or about["high"] is not None:
        low = (
            f"{'above' if about['low_open'] else 'from'} {about['low']:,} "
            if about["low"] is not None
            else ""
        )
        high = f"to {about['high']:,}" if about["high"] is not None else ""
        unit = f" {about['unit']}" if about["unit"] else ""
        parts.append(f"{low}{high}{unit}.".capitalize())
    if about["when"]:
        parts.append(f"Only with {', or '.join(_alternative(each) for each in about['when'])}.")
    return " ".join(parts)


def without_effect(settings: dict[str, Any], config: RunConfig) -> list[str]:
    """A sentence for each of the ``settings`` that nothing reads under ``config``."""
    read = in_effect(config.model_dump())
    return [
        f"{flag(name)} has no effect here: it is read only with "
        f"{', or '.join(_alternative(each) for each in meta(name)['when'])}."
        for name in settings
        if name not in read
    ]


def _alternative(choices: dict[str, tuple[Any, ...]]) -> str:
    """The flags under which a field has an effect, as they are written."""
    return " and ".join(_written(field, values) for field, values in choices.items())


def _off(field: str) -> str:
    return f"--no-{flag(field)[2:]}"


def _written(field: str, values: tuple[Any, ...]) -> str:
    if meta(field)["kind"] == "bool":
        return " or ".join(flag(field) if on else _off(field) for on in values)
    return f"{flag(field)} {' or '.join(map(str, values))}"


def _default(about: dict[str, Any]) -> str:
    value = about["default"]
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) if value != "" else "none"


def parse_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Flags as `RunConfig` takes them: lists are written with commas, and a choice may be a
    number."""
    return {field: _parsed(value, meta(field)) for field, value in settings.items()}


def _parsed(value: Any, about: dict[str, Any]) -> Any:
    if about["kind"] in ("numbers", "many"):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    numbers = {str(choice): choice for choice in about["choices"] or () if isinstance(choice, int)}
    return numbers.get(value, value)
