"""What code and prose refer to is in the repository: pages, anchors, and no notes that only their
writer has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KINDS = {".py", ".js", ".css", ".html", ".md", ".toml", ".yml", ".yaml", ".txt", ".json", ""}
SKIPPED = {"node_modules", "runs", "data", "dist", "build"}
# what a command of ganviz writes for its reader
WRITTEN = {"dataset_card.md"}
PAGE = re.compile(r"[\w./-]*\w\.md\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# pages of this project's own, told from a file's name in a sentence about something else
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("benchmarks/*.md")])


def files():
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if any(part.startswith(".") and part != ".ci" for part in parts) or SKIPPED & set(
            parts[:1]
        ):
            continue
        if path.is_file() and path.suffix in KINDS and path != Path(__file__):
            yield path


def test_no_file_cites_a_page_that_is_not_there():
    missing = []
    for path in files():
        if path.name == "package-lock.json":
            continue
        for name in PAGE.findall(path.read_text(encoding="utf-8", errors="replace")):
            if "//" in name or name.startswith(".") or name in WRITTEN:
                continue
            name = name.removeprefix("/")
            if not any((home / name).is_file() for home in (ROOT, path.parent, ROOT / "docs")):
                missing.append(f"{path.relative_to(ROOT)} cites {name}")
    assert not missing, "\n".join(missing)


def slug(heading):
    """The anchor that GitHub makes of a heading."""
    heading = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def anchors(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    for target in LINK.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.S)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}"
