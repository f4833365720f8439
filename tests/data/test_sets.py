"""Every data set: what it promises before loading is what comes."""

import gzip
from types import SimpleNamespace

import pytest
import torch

from ganviz.data import digits, glyphs, to_float
from ganviz.errors import ConfigError, DataError
from ganviz.registry import DATASETS

OFFLINE = [name for name, entry in DATASETS if entry.offline and name != "folder"]


@pytest.mark.parametrize("name", OFFLINE)
def test_spec_matches_the_samples(load, name):
    entry = DATASETS.get(name)
    source = load(name, data_limit=300)
    spec = source.spec
    assert spec.name == name and spec.kind == entry.kind and spec.classes == entry.classes
    assert source.samples.shape == (300, *spec.shape) and spec.count == 300
    if entry.kind == "points":
        assert (
            source.samples.dtype == torch.float32 and spec.shape == (2,) and source.labels is None
        )
        assert torch.isfinite(source.samples).all()
    else:
        assert source.samples.dtype == torch.uint8
        assert spec.shape == (3 if entry.in_colour else 1, 28, 28)
        if spec.classes:
            assert source.labels.dtype == torch.int64 and source.labels.shape == (300,)
            assert set(source.labels.tolist()) == set(range(spec.n_classes))
        x = to_float(source.samples)
        assert x.min() == -1 and x.max() == 1


@pytest.mark.parametrize("name", [name for name, _ in DATASETS])
def test_every_entry_says_what_it_is(name):
    entry = DATASETS.get(name)
    assert entry.label and entry.why.endswith(".") and entry.kind in ("images", "points")


@pytest.mark.parametrize("size", [8, 16, 28, 32, 64])
@pytest.mark.parametrize("colour, channels", [("auto", 1), ("grey", 1), ("rgb", 3)])
def test_digits_in_every_size_and_colour(load, size, colour, channels):
    source = load("digits", image_size=size, colour=colour)
    assert source.spec.shape == tuple(source.samples.shape[1:]) == (channels, size, size)
    assert source.spec.count == len(source.labels) == 1797
    assert source.samples.is_contiguous()


def test_enlarged_digits_are_still_the_same_pictures(load):
    small, large = load("digits", image_size=8).samples, load("digits", image_size=32).samples
    shrunk = torch.nn.functional.avg_pool2d(large.float(), 4)
    assert (shrunk - small).abs().mean() < 12
    assert small.unique().numel() == 17  # the scan's own grey levels


def test_the_limit_keeps_the_first_samples(load):
    assert torch.equal(load("digits", data_limit=50).samples, load("digits").samples[:50])


def test_conditioning_needs_classes_that_only_loading_can_see(load, pictures):
    with pytest.raises(ConfigError) as error:
        load("folder", data_path=str(pictures()), conditioning="concat")
    assert error.value.field == "conditioning"


def test_progress_may_cancel(load):
    class Stop(Exception):
        pass

    def stop(fraction, text):
        raise Stop

    with pytest.raises(Stop):
        load("glyphs", progress=stop)


def test_progress_is_told_seldom(load, monkeypatch):
    monkeypatch.setattr(glyphs, "COUNT", 20_000)
    told = []
    load("glyphs", progress=lambda fraction, text: told.append((fraction, text)))
    assert 1 <= len(told) < 15 and all(
        0 <= fraction <= 1 and "Drawing" in text for fraction, text in told
    )


def test_the_scanned_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    images, labels = digits._read()
    assert torch.equal(images.flatten(1), torch.from_numpy(pixels * 255 / 16).round().byte())
    assert labels.tolist() == classes.tolist()


def test_a_missing_or_broken_package_is_named(load, monkeypatch, tmp_path):
    package = SimpleNamespace(submodule_search_locations=[tmp_path])
    monkeypatch.setattr(digits, "_read", digits._read.__wrapped__)
    monkeypatch.setattr(digits, "find_spec", {}.get)
    with pytest.raises(DataError, match="run 'pip install scikit-learn'"):
        load("digits")
    monkeypatch.setattr(digits, "find_spec", {"sklearn": package}.get)
    file = tmp_path / "datasets" / "data" / "digits.csv.gz"
    file.parent.mkdir(parents=True)
    whole = gzip.compress(b"1,2,3\n")
    for broken in (None, b"no gzip", whole, whole[:-4], whole[:12] + b"xx" + whole[14:]):
        if broken is not None:
            file.write_bytes(broken)
        with pytest.raises(DataError, match="install scikit-learn again"):
            load("digits")
