"""Sentences about one thing and about many."""

import re
from collections import Counter
from pathlib import Path

import pytest

import ganviz
from ganviz.data.picture_search import Found
from ganviz.text import counted
from tests.tiny import DIGITS

PACKAGE = Path(ganviz.__file__).parent
# 's' if n > 1 else '', and the like
ENDING = re.compile(r"""["']s["'] if |["']["'] if \w+ == 1 else ["']s["']""")


@pytest.mark.parametrize(
    ("count", "sentence"),
    [(0, "0 runs of x."), (1, "One run of x."), (2, "2 runs of x."), (1200, "1,200 runs of x.")],
)
def test_the_sentence_for_so_many(count, sentence):
    assert counted(count, "One run of {name}.", "{n} runs of {name}.", name="x") == sentence


def test_no_sentence_is_put_together_of_endings():
    for path in PACKAGE.rglob("*.py"):
        assert not ENDING.search(path.read_text()), path


def test_a_run_of_one_step_and_a_folder_with_one_of_each(tmp_path):
    settings = {**DIGITS, "steps": 1, "sample_seconds": 60.0}
    assert ganviz.train(settings, device="cpu").sentence == "Finished after one step."
    one = Found(links=1, unsupported=Counter(HEIC=1), archives=[tmp_path / "a.zip"])
    assert one.notes(tmp_path) == [
        "1 HEIC file was left out: convert it to JPEG or PNG.",
        "1 archive was left out: unpack it (a.zip).",
        "1 link that leads out of the folder was not followed: copy the pictures themselves.",
    ]
    assert "2 HEIC files were left out" in Found(unsupported=Counter(HEIC=2)).notes(tmp_path)[0]
