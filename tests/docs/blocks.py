"""The code blocks of a Markdown page, and what its writer says of each.

A comment in the line before a block may say ``<!-- not run: reason -->``. Nothing else keeps a
block from being run or checked.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n\n?)?^```(?P<language>\w*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """``line``: of its first line of code, counted from 1. ``reason``: why it is not run, or ""."""

    language: str
    code: str
    line: int
    reason: str


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of ``page``, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            match["language"],
            match["code"],
            text.count("\n", 0, match.start("code")) + 1,
            match["reason"] or "",
        )
        for match in BLOCK.finditer(text)
    ]


def commands(code: str) -> list[list[str]]:
    """The commands of a shell block as words; comments are left out, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", code)
    words = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [line for line in words if line]
