"""Run folders: a store with events, and one tiny trained run for the tests that only read."""

import io
import time

import pytest
from PIL import Image

from ganviz.config import RunConfig
from ganviz.engine.events import EventLog
from ganviz.engine.frames import Frame
from tests.tiny import DIGITS, OFTEN

TINY = {**DIGITS, **OFTEN, "steps": 40}


@pytest.fixture(scope="session")
def tiny():
    """A function that makes a tiny config with changes."""
    return lambda **changes: RunConfig.parse({**TINY, **changes})


@pytest.fixture
def make_frame():
    """A function that makes the frame of a step."""

    def make(step, size=(71, 71)):
        packed = io.BytesIO()
        Image.new("L", size, step % 256).save(packed, "PNG")
        return Frame(step, packed.getvalue(), "image/png", *size, 8, 8, ("0", "1"))

    return make


@pytest.fixture
def wait_until():
    """A function that waits for what another thread or process does."""

    def wait(condition, seconds=20.0):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.02)

    return wait


@pytest.fixture
def log():
    return EventLog()


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory, tiny):
    """The folder of a finished conditional run of 40 steps. Do not change it."""
    from ganviz.api import follow, make_run

    folder = tmp_path_factory.mktemp("runs") / "trained"
    result = follow(
        make_run(tiny(conditioning="concat", checkpoint_seconds=1), folder, "cpu", "data")
    )
    assert result.state == "finished", result.sentence
    return folder
