"""A training in its own thread, obeying commands at step boundaries and telling all it does as
events."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from ganviz import device as devices
from ganviz import pacing
from ganviz.accel.choices import in_use
from ganviz.accel.memory import is_out_of_memory
from ganviz.accel.preparation import prepare_process, prepare_training_thread, switch_interval_for
from ganviz.config import LIVE_FIELDS, RunConfig
from ganviz.data import load_data
from ganviz.data.source import DataSource, DataSpec
from ganviz.engine.acceleration import accelerate
from ganviz.engine.changes import change_settings, take_turns
from ganviz.engine.choosing import Chosen, choose, remember_speed, settle
from ganviz.engine.command_queue import UNLIMITED, CommandQueue
from ganviz.engine.diagnosis import explain
from ganviz.engine.endings import how_it_ended, with_what_is_unsaved
from ganviz.engine.events import EventLog
from ganviz.engine.frames import FrameStore
from ganviz.engine.gpu_meter import gpu_load
from ganviz.engine.memory_need import check_memory
from ganviz.engine.observer import Observer
from ganviz.engine.recorder import Recorder
from ganviz.engine.snapshot import SnapshotStore
from ganviz.engine.storage import Storage
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError, GanvizError
from ganviz.presets import title

if TYPE_CHECKING:
    from ganviz.engine.frames import Frame

T = TypeVar("T")


class _Stopped(Exception):
    """Stop was asked for while the data was being prepared."""


class Run:
    """One training. Every method may be called from any thread; training happens in a thread of its
    own.

    ``store`` keeps the run on disk (None: in memory only). ``restore`` is called with the fresh
    trainer before the first step, to continue a saved run; it returns the seconds trained before.
    ``observers`` are probes that look on between steps. ``kept_choices``: the ways to compute that
    a saved run was trained with.
    """

    # for readers: nothing of it has to be read from a disk first
    in_memory = is_read = is_loaded = True

    def __init__(
        self,
        config: RunConfig,
        store: Storage | None = None,
        device: torch.device | None = None,
        data_root: Path = Path("data"),
        run_id: str | None = None,
        restore: Callable[[Trainer], float] | None = None,
        observers: Sequence[Observer] = (),
        kept_choices: Mapping[str, Any] | None = None,
    ):
        self.config = config
        self.store = store
        self.device = device or devices.pick_device()
        prepare_process(self.device)
        self.id = run_id or (store.folder.name if store else "run")
        self.given_name = ""  # by a person, since its settings were made
        self.events = EventLog()
        self.frames = FrameStore()
        self.reals: Frame | None = None
        self.spec: DataSpec | None = None
        self.snapshots = SnapshotStore(config.latent_dim, (), config.conditional, "images")
        self.series: list[dict[str, str]] = []
        self.equilibrium: dict[str, float | None] = {}
        self.state = "idle"
        self.sentence = ""
        self.error: str | None = None
        # the newest Frechet distance that a probe measured; the best one's checkpoint is kept
        self.fid: float | None = None
        self.trainer: Trainer | None = None
        self.make_trainer: Callable[[RunConfig, DataSource, torch.device], Trainer] = Trainer
        self._data_root = data_root
        self._restore = restore
        self.observers = list(observers)
        self._commands = CommandQueue()
        self._target = config.steps
        self._recorder: Recorder | None = None
        self.resumes = restore is not None
        self._kept_choices = kept_choices
        self.chosen: Chosen | None = None
        # what `status` says once the run has let go of its trainer
        self._last_status: dict[str, Any] | None = None
        self._ended = self.saves_at_start = False
        # the step that it goes on from; and, where its folder was there before, what readies that:
        # called when nothing keeps the run from going on, for what does must take nothing away
        self.begins_at = 0
        self.take_up: Callable[[], None] | None = None
        self._ending, self._retired = threading.Lock(), threading.Event()
        self._how_it_ended = ""
        self._after: Run | None = None
        self._thread = threading.Thread(target=self._main, name=f"ganviz-{self.id}", daemon=True)

    # -- commands --------------------------------------------------------------------------
    def start(self, after: Run | None = None) -> Run:
        """Begin training, once ``after`` has ended: two trainings at once would share the machine.
        Returns at once."""
        self._after = after
        if self.store and not self.take_up:  # it is in the table from now on
            self.store.write_config(self.config)
        self._thread.start()
        return self

    def retire(self) -> None:
        """Another run takes this one's place: stop it, and let go of its networks once it has
        ended. What it logged and drew can still be read."""
        self.stop()
        self.save_rest()
        with self._ending:
            self._retired.set()
            ended = self._ended
        if ended:
            self._release()

    def save_rest(self) -> str | None:
        """Try once more to save what a run that has ended could not; returns a sentence about what
        is still not saved, else None."""
        with self._ending:
            if not self._ended or self._retired.is_set() or not self.store or not self._recorder:
                return None
            if self.store.unsaved and not self.store.is_gone:
                self.store.write_config(self.config)
                if self._how_it_ended:  # one that failed keeps its last good checkpoint
                    self._recorder.checkpoint()
                self.store.retry()
                if not self.store.unsaved:
                    self._enter(self.state, self._how_it_ended or self.sentence)
            return self.store.unsaved

    def _save_later(self) -> None:
        while not self._retired.wait(pacing.DISK_RETRY_INTERVAL) and self.save_rest():
            pass

    def pause(self) -> None:
        """Pause after the step in progress."""
        self._commands.add(lambda: self._commands.allow(0))

    def resume(self) -> None:
        """Go on training."""
        self._commands.add(lambda: self._commands.allow(UNLIMITED))

    def step(self, n: int = 1) -> None:
        """Train ``n`` steps, then pause."""
        if n < 1:
            raise ConfigError("Ask for at least one step.", "n")
        self._commands.add(lambda: self._commands.allow_more(n))

    def turn(self, player: str, n: int = 1) -> None:
        """Take ``n`` steps in which only ``player`` moves, "discriminator" or "generator"; a paused
        run stays paused. Raises `ConfigError` where nobody moves alone."""
        if n < 1:
            raise ConfigError("Ask for at least one step.", "n")
        if self.trainer is not None:
            self.trainer.check_player(player)
        queue = self._commands
        queue.add(lambda: take_turns(self, *self._prepared(), queue, player, n))

    def stop(self) -> None:
        """End the run after the step in progress; what it learned is saved."""
        self._commands.stop()

    def set(self, **settings: Any) -> None:
        """Change live settings at the next step boundary. Raises `ConfigError` for values that a
        run refuses."""
        for name in settings.keys() - set(LIVE_FIELDS):
            raise ConfigError(
                f"{name} cannot change while a run trains; these can: {', '.join(LIVE_FIELDS)}.",
                name,
            )
        checked = self.config.but(**settings)
        values = {name: getattr(checked, name) for name in settings}
        self._commands.add(lambda: change_settings(self, self._prepared()[0], values))

    def between_steps(self, task: Callable[[Trainer], T]) -> Future[T]:
        """Have the training thread call ``task`` once, between two steps; what it raises ends the
        future and not the run. ``task`` must change nothing and draw no random numbers."""
        future: Future[T] = Future()

        def command() -> None:
            try:
                future.set_result(task(self._prepared()[0]))
            except Exception as error:
                future.set_exception(error)

        self._commands.add(command)
        return future

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; False when ``timeout`` seconds passed first."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def active(self) -> bool:
        """Whether the run occupies its process: started and not ended."""
        return self._thread.is_alive()

    @property
    def name(self) -> str:
        """What a person calls the run."""
        return title(self.given_name or self.config.name, self.config.preset, self.id)

    @property
    def step_count(self) -> int:
        """Steps trained so far."""
        if self._last_status is not None:
            return self._last_status["step"]
        if self.trainer is None or self._recorder is None:
            return self.begins_at
        return self.trainer.steps_to_show

    def status(self) -> dict[str, Any]:
        """What a status line shows."""
        if self._last_status is not None:
            return {**self._last_status, "name": self.name}
        recorder = self._recorder
        rate = recorder.rate if recorder and self.state == "running" else 0.0
        return {
            "id": self.id,
            "name": self.name,
            "preset": self.config.preset,
            "state": self.state,
            "sentence": self.sentence,
            "error": self.error,
            "step": self.step_count,
            "steps": self._target,
            "images_per_second": rate * (self.trainer.images_per_step if self.trainer else 0),
            "elapsed": recorder.elapsed() if recorder else 0.0,
            "left": recorder.time_left(self._target) if recorder and rate else None,
            "device": devices.label(self.device),
            "gpu": gpu_load(self.device),
        }

    # -- the thread ------------------------------------------------------------------------
    def _main(self) -> None:
        try:
            self._wait_for_predecessor()
            self._enter("preparing", "Preparing the data.")
            prepare_training_thread(self.device, self.config.short_products)
            with switch_interval_for(self.device):
                self._prepare()
                self._enter("running", "Training.")
                self._loop()
                self._end("stopped" if self._commands.stopping else "finished")
        except _Stopped:
            went_on = "Stopped before it went on; what was saved is kept."
            self._enter("stopped", went_on if self.begins_at else "Stopped before the first step.")
        except Exception as error:
            self._fail(error)
        with self._ending:
            self._ended, retired = True, self._retired.is_set()
        if retired:
            self._release()
        elif self.store and self.store.unsaved and not self.store.is_gone:
            threading.Thread(
                target=self._save_later, name=f"ganviz-save-{self.id}", daemon=True
            ).start()

    def _wait_for_predecessor(self) -> None:
        before, self._after = self._after, None
        if before is None or not before.active:
            return
        self._enter("preparing", f"Waiting for the last step of {before.name}.")
        while not before.join(pacing.JOIN_POLL_INTERVAL):
            if self._commands.stopping:
                raise _Stopped

    def _release(self) -> None:
        """Let go of all that only training needs."""
        if self._last_status is None:
            self._last_status = self.status()
        self.trainer = self._recorder = self._restore = None
        self.observers = []
        self._commands.clear()
        if self.store:
            self.store.close()
            # viewers draw from the checkpoint from now on
            self.snapshots = SnapshotStore(
                self.config.latent_dim,
                self.snapshots.classes,
                self.snapshots.conditional,
                self.snapshots.kind,
            )

    def _prepare(self) -> None:
        source = load_data(self.config, self.device, self._data_root, self._progress)
        if self.make_trainer is Trainer:
            check_memory(self.config, self.device, source.spec)
        self.chosen = choose(
            self.config, source.spec, self.device, self._data_root, self._kept_choices
        )
        with in_use(self.chosen.choices):
            self.trainer = trainer = self.make_trainer(self.config, source, self.device)
        elapsed = (self._restore(trainer) if self._restore else None) or 0.0
        # it holds the saved weights
        self._restore = None
        if self.store and self.take_up:
            self.take_up()
            self.store.write_config(self.config)
        # a saved run knows more of its data than can be seen of them now
        source = trainer.source
        settle(self.chosen, trainer, self.resumes)
        accelerate(trainer, self._progress, self.warn)
        self.spec = source.spec
        algorithm = trainer.algorithm
        self.series = [s._asdict() for s in algorithm.series]
        self.equilibrium = dict(algorithm.equilibrium)
        self.snapshots = SnapshotStore(
            self.config.latent_dim, self.spec.classes, algorithm.conditional, self.spec.kind
        )
        self._recorder = Recorder(self, trainer, source, elapsed)
        self.reals = self._recorder.reals
        if self.store:
            self.store.describe(
                spec=asdict(self.spec),
                series=self.series,
                equilibrium=self.equilibrium,
                device=devices.label(self.device),
            )
        self.log("choices", **self.chosen.description())
        for observer in self.observers:
            observer.begin(self, trainer, source)
        if source.spec.note:
            self.log("note", sentence=source.spec.note, level="warning")

    def warn(self, sentence: str) -> None:
        """Say what a person should know."""
        self.log("note", sentence=sentence, level="warning")

    def _prepared(self) -> tuple[Trainer, Recorder]:
        """What `_prepare` made, for whatever only happens after it."""
        assert self.trainer is not None and self._recorder is not None
        return self.trainer, self._recorder

    def _loop(self) -> None:
        """The training loop. Commands act between steps; the device is read once a tick."""
        trainer, recorder = self._prepared()
        recorder.begin()
        while not self._target or trainer.step_count < self._target:
            self._run_commands()
            if self._commands.stopping:
                return
            trainer.step()
            self._commands.allowed -= 1
            if recorder.after_step():
                return

    def _run_commands(self) -> None:
        """Run the commands that came in; wait here while paused."""
        commands, recorder = self._commands, self._prepared()[1]
        if commands.is_quiet:
            return
        commands.run()
        while commands.is_paused:
            if self.state != "paused":
                recorder.pause()
                self._enter("paused", "Paused.")
            commands.wait()
            commands.run()
        if self.state == "paused" and not commands.stopping:
            recorder.resume()
            self._enter("running", "Training." if commands.allowed == UNLIMITED else "Stepping.")

    # -- endings ---------------------------------------------------------------------------
    def _end(self, state: str) -> None:
        trainer, recorder = self._prepared()
        recorder.finish()
        remember_speed(trainer, trainer.source.spec, self._data_root, recorder.rate)
        self._how_it_ended = how_it_ended(state, self.step_count)
        self._enter(state, with_what_is_unsaved(self._how_it_ended, self.store))

    def _fail(self, error: Exception) -> None:
        """Say what happened in a sentence; what was good before is kept."""
        if self._recorder:
            # No picture comes after the end.
            self._recorder.close()
        if self.store and not isinstance(error, GanvizError):
            self.store.write_traceback("".join(traceback.format_exception(error)))
        if self._recorder:
            for observer in self.observers:
                observer.fail(error)
        if is_out_of_memory(error) and self._recorder:
            # The weights are sound: only the last step did not fit.
            self._recorder.checkpoint()
        kept = self._recorder is not None and self._recorder.has_checkpoint
        self.error = explain(error, self.trainer, kept)
        self._enter("failed", self.error)
        began = self._recorder is not None or self.take_up is not None
        if self.store and isinstance(error, GanvizError) and not began:
            self.store.discard()

    # -- telling ---------------------------------------------------------------------------
    def _enter(self, state: str, sentence: str) -> None:
        self.state, self.sentence = state, sentence
        self.log("state", state=state, sentence=sentence)

    def _progress(self, fraction: float | None, text: str) -> None:
        if self._commands.stopping:
            raise _Stopped
        self.sentence = text if fraction is None else f"{text} ({fraction:.0%})"
        self.log("note", sentence=self.sentence, level="progress")

    def log(self, kind: str, /, **data: Any) -> None:
        """Tell of something at the step that the run has reached."""
        self.log_at(self.step_count, kind, **data)

    def log_at(self, at: int, kind: str, /, **data: Any) -> None:
        """Tell of something at an earlier step: what a thread of its own found out takes a
        moment."""
        event = self.events.append(kind, at, **data)
        if self.store:
            self.store.append(event)
