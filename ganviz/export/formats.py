"""What a run can be exported as: each format is one definition, from which the command line, the
server and the tab Runs take everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ganviz.errors import ConfigError
from ganviz.registry import EXPORTS

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class ExportOptions:
    """What may be asked of an export. ``fps``: frames a second of a film; ``seconds``: how long the
    training takes in it, None for a frame of each kept grid. ``n``: pictures of a data set, None
    for as many as a report looks at. ``data_root``: where data sets are kept; ``data_path``: where
    the run's folder of pictures is now, None where it was. ``replace``: the file
    may take the place of one of before."""

    fps: int = 12
    seconds: float | None = None
    n: int | None = None
    data_root: Path = Path("data")
    data_path: str | None = None
    replace: bool = False


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    ``extension``: of the file, "" for a folder. ``option``: of ``ganviz export`` that it is asked
    for by; several formats that differ by their extension share one. ``write(run_folder, out,
    options, report)`` writes it and returns where; ``report(fraction, sentence)`` may raise to
    stop. ``reads``: the `ExportOptions` that it heeds. ``packages``: what it needs besides ganviz.
    ``left_out``: a sentence about what an export made here lacks and how to have it, or "".
    ``suffix``: stands before the extension in the name of a file to download. ``media_type``: ""
    for what cannot be downloaded as one file.
    """

    label: str
    why: str
    extension: str
    option: str
    write: Callable[[Path, Path, ExportOptions, Report | None], Path]
    media_type: str = ""
    options: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    left_out: Callable[[], str] = str
    suffix: str = ""

    def missing(self) -> str:
        """A sentence that says what it needs and is not installed here, or ""."""
        absent = [name for name in self.packages if find_spec(name) is None]
        if not absent:
            return ""
        return (
            f"{self.label} needs the package {absent[0]}; install it with: pip install "
            f"{' '.join(absent)}"
        )

    def file_name(self, run_id: str) -> str:
        """What the export of a run is called where it is downloaded."""
        return f"{run_id}{self.suffix}{self.extension}"


def checked_options(kind: str, chosen: dict[str, Any]) -> ExportOptions:
    """The options for the format called ``kind``, from those that somebody chose. Raises
    `ConfigError` for one that it does not heed."""
    known = EXPORTS.get(kind, "kind")
    given = {name: value for name, value in chosen.items() if value is not None}
    for name in given.keys() - set(known.options):
        raise ConfigError(f"{known.label} has no {name} to choose.", name)
    return ExportOptions(
        **{one.name: given[one.name] for one in fields(ExportOptions) if one.name in given}
    )


def format_of(option: str, out: Path) -> tuple[str, ExportFormat]:
    """The format that ``--option out`` asks for, by its extension. Raises `ConfigError`."""
    family = [(name, one) for name, one in EXPORTS if one.option == option]
    for name, one in family:
        if one.extension == out.suffix.lower():
            return name, one
    for name, one in family:
        if not one.extension:  # a folder's name may hold a dot
            return name, one
    endings = [one.extension for _, one in family]
    listed = f"{', '.join(endings[:-1])} or {endings[-1]}" if len(endings) > 1 else endings[0]
    raise ConfigError(f"{out.name}: a {option} is a {listed} file.", "out")
