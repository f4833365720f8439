"""Export formats: one definition each, from which the command line, the server and the page take
everything."""

import time
from pathlib import Path

import pytest

from ganviz.cli import main
from ganviz.errors import ConfigError
from ganviz.export.formats import ExportFormat, ExportOptions, checked_options, format_of
from ganviz.registry import EXPORTS

MODULE = """
from ganviz.export.formats import ExportFormat
from ganviz.registry import EXPORTS


def write(run_folder, out, options, report):
    out.write_text(f"the run in {run_folder.name}, {options.fps} frames a second")
    return out


EXPORTS.add(
    "diary",
    ExportFormat(
        label="Diary (text)",
        why="For those who would rather read.",
        extension=".txt",
        option="diary",
        write=write,
        media_type="text/plain",
        options=("fps",),
    ),
)
"""


@pytest.fixture
def diary(tmp_path, monkeypatch):
    """A format of somebody's own module."""
    (tmp_path / "diaries.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("diaries")
    yield
    __import__("sys").modules.pop("diaries")
    EXPORTS._items.pop("diary")


def test_a_format_of_ones_own_is_an_option_of_the_command_line(diary, kept_run, tmp_path, capsys):
    out = tmp_path / "run.txt"
    assert main(["export", str(kept_run), "--diary", str(out), "--fps", "3"]) == 0
    assert out.read_text() == f"the run in {kept_run.name}, 3 frames a second"
    assert str(out) in capsys.readouterr().out
    main(["export", "--help"])
    assert "--diary" in capsys.readouterr().out


def test_a_format_of_ones_own_can_be_downloaded(diary, client):
    formats = client.get("/gv/library/own-run/export").json()["formats"]
    assert formats[-1] == {
        "kind": "diary",
        "label": "Diary (text)",
        "why": "For those who would rather read.",
        "missing": "",
        "options": ["fps"],
    }
    answer = client.post("/gv/library/own-run/export", json={"kind": "diary", "fps": 5})
    assert answer.status_code == 202
    while (job := client.get("/gv/library/own-run/export").json())["state"] == "working":
        time.sleep(0.05)
    assert client.get(job["url"]).text == "the run in own-run, 5 frames a second"
    assert client.get(job["url"]).headers["content-type"].startswith("text/plain")


def test_what_a_format_does_not_heed_is_refused(client):
    answer = client.post("/gv/library/own-run/export", json={"kind": "page", "fps": 5})
    assert answer.status_code == 422 and "has no fps to choose" in answer.json()["error"]
    for kind in ("avi", "page-folder"):
        assert client.post("/gv/library/own-run/export", json={"kind": kind}).status_code == 422
    assert client.get("/gv/library/own-run/export").json()["state"] == "idle"


def test_a_missing_package_is_named_before_anything_is_made(monkeypatch, client):
    lacking = ExportFormat(
        "Hologram", "It floats.", ".holo", "holo", lambda *_: Path(), "x/y", packages=("no_such",)
    )
    monkeypatch.setitem(EXPORTS._items, "hologram", lacking)
    answer = client.post("/gv/library/own-run/export", json={"kind": "hologram"})
    assert answer.status_code == 422 and "pip install no_such" in answer.json()["error"]


def test_the_format_is_chosen_by_its_ending():
    assert format_of("film", Path("x.GIF"))[0] == "gif"
    assert format_of("page", Path("x.zip"))[0] == "page"
    assert format_of("page", Path("a.folder"))[0] == "page-folder"
    with pytest.raises(ConfigError, match=r"a film is a \.mp4, \.gif or \.webp file"):
        format_of("film", Path("x.avi"))
    assert checked_options("mp4", {"fps": 3, "seconds": None}) == ExportOptions(fps=3)
