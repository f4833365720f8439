"""Several processes train one run together: ``torchrun --nproc-per-node N -m ganviz train ...``, on
one machine or many.

``batch_size`` is the whole batch. Each process draws the same epoch order and the same latents and
takes every N-th of them, so that together they judge just the samples that one process would. After
each backward pass the gradients are averaged by one flat all-reduce before they are clipped and
used. DistributedDataParallel hooks into the backward pass itself and does not take part in
``autograd.grad(create_graph=True)``, which every gradient penalty needs; averaging what comes out
is right for any algorithm here, at the price of not hiding the transfer behind the computation.

Rank 0 leads: it runs the ordinary `Run`, writes the run folder, and says before each step what
everyone does next (a small message over gloo). The others follow. What depends on the whole batch
at once stays local to each process's share, and a note in the run says so: batch norm on a CPU (on
CUDA it becomes SyncBatchNorm), minibatch std, the averages of the relativistic-average loss. Random
points of a penalty and noise repeat from share to share, which leaves its mean as it is.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ganviz import device as devices
from ganviz import pacing
from ganviz.accel import private_apis as private
from ganviz.accel.choices import Choices, in_use
from ganviz.accel.penalty_precision import take_numbers
from ganviz.accel.preparation import prepare_process, prepare_training_thread
from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.data.source import DataSource, Sampler
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from ganviz.registry import OBJECTIVES

if TYPE_CHECKING:
    from ganviz.engine.run import Run

T = TypeVar("T")
END, BEGIN, STEP, STATS, SET = range(5)


class ProcessGroup:
    """The processes of one run. ``leads``: this one is rank 0."""

    def __init__(self, device: str = "auto"):
        self.rank, self.size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        self.local_rank = int(os.environ.get("LOCAL_RANK", self.rank))
        self.local_size = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        self.device = _own_device(device, self.local_rank)
        backend = "nccl" if self.device.type == "cuda" else "gloo"
        if backend == "nccl":
            torch.cuda.set_device(self.device)
        dist.init_process_group(backend, timeout=pacing.COLLECTIVE_TIMEOUT)
        # -100 stands for a process outside the group, and every process is in this one
        self._control = cast(
            dist.ProcessGroup, dist.new_group(backend="gloo", timeout=pacing.COLLECTIVE_TIMEOUT)
        )

    @property
    def leads(self) -> bool:
        return self.rank == 0

    # -- what is exchanged -----------------------------------------------------------------
    def average(self, parameters: list[Tensor]) -> None:
        """Replace the gradients of ``parameters`` by their mean over all processes."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        parts = flat.split([gradient.numel() for gradient in gradients])
        private.copy_each_(
            gradients, [part.view(g.shape) for part, g in zip(parts, gradients, strict=True)]
        )

    def mean(self, column: Tensor) -> Tensor:
        """The mean of ``column``, which lies on the CPU, over all processes; NaN where one of them
        has NaN."""
        dist.all_reduce(column, group=self._control)
        return column / self.size

    def send(self, what: int, content: bytes = b"") -> None:
        """The leader says what comes next."""
        dist.broadcast(torch.tensor([what, len(content)]), 0, group=self._control)
        if content:
            dist.broadcast(
                torch.frombuffer(bytearray(content), dtype=torch.uint8), 0, group=self._control
            )

    def receive(self) -> tuple[int, bytes]:
        """A follower waits for the leader's word."""
        head = torch.empty(2, dtype=torch.int64)
        dist.broadcast(head, 0, group=self._control)
        what, size = head.tolist()
        content = torch.empty(size, dtype=torch.uint8)
        if size:
            dist.broadcast(content, 0, group=self._control)
        return what, content.numpy().tobytes()

    def wait_for_all(self) -> None:
        """Go on when every process has come here."""
        dist.barrier(group=self._control)

    # -- leading ---------------------------------------------------------------------------
    def lead(self, run: Run) -> None:
        """Let ``run``, which is not started yet, train with all processes. Raises `ConfigError`."""
        check(run.config, self.size)
        run.make_trainer = partial(Leader, self)
        note = local_only(run.config, self.device)
        if note:
            run.log("note", sentence=note, level="warning")

    def end(self) -> None:
        """The run has ended: the followers leave, and so does this process from the group."""
        # A follower that died takes the connection with it.
        with contextlib.suppress(RuntimeError):
            if self.leads:
                self.send(END)
        dist.destroy_process_group()


def from_environment(device: str = "auto") -> ProcessGroup | None:
    """The group that torchrun (or SLURM with torchrun's variables) started this process in; None
    for a process of its own."""
    return ProcessGroup(device) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else None


def check(config: RunConfig, size: int) -> None:
    """Raise `ConfigError` where ``size`` processes cannot share ``config``'s batch."""
    if config.private and size > 1:
        raise ConfigError(
            "Private training takes one process: start it without torchrun, or set private to "
            "false.",
            "private",
        )
    share, left = divmod(config.batch_size, size)
    if left:
        raise ConfigError(
            f"Batch size {config.batch_size} cannot be shared by {size} processes: choose a "
            f"multiple of {size}.",
            "batch_size",
        )
    if share % config.pac or (share < 2 and "batch" in (config.g_norm, config.d_norm)):
        raise ConfigError(
            f"Each of the {size} processes gets {share} of the batch of {config.batch_size}, "
            f"which is too few "
            "for batch norm or the pac size: choose a larger batch.",
            "batch_size",
        )


