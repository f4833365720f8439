"""Pictures are decoded once: what is kept is used while it is true, and made anew where it is
not."""

import errno
import os
import shutil
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from ganviz.data import folder as folder_module
from ganviz.data import load_data, picture_cache, picture_decoding
from ganviz.data.picture_cache import HEADER, SUFFIX, kept_pictures, remove_pictures
from ganviz.errors import DataError


@pytest.fixture
def noisy(tmp_path):
    """A function that writes different pictures into a folder and returns it."""

    def write(count=24, folder="own", start=0):
        path = tmp_path / folder
        path.mkdir(parents=True, exist_ok=True)
        for i in range(start, start + count):
            pixels = np.random.default_rng(i).integers(0, 256, (9, 12, 3), np.uint8)
            Image.fromarray(pixels).save(path / f"{i:03d}.bmp")
        return path

    return write


@pytest.fixture
def decoded(monkeypatch):
    """How many files have been decoded."""
    seen = []
    read = picture_decoding.load_picture
    monkeypatch.setattr(
        picture_decoding, "load_picture", lambda path, *args: seen.append(path) or read(path, *args)
    )
    return seen


@pytest.fixture
def kept(tmp_path):
    """A function that gives the only file of decoded pictures."""
    return lambda: next((tmp_path / "root" / "decoded").glob(f"*{SUFFIX}"))


@pytest.fixture
def plainly(load, monkeypatch, tmp_path):
    """A function that loads the pictures as where nothing can be kept."""

    def run(path, **changes):
        with monkeypatch.context() as patch:
            patch.setattr(picture_cache, "room", lambda folder: 0)
            return load("folder", tmp_path / "another root", data_path=str(path), **changes)

    return run


def same(one, other):
    """Whether both hold the same pictures, labels and split."""
    return (
        torch.equal(one.samples, other.samples)
        and (one.labels is None) == (other.labels is None)
        and (one.labels is None or torch.equal(one.labels, other.labels))
        and one.spec.split == other.spec.split
        and (one.held_out is None) == (other.held_out is None)
        and (one.held_out is None or same(one.held_out, other.held_out))
    )


# -- once ------------------------------------------------------------------------------------------
def test_the_second_start_decodes_nothing_and_sees_the_same(load, noisy, plainly, decoded):
    noisy(20, "own/cats")
    noisy(20, "own/dogs", start=20)
    root = noisy(1)
    (root / "cats" / "broken.png").write_bytes(b"no picture")
    settings = {"data_path": str(root), "holdout": 0.2, "image_size": 16}
    first = load("folder", **settings)
    count = len(decoded)
    again = load("folder", **settings)
    assert count == 41 and len(decoded) == count
    plain = plainly(root, holdout=0.2, image_size=16)
    assert first.mapped and again.mapped and not plain.mapped
    assert same(first, again) and same(first, plain) and first.held_out.spec.count == 8
    assert "broken.png" in again.spec.note and again.spec.note == first.spec.note
    assert "decoded anew at each start" in plain.spec.note
    # nothing that is done to the tensor reaches the file
    again.samples.zero_()
    assert same(first, load("folder", **settings))


@pytest.mark.parametrize("colour", ["auto", "grey", "rgb"])
def test_each_choice_of_colours_is_what_it_was(load, pictures, plainly, colour, kept):
    path = pictures(count=20, colour=(90, 93, 91))
    load("folder", data_path=str(path), colour=colour)
    again = load("folder", data_path=str(path), colour=colour)
    assert same(again, plainly(path, colour=colour)) and again.mapped
    channels = 3 if colour == "rgb" else 1
    assert again.samples.shape[1] == channels
    assert kept().stat().st_size - HEADER - 20 * channels * 28 * 28 < 20 * 20


def test_a_limit_takes_the_first_of_all_and_all_are_decoded_after_a_limit(load, noisy, decoded):
    path = str(noisy(40))
    some = load("folder", data_path=path, data_limit=20)
    assert len(decoded) < 40
    every = load("folder", data_path=path)
    count = len(decoded)
    assert torch.equal(some.samples, every.samples[:20])
    assert torch.equal(load("folder", data_path=path, data_limit=17).samples, every.samples[:17])
    assert len(decoded) == count


def test_deep_pictures_are_decoded_by_the_values_of_those_taken(load, tmp_path, plainly):
    path = tmp_path / "deep"
    path.mkdir()
    for i in range(40):
        # some of 12 bits among those of 10
        pixels = np.full((8, 8), 4000 if i % 8 == 0 else 1000, np.uint16)
        Image.fromarray(pixels).save(path / f"{i:02d}.png")
    for changes in ({}, {"data_limit": 16}, {"data_limit": 20}, {}):
        found = load("folder", data_path=str(path), **changes)
        assert same(found, plainly(path, **changes)) and "16-bit" in found.spec.note


