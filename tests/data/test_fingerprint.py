"""The fingerprint tells what has changed: the pictures, their labels or only their order."""

import dataclasses
import zlib

import pytest
import torch

from ganviz.data import fingerprint as module
from ganviz.data.fingerprint import Fingerprint, fingerprint
from ganviz.data.source import DataSource, DataSpec

ALL = torch.arange(40)


@pytest.fixture
def source():
    samples = torch.randint(256, (40, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    spec = DataSpec("x", "images", (1, 8, 8), 40, ("a", "b"))
    return DataSource(spec, samples.to(torch.uint8), torch.arange(40) % 2)


def differing(one, other):
    return {
        field.name
        for field in dataclasses.fields(Fingerprint)
        if getattr(one, field.name) != getattr(other, field.name)
    }


def changed(source, order=ALL, **fields):
    other = dataclasses.replace(source, **fields)
    return differing(fingerprint(source, ALL), fingerprint(other, order))


def test_each_change_has_its_digest(source):
    order = torch.cat([torch.arange(20, 40), torch.arange(20)])
    labels, samples = source.labels.clone(), source.samples.clone()
    labels[:2] = labels[:2].flip(0)
    samples[39, 0, 7, 7] += 1
    assert changed(source) == set()
    assert changed(source, order) == {"ordered"}
    assert changed(source, labels=labels) == {"labelled"}
    assert changed(source, samples=samples) == {"samples", "labelled", "ordered"}


def test_how_samples_lie_in_memory_does_not_count(source):
    samples = source.samples.transpose(2, 3).contiguous().transpose(2, 3)
    assert not samples.is_contiguous()
    assert changed(source, samples=samples) == set()


def test_two_pictures_that_change_places_have_other_labels(source):
    samples = source.samples.clone()
    samples[:2] = samples[:2].flip(0)
    assert changed(source, samples=samples) == {"labelled", "ordered"}


def test_large_sets_are_examined_in_part_and_known_checksums_in_full(source, monkeypatch):
    sums = [zlib.crc32(bytes(one.flatten().tolist())) for one in source.samples]
    known = dataclasses.replace(source, checksums=module.np.array(sums, "<u4"))
    whole = fingerprint(source, ALL)
    monkeypatch.setattr(module, "EXAMINED_BYTES", 64 * 10)
    assert fingerprint(source, ALL).examined == 10
    assert fingerprint(known, ALL) == whole


def test_computed_samples_are_the_same_on_every_machine(source):
    points = torch.randn(40, 2)
    rounded = torch.nextafter(points, torch.zeros(()))
    assert changed(dataclasses.replace(source, samples=points), samples=rounded) == set()
    drawn = dataclasses.replace(source, computed=True)
    assert changed(drawn, samples=source.samples ^ 1) == set()
    # drawn digits are others than real ones
    assert changed(drawn, computed=False) == {"samples", "labelled", "ordered"}


def test_what_is_no_fingerprint_is_none(source):
    table = dataclasses.asdict(fingerprint(source, ALL))
    assert Fingerprint.parse(table) == fingerprint(source, ALL)
    for wrong in (None, [], {}, {**table, "samples": 1}, {**table, "examined": "40"}):
        assert Fingerprint.parse(wrong) is None
    assert Fingerprint.parse({**table, "ordered": "x" * 65}) is None
