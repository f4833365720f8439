"""Gradio is imported without its stubs, and needs to be."""

import importlib.util
import sys

import pytest

from ganviz.ui import gradio_stubs

COMPONENT = """from gradio.components.base import Component


class Lamp(Component):
    EVENTS = ["change"]

    def preprocess(self, payload):
        return payload
"""


@pytest.fixture
def lamp(tmp_path):
    """Defines a component in a file of its own, and gives its class and the file of its stubs."""
    path = tmp_path / "lamp_component.py"
    path.write_text(COMPONENT)
    spec = importlib.util.spec_from_file_location("lamp_component", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["lamp_component"] = module
    spec.loader.exec_module(module)
    yield module.Lamp, path.with_suffix(".pyi")
    del sys.modules["lamp_component"]


def as_imported(*finders):
    """`gradio.component_meta` as ``finders`` find it, beside the one in use."""
    found = gradio_stubs.PathFinder.find_spec("gradio", None).submodule_search_locations
    spec = next(spec for one in finders if (spec := one.find_spec(gradio_stubs.MODULE, found)))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_imports_gradio_without_stubs(lamp):
    _, stubs = lamp
    assert not stubs.exists()


def test_gradio_writes_stubs_unless_it_is_kept_from_it(lamp):
    """Where this fails, `ganviz/ui/gradio_stubs.py` is no longer needed."""
    component, stubs = lamp
    writes = getattr(as_imported(gradio_stubs.PathFinder), gradio_stubs.WRITES_STUBS)
    getattr(as_imported(gradio_stubs._Finder()), gradio_stubs.WRITES_STUBS)(component, "Lamp", [])
    assert not stubs.exists()
    writes(component, "Lamp", ["change"])
    assert "def change" in stubs.read_text()


def test_it_is_asked_for_once_and_finds_nothing_else():
    gradio_stubs.leave_stubs_alone()
    gradio_stubs.leave_stubs_alone()
    finders = [one for one in sys.meta_path if isinstance(one, gradio_stubs._Finder)]
    assert len(finders) == 1 and finders[0].find_spec("gradio.events", ["."]) is None
