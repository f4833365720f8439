"""Tiny set-ups: a trainer without a run, and a run's ear without a thread."""

from pathlib import Path

import pytest
import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine.events import EventLog
from ganviz.engine.trainer import Trainer
from tests.tiny import DIGITS, OFTEN

CPU = torch.device("cpu")
IMAGES = {**DIGITS, **OFTEN, "steps": 40}
POINTS = {
    **IMAGES,
    "data": "ring8-wide",
    "g_hidden": (32, 32),
    "d_hidden": (32, 32),
    "activation": "leaky_relu",
    "g_lr": 1e-3,
    "d_lr": 1e-3,
}


class Lab:
    """What a probe needs of a run, without a thread: the trainer is stepped by hand."""

    store = None
    state = "running"

    def __init__(self, config: RunConfig):
        self.config = config
        self.events = EventLog()
        self.source = load_data(config, CPU, Path("unused"))
        self.trainer = Trainer(config, self.source, CPU)
        self.equilibrium = self.trainer.algorithm.equilibrium

    @property
    def step_count(self):
        return self.trainer.step_count

    def log(self, kind, **data):
        self.events.append(kind, self.trainer.step_count, **data)

    def watched_by(self, *observers):
        """Begin observers that look at every tick."""
        for observer in observers:
            observer.interval, observer.share = 0.0, 1e9
            observer.begin(self, self.trainer, self.source)
        return observers[0]

    def told(self, kind):
        return [event.data for event in self.events.since(0, (kind,))]


@pytest.fixture
def lab():
    """A function that makes a lab of 8 px digits (or, with ``points=True``, of a ring), with
    changes to the config."""
    return lambda points=False, **changes: Lab(
        RunConfig.parse({**(POINTS if points else IMAGES), **changes})
    )


@pytest.fixture
def config():
    """A function that makes a tiny config with changes."""
    return lambda points=False, **changes: RunConfig.parse(
        {**(POINTS if points else IMAGES), **changes}
    )
