"""What the page is made of."""

import json
from types import SimpleNamespace

import pytest

from ganviz import registry

ONE_MORE = SimpleNamespace(label="One more", why="A sentence.", reads=("d_steps",))


@pytest.fixture(scope="module")
def dashboard():
    """The module, which takes seconds to import Gradio: where it is tested, not where tests are
    collected."""
    from ganviz.ui import dashboard

    return dashboard


def test_gradio_computes_nothing(dashboard):
    """All that the page does goes to the addresses under /gv: Gradio has no function to call, and
    its queue, which would take the interpreter from the training, need not run."""
    assert dashboard.build().fns == {}


def test_what_is_registered_later_stands_in_the_next_page(dashboard, monkeypatch):
    """The page's facts are made once, and anew when there is more to choose from."""
    page = dashboard.build()
    assert dashboard.head(page) == dashboard.head(page) and "One more" not in dashboard.head(page)
    monkeypatch.setitem(registry.PENALTIES._items, "one-more", ONE_MORE)
    head = dashboard.head(page)
    facts, _ = json.JSONDecoder().raw_decode(head.partition("window.gvFacts = ")[2])
    assert ["One more", "one-more"] in facts["fields"]["penalty"]["choices"]
    read = [each for each in facts["fields"]["d_steps"]["when"] if "one-more" in str(each)]
    assert read == [{"penalty": ["one-more"]}]


def test_the_page_begins_with_what_is_most_wanted(dashboard):
    assert next(view.id for view in dashboard.views()) == "train"
