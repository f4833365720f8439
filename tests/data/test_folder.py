"""A folder of one's own pictures: classes, sizes, colours, and every kind of picture."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.data.picture_files import read_picture
from ganviz.errors import ConfigError

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


def test_a_limit_takes_of_each_class_as_the_folder_has_it(load, pictures):
    sizes = {"ant": 60, "bee": 30, "cat": 9, "dog": 1}
    for name, count in sizes.items():
        pictures(f"own/{name}", count)
    path = str(pictures("own", 0))
    every = load("folder", data_path=path)
    assert every.spec.note == ""
    for limit, counts in ((10, [5, 3, 1, 1]), (20, [11, 6, 2, 1]), (50, [30, 15, 4, 1])):
        source = load("folder", data_path=path, data_limit=limit)
        assert source.spec.count == limit and source.spec.classes == tuple(sizes)
        found = source.labels.bincount(minlength=4)
        assert (found - torch.tensor(counts)).abs().max() <= 1 and found.min() == 1, found
        told = [
            f"{name} {n} of {sizes[name]}" for name, n in zip(sizes, found.tolist(), strict=True)
        ]
        assert source.spec.note == (
            f"{limit} of 100 pictures are learned from, class by class as the folder has them: "
            f"{', '.join(told)}."
        )
        # the first ones of all, so that what is decoded once serves every limit
        assert torch.equal(source.samples, every.samples[:limit])
        assert torch.equal(source.labels, every.labels[:limit])


def test_what_a_limit_holds_out_is_of_each_class_too(load, pictures):
    for name, count in (("ant", 900), ("bee", 300)):
        pictures(f"own/{name}", count, size=(8, 8))
    path = str(pictures("own", 0))
    source = load("folder", data_path=path, data_limit=400, holdout=0.1)
    assert source.labels.bincount().tolist() == [300, 100]
    assert source.held_out.labels.bincount().tolist() == [375, 125]
    assert "400 of 1,200 pictures" in source.spec.note and "ant 300 of 900" in source.spec.note


def test_a_limit_without_classes_is_told_too(load, pictures):
    source = load("folder", data_path=str(pictures(count=40)), data_limit=20)
    assert source.spec.note == "20 of 40 pictures are learned from, drawn at random."


def test_fewer_than_the_classes_cannot_be_learned_by_class(load, pictures):
    for number in range(20):
        pictures(f"own/{number}", 2)
    path = str(pictures("own", 0))
    assert load("folder", data_path=path, data_limit=18).spec.count == 18
    with pytest.raises(ConfigError) as refusal:
        load("folder", data_path=path, data_limit=18, conditioning="projection")
    assert refusal.value.field == "data_limit" and "18 does not reach the 20" in str(refusal.value)


def test_a_limit_below_the_least_is_no_reason_to_refuse(load, pictures):
    assert load("folder", data_path=str(pictures()), data_limit=3).spec.count == 3


@pytest.mark.parametrize("count, fine", [(15, False), (16, True)])
def test_fewer_than_sixteen_are_refused(load, pictures, count, fine, refusal):
    path = pictures(count=count)
    if fine:
        assert load("folder", data_path=str(path)).spec.count == 16
    else:
        error = refusal(path)
        assert (
            "holds only 15 pictures; at least 16" in error.sentence and error.field == "data_path"
        )


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
