"""What the page is made of."""

import pytest


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


def test_the_page_begins_with_what_is_most_wanted(dashboard):
    assert next(view.id for view in dashboard.views()) == "train"
