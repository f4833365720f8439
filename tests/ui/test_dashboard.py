"""What the page is made of."""

from ganviz.ui import dashboard


def test_gradio_computes_nothing():
    """All that the page does goes to the addresses under /gv: Gradio has no function to call, and
    its queue, which would take the interpreter from the training, need not run."""
    assert dashboard.build().fns == {}


def test_the_page_begins_with_what_is_most_wanted():
    assert next(view.id for view in dashboard.views()) == "train"
