"""What is compared: each side trains in a process of its own and works only while it is told to.

A process of its own, because the engine's settings (heap, threads) must not help or hinder the
other side.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch

from ganviz import device as devices
from ganviz.accel.preparation import prepare_training_thread

IMPORTS = ["torch", "torchvision", "ganviz.engine.run", "ganviz.runs.store", "benchmarks.networks"]
SETTLE = 0.002  # seconds between two looks at the engine's step count


class Work(NamedTuple):
    """Whole steps: real pictures used, seconds by the clock on the wall, seconds of processor time
    of the whole process."""

    pictures: int
    seconds: float
    cpu_seconds: float


class Stopwatch:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> float:
        return time.perf_counter() - self._wall

    def of(self, pictures: int) -> Work:
        return Work(pictures, self.seconds(), time.process_time() - self._cpu)


class Side(Protocol):
    """Lives in its own process. ``work`` trains for about ``seconds``, ``take`` just ``steps``."""

    def work(self, seconds: float) -> Work: ...

    def take(self, steps: int) -> None: ...

    def close(self) -> None: ...


class Loop:
    """A plain training loop: an iterator that yields the pictures of each step."""

    def __init__(self, steps: Iterator[int], device: torch.device):
        self._steps, self._device = steps, device

    def work(self, seconds: float) -> Work:
        self._wait()
        watch, pictures = Stopwatch(), 0
        while watch.seconds() < seconds:
            pictures += next(self._steps)
        self._wait()
        return watch.of(pictures)

    def take(self, steps: int) -> None:
        for _ in range(steps):
            next(self._steps)

    def close(self) -> None:
        close = getattr(self._steps, "close", None)
        if close:
            close()

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


class Engine:
    """The real engine: a `Run` in its thread with a `RunStore`, ticks, grids, snapshots and
    checkpoints as they come."""

    def __init__(self, settings: dict[str, Any], data_root: Path, device: torch.device):
        from ganviz.config import RunConfig
        from ganviz.engine.run import Run
        from ganviz.runs.store import RunStore

        self._folder = Path(tempfile.mkdtemp(prefix="ganviz-bench-run-"))
        self.run = Run(
            RunConfig.parse({**settings, "steps": 0}), RunStore(self._folder), device, data_root
        )
        self.run.pause()
        self.run.start()
        self._await(lambda: self.run.state in ("paused", "failed"))
        if self.run.state == "failed":
            raise RuntimeError(self.run.error)
        for event in self.run.events.since(0):
            if (
                event.data.get("level") == "warning"
            ):  # such as steps that cannot be replayed, and are timed as they are
                print(event.data["sentence"], file=sys.stderr)

    def work(self, seconds: float) -> Work:
        """From one step boundary to another, so that a slow step counts wholly or not at all."""
        self.run.resume()
        first = self._next_step()
        watch = Stopwatch()
        self._await(lambda: watch.seconds() >= seconds)
        last = self._next_step()
        if self.run.device.type == "cuda":  # steps count when they are done
            torch.cuda.current_stream(self.run.device).record_event().synchronize()
        trainer = self.run.trainer
        assert trainer is not None, "it has begun"
        work = watch.of((last - first) * trainer.images_per_step)
        self.run.pause()
        self._await(lambda: self.run.state != "running")
        if self.run.state == "failed":
            raise RuntimeError(self.run.error)
        return work

    def take(self, steps: int) -> None:
        goal = self.run.step_count + steps
        self.run.step(steps)
        self._await(lambda: self.run.step_count >= goal and self.run.state == "paused")

    def close(self) -> None:
        self.run.stop()
        self.run.join(60)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _next_step(self) -> int:
        """Wait for a step to end, and give its number."""
        before = self.run.step_count
        self._await(lambda: self.run.step_count != before)
        return self.run.step_count

    def _await(self, condition: Callable[[], bool]) -> None:
        while not condition() and (self.run.active or not self.run.step_count):
            time.sleep(SETTLE)


# -- what a child process is asked to make ---------------------------------------------------------
def engine(
    settings: dict[str, Any], data_root: Path, device: str, threads: int | None = None
) -> Side:
    """ganviz, recording as always; with ``threads`` instead of as many as it would choose."""
    if threads:
        os.environ["OMP_NUM_THREADS"] = str(threads)
    from benchmarks import networks

    networks.register()
    gc.freeze()  # as the command line does
    return Engine(settings, data_root, devices.pick_device(device))


def bare(settings: dict[str, Any], data_root: Path, device: str) -> Side:
    """The loop of the same maths with nothing around it."""
    from benchmarks import bare as loops
    from benchmarks import networks

    networks.register()
    gc.freeze()
    return Loop(loops.train(settings, data_root, torch.device(device)), torch.device(device))


def peer(module: str, device: str, tf32: bool, **options: Any) -> Side:
    """The usual script ``benchmarks.peers.<module>``, with our threads and digits; ``options`` are
    those of its ``train``."""
    from importlib import import_module

    prepare_training_thread(torch.device(device), tf32)
    # Backward passes where torch itself takes them.
    torch.autograd.set_multithreading_enabled(True)
    train = import_module(f"benchmarks.peers.{module}").train
    return Loop(train(device=torch.device(device), **options), torch.device(device))


class Worker:
    """A side in a child process. ``by_cpu``: rates per second of processor time, for a machine that
    others use as well."""

    def __init__(self, make: Callable[..., Side], by_cpu: bool = False, **arguments: Any):
        context = fresh_processes(IMPORTS)
        self._by_cpu = by_cpu
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, make, arguments)
        )  # may have loader children of its own
        self._process.start()
        theirs.close()
        self._answer()

    def work(self, seconds: float) -> float:
        """Pictures a second over about ``seconds``."""
        self._pipe.send(float(seconds))
        work = self._answer()
        return work.pictures / (work.cpu_seconds if self._by_cpu else work.seconds)

    def take(self, steps: int) -> None:
        """Train just ``steps``."""
        self._pipe.send(steps)
        self._answer()

    def memory(self) -> tuple[int, int]:
        """Resident bytes of the child: now, and at most so far."""
        self._pipe.send("memory")
        return self._answer()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send(None)
        self._process.join(30)
        if self._process.is_alive():
            self._process.terminate()

    def _answer(self) -> Any:
        try:
            answer = self._pipe.recv()
        except EOFError:
            raise RuntimeError("a measured process ended early") from None
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer


def _serve(pipe: Any, make: Callable[..., Side], arguments: dict[str, Any]) -> None:
    side = None
    try:
        side = make(**arguments)
        pipe.send(True)
        while (task := pipe.recv()) is not None:
            if task == "memory":
                pipe.send(_memory())
            elif isinstance(task, float):
                pipe.send(side.work(task))
            else:
                side.take(task)
                pipe.send(True)
    except Exception:
        # whatever it is, the parent must get it rather than wait for ever
        with contextlib.suppress(OSError):
            pipe.send(traceback.format_exc())
    finally:
        if side:
            side.close()


def _memory() -> tuple[int, int]:
    import resource

    import psutil

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    return psutil.Process().memory_info().rss, peak


def fresh_processes(imports: list[str]) -> Any:
    """How to start children as fresh as a process that a person starts, but for the seconds of
    ``imports``: as forks of a server that has these and has computed nothing, where the system can
    fork. (In forks of a process that has multiplied matrices, MKL, which keeps a book of the memory
    of threads, now and then goes round in it for ever.)
    """
    if "forkserver" not in multiprocessing.get_all_start_methods() or os.name == "nt":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(imports)
    return context
