"""A probe of somebody else's: one module, and where it draws specially one script."""

import sys
import textwrap

import pytest

from ganviz.engine import event_kinds
from ganviz.engine.run import Run
from ganviz.probes import default_observers
from ganviz.registry import PROBES
from ganviz.server import describe

MODULE = """
from ganviz.engine.event_kinds import Card, Figure, event_kind
from ganviz.probes.probe import Probe
from ganviz.registry import PROBES

CLIMB = event_kind(
    "climb",
    browser="newest",
    figures=(Figure("height", "Height", "How many steps were taken.", line=10.0),),
    cards=(Card("The climb", "Each step is one higher.", script="climb.js"),),
)


@PROBES.register("climb")
class Climb(Probe):
    name = "heights"
    interval = 0.0

    def measure(self):
        self.run.log("climb", height=self.trainer.step_count)
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    (tmp_path / "climbing.py").write_text(textwrap.dedent(MODULE), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("climbing")
    yield
    sys.modules.pop("climbing")
    PROBES._items.pop("climb")
    event_kinds.forget("climb")


def test_a_probe_of_a_module_of_ones_own_measures_and_is_declared_to_the_page(plugin, config):
    run = Run(config(), observers=default_observers()).start()
    assert run.join(60) and run.state == "finished", run.error
    heights = [event.data["height"] for event in run.events.since(0, ("climb",))]
    assert heights and heights == sorted(heights)
    assert describe.measured(run.events.since(0))["climb"]["height"] == heights
    declared = next(kind for kind in describe.declarations() if kind["name"] == "climb")
    assert declared["cards"][0]["script"] == "climb.js"
    assert declared["figures"][0]["line"] == 10.0


def test_the_coach_measures_after_all_others(plugin):
    assert type(default_observers()[-1]).__name__ == "Coach"
