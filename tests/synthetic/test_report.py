"""The report as a whole: what it says, what it cannot say, and the page that it is."""

import json
import os
import signal
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import torch

from ganviz.api import train
from ganviz.cli import main
from ganviz.data.held_out import MIXED_SPLIT
from ganviz.errors import ConfigError
from ganviz.probes import classifier, features
from ganviz.synthetic import dataset, intervals, utility
from ganviz.synthetic.card import card
from ganviz.synthetic.evidence import Pictures
from ganviz.synthetic.figure import FIGURES, QUESTIONS
from ganviz.synthetic.promise import ASSUMED
from ganviz.synthetic.report import RunUnderTest, make_report, principal_axes
from ganviz.synthetic.report_page import HIDDEN, PRIVATE, report_page
from ganviz.synthetic.verdict import GUARANTEE, LEAKS, UNKNOWN
from tests.synthetic.conftest import TINY, silent

N = 200


@pytest.fixture(scope="module")
def quick():
    """Classifiers that have learned a little are enough to see that they are asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utility, "STEPS", 15)
        patch.setattr(features, "STEPS", 60)
        patch.setattr(intervals, "ROUNDS", 20)
        yield


@pytest.fixture(scope="module")
def stages():
    """What `made` was told of while it was made: sentences, one a call."""
    return []


@pytest.fixture(scope="module")
def made(run, data_root, quick, stages):
    return make_report(run, lambda fraction, sentence: stages.append(sentence), data_root, n=N)


def row(made, name):
    return next(one for one in made.rows if one.figure.name == name)


def test_every_figure_has_its_number_interval_and_control(made):
    assert [one.figure.name for one in made.rows] == list(FIGURES)
    assert {one.figure.question for one in made.rows} == set(range(1, len(QUESTIONS) + 1))
    for one in made.rows:
        assert one.synthetic and not one.why_not, one.figure.name
        assert one.synthetic.low <= one.synthetic.value <= one.synthetic.high and one.synthetic.n
        assert one.control or one.figure.name == "utility_added"
    assert len(made.pairs) == 10
    distances = [pair.distance for pair in made.pairs]
    assert distances == sorted(distances) and made.pairs[0].held is not None
    assert GUARANTEE in made.verdict.sentences or made.verdict.kind == LEAKS


def test_training_pictures_in_place_of_virtual_ones_fail(run, data_root, quick):
    """Whatever D says: a generator that hands out its training data is found."""
    source = run.source
    copies = Pictures(source.samples[:300], source.labels[:300])
    found = make_report(run, silent, data_root, synthetic=copies)
    assert found.verdict.kind == LEAKS
    assert row(found, "authenticity").synthetic.value == 0
    assert row(found, "copies").synthetic.low > 0.9
    assert row(found, "attack_nearest").synthetic.low > 0.5


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.headings = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        if self.tags[-1:] in (["h1"], ["h2"]):
            self.headings.append(data)


def test_the_page_opens_offline_and_runs_nothing(made):
    shown, hidden = Page(report_page(made)), Page(report_page(made, pairs=False))
    assert "script" not in shown.tags and "link" not in shown.tags
    assert len(shown.links) == 30
    assert shown.headings[1:-3] == [
        "Verdict",
        *(f"{number}. {question}" for number, question in enumerate(QUESTIONS, 1)),
    ]
    assert all(link.startswith("data:image/png;base64,") for link in shown.links)
    assert hidden.links == []
    text = report_page(made, pairs=False)
    assert HIDDEN in text and PRIVATE not in text and PRIVATE in report_page(made)
    assert made.to_json(pairs=False)["pairs"] == []
    hostile = replace(made, about={**made.about, "run": "<script>alert(1)</script>"})
    assert "script" not in Page(report_page(hostile)).tags


def test_a_run_that_held_nothing_out_says_what_cannot_be_said(tmp_path, data_root, quick):
    folder = tmp_path / "old"
    train(
        {**TINY, "holdout": 0.0, "data_limit": 300}, out=folder, device="cpu", data_root=data_root
    )
    run = RunUnderTest.load(folder, data_root, "cpu", silent)
    assert run.changes == () and run.spec.fingerprint == run.source.spec.fingerprint
    run = replace(run, changes=("The pictures have changed since this run was saved.",))
    found = make_report(run, silent, data_root, n=60)
    assert found.not_tested[0].endswith("The pictures have changed since this run was saved.")
    assert found.verdict.kind == UNKNOWN
    assert found.verdict.sentences[0].startswith(
        "Whether it leaks cannot be said. This run held no"
    )
    assert "held no pictures out" in row(found, "attack_d").why_not
    assert "none held out" in report_page(found)
    assert "principal components" in found.about["features"]
    # its pictures can be measured against training ones all the same
    assert row(found, "precision").synthetic and row(found, "precision").control is None


def test_held_out_pictures_that_may_have_been_seen_count_as_none(run):
    changed = replace(run, spec=replace(run.spec, split="of other pictures"))
    assert "not those that this run was trained on" in changed.why_none_held
    mixed = replace(run, spec=replace(run.spec, split=MIXED_SPLIT))
    assert "changed while this run was being trained" in mixed.why_none_held
    assert run.why_none_held == ""


def test_a_private_run_says_what_is_promised_and_what_that_assumes(tmp_path, data_root, quick):
    pytest.importorskip("opacus", reason="private training is optional: ganviz[private]")
    folder = tmp_path / "private"
    train({**TINY, "private": True}, out=folder, device="cpu", data_root=data_root)
    run = RunUnderTest.load(folder, data_root, "cpu", silent)
    found = make_report(run, silent, data_root, n=60)
    spent = found.to_json()["privacy"]
    charted = [event["epsilon"] for event in events_of(folder, "privacy")]
    # 40 updates of 32 in 1,617 on average, noise 1
    assert spent["updates"] == 40 and spent["rate"] == 32 / 1617
    assert charted == sorted(charted) and charted[-1] == pytest.approx(spent["epsilon"], abs=1e-4)
    given = f"epsilon = {spent['epsilon']:.2f}"
    assert GUARANTEE not in found.verdict.sentences
    assert any(given in sentence and "1e-05" in sentence for sentence in found.verdict.sentences)
    page, text = report_page(found), card(run, 60, "", "", None)
    assert f"What {given} assumes" in page and ASSUMED[0] in page
    assert "## Differential privacy" in text and given in text and ASSUMED[1] in text


def events_of(folder, kind):
    lines = (folder / "log.jsonl").read_text().splitlines()
    return [event["data"] for event in map(json.loads, lines) if event["kind"] == kind]


def test_no_classes_and_no_discriminator(tmp_path, data_root, quick):
    folder = tmp_path / "vae"
    settings = {**TINY, "algorithm": "vae", "conditioning": "none"}
    train(settings, out=folder, device="cpu", data_root=data_root)
    found = make_report(RunUnderTest.load(folder, data_root, "cpu", silent), silent, data_root, 200)
    assert "no discriminator that could be asked" in row(found, "attack_d").why_not
    assert "knows no classes" in row(found, "utility").why_not
    assert row(found, "attack_nearest").synthetic and row(found, "balance").synthetic


@pytest.mark.parametrize("shape", [(12, 40), (40, 12)])
def test_principal_axes_are_those_of_a_singular_value_decomposition(shape):
    rows = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    rows[-3:] = rows[:3]  # fewer axes than asked for
    rows = rows - rows.mean(0)
    axes = principal_axes(rows, 12)
    _, values, expected = torch.linalg.svd(rows, full_matrices=False)
    rank = int((values > 1e-4).sum())
    assert torch.allclose((axes @ expected[:rank].T).abs()[:rank], torch.eye(rank), atol=1e-4)
    assert rank == min(shape[0] - 4, 12) and not axes[rank:].any()


def test_too_few_and_a_stop(run, data_root):
    with pytest.raises(ConfigError, match="20 pictures at least"):
        make_report(run, silent, data_root, n=5)

    def stop(fraction, sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_report(run, stop, data_root, n=50)


def test_each_stage_can_be_stopped_between_its_pieces(made, stages):
    """Somebody who stops a report waits for one piece of it, not for a stage."""
    calls = {sentence: stages.count(sentence) for sentence in stages}
    assert calls["Drawing pictures."] >= 2
    assert calls["Teaching a feature net."] >= 60  # at each step, at least
    assert calls["Measuring fidelity and diversity."] > 100
    assert calls["Looking for copies, attacking."] > 100


def test_classifiers_that_nobody_waits_for_stop_learning(run, data_root, quick, monkeypatch):
    whole = []
    fit = classifier.fit
    monkeypatch.setattr(classifier, "fit", lambda *given: whole.append(fit(*given)) or whole[-1])
    monkeypatch.setattr(utility, "STEPS", 3000)
    calls = []

    def stop(fraction, sentence):
        calls.append(sentence)
        if calls.count("Training classifiers on both.") == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_report(run, stop, data_root, n=N)
    assert whole and not any(whole)


def test_from_the_command_line(made, run_folder, data_root, tmp_path, capsys, monkeypatch, quick):
    root = ["--data-root", str(data_root)]
    out = tmp_path / "report.html"
    assert main(["report", str(run_folder), "--out", str(out), "--n", str(N), *root]) == 0
    assert "The report is in" in capsys.readouterr().out
    kept = json.loads(out.with_suffix(".json").read_text())
    assert kept["n"] == {"synthetic": N, "training": 1617, "held_out": 180}
    # the same seed makes the same report
    for one, figure in zip(made.rows, kept["figures"], strict=True):
        assert figure["synthetic"]["value"] == pytest.approx(one.synthetic.value, abs=1e-9)
    folder = str(tmp_path / "set")
    arguments = ["dataset", str(run_folder), "--n", "60", "--out", folder, *root]
    assert main(arguments) == 0 and "60 pictures of step 40 are in" in capsys.readouterr().out
    assert HIDDEN in (tmp_path / "set" / "report.html").read_text()
    card = (tmp_path / "set" / "dataset_card.md").read_text()
    assert "## What was tested" in card and "Attacks with shadow models" in card
    assert main(arguments) == 2 and "something in it" in capsys.readouterr().err

    def interrupt(*arguments, **settings):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(dataset, "make_report", interrupt)
    assert main([*arguments[:-3], f"{folder}.zip", *root]) == 128 + signal.SIGTERM
    assert f"kept in {folder}.zip.unfinished" in capsys.readouterr().err
    monkeypatch.setattr(dataset, "Spool", interrupt)
    assert main([*arguments[:-3], str(tmp_path / "other"), *root]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "Interrupted; what was not finished is not kept.\n"
    assert not list(tmp_path.glob("other*"))
