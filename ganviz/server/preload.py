"""Which of Gradio's files a page will need, so that the browser may ask for all of them at once.

Gradio's page finds out in four round trips what it is made of. What it will fetch is read from the
dependency tables that its build tool (Vite) writes into the scripts. Where these cannot be read as
expected, nothing is preloaded, and the page is as slow as Gradio makes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_ENTRY = re.compile(r'src="\./assets/(index-[\w-]+\.js)"')
_TABLE = re.compile(r"m\.f=\[([^\]]*)\]")
_FILE = re.compile(r'"\./([\w.-]+)"')
_NUMBERS = re.compile(r"__vite__mapDeps\(\[([\d,]+)\]\)")


def preload_links(components: Iterable[str]) -> str:
    """Markup that lets a browser fetch the files of Gradio's page and of the named components."""
    return "".join(map(_link, gradio_files(tuple(sorted(components)))))


def _link(name: str) -> str:
    if name.endswith(".css"):
        return f'<link rel="preload" as="style" crossorigin href="assets/{name}">'
    return f'<link rel="modulepreload" crossorigin href="assets/{name}">'


@lru_cache(maxsize=4)
def gradio_files(components: tuple[str, ...]) -> tuple[str, ...]:
    """Names below Gradio's ``assets/``; () where its build is not what this expects."""
    try:
        return tuple(_files(_frontend(), components))
    except (OSError, LookupError, ValueError):
        return ()


def _frontend() -> Path:
    spec = find_spec("gradio")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("gradio is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "templates" / "frontend"


def _files(frontend: Path, components: tuple[str, ...]) -> list[str]:
    def read(name: str) -> str:
        return (frontend / "assets" / name).read_text(encoding="utf-8")

    # the entry loads the shell, the shell the blocks, the core each component
    entry = _search(_ENTRY, (frontend / "index.html").read_text(encoding="utf-8"))
    found = dict.fromkeys([entry, *_after(r"import\(`\./Index-", read(entry))])
    shell = next(name for name in found if name.startswith("Index-"))
    found |= dict.fromkeys(_after(r"import\(`\./Blocks-", read(shell)))
    core = next(name for name in found if name.startswith("core-") and name.endswith(".js"))
    text = read(core)
    for component in components:
        found |= dict.fromkeys(_after(rf"[,{{]{component}:\{{", text, until="import.meta.url)}"))
    return list(found)


def _after(pattern: str, text: str, until: str = "import.meta.url)") -> list[str]:
    """The files that the dynamic imports after ``pattern`` need, by the numbers of the table."""
    start = re.search(pattern, text)
    if start is None:
        raise LookupError(pattern)
    table = _FILE.findall(_search(_TABLE, text))
    part = text[start.end() :].split(until, 1)[0]
    numbers = [int(one) for found in _NUMBERS.findall(part) for one in found.split(",")]
    return [table[number] for number in numbers]


def _search(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise LookupError(pattern.pattern)
    return found[1]
