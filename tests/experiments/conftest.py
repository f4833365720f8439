"""Experiments are tried on the probes' tiny set-ups."""

from tests.probes.conftest import config, lab  # noqa: F401
