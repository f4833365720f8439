"""Training from Python and from the command line: the same run as behind the dashboard, without
one."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganviz import arguments, pacing
from ganviz.config import RunConfig
from ganviz.errors import ConfigError, GanvizError
from ganviz.registry import DATASETS, PRESETS
from ganviz.settings import MOST_STEPS

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ganviz.engine.run import Run
    from ganviz.progress import Display
    from ganviz.runs.trained import TrainedGenerator
    from ganviz.stop_signals import StopSignals


@dataclass(frozen=True)
class RunResult:
    """How a run ended. ``history``: one array per statistic, plus ``step`` and ``time``;
    ``folder``: None when not kept."""

    config: RunConfig
    folder: Path | None
    state: str
    step: int
    sentence: str
    history: dict[str, np.ndarray] = field(repr=False)
    generator: TrainedGenerator | None = field(repr=False)

    def samples(self, n: int = 64, seed: int = 0, y: int | str | None = None) -> Tensor:
        """``n`` samples of the trained generator: images [n, C, H, W] in [-1, 1], or points [n,
        2]."""
        if self.generator is None:
            raise GanvizError("This run ended before it had a generator.")
        return self.generator.sample(n, seed, y)


class TrainingFailed(GanvizError):
    """A run ended with an error; ``result`` holds what it had reached."""

    def __init__(self, result: RunResult):
        super().__init__(result.sentence)
        self.result = result


def train(
    config: RunConfig | Mapping[str, Any] | str,
    out: Path | str | None = None,
    device: str | None = None,
    progress: bool = False,
    data_root: Path | str = "data",
    start_from: Path | str | None = None,
    **settings: Any,
) -> RunResult:
    """Train to the end and return the result. An interrupt (Ctrl-C) stops and saves the run, and
    returns it as it is.

    ``config``: a config, a preset's name, or a table of settings on top of the defaults;
    ``settings``: more of them, on top of that (``steps=500``). ``out``: the run folder, which must
    not hold a run yet; None keeps nothing on disk. ``device``: "cpu", "cuda", "cuda:1" or "mps";
    None takes the best one. ``progress``: show it in the terminal. ``start_from``: the folder of a
    trained run (or of one of its checkpoints) whose networks this one begins with, as far as they
    fit. Raises `ConfigError`, `CheckpointError`, or `TrainingFailed` when the run fails.
    """
    from ganviz.runs.store import run_folder

    config = as_config(config, **settings)
    out = None if out is None else arguments.path(out, "out")
    with nullcontext() if out is None else run_folder(out):
        run = make_run(config, out, device, data_root, start_from)
        return _to_the_end(run, progress)


def resume(
    folder: Path | str,
    steps: int | None = None,
    device: str | None = None,
    progress: bool = False,
    data_root: Path | str = "data",
    data_path: Path | str | None = None,
) -> RunResult:
    """Go on with the run in ``folder`` from its newest valid checkpoint, as if it had never
    stopped, and return the result; an interrupt does as in `train`.

    ``steps``: train so many more; None trains to the run's own end. ``data_path``: where the run's
    folder of pictures is now, None where it was. Its statistics and pictures come along, and it is
    kept in the same folder. On a CPU with the same number of threads it is the uninterrupted run,
    bit for bit; notes in its log say where it is not. Raises `ConfigError` (also where the run has
    come to its end), `CheckpointError`, `DataError`, `Busy` while another process trains the run,
    or `TrainingFailed`; nothing of the run has been touched by a refusal.
    """
    if data_path is not None:
        data_path = str(arguments.path(data_path, "data_path"))
    return _to_the_end(make_resumed(folder, steps, device, data_root, data_path), progress)


def _to_the_end(run: Run, progress: bool) -> RunResult:
    result = follow(run, progress=progress)
    if result.state == "failed":
        raise TrainingFailed(result)
    return result


def as_config(config: RunConfig | Mapping[str, Any] | str, **changes: Any) -> RunConfig:
    """A config from a config, a preset's name, or a table of settings (which may name a preset to
    start from), with ``changes`` on top. Raises `ConfigError`."""
    if isinstance(config, RunConfig):
        return _with_its_folder(config.but(**changes), changes) if changes else config
    if not isinstance(config, str | Mapping):
        raise ConfigError(
            "config is a RunConfig, the name of a preset or a table of settings; it is {value}.",
            "config",
            value=repr(config)[:80],
        )
    settings = {**({"preset": config} if isinstance(config, str) else config), **changes}
    preset = settings.get("preset", "")
    made = RunConfig.parse(
        {**(PRESETS.get(preset, "preset").settings if preset else {}), **settings}
    )
    return _with_its_folder(made, settings)


def _with_its_folder(made: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """``made``. Raises `ConfigError` where ``settings`` name a folder that it would not read."""
    names_it = "data" not in settings and settings.get("data_path")
    if names_it and not DATASETS.get(made.data, "data").reads_folder:
        raise ConfigError(
            "data_path names a folder of pictures, but these settings learn from the data set "
            "{data!r}: set data to 'folder' as well.",
            "data_path",
            data=made.data,
        )
    return made


def make_run(
    config: RunConfig,
    out: Path | str | None,
    device: str | None,
    data_root: Path | str,
    start_from: Path | str | None = None,
) -> Run:
    """A run that is not started yet, kept in ``out``. Raises `ConfigError`, or `CheckpointError`
    for a ``start_from`` that cannot be read."""
    from ganviz.algorithms.dp_sgd import check_accountant
    from ganviz.data import check_data
    from ganviz.device import pick_device
    from ganviz.engine.memory_need import check_memory
    from ganviz.engine.run import Run
    from ganviz.probes import default_observers
    from ganviz.runs.listing import run_info
    from ganviz.runs.start_from import Parent, started_from
    from ganviz.runs.store import RunStore

    chosen = pick_device("auto" if device is None else device)
    data_root = arguments.path(data_root, "data_root")
    if out is not None and run_info(Path(out)) is not None:
        raise ConfigError(
            f"{out} already holds a run: choose another folder, or go on with it: ganviz resume "
            f"{out}",
            "out",
        )
    observers = [] if out is None else default_observers(data_root)

    def make_store(config: RunConfig) -> RunStore | None:
        return None if out is None else RunStore(out)

    if start_from is not None:
        parent = Parent.open(arguments.path(start_from, "start_from"))
        return started_from(parent, config, make_store, chosen, Path(data_root), observers)
    config = check_data(config)
    check_accountant(config)
    check_memory(config, chosen)
    return Run(config, make_store(config), chosen, Path(data_root), observers=observers)


def make_resumed(
    path: Path | str,
    more_steps: int | None,
    device: str | None,
    data_root: Path | str,
    data_path: str | None = None,
) -> Run:
    """A run that goes on from the newest valid checkpoint in run folder ``path``; see
    `ganviz.runs.resume.resumed`."""
    from ganviz.device import pick_device
    from ganviz.probes import default_observers
    from ganviz.runs.resume import resumed

    path, data_root = arguments.path(path, "folder"), arguments.path(data_root, "data_root")
    if more_steps is not None:
        more_steps = arguments.whole(more_steps, "steps", 1, MOST_STEPS)
    return resumed(
        path,
        more_steps,
        pick_device("auto" if device is None else device),
        data_root,
        default_observers(data_root),
        data_path=data_path,
    )


def follow(run: Run, progress: bool = False, stop: StopSignals | None = None) -> RunResult:
    """Start ``run`` and wait for its end, showing progress in the terminal where asked for.

    ``stop``: the signals that a main program catches; the first one stops and saves the run.
    """
    from ganviz.progress import make_display

    with make_display(progress) as display:
        run.start()
        try:
            _wait(run, display, stop)
        except KeyboardInterrupt:
            run.stop()
            _wait_on(run)
        display.update(run)
    if run.store:
        run.store.close()
    return result_of(run)


def _wait(run: Run, display: Display, stop: StopSignals | None) -> None:
    stopped = False
    while not run.join(pacing.JOIN_POLL_INTERVAL):
        display.update(run)
        if stop and stop.number is not None and not stopped:
            stopped = True
            run.stop()
            display.say("Stopping after the step in progress, and saving.")


def _wait_on(run: Run) -> None:
    """Wait for a run that was told to stop. A second interrupt that comes with the first is no
    reason not to save; a later one is."""
    stopped = time.monotonic()
    while True:
        try:
            run.join()
            return
        except KeyboardInterrupt:
            if time.monotonic() - stopped > pacing.REPEATED_SIGNAL_INTERVAL:
                raise


def result_of(run: Run) -> RunResult:
    """What a run that has ended comes to."""
    from ganviz.runs.trained import TrainedGenerator

    generator = None
    if run.trainer is not None and run.spec is not None and run.state != "failed":
        network = copy.deepcopy(run.trainer.algorithm.ema.network)
        generator = TrainedGenerator(network, run.config, run.spec, run.step_count)
    return RunResult(
        run.config,
        run.store.folder if run.store else None,
        run.state,
        run.step_count,
        run.error or run.sentence,
        run.events.rows(),
        generator,
    )