def local_only(config: RunConfig, device: torch.device) -> str:
    """A sentence about what each process computes over its own share of the batch only; empty where
    nothing does."""
    parts = []
    if "batch" in (config.g_norm, config.d_norm) and device.type != "cuda":
        parts.append("batch norm")
    if config.minibatch_std:
        parts.append("minibatch std")
    if OBJECTIVES.get(config.objective).averages:
        parts.append("the averages of the objective")
    return (
        f"Each process computes {' and '.join(parts)} over its own share of the batch."
        if parts
        else ""
    )


class ShardedSampler(Sampler):
    """Every ``size``-th sample of the batch that one process would draw; its state is the same in
    all processes."""

    def __init__(
        self, source: DataSource, batch_size: int, seed: int, flip: bool, rank: int, size: int
    ):
        super().__init__(source, batch_size, seed, flip)
        self._rank, self._size = rank, size

    def _share(self, index: Tensor) -> Tensor:
        return index[self._rank :: self._size]


class DistributedTrainer(Trainer):
    """A trainer that does its share of each step."""

    is_single_process = False

    def __init__(
        self, group: ProcessGroup, config: RunConfig, source: DataSource, device: torch.device
    ):
        super().__init__(config, source, device)
        self.group = group
        self.sampler = ShardedSampler(
            source, config.batch_size, config.seed + 2, config.flip, group.rank, group.size
        )
        algorithm = self.algorithm
        algorithm.average_gradients = group.average
        algorithm.stats.gather = group.mean
        strength = getattr(algorithm, "strength", None)
        if strength:
            strength.add_up = dist.all_reduce
        draw = algorithm.latents

        def share(count: int) -> torch.Tensor:
            return draw(count * group.size)[group.rank :: group.size]

        # every process draws all latents and keeps its own, whatever the algorithm
        algorithm.latents = share  # type: ignore[method-assign]
        if device.type == "cuda":
            for network in algorithm.networks.values():
                nn.SyncBatchNorm.convert_sync_batchnorm(network)
        elif device.type == "cpu":
            # torchrun itself asks for 1.
            torch.set_num_threads(max(1, devices.cores() // group.local_size))


class Leader(DistributedTrainer):
    """Rank 0's trainer: says what all do, then does it. The followers get its state before the
    first step, and compute in its ways."""

    _began = False

    def step(self) -> None:
        if not self._began:
            self._begin()
        self.group.send(STEP)
        super().step()

    def read_stats(self) -> dict[str, float]:
        if self._began:
            self.group.send(STATS)
        return super().read_stats()

    def apply(self, name: str, value: Any) -> None:
        if self._began:
            self.group.send(SET, json.dumps([name, value]).encode())
        super().apply(name, value)

    def _begin(self) -> None:
        self._began = True
        packed = io.BytesIO()
        torch.save(
            {
                "config": self.config.to_json(),
                "choices": self.algorithm.choices.as_table(),
                "weights": self.weights(),
                "state": self.training_state(),
            },
            packed,
        )
        self.group.send(BEGIN, packed.getvalue())
        _in_turns(self.group, lambda: None)


def follow(group: ProcessGroup, data_root: Path) -> None:
    """Train at the leader's word until it ends the run; at once when it never begins."""
    _leave_signals_to_the_leader()
    try:
        _follow(group, data_root)
    finally:
        group.end()


def leave() -> NoReturn:
    """End a follower that has done its work. At the interpreter's own end a thread of torch's is
    now and then found still running, and the process aborts: one in ten did, and torchrun then
    called the whole run failed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _follow(group: ProcessGroup, data_root: Path) -> None:
    what, content = group.receive()
    if what != BEGIN:
        return
    prepare_process(group.device)
    begun = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    config = RunConfig.from_json(begun["config"])
    prepare_training_thread(group.device, config.short_products)
    source = _in_turns(group, lambda: load_data(config, group.device, data_root))
    choices = Choices.from_table(begun["choices"]) or Choices()
    with in_use(choices):
        trainer = DistributedTrainer(group, config, source, group.device)
    take_numbers(trainer, choices.penalty_numbers)
    if group.device.type == "cuda":
        torch.backends.cudnn.benchmark = choices.cudnn_benchmark
    trainer.load(begun["weights"], begun["state"])
    while True:
        what, content = group.receive()
        if what == STEP:
            trainer.step()
        elif what == STATS:
            # The leader gets the same numbers, and ends the run.
            with contextlib.suppress(NonFinite):
                trainer.read_stats()
        elif what == SET:
            trainer.apply(*json.loads(content))
        else:
            return


def _in_turns(group: ProcessGroup, load: Callable[[], T]) -> T:
    """``load`` in one process of each machine first: it may download and cache what the others then
    find."""
    if group.local_rank == 0:
        loaded = load()
        group.wait_for_all()
    else:
        group.wait_for_all()
        loaded = load()
    group.wait_for_all()
    return loaded


def _own_device(name: str, local_rank: int) -> torch.device:
    """``cuda`` becomes this process's own GPU."""
    device = devices.pick_device(name)
    if device.type != "cuda" or device.index is not None:
        return device
    return devices.pick_device(f"cuda:{local_rank}")


def _leave_signals_to_the_leader() -> None:
    """The leader stops and saves on Ctrl-C and SIGTERM, and tells; a follower that died first would
    spoil its last step."""

    def wait_a_while(*_: Any) -> None:
        timer = threading.Timer(pacing.FOLLOWER_SHUTDOWN_GRACE, os._exit, (1,))
        timer.daemon = True
        timer.start()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, wait_a_while)
