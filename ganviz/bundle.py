"""Scripts of ``assets/`` joined into one.

Scripts are written as modules, and nothing builds them; but a page that opens from disk may not
load modules, and a page over a slow line would wait for fifty of them, one round trip after the
other. They are written in one style; this joins just that style and refuses the rest: named imports
from relative paths, exports of functions, classes and constants, no circles, no top-level await,
``await import("./path.js")`` for what comes later, and ``await import(`./${name}`)`` for one of the
scripts of the same folder, which then come with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ganviz.errors import GanvizError

_IMPORT = re.compile(
    r'^import (?:(?:\* as (?P<space>[\w$]+)|\{(?P<names>[^}]*)\}) from )?"(?P<path>\.[^"]*)";\n',
    re.M,
)
_PASSED_ON = re.compile(r'^export \{(?P<names>[\w$, ]*)\} from "(?P<path>\.[^"]*)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) ([\w$]+))", re.M)
_LATER = re.compile(r'\bawait import\("(?P<path>\.[^"]*)"\)')
_BY_NAME = re.compile(r"\bawait import\(`\./\$\{(\w+)\}`\)")
_LEFT = re.compile(r"^(?:import\b|export\b).*|\bawait import\(.*", re.M)
# modules by name: bundles that come later find there what came before
# comments that have their lines to themselves: a third of what would travel
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.M)
_START = '"use strict";\n(() => {\nconst modules = (globalThis.gvModules ??= {});\n'
_LOADER = """const scripts = {};
const load = (name, url) => (scripts[name] ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL(url, document.baseURI).href;
  script.onload = () => resolve(modules[name]);
  script.onerror = () => { delete scripts[name]; reject(new Error(`${name} did not load`)); };
  document.head.append(script);
}));
"""


class BundleError(GanvizError):
    """A script that cannot be joined to the others."""


@dataclass(frozen=True)
class Bundle:
    """One classic script, and the names of the modules in it."""

    text: str
    modules: tuple[str, ...]


def later(root: Path, entry: str) -> list[str]:
    """The modules below ``root`` that ``entry``, or what it imports, loads by ``await import``."""
    found: list[str] = []
    for name, text in _closure(root, entry, ()).items():
        found += [_name(root, name, one["path"]) for one in _LATER.finditer(text)]
    return list(dict.fromkeys(found))


def bundle(
    root: Path, entry: str, there: Collection[str] = (), url: Callable[[str], str] | None = None
) -> Bundle:
    """The module ``entry`` of the folder ``root`` and all that it imports, as one classic script.

    Each module becomes a function that runs once, after those that it imports, whichever script
    brings it first. ``there``: names of
    modules that an earlier script has brought. ``url``: the address of the script that brings a
    module which is loaded later. Raises `BundleError` for a circle of imports, a file that is not
    there, and syntax beyond the house's style.
    """
    parts = _closure(root, entry, there)
    loader = _LOADER if any(_LATER.search(text) for text in parts.values()) else ""
    body = "\n".join(
        f"modules[{json.dumps(name)}] ??= (() => {{\n{_body(root, name, text, url)}}})();\n"
        for name, text in parts.items()
    )
    return Bundle(f"{_START}{loader}{body}}})();\n", tuple(parts))


def _name(root: Path, module: str, path: str) -> str:
    """The name, below ``root``, of what ``module`` imports as ``path``."""
    target = ((root / module).parent / path).resolve()
    try:
        return target.relative_to(root.resolve()).as_posix()
    except ValueError:
        raise BundleError(f"{module} imports {path}, which lies outside of its folder.") from None


def _closure(root: Path, entry: str, there: Collection[str]) -> dict[str, str]:
    """The texts of ``entry`` and all that it imports, each after what it needs."""
    parts: dict[str, str] = {}

    def add(name: str, above: list[str]) -> None:
        if name in above:
            circle = " -> ".join([*above[above.index(name) :], name])
            raise BundleError(f"These scripts import each other in a circle: {circle}.")
        if name in parts or name in there:
            return
        try:
            text = (root / name).read_text(encoding="utf-8")
        except OSError:
            raise BundleError(f"The script {name} is missing; install ganviz again.") from None
        for found in (*_IMPORT.finditer(text), *_PASSED_ON.finditer(text)):
            add(_name(root, name, found["path"]), [*above, name])
        if _BY_NAME.search(text):
            for path in sorted((root / name).parent.glob("*.js")):
                if path.name != Path(name).name:
                    add(_name(root, name, f"./{path.name}"), [*above, name])
        parts[name] = text

    add(entry, [])
    return parts


def _body(root: Path, name: str, text: str, url: Callable[[str], str] | None) -> str:
    """The body of a module's function: imports from the others' results, exports returned."""

    def imported(found: re.Match[str]) -> str:
        source = f"modules[{json.dumps(_name(root, name, found['path']))}]"
        if not found["space"] and not found["names"]:
            # imported for what it does
            return ""
        if found["space"]:
            return f"const {found['space']} = {source};\n"
        return f"const {{{found['names'].replace(' as ', ': ')}}} = {source};\n"

    def loaded(found: re.Match[str]) -> str:
        if url is None:
            return found[0]
        target = _name(root, name, found["path"])
        return f"await load({json.dumps(target)}, {json.dumps(url(target))})"

    def named(found: re.Match[str]) -> str:
        folder = Path(name).parent.as_posix()
        return f"await modules[`{folder}/${{{found[1]}}}`]"

    exported = [found[1] for found in _EXPORT.finditer(text)]
    for found in _PASSED_ON.finditer(text):
        source = f"modules[{json.dumps(_name(root, name, found['path']))}]"
        exported += [f"{one.strip()}: {source}.{one.strip()}" for one in found["names"].split(",")]
    body = _IMPORT.sub(imported, _PASSED_ON.sub("", text))
    body = _BY_NAME.sub(named, _LATER.sub(loaded, _EXPORT.sub("", body)))
    if left := _LEFT.search(body):
        raise BundleError(f"{name}: cannot be joined to others: {json.dumps(left[0])}.")
    return f"{_COMMENT.sub('', body)}return {{ {', '.join(exported)} }};\n"
