"""What a run writes down while it trains: statistics, sample grids, snapshots and checkpoints, each
when due."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganviz import device as devices
from ganviz import pacing
from ganviz.accel.memory import take_memory_ahead
from ganviz.config import RunConfig
from ganviz.data.source import DataSource, to_float
from ganviz.engine import frames
from ganviz.engine import point_frames as plane
from ganviz.engine.acceleration import LEAST_LEFT, SHORT, record_short_steps
from ganviz.engine.background_thread import BackgroundThread
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.diversity import LEAST_REALS, REALS, VALUES, Diversity
from ganviz.engine.painter import Painter
from ganviz.engine.snapshot import to_pictures
from ganviz.engine.trainer import Trainer

if TYPE_CHECKING:
    from ganviz.engine.run import Run

RATE_SMOOTHING = 0.3


class Recorder:
    """Watches a trainer from inside its thread. It draws no random numbers of the run, so recording
    changes nothing."""

    def __init__(self, run: Run, trainer: Trainer, source: DataSource, elapsed: float = 0.0):
        self._run = run
        self._trainer = trainer
        config = trainer.config
        self._spec = source.spec
        self._layout = frames.layout_for(source.spec, trainer.algorithm.conditional)
        self._is_images = source.spec.kind == "images"
        self._tick_seconds, self._sample_seconds = paces(config, self._is_images)
        self.reals = frames.reals_frame(source, self._layout) if self._is_images else None
        if run.store and self.reals:
            run.store.write_reals(self.reals)
        count = self._layout.count if self._is_images else plane.MAX_GENERATED
        z = frames.fixed_latents(config, count).to(trainer.device)
        y = None if self._layout.y is None else self._layout.y.to(trainer.device)
        self._real_points = None if self._is_images else plane.some_of(source.samples)
        self._y = y
        self._diversity = _diversity(source, y is not None)
        self._sample_diversity = float("nan")
        self._painter = Painter(trainer.algorithm.ema.network, z, y)
        # With the priority of the training, which waits for it at the end.
        self._writer = BackgroundThread("ganviz-checkpoint", devices.prepare_serving_thread)
        # Whether memory was taken for the next checkpoint's copy.
        self._has_room = False
        # Steps per second.
        self.rate = 0.0
        self._decided_for: RunConfig | None = None
        # Whether the run folder holds a checkpoint of this run.
        self.has_checkpoint = elapsed > 0
        self._elapsed = elapsed
        self._since: float | None = None
        self._problem: str | None = None
        self._best_fid = float("inf")

    # -- time ------------------------------------------------------------------------------
    def begin(self) -> None:
        """Start the clocks and show the untrained generator."""
        self.resume()
        pace = self._trainer.config.checkpoint_seconds
        first = pace if self._elapsed else min(pace, pacing.FIRST_CHECKPOINT)
        self._next_checkpoint = self._elapsed + first
        self._paint_now()
        # It begins with weights that nothing else of its folder could tell again.
        if self._run.saves_at_start:
            self.checkpoint()
        # The first drawing is a slow one; what the first steps did is to be seen at once.
        self._sample_due = self._tick_due

    def resume(self) -> None:
        """The clock runs again."""
        self._clock = self._since = time.perf_counter()
        self._tick_due = self._clock + min(pacing.FIRST_TICK, self._tick_seconds)
        self._last_tick = (self._clock, self._trainer.step_count)

    def pause(self) -> None:
        """Show where the run stands; the clock stops."""
        self._tick(time.perf_counter(), sample=True)
        self._elapsed, self._since = self.elapsed(), None

    def show(self) -> None:
        """Show where a run stands that has moved while it was paused."""
        self._tick(time.perf_counter(), sample=True)

    def elapsed(self) -> float:
        """Seconds trained, pauses left out."""
        since = self._since
        return self._elapsed + (time.perf_counter() - since if since is not None else 0.0)

    def time_left(self, steps: int) -> float | None:
        """Seconds until ``steps`` (0: no end) are done or the time limit is reached; None where
        neither is known."""
        minutes = self._trainer.config.minutes
        ends = [60 * minutes - self.elapsed()] if minutes else []
        if steps and self.rate:
            ends.append((steps - self._trainer.step_count) / self.rate)
        return min(ends, default=None)

    def after_step(self) -> bool:
        """Called after each step: does nothing until a tick is due. Whether the run's time is up,
        as of a tick."""
        now = time.perf_counter()
        if now >= self._tick_due:
            self._tick(now)
            minutes = self._trainer.config.minutes
            return minutes > 0 and self.elapsed() >= 60 * minutes
        if now >= self._sample_due and now + self._lead() >= self._tick_due:
            # Done by the time of the tick: the picture goes with its figures.
            self._sample()
        return False

    def finish(self) -> None:
        """The last statistics, grid, snapshot and checkpoint."""
        if self._since is not None:
            self._tick(time.perf_counter(), sample=True)
        self.close()
        for observer in self._run.observers:
            observer.finish()
        self.checkpoint()

    def _lead(self) -> float:
        """Seconds before a tick at which a painting must begin to be done by then; it can begin
        after any step."""
        return self._painter.cost + (1 / self.rate if self.rate else 0.0)

    # -- a tick ----------------------------------------------------------------------------
    def _tick(self, now: float, sample: bool = False) -> None:
        # Before the painter's word: they know which network broke down first, and when.
        stats = self._trainer.read_stats()
        self._painter.check()
        if stats:
            self._measure_rate()
            self._shorten_steps()
            if math.isfinite(self._sample_diversity):
                stats["sample_diversity"] = self._sample_diversity
            stats["images_per_second"] = self.rate * self._trainer.images_per_step
            self._run.log("scalars", **stats, elapsed=self.elapsed())
        if sample:
            self._paint_now()
        elif now >= self._sample_due:
            self._sample()
        # A disk that is slower than the pace sets the pace.
        if self.elapsed() >= self._next_checkpoint and not self._writer.is_busy:
            self._checkpoint_aside()
        for observer in self._run.observers:
            observer.tick()
        self._tick_due = max(time.perf_counter(), now + self._tick_seconds)
        self._report_problem()

    def _measure_rate(self) -> None:
        """Called when the statistics have been read: the steps are then done, not only asked
        for."""
        now = time.perf_counter()
        then, steps = self._last_tick
        self._last_tick = (now, self._trainer.step_count)
        if now > then and self._trainer.step_count > steps:
            rate = (self._trainer.step_count - steps) / (now - then)
            self.rate = rate if not self.rate else self.rate + RATE_SMOOTHING * (rate - self.rate)

    def _shorten_steps(self) -> None:
        """Once steps are seen to be short (the first ones take longer), and with each change of
        settings that needs it, decide how they are taken from now on."""
        trainer = self._trainer
        left = self.time_left(trainer.config.steps)
        is_worth_it = left is None or left >= LEAST_LEFT
        is_short = is_worth_it and self.rate > 0 and 1 / self.rate <= SHORT
        if is_short and not trainer.captured_step and trainer.config is not self._decided_for:
            self._decided_for = trainer.config if record_short_steps(trainer) else None
            self._last_tick = (time.perf_counter(), trainer.step_count)

    def _sample(self) -> None:
        """Have the fixed-z grid painted and a snapshot published, unless the painter is still at
        the last one."""
        if self._painter.begin(self._trainer.step_count, self._shower()):
            self._sample_due = time.perf_counter() + self._painter.interval(self._sample_seconds)

    def _paint_now(self) -> None:
        """Show and keep the generator as it is, before anything else happens."""
        self._painter.paint(self._trainer.step_count, self._shower(keep=True))

    def _shower(self, keep: bool = False) -> Callable[[nn.Module, Tensor], None]:
        """What is done with samples of the generator as it is at this step; ``keep``: in any case
        on disk."""
        run, step, elapsed = self._run, self._trainer.step_count, self.elapsed()
        more = {} if self._is_images else self._from_probes(exact=keep)

        def show(generator: nn.Module, x: Tensor) -> None:
            run.snapshots.publish(generator, step, wait=True)
            self._sample_diversity = self._diversity.of(x, self._y)
            kept = keep or run.frames.wants_to_keep(elapsed)
            frame = self._draw(x, step, kept, more)
            run.frames.add(frame, elapsed)
            if run.store and kept:
                run.store.write_frame(frame)
            run.log_at(
                step,
                "frame",
                rows=frame.rows,
                cols=frame.cols,
                width=frame.width,
                height=frame.height,
                format=frame.extension,
                kept=kept,
            )

        return show

    def _from_probes(self, exact: bool) -> dict[str, Any]:
        """What probes add to a plane of points, such as D's verdict over it."""
        parts: dict[str, Any] = {}
        for observer in self._run.observers:
            parts.update(observer.frame_data(exact))
        return parts

    def _draw(self, x: Tensor, step: int, kept: bool, more: dict[str, Any]) -> frames.Frame:
        if self._is_images:
            return frames.make_frame(to_pictures(x), self._layout, step, kept)
        assert self._real_points is not None
        return plane.plane_frame(self._real_points, x.float().cpu().numpy(), step, kept, more)

    def close(self) -> None:
        """No more grids are painted, the clock stands still, and what is being saved is saved."""
        self._elapsed, self._since = self.elapsed(), None
        self._painter.close()
        self._writer.close()

    def checkpoint(self) -> None:
        """Save the run and wait for it, unless a network holds NaN: then the last good checkpoint
        stays the newest."""
        if self._run.store:
            self._writer.wait()
            self._write_checkpoint(self._trainer.config, self._state(), self._is_best())

    def _checkpoint_aside(self) -> None:
        """The same, while the training goes on: only copying is waited for. Where freed memory is
        kept, on a CPU, that to copy into is taken a tick before, aside: the system may need as long
        for it as for ten steps."""
        if not self._run.store:
            return
        state = self._state()
        if not self._has_room and self._trainer.device.type == "cpu":
            self._has_room, size = True, state.nbytes
            self._writer.begin(lambda: take_memory_ahead(size))
            return
        self._has_room = False
        config, copy, best = self._trainer.config, state.copy(), self._is_best()
        self._writer.begin(lambda: self._write_checkpoint(config, copy, best))
        self._next_checkpoint = self.elapsed() + config.checkpoint_seconds

    def _state(self) -> TrainingState:
        """What a checkpoint keeps. Raises `NonFinite`."""
        self._trainer.check_finite()
        info = {
            "step": self._trainer.step_count,
            "elapsed": self.elapsed(),
            "state": self._run.state,
            "spec": asdict(self._spec),
            "threads": torch.get_num_threads(),
            "choices": self._run.chosen.saved() if self._run.chosen else {},
        }
        privacy = self._trainer.algorithm.privacy
        if privacy:
            info["privacy"] = privacy
        return TrainingState(self._trainer.weights(), self._trainer.training_state(), info)

    def _write_checkpoint(self, config: RunConfig, state: TrainingState, best: bool) -> None:
        store = self._run.store
        path = store.checkpoint(config, state, best) if store else None
        if path:
            self.has_checkpoint = True
            self._run.log_at(state.step, "checkpoint", path=path.name)

    def _is_best(self) -> bool:
        """Whether no checkpoint of this run had a lower FID: such a one is kept when older ones
        go."""
        fid = self._run.fid
        if fid is None or fid >= self._best_fid:
            return False
        self._best_fid = fid
        return True

    def _report_problem(self) -> None:
        problem = self._run.store.problem if self._run.store else None
        if problem != self._problem:
            self._problem = problem
            if problem:
                self._run.log("note", sentence=problem, level="warning")


def paces(config: RunConfig, is_images: bool) -> tuple[float, float]:
    """Seconds between two ticks and, at least, between two grids or planes. Points cost next to
    nothing to draw: where nobody has set a pace, they have one of their own."""

    def pace(name: str, value: float) -> float:
        unset = value == RunConfig.model_fields[name].default
        return min(value, pacing.PLANE_INTERVAL) if unset and not is_images else value

    return pace("tick_seconds", config.tick_seconds), pace("sample_seconds", config.sample_seconds)


def _diversity(source: DataSource, conditional: bool) -> Diversity:
    """What sample grids are measured against: some reals, of a generator of its own."""
    count = min(REALS, max(LEAST_REALS, VALUES // source.samples[0].numel()))
    order = torch.randperm(len(source.samples), generator=torch.Generator().manual_seed(19))
    index = order[:count]
    x, labels = source.at(index)
    return Diversity(to_float(x), labels if conditional else None)
