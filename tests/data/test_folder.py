"""A folder of one's own pictures: every kind of picture, every kind of trap."""

import os
import struct
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.data import folder as folder_module
from ganviz.data import picture_files
from ganviz.data.picture_files import read_picture
from ganviz.errors import ConfigError, DataError
from ganviz.text import printable

needs_links = pytest.mark.skipif(os.name == "nt", reason="links and pipes need a POSIX file system")


def refusal(load, path, **changes) -> DataError:
    with pytest.raises(DataError) as error:
        load("folder", data_path=str(path), **changes)
    return error.value


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


# -- the ordinary ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [8, 16, 28, 32, 64])
def test_a_plain_folder(load, pictures, size):
    source = load("folder", data_path=str(pictures(count=20, size=(90, 70))), image_size=size)
    assert source.samples.shape == (20, 3, size, size) and source.samples.dtype == torch.uint8
    assert source.spec.classes == () and source.labels is None and source.spec.note == ""


def test_sub_folders_become_classes_in_natural_order(load, pictures):
    for name, value in (("class 10", 250), ("class 2", 120), ("class 1", 10)):
        pictures(f"own/{name}", 8, colour=(value, 0, 0), size=(9, 200))
        pictures(f"own/{name}/deeper", 4, colour=(value, 0, 0), size=(9, 200))
    source = load("folder", data_path=str(pictures("own", 0)))
    assert source.spec.classes == ("class 1", "class 2", "class 10")
    assert source.labels.bincount().tolist() == [12, 12, 12]
    red = source.samples[:, 0].float().amax((1, 2))
    for index, value in enumerate((10, 120, 250)):
        assert (red[source.labels == index].sub(value).abs() < 6).all() or value == 10


def test_a_wrapping_folder_is_looked_through(load, pictures):
    pictures("own/data/cats", 10)
    root = pictures("own/data/dogs", 10).parent.parent
    assert load("folder", data_path=str(root)).spec.classes == ("cats", "dogs")


@pytest.mark.parametrize("beside", [1, 2])
def test_a_few_pictures_beside_the_classes_are_left_out_with_a_note(load, pictures, beside):
    pictures("own/cats", 10)
    pictures("own/dogs", 10)
    source = load("folder", data_path=str(pictures("own", beside)), conditioning="concat")
    assert source.spec.classes == ("cats", "dogs") and source.spec.count == 20
    words = "1 picture beside" if beside == 1 else "2 pictures beside"
    assert words in source.spec.note and "picture-000.png" in source.spec.note


def test_many_pictures_beside_the_sub_folders_mean_no_classes(load, pictures):
    pictures("own/cats", 10)
    pictures("own/dogs", 10)
    root = pictures("own", 30)
    source = load("folder", data_path=str(root))
    assert source.spec.classes == () and source.labels is None and source.spec.count == 50
    assert "30 of 50 pictures lie beside the sub-folders" in source.spec.note
    with pytest.raises(ConfigError, match=r"30 of 50 .* sort all pictures into sub-folders"):
        load("folder", data_path=str(root), conditioning="concat")


@pytest.mark.parametrize("names", [("train", "test"), ("Test", "Training", "val"), ("val", "test")])
def test_parts_of_a_data_set_are_no_classes(load, pictures, names):
    for name in names:
        for animal in ("cats", "dogs"):
            pictures(f"own/{name}/{animal}", 10)
    source = load("folder", data_path=str(pictures("own", 0)))
    assert source.spec.classes == ("cats", "dogs") and source.spec.count == 20
    used = {"train", "Training"} & set(names) or {"test"}
    assert f"only {used.pop()} is used" in source.spec.note
    assert f"{20 * (len(names) - 1)} pictures in" in source.spec.note


def test_one_class_may_be_called_like_a_part(load, pictures):
    for name in ("train", "tram"):
        pictures(f"own/{name}", 10)
    source = load("folder", data_path=str(pictures("own", 0)))
    assert source.spec.classes == ("train", "tram") and source.spec.note == ""


def test_empty_class_folders_are_mentioned(load, pictures, tmp_path):
    for name in ("cats", "dogs"):
        pictures(f"own/{name}", 10)
    (tmp_path / "own" / "owls").mkdir()
    source = load("folder", data_path=str(tmp_path / "own"))
    assert source.spec.classes == ("cats", "dogs")
    assert source.spec.note == "1 sub-folder holds no pictures and makes no class: owls."


