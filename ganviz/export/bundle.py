"""Scripts of ``assets/`` joined into one.

Browsers refuse module scripts from ``file://``, so that a page which opens from disk needs its
modules in one classic script. They are written for browsers, in one style; this joins just that
style and refuses the rest: named imports from relative paths, exports of functions, classes and
constants, no circles, no top-level await.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ganviz.errors import GanvizError

_IMPORT = re.compile(
    r'^import (?:\* as (?P<space>[\w$]+)|\{(?P<names>[^}]*)\}) from "(?P<path>\.[^"]*)";\n', re.M
)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) ([\w$]+))", re.M)
_LEFT = re.compile(r"^(?:import\b(?!\()|export\b).*", re.M)


class BundleError(GanvizError):
    """A script that cannot be joined to the others."""


def bundle(entry: Path) -> str:
    """The module ``entry`` and all that it imports, as the text of one classic script.

    Each module becomes a function that runs once, after those that it imports. Raises `BundleError`
    for a circle of imports, a file that is not there, and for syntax beyond the house's style.
    """
    parts: dict[Path, str] = {}
    _add(entry.resolve(), parts, [])
    names = {path: f"module{index}" for index, path in enumerate(parts)}
    bodies = [
        f"// {path.parent.name}/{path.name}\nconst {names[path]} = (() => {{\n"
        f"{_with_names(text, path, names)}}})();\n"
        for path, text in parts.items()
    ]
    return '"use strict";\n(() => {\n' + "\n".join(bodies) + "})();\n"


def _add(path: Path, parts: dict[Path, str], above: list[Path]) -> None:
    """Put ``path`` after all that it imports."""
    if path in above:
        circle = " -> ".join(one.name for one in [*above[above.index(path) :], path])
        raise BundleError(f"These scripts import each other in a circle: {circle}.")
    if path in parts:
        return
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise BundleError(f"The script {path.name} is missing; install ganviz again.") from None
    for found in _IMPORT.finditer(text):
        _add((path.parent / found["path"]).resolve(), parts, [*above, path])
    parts[path] = text


def _with_names(text: str, path: Path, names: dict[Path, str]) -> str:
    """The body of a module's function: imports from the others' results, exports returned."""

    def imported(found: re.Match[str]) -> str:
        source = names[(path.parent / found["path"]).resolve()]
        if found["space"]:
            return f"const {found['space']} = {source};\n"
        return f"const {{{found['names'].replace(' as ', ': ')}}} = {source};\n"

    exported = [found[1] for found in _EXPORT.finditer(text)]
    body = _EXPORT.sub("", _IMPORT.sub(imported, text))
    if left := _LEFT.search(body):
        raise BundleError(f"{path.name}: cannot be joined to others: {json.dumps(left[0])}.")
    return f"{body}return {{ {', '.join(exported)} }};\n"
