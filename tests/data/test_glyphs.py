"""Drawn digits and letters: the same everywhere, every class alike, kept on disk."""

import hashlib
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ganviz.data import cache, glyphs, ignore_progress
from ganviz.data.entry import DIGITS


def digest(images):
    return hashlib.sha256(images.numpy().tobytes()).hexdigest()


def test_drawn_twice_the_same_and_a_prefix_is_a_prefix():
    few, few_labels = glyphs.draw(DIGITS, 64, 28, ignore_progress)
    many, many_labels = glyphs.draw(DIGITS, 2500, 28, ignore_progress)
    assert digest(few) == digest(many[:64]) and torch.equal(few_labels, many_labels[:64])
    assert digest(many) == digest(glyphs.draw(DIGITS, 2500, 28, ignore_progress)[0])


def test_the_run_seed_changes_nothing(load):
    torch.manual_seed(1)
    first = load("glyphs", data_limit=64, seed=1).samples
    torch.manual_seed(2)
    assert torch.equal(first, load("glyphs", data_limit=64, seed=2).samples)


@pytest.mark.parametrize("chars", [DIGITS, glyphs.LETTERS])
def test_each_class_once_in_every_group(chars):
    _, labels = glyphs.draw(chars, 40 * len(chars), 28, ignore_progress)
    assert (labels.view(40, -1).sort(1).values == torch.arange(len(chars))).all()
    assert len({tuple(group) for group in labels.view(40, -1).tolist()}) > 30  # in ever new order


def test_pictures_are_white_on_black_legible_and_all_different():
    images, _ = glyphs.draw(DIGITS, 1000, 28, ignore_progress)
    ink = images.float().mean((1, 2, 3)) / 255
    assert ink.min() > 0.02 and ink.max() < 0.5 and 0.1 < ink.mean() < 0.2  # MNIST's mean is 0.13
    assert (images.amax((1, 2, 3)) == 255).float().mean() > 0.97
    border = torch.cat(
        [images[:, 0, 0], images[:, 0, -1], images[:, 0, :, 0], images[:, 0, :, -1]], 1
    )
    assert (border.amax(1) > 128).float().mean() < 0.02  # hardly one is cut off
    assert images.flatten(1).unique(dim=0).shape[0] == 1000


def test_a_linear_classifier_tells_the_digits_apart():
    """Labels belong to pictures: ridge regression on one half recognises the other."""
    images, labels = glyphs.draw(DIGITS, 4000, 16, ignore_progress)
    x = torch.cat([images.flatten(1).double() / 255, torch.ones(4000, 1).double()], 1)
    targets = torch.nn.functional.one_hot(labels).double()
    train, test = slice(0, 3000), slice(3000, 4000)
    gram = x[train].T @ x[train] + 10 * torch.eye(x.shape[1])
    guess = x[test] @ torch.linalg.solve(gram, x[train].T @ targets[train])
    assert (guess.argmax(1) == labels[test]).double().mean() > 0.8


def test_distance_is_exact():
    ink = torch.zeros(1, 32, 32, dtype=torch.bool)
    ink[0, 10, 12] = ink[0, 20, 5] = True
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    true = torch.minimum(torch.hypot(y - 10, x - 12), torch.hypot(y - 20, x - 5)).clamp_max(
        glyphs.REACH
    )
    assert torch.allclose(glyphs._distance(ink)[0], true)


def small_set(load, monkeypatch, count=500):
    monkeypatch.setattr(glyphs, "COUNT", count)
    return load("glyphs").samples


def cache_file(tmp_path):
    return next((tmp_path / "root" / "glyphs").glob("*.npz"))


def test_cached_and_the_same(load, monkeypatch, tmp_path):
    first = small_set(load, monkeypatch)
    assert cache_file(tmp_path).name == f"glyphs-v{glyphs.VERSION}-500-28px.npz"
    monkeypatch.setattr(glyphs, "draw", lambda *_: pytest.fail("drawn again"))
    assert torch.equal(first, small_set(load, monkeypatch))
    assert torch.equal(first[:99], load("glyphs", data_limit=99).samples)
    assert not list(tmp_path.rglob("*.part"))


