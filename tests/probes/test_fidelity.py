"""The feature net is trained once and kept; figures tell good, collapsed and copied pictures apart;
the thread ends."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from ganviz import device as devices
from ganviz import pacing
from ganviz.probes import features, fidelity
from ganviz.probes.features import (
    MeasurementCancelled,
    classifier_for,
    feature_model,
    local_inception,
)
from ganviz.probes.fidelity import Fidelity, ReferenceStatistics


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(features, "STEPS", 150)


def test_a_classifier_is_trained_once_kept_and_repaired(lab, cache, monkeypatch):
    source = lab().source
    before = torch.get_rng_state()
    model = classifier_for(source, cache)
    assert torch.equal(before, torch.get_rng_state()), (
        "the process-wide random numbers are the run's, not the probe's"
    )
    assert model.accuracy > 0.9
    assert features.CHUNK < 400
    x = source.samples[:400].float() / 127.5 - 1
    numbers, probabilities = model(x)
    assert numbers.shape == (400, model.dim) and probabilities.shape == (400, 10)
    assert (probabilities.argmax(1) == source.labels[:400]).float().mean() > 0.9

    (file,) = (cache / "features").iterdir()
    monkeypatch.setattr(features, "_train", lambda *_: pytest.fail("it was trained again"))
    again = classifier_for(source, cache)
    assert again.accuracy == model.accuracy and torch.equal(again(x)[0], numbers)
    good = file.read_bytes()
    file.write_bytes(good[:1000])
    monkeypatch.setattr(features, "_train", lambda *_: 0.5)
    assert classifier_for(source, cache).accuracy == 0.5, "a torn file is made anew"
    file.write_bytes(good)


def test_who_asks_while_it_is_trained_waits_for_it_or_gives_up(lab, tmp_path, monkeypatch):
    """A run's probe and Explore wanted the same one at once, and both trained it."""
    begun, go_on, trained, train = threading.Event(), threading.Event(), [], features._train

    def slow(*values):
        trained.append(1)
        begun.set()
        assert go_on.wait(60)
        return train(*values)

    def asked():
        go_on.set()
        return False

    monkeypatch.setattr(features, "_train", slow)
    monkeypatch.setattr(features, "STEPS", 2)
    source = lab().source
    with ThreadPoolExecutor(1) as another:
        first = another.submit(classifier_for, source, tmp_path)
        assert begun.wait(60)
        assert classifier_for(source, tmp_path, lambda: True) is None
        second = classifier_for(source, tmp_path, asked)
        assert second.accuracy == first.result(60).accuracy and trained == [1]


def test_no_classifier_without_labels_with_few_samples_or_when_cancelled(lab, tmp_path):
    source = lab().source
    assert classifier_for(replace(source, labels=None)) is None
    assert (
        classifier_for(replace(source, samples=source.samples[:50], labels=source.labels[:50]))
        is None
    )
    assert classifier_for(source, tmp_path, cancelled=lambda: True) is None
    assert feature_model(replace(source, labels=None)) is None or local_inception()


def test_a_cache_that_cannot_be_written_is_no_cache(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "STEPS", 2)
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert classifier_for(lab().source, blocked) is not None


def test_figures_tell_good_collapsed_and_copied_pictures_apart(lab, cache):
    source = lab().source
    half = replace(source, samples=source.samples[::2], labels=source.labels[::2])
    reference = ReferenceStatistics.of(half, cache, lambda: False)
    others = source.samples[1::2]
    good = reference.measure(others, None)
    collapsed = reference.measure(others[:1].expand(500, -1, -1, -1).clone(), None)
    copied = reference.measure(half.samples[:500], source.labels[::2][:500])
    assert good["fid"] < 3 * good["fid_real"] < collapsed["fid"]
    assert good["coverage"] > 0.8 and good["recall"] > 0.8 and collapsed["coverage"] < 0.1
    assert good["covered"] == 10 and collapsed["covered"] == 1 and good["entropy"] > 2.2
    assert good["copies"] < 0.05 and copied["copies"] == 1.0 and good["copies_real"] < 0.05
    assert copied["agreement"] > 0.9 and good["agreement"] is None
    assert (
        good["n"] == len(others)
        and "features" in good["features"]
        and good["n_train"] == len(half.samples)
    )


