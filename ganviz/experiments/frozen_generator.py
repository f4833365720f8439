"""The frozen-G probe: how much gradient would each objective leave to G, if D went on learning and
G stood still?

In joint training G moves away from a D that is winning, so the starved gradient of the saturating
loss is seldom seen, and not on every seed. Here G is frozen, and what the loss itself does to G's
gradient comes out within seconds.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganviz import objectives, registry
from ganviz.accel import private_apis as private
from ganviz.accel.optimizers import make_optimizer
from ganviz.data.source import Batch, DataSource, Sampler
from ganviz.models import build_discriminator, build_generator
from ganviz.objectives import Objective
from ganviz.probes.outputs import accuracy

if TYPE_CHECKING:
    from ganviz.config import RunConfig

POINTS = 40
# Latents in the batch that G's gradient is taken over.
MEASURED = 256


@dataclass
class Frozen:
    """What `frozen_probe` found. ``gradients``: per objective, the L2 norm of the gradient of its
    generator loss with respect to all of G's weights, at each of ``steps``. ``accuracy``: D's, on
    the same batch. ``trained_on``: D's own loss."""

    trained_on: str
    steps: list[int] = field(default_factory=list)
    gradients: dict[str, list[float]] = field(default_factory=dict)
    accuracy: list[float] = field(default_factory=list)
    seconds: float = 0.0
    n: int = MEASURED

    def fall(self, name: str) -> float:
        """How many times smaller than at its peak the gradient under objective ``name`` is at the
        end."""
        norms = self.gradients[name]
        return max(norms) / norms[-1] if norms[-1] else math.inf

    def to_dict(self) -> dict[str, Any]:
        """As plain values, with what the figures are called."""
        return {
            **asdict(self),
            "fall": {name: self.fall(name) for name in self.gradients},
            "measure": "norm of the gradient of G's loss with respect to all of G's weights",
        }


def frozen_probe(
    config: RunConfig,
    source: DataSource,
    steps: int = 2000,
    generator: nn.Module | None = None,
    names: Iterable[str] | None = None,
    on_point: Callable[[Frozen], bool | None] | None = None,
) -> Frozen:
    """Train a fresh D of ``config`` for ``steps`` on a frozen G (``generator``, copied; or an
    untrained one), and record the gradient that G would get under each of the objectives ``names``
    (default: all).

    One D, trained with the config's own loss and penalty, serves all objectives: what differs is
    G's loss alone. The gradient is taken at G's weights, on one held batch. ``on_point(result so
    far)`` is called at each point; True ends it.
    """
    began, device = time.perf_counter(), source.device
    random = torch.Generator(device).manual_seed(config.seed + 1)
    frozen = copy.deepcopy(generator) if generator else build_generator(config, source.spec)
    frozen = frozen.to(device).train().requires_grad_(True)
    judge = _Judge(config, source, device)
    count = max(1, MEASURED // config.pac) * config.pac
    held = Sampler(source, count, config.seed + 5)()
    z = torch.randn(count, config.latent_dim, device=device, generator=random)
    sampler = Sampler(source, config.batch_size, config.seed + 2, flip=config.flip)
    losses = {
        name: objectives.build(config.model_copy(update={"objective": name}))
        for name in names or registry.OBJECTIVES.names()
    }
    result = Frozen(config.objective, gradients={name: [] for name in losses})
    due = measuring_points(steps)
    for step in range(steps + 1):
        if step in due:
            _measure(result, step, judge, frozen, losses, held, z)
            result.seconds = round(time.perf_counter() - began, 3)
            if on_point and on_point(result):
                break
        if step < steps:
            real = sampler()
            latent = torch.randn(
                config.batch_size, config.latent_dim, device=device, generator=random
            )
            with torch.no_grad():
                fake = frozen(latent, judge.classes_for(real.y))
            judge.learn(real.x, fake, real.y, random)
    return result


def measuring_points(steps: int, count: int = POINTS) -> set[int]:
    """About ``count`` steps from 0 to ``steps``, evenly spaced on a logarithmic axis, with each
    power of ten among them."""
    logs = torch.linspace(0, 1, count) * torch.log10(torch.tensor(float(max(1, steps))))
    powers = {10**i for i in range(9) if 10**i <= steps}
    return {0, steps} | powers | {round(10**value) for value in logs.tolist()}


class _Judge:
    """A discriminator that learns alone."""

    def __init__(self, config: RunConfig, source: DataSource, device: torch.device):
        self.config = config
        self.network = build_discriminator(config, source.spec).to(device)
        self.optimizer = make_optimizer(config, self.network, config.d_lr, device)
        self.objective = objectives.build(config)
        self.penalty = registry.PENALTIES.get(config.penalty, "penalty")

    def classes_for(self, y: Tensor | None) -> Tensor | None:
        return y if self.config.conditional else None

    def learn(self, real: Tensor, fake: Tensor, y: Tensor | None, random: torch.Generator) -> None:
        """One step on D's loss, its penalty and its weight clipping included."""
        y = self.classes_for(y)
        loss = self.objective.d(self.network(real, y), self.network(fake, y))
        if self.penalty.at and self.config.penalty_weight:
            loss = loss + self.config.penalty_weight * self.penalty.penalty(
                lambda x: self.network(x, y), real, fake, random
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.config.weight_clip:
            with torch.no_grad():
                for parameter in self.network.parameters():
                    parameter.clamp_(-self.config.weight_clip, self.config.weight_clip)


def _measure(
    result: Frozen,
    step: int,
    judge: _Judge,
    generator: nn.Module,
    losses: dict[str, Objective],
    held: Batch,
    z: Tensor,
) -> None:
    """The gradient of each objective at G's weights. G's graph is kept and walked once for each
    objective."""
    y = judge.classes_for(held.y)
    weights = [p for p in generator.parameters() if p.requires_grad]
    fake_logits = judge.network(generator(z, y), y)
    with torch.no_grad():
        real_logits = judge.network(held.x, y)
    result.steps.append(step)
    result.accuracy.append(accuracy(real_logits, fake_logits.detach(), judge.objective))
    for name, objective in losses.items():
        logits = fake_logits.detach().requires_grad_()
        towards = torch.autograd.grad(objective.g(real_logits, logits), logits)[0]
        gradients = torch.autograd.grad(fake_logits, weights, towards, retain_graph=True)
        result.gradients[name].append(float(torch.stack(private.norm_each(gradients)).norm()))