def test_a_limit_draws_only_so_many_and_keeps_no_part(load, monkeypatch, tmp_path):
    asked = []
    real = glyphs.draw
    monkeypatch.setattr(
        glyphs, "draw", lambda chars, count, *rest: asked.append(count) or real(chars, count, *rest)
    )
    assert load("glyphs", data_limit=70).spec.count == 70
    assert asked == [70] and not (tmp_path / "root").exists()


@pytest.mark.parametrize("damage", ["empty", "cut", "garbage", "flipped", "other"])
def test_a_damaged_cache_is_made_anew(load, monkeypatch, tmp_path, damage):
    first = small_set(load, monkeypatch)
    path = cache_file(tmp_path)
    data = path.read_bytes()
    middle = len(data) // 2
    if damage == "other":
        np.savez(
            path, images=np.zeros((500, 1, 28, 28), np.float32), labels=np.zeros(500, np.uint8)
        )
    else:
        path.write_bytes(
            {
                "empty": b"",
                "cut": data[:middle],
                "garbage": b"not a zip" * 99,
                "flipped": data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :],
            }[damage]
        )
    assert torch.equal(first, small_set(load, monkeypatch))
    assert torch.equal(first, cache._read(path, 500)[0])


def test_what_another_thread_draws_is_waited_for(tmp_path):
    """A person who clicks Train while the app gets ready waits for that, and does not draw all the
    same beside it."""
    begun, go_on, drawn = threading.Event(), threading.Event(), []

    def make(n):
        drawn.append(n)
        begun.set()
        assert go_on.wait(60)
        return glyphs.draw(DIGITS, n, 8, ignore_progress)

    def pictures(count=20, waiting=lambda: None):
        return cache.cached(tmp_path / "glyphs.npz", count, 20, make, waiting)

    with ThreadPoolExecutor(1) as another:
        first = another.submit(pictures)
        assert begun.wait(60)
        with pytest.raises(KeyboardInterrupt):  # a wait can be ended
            pictures(waiting=lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        second = pictures(waiting=go_on.set)
        assert drawn == [20] and torch.equal(second[0], first.result(60)[0])
    assert torch.equal(pictures(5)[0], second[0][:5]) and drawn == [20]


def test_who_waits_draws_where_the_other_gave_up(tmp_path):
    begun, go_on = threading.Event(), threading.Event()

    def stopped(n):
        begun.set()
        assert go_on.wait(60)
        raise InterruptedError

    path = tmp_path / "glyphs.npz"
    with ThreadPoolExecutor(1) as another:
        first = another.submit(cache.cached, path, 20, 20, stopped)
        assert begun.wait(60)
        images, _ = cache.cached(
            path, 20, 20, lambda n: glyphs.draw(DIGITS, n, 8, ignore_progress), go_on.set
        )
        assert len(images) == 20 and isinstance(first.exception(60), InterruptedError)


def test_a_cache_never_executes_anything(load, monkeypatch, tmp_path):
    first = small_set(load, monkeypatch)

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    np.savez(
        cache_file(tmp_path), images=np.array([Trap()], object), labels=np.zeros(500, np.uint8)
    )
    assert torch.equal(first, small_set(load, monkeypatch))
    assert not (tmp_path / "trapped").exists()


def test_a_data_root_that_cannot_be_written_just_means_no_cache(load, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")  # works for root too, whom permissions do not stop
    monkeypatch.setattr(glyphs, "COUNT", 300)
    assert load("glyphs", data_root=blocked).spec.count == 300
    assert load("glyphs", data_root=blocked / "below").spec.count == 300


def test_a_full_disk_leaves_no_half_file(load, monkeypatch, tmp_path):
    def full(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert small_set(load, monkeypatch).shape[0] == 500
    assert [path for path in (tmp_path / "root").rglob("*") if path.is_file()] == []


def test_without_matplotlib_the_sentence_says_so(load, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(glyphs, "distance_fields", glyphs.distance_fields.__wrapped__)
    with pytest.raises(Exception, match="pip install matplotlib"):
        load("glyphs", data_limit=10)
