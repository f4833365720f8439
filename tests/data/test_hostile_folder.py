"""A folder of pictures with every kind of trap: the unreadable, the hostile, links, limits, and
paths as people type them."""

import os
import struct
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.accel import memory
from ganviz.data import folder as picture_folder
from ganviz.data import picture_files
from ganviz.errors import DataError
from ganviz.text import printable

needs_links = pytest.mark.skipif(os.name == "nt", reason="links and pipes need a POSIX file system")


def bomb_png(width=20_000, height=20_000):
    """A small PNG whose header claims 400 megapixels."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def test_unreadable_files_are_counted_and_named(load, pictures, tmp_path):
    path = pictures(count=20)
    whole = (path / "picture-000.png").read_bytes()
    (path / "a.png").write_bytes(b"")
    (path / "b.jpg").write_bytes(b"not a picture")
    (path / "c.gif").write_bytes(whole[:40])
    (path / "sub").mkdir()
    (path / "sub" / "d.png").write_bytes(whole[:-30])
    (path / "notes.txt").write_text("not looked at")
    (path / ".hidden.png").write_text("nor this")
    told = load("folder", data_path=str(path)).spec
    assert told.count == 20
    assert told.note == "4 of 24 files could not be read: a.png, b.jpg, c.gif, sub/d.png."


def test_only_unreadable_ones_are_refused_by_name(refusal, tmp_path):
    for i in range(30):
        (tmp_path / f"{i:02d}.png").write_bytes(b"garbage")
    sentence = refusal(tmp_path).sentence
    assert (
        "Only 0 of 30 pictures" in sentence and "00.png" in sentence and "and 20 more" in sentence
    )


def test_image_bombs_are_not_unpacked(load, pictures, monkeypatch):
    path = pictures(count=16)
    (path / "bomb.png").write_bytes(bomb_png())
    (path / "big.png").write_bytes(bomb_png(9000, 8000))  # below Pillow's own limit, above ours
    monkeypatch.setattr(
        picture_files,
        "_square",
        lambda image, size, grey: (
            pytest.fail("unpacked") if image.width > 8000 else np.zeros((size, size, 3), np.uint8)
        ),
    )
    told = load("folder", data_path=str(path)).spec
    assert told.count == 16
    assert told.note == (
        "2 of 18 files have more than 64 megapixels and were left out: big.png, bomb.png."
    )


@pytest.mark.parametrize("progressive", [False, True])
def test_a_camera_of_108_megapixels(load, pictures, progressive):
    """A JPEG is decoded at an eighth of its size, except where it would be unpacked whole."""
    path = pictures(count=16)
    Image.new("L", (12_000, 9_000), 200).save(path / "large.jpg", progressive=progressive)
    told = load("folder", data_path=str(path)).spec
    assert told.count == 17 - progressive
    assert ("large.jpg" in told.note) == progressive


def test_twelve_bits_in_files_of_sixteen_are_not_black(load, tmp_path):
    ramp = np.linspace(0, 4095, 28 * 28).astype(np.uint16).reshape(28, 28)
    for i in range(16):
        Image.fromarray(ramp).save(tmp_path / f"{i}.png")
    source = load("folder", data_path=str(tmp_path), image_size=28)
    assert source.samples.max() == 255 and 120 < source.samples.float().mean() < 135
    assert "use only 12 of their bits (their largest value is 4,095)" in source.spec.note
    Image.fromarray(ramp * 16).save(tmp_path / "bright.png")
    source = load("folder", data_path=str(tmp_path), image_size=28)
    assert source.spec.note == "" and source.samples[:, :, -1].amax((1, 2)).sort().values[0] == 16


def test_twelve_bits_in_files_of_thirty_two_are_not_black_either(load, tmp_path):
    ramp = np.linspace(0, 4095, 28 * 28).astype(np.int32).reshape(28, 28)
    for i in range(16):
        Image.fromarray(ramp).save(tmp_path / f"{i}.tif")
    source = load("folder", data_path=str(tmp_path), image_size=28)
    assert source.samples.max() == 255 and "use only 12 of their bits" in source.spec.note


def test_what_is_shown_by_its_own_range_or_nearly_black_is_noted(load, pictures, tmp_path):
    ramp = np.linspace(0, 1, 28 * 28).astype(np.float32).reshape(28, 28)
    floats = tmp_path / "floats"
    floats.mkdir()
    for i in range(16):
        Image.fromarray(ramp / (1 + i)).save(floats / f"{i}.tif")
    note = load("folder", data_path=str(floats), image_size=28).spec.note
    assert note.startswith("16 of 16 pictures hold floats or integers of more than 16 bits")
    # colour of 12 bits in files of 16, of which a decoder gives the high bytes
    dark = tmp_path / "dark"
    dark.mkdir()
    for i in range(16):
        Image.new("RGB", (28, 28), (15, i, 9)).save(dark / f"{i}.png")
    dark = load("folder", data_path=str(dark), image_size=28).spec.note
    assert dark.startswith("The pictures are nearly black: no value is above 15 of 255.")


def test_pictures_that_are_not_called_so_and_archives_are_not_passed_over(load, pictures):
    path = pictures(count=18)
    (path / "picture-000.png").rename(path / "0a1b2c")
    Image.new("RGB", (20, 20)).save(path / "x.jpe", "JPEG")
    (path / "rest.zip").write_bytes(b"PK")
    (path / "notes.txt").write_text("cats")
    assert load("folder", data_path=str(path)).spec.note == (
        "1 archive was left out: unpack it (rest.zip). "
        "2 files are pictures without a picture's ending and were left out: call them .png or .jpg "
        "(0a1b2c, x.jpe)."
    )


def test_small_pictures_are_enlarged_with_a_note(load, pictures):
    path = pictures(count=12)
    for i in range(4):
        Image.new("RGB", (40, 4 + i), "red").save(path / f"small {i}.png")
    note = load("folder", data_path=str(path), image_size=16).spec.note
    assert "4 of 16 pictures have less than half of the 16 px" in note and "from 4 px" in note


def test_pictures_of_kinds_that_are_not_read_are_counted(load, pictures):
    path = pictures(count=16)
    for name in ("a.HEIC", "b.heic", "c.svg", "d.NEF", "notes.txt", ".hidden.heic"):
        (path / name).write_bytes(b"x")
    assert load("folder", data_path=str(path)).spec.note == (
        "2 HEIC files were left out: convert them to JPEG or PNG. "
        "1 SVG file was left out: convert it to JPEG or PNG. "
        "1 camera raw file was left out: convert it to JPEG or PNG."
    )


def test_a_folder_of_nothing_but_others_says_so(refusal, tmp_path):
    for i in range(20):
        (tmp_path / f"{i}.heic").write_bytes(b"x")
    sentence = refusal(tmp_path).sentence
    assert "holds no pictures that can be used" in sentence and "20 HEIC files" in sentence


def test_a_picture_is_what_it_holds_not_what_it_is_called(load, pictures):
    path = pictures(count=16)
    (path / "picture-000.png").rename(path / "really a png.jpg")
    (path / "script.png").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(ls) run\n")
    told = load("folder", data_path=str(path)).spec
    assert told.count == 16 and "script.png" in told.note


def test_pillow_never_gets_to_start_ghostscript():
    assert "EPS" not in picture_files.FORMATS and "PDF" not in picture_files.FORMATS


@needs_links
def test_links_stay_inside(load, pictures, tmp_path):
    elsewhere = pictures("elsewhere", 3)
    path = pictures(count=16)
    (path / "out.png").symlink_to(elsewhere / "picture-000.png")
    (path / "nowhere.png").symlink_to(tmp_path / "missing.png")
    (path / "itself.png").symlink_to(path / "itself.png")
    (path / "whole folder").symlink_to(elsewhere)
    (path / "loop").symlink_to(path)
    (path / "inside.png").symlink_to(path / "picture-003.png")
    told = load("folder", data_path=str(path)).spec
    assert told.count == 17 and told.note == (
        "5 links that lead out of the folder were not followed: copy the pictures themselves."
    )


@needs_links
def test_the_folder_itself_may_be_a_link(load, pictures, tmp_path):
    (tmp_path / "link").symlink_to(pictures())
    assert load("folder", data_path=str(tmp_path / "link")).spec.count == 16


@needs_links
def test_pipes_are_left_alone(load, pictures):
    path = pictures()
    os.mkfifo(path / "pipe.png")
    (path / "folder.png").mkdir()
    assert load("folder", data_path=str(path)).spec.count == 16


def test_free_memory_is_known_without_psutil(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert memory.free_memory() > 10**6


@pytest.mark.parametrize("path", ["/no/such/folder", "bad\0name", "~nobody-here/pictures"])
def test_a_folder_that_is_not_there(refusal, path):
    error = refusal(path)
    assert (
        error.sentence.startswith("There is no folder")
        and error.sentence.isprintable()
        and error.field == "data_path"
    )


def test_a_file_is_no_folder_and_an_empty_folder_holds_nothing(refusal, tmp_path):
    (tmp_path / "file.png").write_bytes(b"x")
    assert "is not a folder" in refusal(tmp_path / "file.png").sentence
    (tmp_path / "empty").mkdir()
    assert "holds no pictures" in refusal(tmp_path / "empty").sentence


@needs_links
def test_names_are_made_fit_to_show(load, pictures, tmp_path):
    root = os.fsencode(tmp_path / "own")
    for name in (b"caf\xe9", b"line\nbreak", "<b>bold</b>".replace("/", "").encode()):
        target = pictures("own/plain", 8)
        os.rename(target, os.path.join(root, name))
    classes = load("folder", data_path=str(tmp_path / "own")).spec.classes
    assert classes == ("<b>bold<b>", "caf?", "line?break")
    "".join(classes).encode()
    assert len(printable("x" * 300)) < 90


def test_the_same_pictures_in_the_same_order_every_time(load, pictures):
    path = pictures(count=40)
    first = load("folder", data_path=str(path)).samples
    assert torch.equal(first, load("folder", data_path=str(path)).samples)
    assert first.flatten(1).unique(dim=0).shape[0] > 20


@needs_links
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_folders_that_may_not_be_read_are_named(load, pictures, tmp_path):
    path = pictures(count=16)
    (path / "closed").mkdir(mode=0)
    assert load("folder", data_path=str(path)).spec.note == "1 sub-folder may not be read: closed."


def test_folders_that_cannot_be_listed_are_named(load, pictures, monkeypatch):
    """As the one above, for those who may read everything."""
    path = pictures(count=16)
    pictures("own/closed" if path.name == "own" else f"{path.name}/closed", 3)
    scandir = os.scandir

    def refuse(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    told = load("folder", data_path=str(path)).spec
    assert told.count == 16 and "1 sub-folder may not be read: closed." in told.note


@pytest.mark.parametrize(
    "paste",
    ['"{}"', "'{}'", "  {} \n", ' "{}" ', "file://{}", "\u201c{}\u201d"],
    ids=['"', "'", "space", "both", "url", "word processor"],
)
def test_a_path_as_it_is_pasted(load, pictures, paste):
    assert load("folder", data_path=paste.format(pictures())).spec.count == 16


def test_an_address_of_a_file_as_windows_writes_it(monkeypatch):
    """Of a drive, and of a folder that another machine shares."""
    windows = pytest.importorskip("nturl2path")
    monkeypatch.setattr(picture_folder, "url2pathname", windows.url2pathname)
    assert picture_folder.plain_path("file:///C:/Users/Ann/my%20pics") == r"C:\Users\Ann\my pics"
    assert picture_folder.plain_path("file://server/share/x") == r"\\server\share\x"
    assert picture_folder.plain_path("file://localhost/C:/x") == r"C:\x"
    assert picture_folder.plain_path("file://C:/Users/Ann") == r"C:\Users\Ann"


def refuse_servers(path):
    raise OSError("file URL is not on this host")


@pytest.mark.parametrize("text", ["file://[", "file://[x/y", "file://server/share"])
def test_an_address_of_no_file_is_a_folder_that_there_is_not(load, monkeypatch, text):
    if "server" in text:  # as from Python 3.14 on, where there is no such share
        monkeypatch.setattr(picture_folder, "url2pathname", refuse_servers)
    with pytest.raises(DataError, match="There is no folder file://"):
        load("folder", data_path=text)


@pytest.mark.skipif(os.sep != "/", reason="a backslash divides folders there")
def test_a_path_as_a_terminal_writes_it(load, pictures):
    path = pictures("my own (few)")
    pasted = str(path).replace(" ", "\\ ").replace("(", "\\(").replace(")", "\\)")
    assert load("folder", data_path=pasted).spec.count == 16
