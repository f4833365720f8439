"""Trackers: they get every row and some pictures, and whatever they do, the training goes on."""

import sys
import threading
import types

import numpy as np
import pytest

from ganviz import pacing
from ganviz.api import follow, make_resumed, make_run
from ganviz.config import RunConfig
from ganviz.engine.event_kinds import event_kinds
from ganviz.errors import ConfigError
from ganviz.runs import trackers
from ganviz.runs.trackers import Reporter, Tracker, check_names, measured_figures


class Told(Tracker):
    """Remembers what it was told; ``fails``: the method that raises."""

    def __init__(self, fails=""):
        self.fails = fails
        self.calls = []

    def _take(self, name, *what):
        self.calls.append((name, *what))
        if name == self.fails:
            raise RuntimeError("no  network\nhere")

    def settings(self, config):
        self._take("settings", config)

    def scalars(self, step, values):
        self._take("scalars", step, values)

    def text(self, step, name, sentence):
        self._take("text", step, name, sentence)

    def picture(self, step, pixels):
        self._take("picture", step, pixels)

    def close(self):
        self._take("close")


@pytest.fixture
def told(monkeypatch):
    """A function that registers a `Told` under a name."""

    def add(name, fails=""):
        tracker = Told(fails)
        monkeypatch.setitem(trackers.TRACKERS, name, ("json", lambda folder, run_id: tracker))
        return tracker

    return add


def train(tiny, folder, names, **changes):
    run = make_run(tiny(**changes), folder, "cpu", "data")
    run.observers.append(Reporter(names))
    return run, follow(run)


def notes(run):
    return [
        event.data["sentence"]
        for event in run.events.since(0, ("note",))
        if event.data["level"] == "warning"
    ]


def test_every_row_is_told_once_in_order(tiny, tmp_path, told, monkeypatch):
    monkeypatch.setattr(pacing, "TRACKER_INTERVAL", 0.03)
    tracker = told("told")
    run, result = train(tiny, tmp_path / "run", ["told"])
    rows = run.events.rows()
    assert result.state == "finished" and not notes(run)
    scalars = [call for call in tracker.calls if call[0] == "scalars" and "loss_d" in call[2]]
    assert [step for _, step, _ in scalars] == rows["step"].tolist()
    for index, (_, _, values) in enumerate(scalars):
        assert values["loss_d"] == rows["loss_d"][index] and "time" not in values
        assert all(np.isfinite(value) for value in values.values())
    assert tracker.calls[0] == ("settings", run.config) and tracker.calls[-1] == ("close",)
    (picture,) = [call for call in tracker.calls if call[0] == "picture"][-1:]
    assert picture[1] == 40 and picture[2].dtype == np.uint8 and picture[2].shape == (71, 71, 3)


def test_trackers_hear_what_the_page_shows(tiny, tmp_path, told, monkeypatch):
    monkeypatch.setattr(pacing, "TRACKER_INTERVAL", 0.03)
    tracker = told("told")
    run, _ = train(tiny, tmp_path / "run", ["told"])
    heard = {name for call in tracker.calls if call[0] == "scalars" for name in call[2]}
    assert {"outputs/accuracy", "outputs/diversity", "sharpness/ratio"} <= heard
    assert any(name.startswith("gradient/generator/1 linear") for name in heard)
    texts = [call[2:] for call in tracker.calls if call[0] == "text"]
    coach = [event.data["sentence"] for event in run.events.since(0, ("coach",))]
    assert [sentence for name, sentence in texts if name == "coach"] == coach and coach


def test_points_are_pictured_and_what_was_said_before_the_first_step_is_told(
    tiny, tmp_path, told, monkeypatch
):
    """A plane between two that are kept is data, not a picture."""
    monkeypatch.setattr(pacing, "TRACKER_INTERVAL", 0.02)
    monkeypatch.setattr(pacing, "TRACKER_PICTURE_INTERVAL", 0.02)
    monkeypatch.setattr(pacing, "FRAME_KEEP_INTERVAL", 1000.0)
    tracker = told("told")
    config = RunConfig.from_preset("ring8", steps=60, sample_seconds=0.05, data_limit=300)
    run = make_run(config, tmp_path / "run", "cpu", "data")
    run.log("note", sentence="Begins with the networks of another.", level="info")
    run.observers.append(Reporter(["told"]))
    follow(run)
    steps = [call[1] for call in tracker.calls if call[0] == "picture"]
    assert steps[0] == 0 and steps[-1] == 60, "the first plane is kept, the ones after it are not"
    texts = [call[3] for call in tracker.calls if call[0] == "text"]
    assert "Begins with the networks of another." in texts
    tracker.calls.clear()
    resumed = make_resumed(tmp_path / "run", 5, "cpu", "data")
    resumed.observers.append(Reporter(["told"]))
    follow(resumed)
    heard = [call for call in tracker.calls if call[0] == "scalars"]
    assert heard and all(call[1] >= 60 for call in heard), "the rest was told the first time"


