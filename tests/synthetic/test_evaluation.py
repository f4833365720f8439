"""FID, KID, precision and recall of a run on any features: closed forms, the library's own figures
where it is installed, what is kept, and what is refused."""

import hashlib
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from ganviz.errors import ConfigError, GanvizError
from ganviz.probes.streamed_features import (
    StreamedFeatures,
    frechet_of,
    kernel_distance_of_subsets,
    precision_and_recall,
)
from ganviz.runs.evaluations import EVALUATION, EVALUATIONS, read_evaluations
from ganviz.runs.folder_run import FolderRun
from ganviz.synthetic import evaluation, inception
from ganviz.synthetic.evaluation import EvaluationRequest, evaluate
from ganviz.synthetic.inception import InceptionFeatures, find_weights
from tests.synthetic.conftest import silent

CPU = torch.device("cpu")
DIM = 12


class SmallFeatures:
    """A random network in place of Inception."""

    name, weights = "a small random network", "0" * 64

    def __init__(self):
        random = torch.Generator().manual_seed(0)
        self._weight = torch.randn(3 * 64, DIM, generator=random) / 8
        self.most = 0

    def __call__(self, pictures):
        assert pictures.dtype == torch.uint8
        self.most = max(self.most, len(pictures))
        colour = pictures.expand(-1, 3, -1, -1).flatten(1).float() / 255
        return (colour @ self._weight).relu()


def streamed(features, keep=10_000, part=7):
    found = StreamedFeatures(keep)
    for some in features.split(part):
        found.add(some)
    return found


def some_features(count, seed, shift=0.0):
    random = torch.Generator().manual_seed(seed)
    return (torch.randn(count, DIM, generator=random) * 0.7 + shift).abs() + 100


def test_streamed_statistics_are_those_of_all_features_at_once():
    features = some_features(50, 1)
    found = streamed(features, keep=20)
    assert found.count == 50 and torch.equal(found.kept, features[:20])
    exact = features.double().numpy()
    np.testing.assert_allclose(found.mean, exact.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(exact, rowvar=False), rtol=1e-9)


def test_figures_have_their_closed_forms():
    one = some_features(60, 1)
    # equal covariances: what is left is the squared distance of the means
    assert frechet_of(streamed(one), streamed(one + 2.0)) == pytest.approx(4 * DIM, rel=1e-6)
    assert frechet_of(streamed(one), streamed(one)) == pytest.approx(0, abs=1e-6)
    assert precision_and_recall(one, one, chunk=16) == (1.0, 1.0)
    assert precision_and_recall(one, one + 50.0) == (0.0, 0.0)
    # half of the fakes are real ones, and half are nowhere near
    mixed = torch.cat([one[:30], one[:30] + 50.0])
    assert precision_and_recall(one, mixed)[0] == 0.5
    assert kernel_distance_of_subsets(one[:30] - 100, one[30:] - 100)[0] == pytest.approx(
        0, abs=0.2
    )


def test_figures_are_the_librarys_own():
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    kid = pytest.importorskip("torch_fidelity.metric_kid")
    prc = pytest.importorskip("torch_fidelity.metric_prc")
    real, fake = some_features(300, 1), some_features(260, 2, 0.2)
    theirs = fid.fid_statistics_to_metric(
        *(fid.fid_features_to_statistics(x.double()) for x in (fake, real)), verbose=False
    )["frechet_inception_distance"]
    assert frechet_of(streamed(real), streamed(fake)) == pytest.approx(theirs, rel=1e-6)
    few = real[:260] - 100, fake - 100
    theirs = kid.kid_features_to_metric(
        few[1], few[0], kid_subsets=1, kid_subset_size=260, verbose=False
    )["kernel_inception_distance_mean"]
    assert kernel_distance_of_subsets(*few)[0] == pytest.approx(theirs, rel=1e-3)
    assert precision_and_recall(*few, chunk=64) == pytest.approx(
        prc.calculate_precision_recall_part(few[1], few[0], 3, 64), abs=1e-6
    )


@pytest.fixture
def folder(run_folder, tmp_path):
    return shutil.copytree(run_folder, tmp_path / "run")