def test_large_pictures_are_measured_shrunk(lab, cache, monkeypatch):
    source = lab().source
    monkeypatch.setattr(features, "MOST_SIDE", 6)
    reference = ReferenceStatistics.of(source, cache, lambda: False)
    assert reference.model.name.endswith("6 px, 64 features") and reference.model.accuracy > 0.8
    assert reference.lookup.shape == (len(source.samples), 1, 6, 6)
    found = reference.measure(source.samples[:300], None)
    assert found["copies"] == 1.0 and found["fid"] < 10 * reference.fid_real
    few = source.samples[:5]
    whole = reference.model(few.float() / 127.5 - 1)[0]
    small = reference.model(features.shrunk(few).float() / 127.5 - 1)[0]
    # the second was rounded to levels
    assert (whole - small).abs().mean() < 0.05 * whole.abs().mean()
    monkeypatch.undo()
    assert classifier_for(source, cache).name.endswith("8 px, 64 features")


def test_without_labels_only_copies_are_looked_for(lab):
    source = replace(lab().source, labels=None)
    figures = ReferenceStatistics.of(source, None, lambda: False).measure(
        source.samples[:300], None
    )
    assert figures["fid"] is None and figures["histogram"] is None and figures["copies"] == 1.0


def test_the_probe_measures_on_a_thread_and_tells_in_the_training_thread(lab, cache):
    run = lab(conditioning="concat")
    probe = Fidelity(cache)
    run.watched_by(probe)
    run.trainer.step()
    probe.measure()
    probe.wait()
    (told,) = run.told("fidelity")
    assert (
        told["at"] == 1
        and told["n"] == fidelity.FAKES
        and told["agreement"] is not None
        and len(told["classes"]) == 10
    )
    assert not [thread for thread in threading.enumerate() if thread.name == "ganviz-fidelity"]


def test_who_stops_a_run_does_not_wait_for_figures(lab, cache, monkeypatch):
    """Neither while the reals are measured, nor the fakes: nothing goes on once it is cancelled."""
    source = lab().source
    reference = ReferenceStatistics.of(source, cache, lambda: False)
    pictures = [0]
    forward = type(reference.model).__call__

    def counted(model, x):
        pictures[0] += len(x)
        return forward(model, x)

    monkeypatch.setattr(type(reference.model), "__call__", counted)
    with pytest.raises(MeasurementCancelled):
        ReferenceStatistics.of(source, cache, lambda: pictures[0] > features.CHUNK)
    assert pictures[0] <= 2 * features.CHUNK
    with pytest.raises(MeasurementCancelled):
        replace(reference, cancelled=lambda: True).measure(source.samples, None)

    run = lab()
    probe = run.watched_by(Fidelity())
    probe.begin_work(lambda: next(features.unless_cancelled([0], lambda: True)))
    probe.wait()
    assert not run.told("note")


def test_a_failure_ends_the_probe_and_not_the_run(lab, monkeypatch):
    run = lab()
    probe = Fidelity()
    run.watched_by(probe)
    monkeypatch.setattr(ReferenceStatistics, "of", lambda *_: {}["nothing"])
    probe.measure()
    probe.wait()
    probe.tick()
    (note,) = run.told("note")
    assert "fidelity" in note["sentence"] and "KeyError" in note["sentence"]


def test_points_have_modes_and_no_fidelity(lab):
    run = lab(points=True)
    probe = run.watched_by(Fidelity())
    probe.tick()
    probe.finish()
    assert not run.events.since(0)


def test_inception_is_used_only_where_its_weights_lie_already(lab, tmp_path, monkeypatch):
    pytest.importorskip("torchvision")
    from torchvision.models import inception_v3

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert local_inception() is None
    (tmp_path / "checkpoints").mkdir()
    file = tmp_path / "checkpoints" / "inception_v3_google-0cc3c7bd.pth"
    file.write_bytes(b"")
    assert local_inception() == file
    with torch.device("meta"):
        shapes = inception_v3(weights=None, init_weights=False).state_dict()
    monkeypatch.setattr(
        torch,
        "load",
        lambda *_, **__: {
            name: torch.zeros(value.shape, dtype=value.dtype) for name, value in shapes.items()
        },
    )
    before = torch.get_rng_state()
    model = features.Inception(file, torch.device("cpu"))
    numbers, probabilities = model(torch.zeros(1, 1, 8, 8))
    assert numbers.shape == (1, 2048) and probabilities is None and numbers.isfinite().all()
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("device", "share"), [("cpu", pacing.FIDELITY_CORE_SHARE), ("cuda", pacing.FIDELITY_GPU_SHARE)]
)
def test_a_measurement_is_a_small_share_of_what_it_shares_with_the_training(
    monkeypatch, device, share
):
    readings = iter((10.0, 13.0))
    monkeypatch.setattr(devices, "work_clock", lambda of: lambda: next(readings))
    probe = Fidelity()
    probe.trainer = SimpleNamespace(device=torch.device(device))
    probe._began = time.perf_counter()
    with probe.paced():
        pass
    assert probe._due - time.perf_counter() == pytest.approx(3.0 / share, abs=1.0)
