"""The data of a run that is explored, and what its pictures are compared by."""

from __future__ import annotations

import threading

import torch

from ganviz.data import load_data
from ganviz.data.source import DataSource
from ganviz.engine.run import Run
from ganviz.errors import DataError
from ganviz.probes.features import Cancelled, Classifier, Inception, feature_model
from ganviz.runs.manager import RunManager
from ganviz.runs.readable import ReadableRun
from ganviz.runs.resume import compare_data

ABSENT = (
    "The data of this run are not on this machine, and exploring downloads nothing. Start a run on "
    "them once, and they are kept."
)


class ExploreData:
    """The data of the run that was asked about last. Call it from the long thread."""

    def __init__(self, manager: RunManager):
        self._manager = manager
        self._lock = threading.Lock()
        self._held: tuple[str, DataSource] | None = None
        self._features: tuple[str, Classifier | Inception | None] | None = None

    def source(self, run: ReadableRun) -> DataSource:
        """Its real samples: those that it trains on where it does so here, else read again. Raises
        `DataError`, and `ConfigError` where the classes that its networks know have changed."""
        trainer = run.trainer if isinstance(run, Run) else None
        if trainer is not None and run.active:
            return trainer.source
        with self._lock:
            key = run.id.partition("@")[0]
            if self._held is None or self._held[0] != key:
                self._held = None  # two at once are too much
                device = torch.device("cpu")
                data = load_data(run.config, device, self._manager.data_root, _no_download)
                if run.spec is not None:
                    compare_data(run.spec, data.spec, run.config.conditional)
                self._held = (key, data)
            return self._held[1]

    def features(
        self, run: ReadableRun, cancelled: Cancelled = lambda: False
    ) -> Classifier | Inception | None:
        """The network whose features compare its pictures: a classifier of its own data, kept on
        the disk or trained now within seconds; None where the data have no labels, or when
        ``cancelled()``."""
        source = self.source(run)
        with self._lock:
            key = run.id.partition("@")[0]
            if self._features is None or self._features[0] != key:
                model = feature_model(source, self._manager.data_root, cancelled)
                if cancelled():
                    return None
                self._features = (key, model)
            return self._features[1]


def _no_download(_fraction: float | None, text: str) -> None:
    if text.startswith(("Asking", "Downloading")):
        raise DataError(ABSENT, "data")
