"""Texts from anywhere, made fit to show: names of files, classes and runs."""

from __future__ import annotations

import unicodedata

# joiners within a word or an emoji; every other invisible character can only mislead
_JOINERS = "\u200c\u200d"


def printable(name: str, most: int = 80) -> str:
    """A file's name as it can be shown and sent: no control characters, no undecodable bytes, not
    endless."""
    name = name.encode("utf-8", "replace").decode()
    name = "".join(c if c.isprintable() else "?" for c in name)
    return name if len(name) <= most else name[: most // 2] + "..." + name[-most // 2 :]


def without_controls(text: str) -> str:
    """``text`` in one line, without characters that are not seen: NUL, line breaks, marks that turn
    the direction of what follows (U+202E), halves of pairs."""
    visible = (c for c in text if c in _JOINERS or unicodedata.category(c)[0] != "C" or c in "\t\n")
    return " ".join("".join(visible).split())


def counted(count: int, one: str, many: str, /, **slots: object) -> str:
    """The sentence for ``count`` things: ``one`` where it is a single one, else ``many``, in which
    ``{n}`` stands for the number as people read it (1,200). ``slots``: what else varies."""
    return (one if count == 1 else many).format(n=f"{count:,}", **slots)


def listed(names: list[str], most: int = 10) -> str:
    """'a.png, b.jpg and 3 more'."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