def test_an_evaluation_is_measured_kept_and_shown(folder, data_root):
    features, said = SmallFeatures(), []
    request = EvaluationRequest(n=300, reference="held-out")
    found = evaluate(
        folder, request, features, data_root, CPU, lambda done, text: said.append((done, text))
    )
    data = found.data
    assert data["n"] == 300 and features.most <= evaluation.PART and not found.note
    assert data["n_kept"] == min(300, data["n_real"]) and data["fid_inception"] > 0
    assert [done for done, _ in said] == sorted(done for done, _ in said) and len(said) > 3
    again = evaluate(folder, request, features, data_root, CPU, silent).data
    assert again["fid_inception"] == data["fid_inception"]
    assert [one["n"] for one in read_evaluations(folder)] == [300, 300]
    run = FolderRun(folder)
    event = run.events.since(0, ("evaluation",))[-1]
    assert event.step == data["at"] and event.data["fid_inception"] == again["fid_inception"]
    figures = [figure.name for figure in EVALUATION.figures]
    assert figures and all(event.data[name] is not None for name in figures)
    run.close()


def test_what_cannot_be_measured_is_refused_and_nothing_is_written(folder, data_root, monkeypatch):
    def refused(match, **request):
        with pytest.raises(ConfigError, match=match):
            request = EvaluationRequest(**{"n": 20, **request})
            evaluate(folder, request, SmallFeatures(), data_root, CPU, silent)

    refused("at least 10", n=3)
    refused("train or held-out", reference="all")
    why = property(lambda run: "Nobody knows which.")
    monkeypatch.setattr(evaluation.RunUnderTest, "why_none_held", why)
    refused("Nobody knows which. Measure it against --reference train", reference="held-out")
    assert not (folder / EVALUATIONS).exists()
    (folder / EVALUATIONS).write_text('{"evaluations": [3, {"n": 1}]}')
    assert read_evaluations(folder) == [{"n": 1}]
    (folder / EVALUATIONS).write_text("[")
    assert read_evaluations(folder) == []


# -- weights ---------------------------------------------------------------------------------------
def test_weights_are_checked_and_the_way_without_internet_is_told(tmp_path, monkeypatch):
    wrong = tmp_path / "other.pth"
    wrong.write_bytes(b"no weights")
    with pytest.raises(GanvizError, match="not the file of weights that published"):
        find_weights(wrong, tmp_path, silent)
    with pytest.raises(GanvizError, match="cannot be read"):
        find_weights(tmp_path / "none", tmp_path, silent)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(inception, "download", lambda *_: ["github.com: no answer"])
    with pytest.raises(GanvizError, match="--weights FILE or put it into"):
        find_weights(None, tmp_path, silent)
    known = tmp_path / "features" / inception.FILE
    known.parent.mkdir()
    known.write_bytes(b"the weights")
    monkeypatch.setattr(inception, "SHA256", hashlib.sha256(b"the weights").hexdigest())
    assert find_weights(None, tmp_path, silent) == known


def test_a_file_that_would_execute_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(inception, "missing", lambda: "")
    marker = tmp_path / "executed"
    file = tmp_path / "weights.pth"
    torch.save(_Executes(str(marker)), file)
    with pytest.raises(GanvizError, match="does not hold the weights"):
        InceptionFeatures(file, CPU, inception.digest(file))
    assert not marker.exists()


class _Executes(nn.Module):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_without_the_package_the_command_says_so(monkeypatch, capsys):
    from ganviz.cli import main

    monkeypatch.setattr(inception, "find_spec", lambda name: None)
    assert main(["evaluate", "runs/none"]) == 1
    assert "pip install ganviz[evaluate]" in capsys.readouterr().err


def test_weights_of_another_network_are_refused(tmp_path):
    pytest.importorskip("torch_fidelity")
    file = tmp_path / "weights.pth"
    torch.save({"fc.weight": torch.zeros(2, 2)}, file)
    with pytest.raises(GanvizError, match="does not hold the weights"):
        InceptionFeatures(file, CPU, inception.digest(file))
