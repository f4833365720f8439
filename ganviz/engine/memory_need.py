"""How much memory a training will take, from the shapes of one step, before anything is made.

Linux ends a process that takes more than there is, without an error that could be caught, and a
server with it. So a step is taken on the meta device first, where tensors have a shape and no
content, and what would be held at most is compared with what is free.
"""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from dataclasses import dataclass

import torch

from ganviz import algorithms
from ganviz.accel.memory import PeakMemory, free_memory
from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.data.source import Batch, DataSpec
from ganviz.engine.machine_memory import key
from ganviz.errors import ConfigError, GanvizError

# Kernels take room of their own, and freed memory lies in pieces: on CPUs a process was measured to
# grow by 1.3 to 2 times what its tensors hold at most.
OVERHEAD = {"cpu": 2.0, "cuda": 1.3}
# Copies of the averaged generator: two for viewers, one for the painter.
GENERATOR_COPIES = 3
# A checkpoint is written from a copy; a trial of ways to compute goes back to one.
STATE_COPIES = 2
# Of pictures, probes hold so many bytes for each value of one, up to where they take fewer pictures
# at a time.
PROBED, MOST_PROBED = 3000, 150_000_000
# Measured: no step of a preset takes more than a fifth of what `rough_need` says.
VALUES_PER_PIXEL = 128
# Moves of either player in a step: more of them hold no more than these, and take as long again.
MOST_MOVES = 2
META = torch.device("meta")
# Games whose need was worked out: it takes a third of a second, and a start asks three times.
REMEMBERED = 64


@dataclass(frozen=True)
class Need:
    """Bytes: ``peak`` at the worst moment of a step, ``state`` between steps (weights, averages,
    optimisers), ``generator`` of it, ``probes`` what measuring holds."""

    peak: int
    state: int
    generator: int
    probes: int = 0

    def total(self, device: torch.device) -> int:
        """With what viewers, painter and a checkpoint hold besides."""
        peak = int(OVERHEAD[device.type] * self.peak)
        copies = GENERATOR_COPIES * self.generator + STATE_COPIES * self.state
        return peak + copies + self.probes


_known: OrderedDict[str, Need] = OrderedDict()


def memory_need(config: RunConfig, spec: DataSpec) -> Need:
    """What training ``config`` on data like ``spec`` takes. Raises what its networks raise."""
    moves = {name: min(getattr(config, name), MOST_MOVES) for name in ("d_steps", "g_steps")}
    config = config.model_copy(update={"precision": "fp32", "compiled": False, **moves})
    with PeakMemory() as memory:
        with META:
            algorithm = algorithms.build(config, spec, META)
        x = torch.empty(config.batch_size, *spec.shape, device=META)
        y = torch.zeros(config.batch_size, dtype=torch.int64, device=META) if spec.classes else None
        # The first step gives the optimisers their state, the second is like all others.
        for _ in range(2):
            algorithm.step(lambda: Batch(x, y))
        algorithm.stats.drain()
        generator = sum(p.nbytes for p in algorithm.ema.network.parameters())
        images = spec.kind == "images"
        probes = min(MOST_PROBED, PROBED * math.prod(spec.shape)) if images else 0
        return Need(memory.peak, memory.live, generator, probes)


def rough_need(config: RunConfig, spec: DataSpec) -> int:
    """Bytes, more than ganviz's own networks take, without looking at them."""
    values = spec.shape[0] * spec.shape[-1] ** (len(spec.shape) - 1)
    hidden = (*config.g_hidden, *config.d_hidden)
    samples = config.batch_size * VALUES_PER_PIXEL * max(config.blocks, 2) // 2
    activations = samples * (values * (config.g_width + config.d_width) + sum(hidden))
    weights = 8 * sum(hidden) * max((*hidden, values, config.latent_dim), default=0)
    return 4 * (activations + weights)


def check_memory(
    config: RunConfig, device: torch.device, spec: DataSpec | None = None, reclaimable: int = 0
) -> None:
    """Raise `ConfigError`, with a batch size that fits, where ``config`` takes more memory than
    ``device`` has free.

    ``spec``: the data's, where they are loaded. ``reclaimable``: bytes that will be free by then.
    """
    if device.type not in OVERHEAD or "WORLD_SIZE" in os.environ:
        # Apple's memory is shared with the screen; processes that share a run take a share each.
        return
    spec, free = spec or expected_spec(config), free_memory(device) + reclaimable
    if rough_need(config, spec) < free / 4:
        return
    need = _need_or_none(config, spec, device)
    if need is None or need <= free:
        return
    fits = _fitting_batch(config, spec, device, need, free)
    remedy = (
        f"A batch size of {fits:,} fits."
        if fits
        else "No smaller batch fits: choose narrower networks or smaller pictures."
    )
    raise ConfigError(
        f"At batch size {config.batch_size:,} this run would take about {need / 1e9:.1f} GB of "
        f"memory, and {free / 1e9:.1f} GB are free. {remedy}",
        "batch_size",
    )


def training_memory(config: RunConfig, spec: DataSpec, device: torch.device) -> int:
    """Bytes that a training of ``config`` holds; 0 where that cannot be told beforehand."""
    return _need_or_none(config, spec, device) or 0


def checkpoint_bytes(config: RunConfig, spec: DataSpec, device: torch.device) -> int:
    """What a checkpoint of ``config`` takes on the disk, about; 0 where that cannot be known
    beforehand."""
    need = _known_need(config, spec, device)
    return need.state if need else 0


def _need_or_none(config: RunConfig, spec: DataSpec, device: torch.device) -> int | None:
    need = _known_need(config, spec, device)
    return need.total(device) if need else None


def _known_need(config: RunConfig, spec: DataSpec, device: torch.device) -> Need | None:
    name = key(config, spec, device)
    if name not in _known:
        try:
            _known[name] = memory_need(config, spec)
        except Exception:
            # A network of somebody's own may need real numbers: then nothing is known beforehand.
            return None
        while len(_known) > REMEMBERED:
            _known.popitem(last=False)
    return _known[name]


def _fitting_batch(
    config: RunConfig, spec: DataSpec, device: torch.device, need: int, free: int
) -> int | None:
    """The largest power of two below the batch size that fits into ``free`` bytes and goes with the
    other settings. What a batch takes grows in proportion to it."""
    smaller = max(config.pac, 2, config.batch_size // 8 // config.pac * config.pac)
    base = _need_or_none(config.model_copy(update={"batch_size": smaller}), spec, device)
    if base is None or smaller >= config.batch_size:
        return None
    each = max(1.0, (need - base) / (config.batch_size - smaller))
    most = smaller + (free - base) / each
    size = 1 << (config.batch_size - 1).bit_length()
    while size > 1:
        size //= 2
        if size < config.batch_size and size <= most and _is_legal(config, size):
            return size
    return None


def _is_legal(config: RunConfig, batch_size: int) -> bool:
    try:
        config.but(batch_size=batch_size)
    except GanvizError:
        return False
    return True