def test_what_took_its_time_is_told_with_the_newest_step(monkeypatch):
    """Hosted trackers drop what comes with a step that is past."""
    steps = []
    api = types.ModuleType("trackio")
    api.log = lambda values, step: steps.append(step)
    api.Image = lambda pixels: pixels
    monkeypatch.setitem(sys.modules, "trackio", api)
    hosted = trackers.Hosted("trackio", "folder", "run")
    hosted.scalars(40, {"loss_d": 1.0})
    hosted.picture(31, np.zeros((2, 2, 3), np.uint8))
    hosted.text(12, "coach", "It is too early to tell.")
    assert steps == [40, 40, 40]


def test_every_figure_that_is_declared_is_heard():
    for kind in event_kinds():
        data = {figure.name: 0.5 for figure in kind.figures}
        if kind.tracked is None:
            assert len(measured_figures(kind, data)) == len(kind.figures)
    fidelity = next(kind for kind in event_kinds() if kind.name == "fidelity")
    assert measured_figures(fidelity, {"fid": 12.0, "kid": float("nan"), "recall": None}) == {
        "fidelity/fid": 12.0
    }


@pytest.mark.parametrize("fails", ["settings", "scalars", "picture", "close"])
def test_a_tracker_that_fails_is_dropped_and_the_others_go_on(tiny, tmp_path, told, fails):
    broken, sound = told("broken", fails), told("sound")
    run, result = train(tiny, tmp_path / "run", ["broken,sound"])
    assert result.state == "finished" and result.step == 40
    assert notes(run) == [
        "Nothing more is told to broken (RuntimeError: no network here); the training goes on."
    ]
    assert broken.calls[-1][0] == fails and sound.calls[-1] == ("close",)


def test_a_tracker_that_hangs_does_not_hold_the_run_up(tiny, tmp_path, told, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(pacing, "TRACKER_SHUTDOWN_GRACE", 0.1)
    tracker = told("slow")
    tracker.settings = lambda config: release.wait(20)
    try:
        _, result = train(tiny, tmp_path / "run", ["slow"])
        assert result.state == "finished"
    finally:
        release.set()


def test_reporting_changes_no_weight(tiny, tmp_path, told):
    told("told")
    _, with_tracker = train(tiny, tmp_path / "a", ["told"])
    without = follow(make_run(tiny(), None, "cpu", "data"))
    ours, theirs = with_tracker.generator.state_dict(), without.generator.state_dict()
    assert all((ours[name] == theirs[name]).all() for name in ours)


def test_unknown_and_missing_trackers_are_told_before_the_run():
    with pytest.raises(
        ConfigError, match=r"no tracker called 'mlflow'\. Choose of: tensorboard, trackio, wandb"
    ):
        check_names(["mlflow"])
    assert check_names([]) == []


def test_a_missing_package_comes_with_its_pip_command(monkeypatch):
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="install it with: pip install trackio"):
        Reporter(["trackio"])


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_trackio_and_wandb_through_their_shared_interface(tiny, tmp_path, monkeypatch, name):
    calls = []
    api = types.ModuleType(name)
    api.init = lambda **how: calls.append(("init", how))
    api.log = lambda values, step: calls.append(("log", step, values))
    api.finish = lambda: calls.append(("finish",))
    api.Image = lambda pixels: ("image", pixels.shape)
    monkeypatch.setitem(sys.modules, name, api)
    monkeypatch.setattr(trackers, "find_spec", lambda name: True)
    _, result = train(tiny, tmp_path / "my-run", [name])
    assert result.state == "finished" and calls[-1] == ("finish",)
    assert calls[0][1]["name"] == "my-run" and calls[0][1]["config"]["latent_dim"] == 4
    assert calls[0][1]["resume"] == "allow", "a resumed run goes on in the same place"
    assert calls[0][1].get("id") == ("my-run" if name == "wandb" else None)
    steps = [call[1] for call in calls if call[0] == "log"]
    assert steps == sorted(steps)
    assert any(call[0] == "log" and "loss_g" in call[2] for call in calls)
    assert any(
        call[0] == "log" and call[2].get("samples") == ("image", (71, 71, 3)) for call in calls
    )


def test_tensorboard_can_read_its_event_files(tiny, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, _ = train(tiny, tmp_path / "run", ["tensorboard"])
    assert not notes(run)
    read = EventAccumulator(
        str(tmp_path / "run" / "tensorboard"), size_guidance={"images": 0, "scalars": 0}
    )
    read.Reload()
    rows = run.events.rows()
    assert [(one.step, one.value) for one in read.Scalars("loss_d")] == [
        (step, pytest.approx(value, rel=1e-6))
        for step, value in zip(rows["step"], rows["loss_d"], strict=True)
    ]
    assert read.Images("samples")[-1].step == 40
    assert {"settings/text_summary", "coach/text_summary"} <= set(read.Tags()["tensors"])
    assert "outputs/diversity" in read.Tags()["scalars"]
    assert read.SummaryMetadata("_hparams_/experiment").plugin_data.plugin_name == "hparams"
