"""One way to put a file or a folder in its place, used by all: the old one or the new one, never
half."""

import os
import re
import stat
from pathlib import Path

import pytest

import ganviz
from ganviz import disk

PACKAGE = Path(ganviz.__file__).parent


def folder_of(text):
    def write(beside):
        beside.mkdir()
        (beside / "file").write_text(text)

    return write


def file_of(text):
    return lambda beside: beside.write_text(text)


def content(path):
    return (path / "file").read_text() if path.is_dir() else path.read_text()


@pytest.mark.parametrize("make", [file_of, folder_of])
@pytest.mark.parametrize("durable", [False, True])
def test_what_was_written_beside_takes_the_place(tmp_path, make, durable):
    path = tmp_path / "x"
    for text in ("one", "two"):
        with disk.atomic_replace(path, durable) as beside:
            make(text)(beside)
            assert not path.exists() or content(path) == "one"
        assert content(path) == text
        assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("make", [file_of, folder_of])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_block_that_raises_leaves_what_was_there(tmp_path, make, error):
    path = tmp_path / "x"
    with disk.atomic_replace(path) as beside:
        make("one")(beside)
    with pytest.raises(error), disk.atomic_replace(path) as beside:
        make("two")(beside)
        raise error
    assert content(path) == "one"
    assert os.listdir(tmp_path) == ["x"]


def test_a_folder_that_cannot_take_its_place_gives_it_back(tmp_path, monkeypatch):
    path = tmp_path / "x"
    with disk.atomic_replace(path) as beside:
        folder_of("one")(beside)
    rename, calls = os.rename, []

    def second_fails(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise OSError("refused")
        rename(source, target)

    monkeypatch.setattr(os, "rename", second_fails)
    with pytest.raises(OSError, match="refused"), disk.atomic_replace(path) as beside:
        folder_of("two")(beside)
    assert content(path) == "one"
    assert os.listdir(tmp_path) == ["x"]


def test_files_can_be_read_by_others_as_the_umask_says(tmp_path):
    """A cache in a shared folder that only its maker can read is made again by everyone else."""
    before = os.umask(0o022)
    try:
        disk.write_atomic(tmp_path / "x", b"data")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644


def test_move_overwrites_nothing(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(FileExistsError):
        disk.move(tmp_path / "a", tmp_path / "b")
    disk.move(tmp_path / "a", tmp_path / "c")
    assert sorted(os.listdir(tmp_path)) == ["b", "c"]


RENAMES = re.compile(
    r"os\.(rename|replace|renames)\b|shutil\.move|NamedTemporaryFile|mkstemp|mkdtemp"
    r"|\w+\.replace\(\s*(out|path|target|folder)\s*\)|\.(rename)\(\s*(out|path|target|folder|old)\b"
    r"|[\"']\.(tmp|part)[\"']|\.tmp[\"']"
)


def test_only_disk_moves_files_into_place():
    found = {
        f"{path.relative_to(PACKAGE)}: {match.group()}"
        for path in PACKAGE.rglob("*.py")
        if path != PACKAGE / "disk.py"
        for match in RENAMES.finditer(path.read_text())
    }
    # what a crash left half written is found by the ending of its name
    found.discard('engine/checkpoint.py: .tmp"')
    assert not found, found