def test_others_may_read_what_one_user_has_decoded(load, noisy, kept):
    previous = os.umask(0o022)
    try:
        load("folder", data_path=str(noisy()))
    finally:
        os.umask(previous)
    assert kept().stat().st_mode & 0o777 == 0o644
    assert kept().parent.stat().st_mode & 0o777 == 0o755


# -- changed ---------------------------------------------------------------------------------------
def overwrite(path):
    """Another picture of the same size, which bears the time of the old one."""
    file, times = path / "003.bmp", (path / "003.bmp").stat()
    content = bytearray(file.read_bytes())
    content[-9:] = bytes(9)
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


CHANGES = {
    "overwritten": overwrite,
    "added": lambda path: shutil.copy2(path / "000.bmp", path / "100.bmp"),
    "removed": lambda path: (path / "005.bmp").unlink(),
    "renamed": lambda path: (path / "005.bmp").rename(path / "300.bmp"),
    "exchanged": lambda path: [
        (path / old).rename(path / new)
        for old, new in (("001.bmp", "t"), ("002.bmp", "001.bmp"), ("t", "002.bmp"))
    ],
    "sorted": lambda path: [
        (path / name).mkdir() or (path / file).rename(path / name / file)
        for name, file in (("a", "000.bmp"), ("b", "001.bmp"))
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_pictures_are_decoded_anew(load, noisy, plainly, change):
    path = noisy()
    before = load("folder", data_path=str(path))
    CHANGES[change](path)
    after = load("folder", data_path=str(path))
    assert same(after, plainly(path)) and after.mapped
    assert not same(before, after) or change == "sorted"


def test_a_run_that_reads_goes_on_with_its_pictures(load, noisy, kept):
    path = noisy()
    before = load("folder", data_path=str(path))
    pixels = before.samples.clone()
    overwrite(path)
    load("folder", data_path=str(path))
    assert torch.equal(before.samples, pixels)
    remove_pictures(kept())
    assert torch.equal(before.samples, pixels)


def flipped(at):
    def damage(file):
        content = bytearray(file.read_bytes())
        content[at] ^= 255
        file.write_bytes(content)

    return damage


DAMAGES = {
    "cut short": lambda file: os.truncate(file, file.stat().st_size - 100),
    "cut in its header": lambda file: os.truncate(file, 100),
    "empty": lambda file: os.truncate(file, 0),
    "longer": lambda file: file.open("ab").write(b"more"),
    "header": flipped(200),
    "digest": flipped(20),
    "table": flipped(-3),
    "a picture": flipped(HEADER + 10),
    "another program's": lambda file: file.write_bytes(os.urandom(30_000)),
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_anew(load, noisy, kept, damage, decoded):
    path = str(noisy())
    before = load("folder", data_path=path)
    pixels = before.samples.clone()
    replaced = kept().with_name("damaged")
    shutil.copy(kept(), replaced)
    DAMAGES[damage](replaced)
    os.replace(replaced, kept())
    count = len(decoded)
    after = load("folder", data_path=path)
    assert len(decoded) == 2 * count and torch.equal(after.samples, pixels)


@pytest.mark.parametrize("what", ["schema", "decoder"])
def test_another_versions_file_is_made_anew(load, noisy, decoded, monkeypatch, what):
    path = str(noisy())
    load("folder", data_path=path)
    count = len(decoded)
    if what == "schema":
        monkeypatch.setattr(picture_cache, "SCHEMA", 10_000)
    else:
        monkeypatch.setattr(Image, "__version__", "0.1")
    assert load("folder", data_path=path).spec.count == 24 and len(decoded) == 2 * count


# -- disks that refuse -----------------------------------------------------------------------------
def full(*args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fills_up_while_decoding_leaves_nothing(
    load, noisy, monkeypatch, tmp_path, plainly
):
    path = noisy()
    monkeypatch.setattr(picture_cache, "decode", full)
    found = load("folder", data_path=str(path))
    assert same(found, plainly(path)) and not found.mapped
    assert "the disk is full" in found.spec.note and "anew at each start" in found.spec.note
    assert [
        one.name for one in (tmp_path / "root" / "decoded").iterdir() if "lock" not in one.name
    ] == []


@pytest.mark.skipif(os.name == "nt", reason="folders have other rights there")
def test_a_data_root_that_may_not_be_written(load, noisy, tmp_path, monkeypatch):
    (tmp_path / "root").write_text("a file where the folder belongs")
    found = load("folder", data_path=str(noisy()))
    assert found.spec.count == 24 and "cannot be kept" in found.spec.note
    # what stands in its place is nobody's to delete
    assert (tmp_path / "root").read_text().startswith("a file")


def test_a_pipe_in_its_place_is_no_reason_to_wait(load, noisy, kept):
    path = str(noisy())
    load("folder", data_path=path)
    file = kept()
    file.unlink()
    os.mkfifo(file)
    assert load("folder", data_path=path).mapped and kept().is_file()


def test_more_than_disk_and_memory_hold_is_refused_with_the_numbers(
    load, pictures, monkeypatch, refusal
):
    monkeypatch.setattr(folder_module, "free_memory", lambda: 100_000)
    for module in (picture_cache, folder_module):
        monkeypatch.setattr(module, "room", lambda folder: 0)
    path = pictures(count=30)
    error = refusal(path)
    assert error.field == "data_limit" and "half of the free memory" in error.sentence
    assert "the disk is full" in error.sentence
    assert "30 pictures at 28 px" in error.sentence and "at most 21" in error.sentence
    assert load("folder", data_path=str(path), data_limit=20).spec.count == 20
    assert load("folder", data_path=str(path), image_size=16).spec.count == 30


def test_what_memory_does_not_hold_is_mapped(load, pictures, monkeypatch):
    monkeypatch.setattr(folder_module, "free_memory", lambda: 100_000)
    assert load("folder", data_path=str(pictures(count=30))).spec.count == 30


# -- several at once -------------------------------------------------------------------------------
def test_of_two_that_start_at_once_one_decodes(config, noisy, tmp_path, decoded):
    settings = config("folder", data_path=str(noisy(60)))
    results, waited = [], []

    def run():
        results.append(
            load_data(
                settings, "cpu", tmp_path / "root", lambda fraction, text: waited.append(text)
            )
        )

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3 and all(same(results[0], one) for one in results)
    assert len(decoded) == 60


def test_without_locks_each_makes_its_own(config, noisy, tmp_path, monkeypatch):
    monkeypatch.setattr(picture_cache, "lock", lambda handle: None)
    settings, results = config("folder", data_path=str(noisy(60))), []
    threads = [
        threading.Thread(
            target=lambda: results.append(load_data(settings, "cpu", tmp_path / "root"))
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 3 and all(same(results[0], one) for one in results)


def test_who_waits_can_be_stopped(config, noisy, tmp_path, kept):
    settings = config("folder", data_path=str(noisy()))
    load_data(settings, "cpu", tmp_path / "root")
    file = kept()
    file.unlink()
    handle = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR)
    assert picture_cache.lock(handle)

    def stop(fraction, text):
        if "another process" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        picture_cache.PictureCache(file, noisy(), 28, "auto").load(
            sorted(noisy().iterdir()), 24, stop
        )
    os.close(handle)


def test_one_that_was_stopped_leaves_nothing_and_what_a_killed_one_left_is_removed(
    load, config, noisy, tmp_path, kept
):
    path, folder = str(noisy()), tmp_path / "root" / "decoded"

    def stop(fraction, text):
        if fraction:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder_module.load(config("folder", data_path=path), tmp_path / "root", stop)
    assert not list(folder.glob("*.tmp")) and not list(folder.glob(".*.tmp"))
    load("folder", data_path=path)
    left = folder / f".{kept().name}.1-abcdefgh.tmp"
    left.write_bytes(b"half")
    kept().unlink()
    load("folder", data_path=path)
    assert not left.exists()


def test_what_is_kept_can_be_listed_and_removed(load, noisy, tmp_path, kept, decoded):
    path = noisy()
    load("folder", data_path=str(path))
    load("folder", data_path=str(path), image_size=16)
    (tmp_path / "root" / "decoded" / f"odd{SUFFIX}").write_bytes(b"?")
    large, small, odd = kept_pictures(tmp_path / "root")
    assert (large.header.size, small.header.size, odd.header) == (28, 16, None)
    assert large.header.count == 24 and large.header.folder == str(path)
    assert remove_pictures(large.path) == large.bytes
    assert [one.path for one in kept_pictures(tmp_path / "root")] == [small.path, odd.path]
    assert kept_pictures(tmp_path / "nowhere") == []


def test_no_file_is_cut_off_and_a_whole_disk_is_refused(load, pictures, monkeypatch, refusal):
    from ganviz.data import picture_search

    monkeypatch.setattr(picture_search, "MAX_ENTRIES", 24)
    error = refusal(pictures(count=25))
    assert isinstance(error, DataError) and "more than 24 files" in error.sentence