def test_a_class_without_a_readable_picture_is_none(load, pictures, tmp_path):
    for name in ("cats", "dogs", "owls"):
        pictures(f"own/{name}", 10)
    for path in (tmp_path / "own" / "dogs").iterdir():
        path.write_bytes(b"garbage")
    source = load("folder", data_path=str(tmp_path / "own"))
    assert source.spec.classes == ("cats", "owls")
    assert source.labels.bincount().tolist() == [10, 10]
    assert "10 of 30 files could not be read" in source.spec.note


def test_one_sub_folder_is_no_class(load, pictures):
    assert load("folder", data_path=str(pictures("own/all").parent)).spec.classes == ()


def test_a_limit_takes_from_every_class_and_knows_them_all(load, pictures):
    for name in "abcd":
        pictures(f"own/{name}", 30)
    source = load("folder", data_path=str(pictures("own", 0)), data_limit=20)
    assert source.spec.count == 20 and source.spec.classes == tuple("abcd")
    assert (source.labels.bincount(minlength=4) > 0).all()
    assert torch.equal(
        source.samples, load("folder", data_path=str(pictures("own", 0))).samples[:20]
    )


def test_a_limit_below_the_least_is_no_reason_to_refuse(load, pictures):
    assert load("folder", data_path=str(pictures()), data_limit=3).spec.count == 3


@pytest.mark.parametrize("count, fine", [(15, False), (16, True)])
def test_fewer_than_sixteen_are_refused(load, pictures, count, fine):
    path = pictures(count=count)
    if fine:
        assert load("folder", data_path=str(path)).spec.count == 16
    else:
        error = refusal(load, path)
        assert error.sentence.startswith("Only 15 of 15 pictures") and error.field == "data_path"


def test_the_central_square_is_kept(tmp_path):
    pixels = np.zeros((30, 90, 3), np.uint8)
    pixels[:, 30:60] = 200  # the middle third
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    Image.fromarray(pixels.transpose(1, 0, 2)).save(tmp_path / "tall.png")
    for name in ("wide.png", "tall.png"):
        assert (read_picture(tmp_path / name, 16, grey=False) == 200).all()


