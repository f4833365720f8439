"""A run told to the trackers that people already use: TensorBoard, trackio, Weights & Biases.

One `Reporter` watches the run from a thread of its own, so that a slow disk or network never holds
the training up, and a tracker that fails is dropped with a note instead of ending the run.
"""

from __future__ import annotations

import io
import json
import math
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ganviz import pacing
from ganviz.engine.event_kinds import EventKind, event_kinds
from ganviz.engine.observer import Observer
from ganviz.errors import ConfigError

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSource
    from ganviz.engine.events import Event
    from ganviz.engine.frames import Frame
    from ganviz.engine.run import Run
    from ganviz.engine.trainer import Trainer

PROJECT = "ganviz"


class Tracker:
    """What a tracker must be able to do. Every method may raise: `Reporter` then drops the
    tracker."""

    def settings(self, config: RunConfig) -> None:
        """The run's settings, once, before anything else."""

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Statistics of one step, or what a probe measured there, all finite."""

    def text(self, step: int, name: str, sentence: str) -> None:
        """A sentence of the run or of the coach."""

    def picture(self, step: int, pixels: np.ndarray) -> None:
        """A sample grid, uint8 [H, W, 3]."""

    def close(self) -> None:
        """The run has ended."""


class TensorBoard(Tracker):
    """Event files in ``tensorboard/`` of the run's folder: ``tensorboard --logdir runs`` shows all
    runs."""

    def __init__(self, folder: Path, run_id: str):
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def settings(self, config: RunConfig) -> None:
        from torch.utils.tensorboard.summary import hparams

        self._writer.add_text("settings", f"```json\n{config.to_json()}```", 0)
        # the tab HPARAMS compares runs by these
        plain = {
            name: value if isinstance(value, bool | int | float | str) else str(value)
            for name, value in json.loads(config.to_json()).items()
        }
        for summary in hparams(plain, {"loss_d": 0.0, "loss_g": 0.0}):
            self._writer._get_file_writer().add_summary(summary)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def text(self, step: int, name: str, sentence: str) -> None:
        self._writer.add_text(name, sentence, step)

    def picture(self, step: int, pixels: np.ndarray) -> None:
        self._writer.add_image("samples", pixels, step, dataformats="HWC")

    def close(self) -> None:
        self._writer.close()


class Hosted(Tracker):
    """trackio and Weights & Biases share one interface: init, log, Image, finish."""

    def __init__(self, module: str, folder: Path, run_id: str):
        self._api = import_module(module)
        self._name = run_id
        # neither takes a step that is past: what took its time is told with the newest one
        self._step = 0
        # Weights & Biases knows a run by its id, trackio by its name
        self._identity = {"id": run_id} if module == "wandb" else {}

    def settings(self, config: RunConfig) -> None:
        self._api.init(
            project=PROJECT,
            name=self._name,
            config=json.loads(config.to_json()),
            # a resumed run goes on in the same place
            resume="allow",
            **self._identity,
        )

    def scalars(self, step: int, values: dict[str, float]) -> None:
        self._log(step, values)

    def text(self, step: int, name: str, sentence: str) -> None:
        self._log(step, {name: sentence})

    def picture(self, step: int, pixels: np.ndarray) -> None:
        self._log(step, {"samples": self._api.Image(pixels)})

    def _log(self, step: int, values: dict[str, Any]) -> None:
        self._step = max(self._step, step)
        self._api.log(values, step=self._step)

    def close(self) -> None:
        self._api.finish()


# name -> (the package that must be installed, what makes the tracker)
TRACKERS: dict[str, tuple[str, Callable[[Path, str], Tracker]]] = {
    "tensorboard": ("tensorboard", TensorBoard),
    "trackio": ("trackio", lambda folder, run_id: Hosted("trackio", folder, run_id)),
    "wandb": ("wandb", lambda folder, run_id: Hosted("wandb", folder, run_id)),
}


def _send_text(tracker: Tracker, step: int, name: str, sentence: str) -> None:
    tracker.text(step, name, sentence)


def _send_scalars(tracker: Tracker, step: int, values: dict[str, float]) -> None:
    tracker.scalars(step, values)


def measured_figures(kind: EventKind, data: dict[str, Any]) -> dict[str, float]:
    """The finite numbers of an event that a tracker gets, by name: what the kind declares as
    ``tracked``, or else its figures."""
    values = (
        kind.tracked(data)
        if kind.tracked
        else {f"{kind.name}/{figure.name}": data.get(figure.name) for figure in kind.figures}
    )
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, bool | int | float) and math.isfinite(value)
    }


def check_names(names: Sequence[str]) -> list[str]:
    """``names`` (each may hold several, with commas between), each once. Raises `ConfigError` for
    one that is unknown or whose package is missing."""
    wanted = list(
        dict.fromkeys(part.strip() for name in names for part in name.split(",") if part.strip())
    )
    for name in wanted:
        if name not in TRACKERS:
            raise ConfigError(
                f"There is no tracker called {name[:40]!r}. Choose of: {', '.join(TRACKERS)}.",
                "report_to",
            )
        package = TRACKERS[name][0]
        if find_spec(package) is None:
            raise ConfigError(
                f"Reporting to {name} needs the package {package}; install it with: pip install "
                f"{package}",
                "report_to",
            )
    return wanted


class Reporter(Observer):
    """Tells a run to trackers. ``names``: see `check_names`, which raises here; nothing raises
    later."""

    def __init__(self, names: Sequence[str]):
        self._names = check_names(names)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._trackers: dict[str, Tracker] = {}

    def begin(self, run: Run, trainer: Trainer, source: DataSource) -> None:
        super().begin(run, trainer, source)
        # with what was said before the first step; what a resumed run's log holds was told before
        self._cursor, self._step = run.events.inherited, -1
        self._pictured, self._picture_wait = -1, 0.0
        self._thread = threading.Thread(target=self._main, name="ganviz-trackers", daemon=True)
        self._thread.start()

    def tick(self) -> None:
        """Nothing is done in the training thread."""

    def finish(self) -> None:
        """Tell the rest, for so long as is reasonable."""
        self._ending.set()
        if self._thread:
            self._thread.join(pacing.TRACKER_SHUTDOWN_GRACE)

    # -- in the reporting thread -----------------------------------------------------------
    def _main(self) -> None:
        folder = self.run.store.folder if self.run.store else Path("runs") / self.run.id
        for name in self._names:
            self._try(name, partial(self._open, name, folder))
        self._send(lambda tracker: tracker.settings(self.run.config))
        while not self._ending.wait(pacing.TRACKER_INTERVAL):
            self._report(pacing.TRACKER_INTERVAL)
        self._report(pacing.TRACKER_PICTURE_INTERVAL)
        self._send(lambda tracker: tracker.close())

    def _report(self, passed: float) -> None:
        seq = self.run.events.seq
        rows, events = self.run.events.rows(self._cursor), self.run.events.since(self._cursor)
        self._cursor = seq
        for index, step in enumerate(rows.get("step", ())):
            if step <= self._step:  # read with the rows of last time already
                continue
            self._step = int(step)
            values = {
                name: float(column[index])
                for name, column in rows.items()
                if name not in ("step", "time") and math.isfinite(column[index])
            }
            self._send(partial(_send_scalars, step=self._step, values=values))
        self._report_events([event for event in events if event.seq <= seq])
        self._picture_wait += passed
        if self._picture_wait >= pacing.TRACKER_PICTURE_INTERVAL:
            self._picture_wait = 0.0
            self._show()

    def _report_events(self, events: list[Event]) -> None:
        """What the probes measured, what was changed, and what the run and the coach said."""
        kinds = {kind.name: kind for kind in event_kinds()}
        for event in events:
            kind = kinds.get(event.kind)
            if kind is None:
                continue
            values = measured_figures(kind, event.data)
            if values:
                self._send(partial(_send_scalars, step=event.step, values=values))
            sentence = event.data.get(kind.text) if kind.text else None
            if sentence and event.data.get("level") != "progress":
                self._send(partial(_send_text, step=event.step, name=kind.name, sentence=sentence))

    def _show(self) -> None:
        frame = self._newest_picture()
        if frame is None or frame.step == self._pictured:
            return
        self._pictured = frame.step
        with Image.open(io.BytesIO(frame.data)) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        self._send(lambda tracker: tracker.picture(frame.step, pixels))

    def _newest_picture(self) -> Frame | None:
        """The newest grid; of points the newest plane that is kept, for others are only data."""
        frames = self.run.frames
        newest = frames.latest
        if newest is None or newest.is_picture:
            return newest
        kept = frames.steps()
        return frames.get(kept[-1]) if kept else None

    def _open(self, name: str, folder: Path) -> None:
        self._trackers[name] = TRACKERS[name][1](folder, self.run.id)

    def _send(self, call: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._trackers.items()):
            self._try(name, partial(call, tracker))

    def _try(self, name: str, call: Callable[[], Any]) -> None:
        """A tracker is other people's code: whatever it raises costs the report, never the run."""
        try:
            call()
        except Exception as error:
            self._trackers.pop(name, None)
            words = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
            self.run.log(
                "note",
                level="warning",
                sentence=f"Nothing more is told to {name} ({words}); the training goes on.",
            )
