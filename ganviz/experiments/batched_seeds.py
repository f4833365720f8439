"""Several seeds of one small game, trained as one.

A step of a small network is mostly calls: its sums take less time than asking for them. Here the
weights of K networks lie on top of one another, [K, ...], and every call works on all of them: each
seed gets the updates that it would have got alone, to rounding (tests hold it against lone
trainings).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from ganviz.accel.discriminator_pass import DiscriminatorPass, PassOptions
from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.base import NextBatch
from ganviz.config import RunConfig
from ganviz.data.source import Batch, Sampler
from ganviz.errors import ConfigError
from ganviz.registry import DISCRIMINATORS, GENERATORS, PENALTIES

if TYPE_CHECKING:
    from ganviz.engine.trainer import Trainer

# What a config must say: everything else mixes the samples of a batch, or draws from random numbers
# that all seeds share.
REQUIRED: dict[str, Any] = {
    "conditioning": "none",
    "g_norm": "none",
    "d_norm": "none",
    "minibatch_std": False,
    "pac": 1,
    "grad_clip": 0.0,
    "label_flip": 0.0,
    "instance_noise": 0.0,
    "augment": (),
    "flip": False,
}


def problem(config: RunConfig) -> str | None:
    """Why several seeds of ``config`` cannot train as one, in words; None where they can."""
    for name, value in REQUIRED.items():
        have = getattr(config, name)
        if have != value and (have or value):
            return f"{name} is {have!r}, and several seeds train together only with {value!r}"
    if not config.adversarial or config.mistaken:
        return "only an adversarial game without a mistake trains for several seeds together"
    for name, table in (("generator", GENERATORS), ("discriminator", DISCRIMINATORS)):
        if table.get(getattr(config, name), name).maps:
            return f"{name} is {getattr(config, name)!r}, whose convolutions are not stacked"
    penalty = PENALTIES.get(config.penalty, "penalty")
    if penalty.at is not None and not penalty.at_samples:
        return f"penalty is {config.penalty!r}, which draws its points at random"
    return None


class StackedLinear(nn.Module):
    """K linear layers: takes [K * N, in], gives [K * N, out]; the rows of one network lie
    together."""

    def __init__(self, layers: Sequence[nn.Linear]):
        super().__init__()
        self.weight = nn.Parameter(
            torch.stack([layer.weight.detach().t() for layer in layers]).contiguous()
        )
        has_bias = layers[0].bias is not None
        self.bias = (
            nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in layers]))
            if has_bias
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        rows = x.view(len(self.weight), -1, x.shape[1])
        out = (
            torch.bmm(rows, self.weight)
            if self.bias is None
            else torch.baddbmm(self.bias, rows, self.weight)
        )
        return out.flatten(0, 1)

    def layer(self, index: int) -> dict[str, Tensor]:
        """The weights of one of the layers, as a plain linear layer names them."""
        weights = {"weight": self.weight[index].t()}
        return weights if self.bias is None else {**weights, "bias": self.bias[index, 0]}


def stack(networks: Sequence[nn.Module]) -> nn.Module:
    """One network that is all ``networks`` of the same shape at once."""
    stacked = copy.deepcopy(networks[0])
    for name, module in list(stacked.named_modules()):
        if isinstance(module, nn.Linear):
            parent, _, last = name.rpartition(".")
            setattr(
                stacked.get_submodule(parent),
                last,
                StackedLinear([cast(nn.Linear, one.get_submodule(name)) for one in networks]),
            )
    return stacked


def single(stacked: nn.Module, index: int, into: nn.Module) -> nn.Module:
    """``into``, a network of the same shape, with the weights of one of those in ``stacked``."""
    into.load_state_dict(
        {
            f"{name}.{part}": value.detach().clone()
            for name, module in stacked.named_modules()
            if isinstance(module, StackedLinear)
            for part, value in module.layer(index).items()
        }
    )
    return into


class BatchedSeeds(Adversarial):
    """The game of `Adversarial` for every one of ``members``: algorithms of one config that differ
    in their seed.

    Losses are means over all samples of all seeds; times K, they are the sum of each seed's own
    loss, and no weight of one seed is in the loss of another. Statistics are means over the seeds.
    """

    def __init__(self, members: Sequence[Adversarial]):
        first = members[0]
        self._members = list(members)
        super().__init__(first.config, first.spec, first.device)

    def make_networks(self) -> tuple[nn.Module, nn.Module]:
        return stack([one.generator for one in self._members]), stack(
            [one.discriminator for one in self._members]
        )

    def latents(self, count: int) -> Tensor:
        """Each seed's own: [count, latent_dim], ``count`` over all seeds."""
        return torch.cat([one.latents(count // len(self._members)) for one in self._members])

    def averaged(self, index: int) -> nn.Module:
        """The EMA generator of one of the seeds."""
        return single(self.ema.network, index, self._members[index].ema.network)

    def discriminator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return len(self._members) * super().discriminator_loss(real_logits, fake_logits)

    def generator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return len(self._members) * super().generator_loss(real_logits, fake_logits)

    def gradient_penalty(
        self, judged: DiscriminatorPass, real: Tensor, fake: Tensor, y: Tensor | None
    ) -> Tensor | float:
        return len(self._members) * super().gradient_penalty(judged, real, fake, y)

    def pass_options(self) -> PassOptions:
        # Reals and fakes in one pass would part the rows of one seed.
        return replace(super().pass_options(), independent=False, homogeneous=False)


class BatchedSeedsTrainer:
    """Goes on with several trainers of one config, which differ in their seed, in the same calls.

    Raises `ConfigError` where `problem` finds one.
    """

    def __init__(self, trainers: Sequence[Trainer]):
        reason = problem(trainers[0].config)
        if reason:
            raise ConfigError(f"These seeds cannot train together: {reason}.")
        self.algorithm = BatchedSeeds([cast(Adversarial, one.algorithm) for one in trainers])
        self._next_batch = _next_of_all([one.sampler for one in trainers])
        self.step_count = 0

    def step(self) -> None:
        """One generator update of every seed."""
        self.algorithm.schedule(self.step_count)
        self.algorithm.step(self._next_batch)
        self.step_count += 1

    def read_stats(self) -> dict[str, float]:
        """Means over steps and seeds since the last call. Raises `NonFinite` where any seed's are
        not finite."""
        return self.algorithm.stats.read()

    def averaged(self, index: int) -> nn.Module:
        """The EMA generator of seed number ``index``."""
        return self.algorithm.averaged(index)


def _next_of_all(samplers: Sequence[Sampler]) -> NextBatch:
    return lambda: Batch(torch.cat([sampler().x for sampler in samplers]), None)
