"""Kinds of events: declared once, where they are made; refused where nobody declared them; each
made by something and shown somewhere."""

import ast
from functools import cache
from pathlib import Path

import pytest

from ganviz import assets_folder, probes
from ganviz.engine import event_kinds
from ganviz.engine.event_kinds import EventKind, Figure, event_kind
from ganviz.engine.events import EventLog
from ganviz.errors import GanvizError
from ganviz.registry import PROBES
from ganviz.server import describe
from tests.syntax import PACKAGE, nodes_of

KINDS = event_kinds.event_kinds()
WRITERS = ("log", "log_at", "append", "_log")


@pytest.fixture
def temporary():
    """A declaration that goes away with the test."""
    names = []

    def declare(name, **traits):
        names.append(name)
        return event_kind(name, **{"browser": "newest", **traits})

    yield declare
    for name in names:
        event_kinds.forget(name)


@cache
def logged_kinds():
    """Every literal that the package passes to a method that logs an event."""
    found = set()
    for nodes in nodes_of(PACKAGE).values():
        for node in nodes:
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITERS
            ):
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return found


def test_a_kind_that_nobody_declared_is_refused_and_leaves_nothing():
    log = EventLog()
    with pytest.raises(GanvizError, match="Nobody declared the event kind 'lipschitz'"):
        log.append("lipschitz", 3, ratio=1.0)
    assert log.seq == 0 and log.since(0) == []


def test_a_name_is_given_once(temporary):
    temporary("lipschitz")
    with pytest.raises(ValueError, match="two declarations"):
        event_kind("lipschitz", browser="every")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_declared_kind_is_made_by_something(kind):
    assert kind.name in logged_kinds()


@cache
def texts(folder, pattern):
    return [path.read_text(encoding="utf-8") for path in folder.rglob(pattern)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_declared_kind_is_shown_or_read_somewhere(kind):
    drawn = kind.figures or kind.cards or kind.browser in ("rows", "frame")
    readers = (PACKAGE / "runs", "*.py") if kind.browser == "none" else (assets_folder(), "*.js")
    assert drawn or any(f'"{kind.name}"' in reader for reader in texts(*readers))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_figures_are_written_for_people(kind):
    for figure in kind.figures:
        assert figure.label and figure.why.endswith((".", "?"))
    for card in kind.cards:
        assert card.title and card.text.endswith(".")
        assert not card.script or (assets_folder() / "inside" / card.script).is_file()
        assert card.script or kind.figures, "there is nothing to draw"


def test_every_module_of_probes_that_logs_is_registered():
    registered = {kind.__module__ for _, kind in PROBES}
    folder = Path(probes.__file__).parent
    for path in folder.glob("*.py"):
        if "event_kind(" in path.read_text(encoding="utf-8") and path.stem != "__init__":
            assert f"ganviz.probes.{path.stem}" in registered


def test_a_new_declaration_reaches_the_page_by_itself(temporary):
    temporary(
        "lipschitz", figures=(Figure("slope", "Slope of D", "How steep D is.", compared=True),)
    )
    log = EventLog()
    for step in (1, 2, 3):
        log.append("lipschitz", step, slope=step / 2)
    events = log.since(0)
    assert describe.measured(events)["lipschitz"] == {"step": [1, 2, 3], "slope": [0.5, 1.0, 1.5]}
    assert describe.newest(events, describe.kinds_sent_newest())["lipschitz"]["step"] == 3
    assert "lipschitz" in describe.kinds_compared()
    declared = {kind["name"]: kind for kind in describe.declarations()}
    assert declared["lipschitz"]["figures"][0]["label"] == "Slope of D"


def test_what_comes_newest_only_is_recalled_for_a_page_that_comes_late(temporary):
    assert temporary("lipschitz").recalled
    assert not EventKind("x", "every").recalled
