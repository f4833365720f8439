"""Generators and discriminators: one file a family, each entry in its registry."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from ganviz.models.noise import NOISES
from ganviz.models.parts import Packed, add_spectral_norm
from ganviz.registry import DISCRIMINATORS, GENERATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec

_STREAM = threading.RLock()


def build_generator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """The config's generator on the CPU, its weights drawn from ``config.seed`` alone."""
    with seeded(2 * config.seed):
        network = GENERATORS.get(config.generator, "generator").build(config, spec)
    if config.adversarial and (noise := NOISES[config.noise]):
        network.noise = cast(Any, noise)
    # what `engine.snapshot.draw` takes at a time follows from it
    network.sample_shape = cast(Any, spec.shape)
    return network


def build_discriminator(config: RunConfig, spec: DataSpec) -> nn.Module:
    """The config's discriminator on the CPU, its weights drawn from ``config.seed`` alone, with pac
    and spectral norm."""
    channels, *rest = spec.shape
    seen = replace(spec, shape=(channels * config.pac, *rest))
    with seeded(2 * config.seed + 1):
        network = DISCRIMINATORS.get(config.discriminator, "discriminator").build(config, seen)
        if config.d_norm == "spectral":
            add_spectral_norm(network)
    return Packed(network, config.pac) if config.pac > 1 else network


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch draws initial weights from the process-wide CPU stream: seed it for a moment, then put
    it back.

    One at a time: two runs that are prepared at once would draw from each other's stream.
    """
    with _STREAM, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


# each family registers its networks
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
