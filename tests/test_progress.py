"""How a run looks in a terminal."""

import io

import pytest
from rich.console import Console

from ganviz.data.source import DataSpec
from ganviz.engine.events import EventLog
from ganviz.progress import Bar, Lines, duration, facts, make_display


class FakeRun:
    def __init__(self):
        self.events = EventLog()
        self.spec = DataSpec("digits", "images", (1, 8, 8), 100)
        self.series = [
            {"name": "loss_d", "label": "D loss", "group": "loss"},
            {"name": "d_real", "label": "D(x)", "group": "score"},
        ]
        self.events.append("scalars", 5, loss_d=0.5, d_real=0.7)
        self.events.append("note", 5, sentence="[bold]The disk is full.", level="warning")
        self.now = {
            "state": "running",
            "sentence": "Training.",
            "step": 1500,
            "steps": 2000,
            "images_per_second": 1234.5,
            "left": 65.0,
        }

    def status(self):
        return self.now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0.4 s"), (0, "0 s"), (59.4, "59 s"), (65, "1 min 05 s"), (7620, "2 h 07 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_the_figures_of_a_line():
    run = FakeRun()
    assert facts(run, run.status()) == [
        "step 1,500/2,000",
        "1,234 images/s",
        "D loss 0.500",
        "1 min 05 s left",
    ]
    run.spec = DataSpec("ring8", "points", (2,), 100)
    assert facts(run, run.status())[1] == "1,234 points/s"
    run.now |= {"steps": 0, "left": None, "images_per_second": 0.0}
    assert facts(run, run.status()) == ["step 1,500", "D loss 0.500"]


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_notes_are_told_once_and_user_text_is_no_markup(kind):
    run, out = FakeRun(), io.StringIO()
    with kind(Console(file=out, width=120, force_terminal=kind is Bar)) as display:
        for state in ("preparing", "running", "running", "finished"):
            run.now["state"] = state
            display.update(run)
    text = out.getvalue()
    assert text.count("[bold]The disk is full.") == 1 and "step 1,500/2,000" in text


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_a_run_that_goes_on_says_only_what_is_new(kind):
    run, out = FakeRun(), io.StringIO()
    run.events.inherited = run.events.seq
    run.events.append("note", 5, sentence="Two threads now.", level="warning")
    with kind(Console(file=out, width=120, force_terminal=kind is Bar)) as display:
        display.update(run)
        display.update(run)
    text = out.getvalue()
    assert "The disk is full" not in text and text.count("Two threads now.") == 1


def test_no_progress_is_silent(capfd):
    with make_display(False) as display:
        display.update(FakeRun())
        display.say("nothing")
    assert capfd.readouterr() == ("", "")
