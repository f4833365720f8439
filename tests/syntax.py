"""The syntax of our own modules, which several tests read: a worker parses and walks it once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import ganviz

PACKAGE = Path(ganviz.__file__).parent
ROOT = PACKAGE.parent


@cache
def nodes_of(folder: Path) -> dict[Path, tuple[ast.AST, ...]]:
    """All nodes of each Python file below ``folder``, the module's own first. Not to be changed."""
    return {
        file: tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))))
        for file in sorted(folder.rglob("*.py"))
    }
