"""Tiny runs: 8 px digits through small MLPs, so that a step takes a millisecond."""

import pytest

from ganviz.config import RunConfig
from tests.tiny import DIGITS, OFTEN

TINY = {**DIGITS, **OFTEN, "steps": 40}


@pytest.fixture
def tiny():
    """A function that makes a tiny config with changes."""
    return lambda **changes: RunConfig.parse({**TINY, **changes})