def test_shrinking_averages_and_a_large_jpeg_stays_true(tmp_path):
    stripes = np.zeros((640, 640), np.uint8)
    stripes[::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    assert abs(read_picture(tmp_path / "stripes.png", 16, grey=True).astype(int) - 127).max() <= 6
    ramp = np.broadcast_to(np.linspace(0, 255, 3000).astype(np.uint8), (3000, 3000))
    Image.fromarray(ramp).save(tmp_path / "ramp.jpg", quality=95)
    row = read_picture(tmp_path / "ramp.jpg", 16, grey=True)[8, :, 0].astype(int)
    assert abs(row - (np.arange(16) + 0.5) * 255 / 16).max() < 5


# -- colour ----------------------------------------------------------------------------------------


def test_colour_is_kept_unless_all_are_grey(load, pictures):
    grey = pictures("grey", colour=(90, 90, 90), suffix=".jpg")
    assert load("folder", data_path=str(grey)).spec.shape[0] == 1
    assert load("folder", data_path=str(grey), colour="rgb").spec.shape[0] == 3
    pictures("grey/one in colour", 1)
    assert load("folder", data_path=str(grey)).spec.shape[0] == 3
    assert load("folder", data_path=str(grey), colour="grey").spec.shape[0] == 1


MODES = {
    "1.png": lambda: Image.new("1", (20, 20), 1),
    "grey.png": lambda: Image.new("L", (20, 20), 255),
    "palette.png": lambda: Image.new("RGB", (20, 20), "white").quantize(4),
    "rgb.png": lambda: Image.new("RGB", (20, 20), "white"),
    "rgba.png": lambda: Image.new("RGBA", (20, 20), (0, 0, 0, 0)),
    "grey and alpha.png": lambda: Image.new("LA", (20, 20), (0, 0)),
    "clear palette.gif": lambda: Image.new("RGBA", (20, 20), (0, 0, 0, 0)),
    "sixteen.png": lambda: Image.fromarray(np.full((20, 20), 65535, np.uint16)),
    "sixteen.tif": lambda: Image.fromarray(np.full((20, 20), 65535, np.uint16)),
    "cmyk.jpg": lambda: Image.new("CMYK", (20, 20), (0, 0, 0, 0)),
    "ycc.jpg": lambda: Image.new("RGB", (20, 20), "white"),
    "lossy.webp": lambda: Image.new("RGBA", (20, 20), (9, 9, 9, 0)),
    "bitmap.bmp": lambda: Image.new("RGB", (20, 20), "white"),
    "text.ppm": lambda: Image.new("RGB", (20, 20), "white"),
    "targa.tga": lambda: Image.new("RGB", (20, 20), "white"),
}


@pytest.mark.parametrize("name", MODES)
def test_every_mode_of_white_or_clear_becomes_white(tmp_path, name):
    MODES[name]().save(tmp_path / name)
    for grey, channels in ((False, 3), (True, 1)):
        pixels = read_picture(tmp_path / name, 16, grey)
        assert (
            pixels.shape == (16, 16, channels) and pixels.dtype == np.uint8 and pixels.min() >= 253
        )


def test_half_clear_ink_is_laid_on_white(tmp_path):
    Image.new("RGBA", (20, 20), (0, 0, 0, 128)).save(tmp_path / "half.png")
    assert abs(read_picture(tmp_path / "half.png", 16, grey=True).astype(int) - 127).max() <= 1


def test_sixteen_bit_and_float_pictures_keep_their_scale(tmp_path):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    assert (
        read_picture(tmp_path / "deep.png", 16, grey=True)[..., 0] == (ramp / 257).round()
    ).all()
    Image.fromarray(np.linspace(-3, 5, 256).astype(np.float32).reshape(16, 16)).save(
        tmp_path / "float.tif"
    )
    pixels = read_picture(tmp_path / "float.tif", 16, grey=True)
    assert pixels.min() == 0 and pixels.max() == 255
    Image.fromarray(np.full((16, 16), np.nan, np.float32)).save(tmp_path / "nan.tif")
    assert (read_picture(tmp_path / "nan.tif", 16, grey=True) == 0).all()


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    assert (read_picture(tmp_path / "moving.gif", 16, grey=False) == (255, 0, 0)).all()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_cameras_held_sideways(tmp_path, suffix):
    picture = Image.new("RGB", (40, 40), "black")
    picture.paste("white", (0, 0, 40, 20))  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    picture.save(tmp_path / f"turned{suffix}", exif=exif)
    pixels = read_picture(tmp_path / f"turned{suffix}", 16, grey=True)[..., 0]
    assert pixels[:, 10:].min() > 240 and pixels[:, :6].max() < 15


# -- the unreadable and the hostile ----------------------------------------------------------------


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


def test_only_unreadable_ones_are_refused_by_name(load, tmp_path):
    for i in range(30):
        (tmp_path / f"{i:02d}.png").write_bytes(b"garbage")
    sentence = refusal(load, tmp_path).sentence
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
        lambda image, size, grey, bits: (
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


def test_a_folder_of_nothing_but_others_says_so(load, tmp_path):
    for i in range(20):
        (tmp_path / f"{i}.heic").write_bytes(b"x")
    sentence = refusal(load, tmp_path).sentence
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


def test_so_many_files_at_most(load, pictures, monkeypatch):
    monkeypatch.setattr(folder_module, "MAX_FILES", 20)
    told = load("folder", data_path=str(pictures(count=25))).spec
    assert told.count == 20 and "first 20 pictures" in told.note
    monkeypatch.setattr(folder_module, "MAX_ENTRIES", 24)
    assert "more than 24 files" in refusal(load, pictures(count=25)).sentence


def test_more_than_half_of_the_memory_is_refused_before_reading(load, pictures, monkeypatch):
    monkeypatch.setattr(folder_module, "free_memory", lambda: 100_000)
    path = pictures(count=30)
    error = refusal(load, path)
    assert error.field == "data_limit" and "half of the free memory" in error.sentence
    assert load("folder", data_path=str(path), data_limit=20).spec.count == 20
    assert load("folder", data_path=str(path), image_size=16).spec.count == 30


def test_free_memory_is_known_without_psutil(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert folder_module.free_memory() > 10**6


@pytest.mark.parametrize("path", ["/no/such/folder", "bad\0name", "~nobody-here/pictures"])
def test_a_folder_that_is_not_there(load, path):
    error = refusal(load, path)
    assert (
        error.sentence.startswith("There is no folder")
        and error.sentence.isprintable()
        and error.field == "data_path"
    )


def test_a_file_is_no_folder_and_an_empty_folder_holds_nothing(load, tmp_path):
    (tmp_path / "file.png").write_bytes(b"x")
    assert "is not a folder" in refusal(load, tmp_path / "file.png").sentence
    (tmp_path / "empty").mkdir()
    assert "holds no pictures" in refusal(load, tmp_path / "empty").sentence


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
    ['"{}"', "'{}'", "  {} \n", ' "{}" ', "file://{}"],
    ids=['"', "'", "space", "both", "url"],
)
def test_a_path_as_it_is_pasted(load, pictures, paste):
    assert load("folder", data_path=paste.format(pictures())).spec.count == 16
