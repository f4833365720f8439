"""What README and docs/ promise is run: code blocks as a reader would paste them, commands as
typed, with few steps."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import fresh
from tests.docs import run_page
from tests.docs.blocks import blocks

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_NOT_RUN = 2


@pytest.fixture(scope="module")
def folder_of_pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "pictures"
    folder.mkdir()
    for i in range(24):
        pixels = np.random.default_rng(i).integers(0, 256, (20, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_what_a_page_promises_runs(page, tmp_path, folder_of_pictures):
    (tmp_path / "pictures").symlink_to(folder_of_pictures)
    child = fresh.Child(run_page.main, page, folder=tmp_path, CI="1")
    try:
        assert child.wait(600) == 0, report(child)
    finally:
        child.kill()


def report(child):
    return f"{child.out.read_text()[-500:]}\n{child.err.read_text()[-3000:]}"


def test_few_blocks_are_not_run_and_each_says_why():
    reasons = [block.reason for page in PAGES for block in blocks(page) if block.reason]
    assert len(reasons) <= MOST_NOT_RUN
    assert all(len(reason.split()) > 3 for reason in reasons)
