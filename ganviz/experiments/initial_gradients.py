"""Gradients at initialisation: what depth, activation, initialisation, norm and skip connections do
before the first step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ganviz import objectives
from ganviz.config import RunConfig
from ganviz.data import expected_spec
from ganviz.models import build_discriminator, build_generator
from ganviz.probes.gradients import gradient_norms
from ganviz.probes.layers import layers_of
from ganviz.probes.probe import short

if TYPE_CHECKING:
    from ganviz.data.source import DataSpec

BATCH = 128
# The layers that lie one behind another.
CHAIN = ("linear", "conv")


@dataclass(frozen=True)
class AtStart:
    """Per layer, first layer first: its label, its kind and the norm of its gradient.

    ``ratio``: gradient norm of the first layer over that of the last hidden one (norms and the
    output layer left out): far below 1 it vanishes on its way back, far above it explodes.
    """

    layers: list[str]
    kinds: list[str]
    gradient: list[float]
    ratio: float | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def mlp_config(
    depth: int,
    width: int = 64,
    activation: str = "relu",
    init: str = "default",
    norm: str = "none",
    residual: bool = False,
    seed: int = 0,
    **changes: Any,
) -> RunConfig:
    """The set-up of the depth lesson: a G of ``depth`` hidden layers on 2-D points, before D (2 ->
    128 -> 128 -> 1)."""
    return RunConfig.parse(
        {
            "data": "ring8-wide",
            "generator": "mlp",
            "discriminator": "mlp",
            "latent_dim": 2,
            "g_hidden": (width,) * depth,
            "d_hidden": (128, 128),
            "activation": activation,
            "init": init,
            "g_norm": norm,
            "d_norm": "none",
            "residual": residual,
            "batch_size": BATCH,
            "seed": seed,
            **changes,
        }
    )


def at_start(
    config: RunConfig, network: str = "generator", spec: DataSpec | None = None
) -> AtStart:
    """The gradient norms of ``network`` ("generator" or "discriminator") of ``config`` before its
    first step.

    G's gradient comes from its own loss through the untrained D; D's from its loss on noise as
    reals. Takes well under a second and needs no data (``spec``: the data's, where it is known). D
    is kept at the framework's initialisation while G is looked at, so that the bars tell of G
    alone.
    """
    began = time.perf_counter()
    spec = spec or expected_spec(config)
    generator = build_generator(config, spec)
    judged = config if network == "discriminator" else config.model_copy(update={"init": "default"})
    discriminator = build_discriminator(judged, spec)
    random = torch.Generator().manual_seed(config.seed)
    count = max(1, BATCH // config.pac) * config.pac
    y = torch.randint(spec.n_classes, (count,), generator=random) if config.conditional else None
    real = torch.randn(count, *spec.shape, generator=random).clamp_(-1, 1)
    fake = generator(torch.randn(count, config.latent_dim, generator=random), y)
    if network == "discriminator":
        fake = fake.detach()
    objective = objectives.build(config)
    loss = objective.d if network == "discriminator" else objective.g
    loss(discriminator(real, y), discriminator(fake, y)).backward()
    looked_at = discriminator if network == "discriminator" else generator
    sample = (
        fake.detach() if network == "discriminator" else torch.zeros(count, config.latent_dim),
        y,
    )
    layers = layers_of(looked_at, lambda net: net(*sample))
    norms = gradient_norms(layers)
    chain = [norm for layer, norm in zip(layers, norms, strict=True) if layer.kind in CHAIN][:-1]
    ratio = float(f"{chain[0] / chain[-1]:.3g}") if chain and chain[-1] else None
    return AtStart(
        [layer.label for layer in layers],
        [layer.kind for layer in layers],
        short(norms),
        ratio,
        round(time.perf_counter() - began, 3),
    )
