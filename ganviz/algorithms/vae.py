"""The variational autoencoder: an encoder that guesses the latent of a sample, a decoder (the
generator) that draws it again.

Kingma and Welling 2014; the weight beta on the KL term is Higgins et al. 2017.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganviz.accel.optimizers import make_optimizer
from ganviz.algorithms.base import Algorithm, NextBatch, Series, to_device
from ganviz.algorithms.ema import Ema
from ganviz.algorithms.weights import prefixed_state_dict, without_prefix
from ganviz.config import RunConfig
from ganviz.data.source import Batch, DataSpec
from ganviz.models import build_generator
from ganviz.models.encoder import build_encoder

# nats: a latent whose mean KL is smaller says nothing of the sample (Burda et al. 2016 count
# likewise)
IN_USE = 0.01


def kl_to_prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) of each latent of each sample, in nats: [N,
    latent_dim]."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def bernoulli(before_tanh: Tensor, x: Tensor) -> Tensor:
    """-log p(x | z) of each sample, in nats: every pixel is a coin whose bias is its brightness.
    [N]

    ``before_tanh`` is the decoder's output before its tanh: as (tanh(a) + 1) / 2 = sigmoid(2a), the
    logit is 2a and nothing saturates. ``x``: in [-1, 1]. Grey pixels are taken as the share of
    coins that fall on white.
    """
    logits, white = 2 * before_tanh, (x + 1) / 2
    return (softplus(logits) - white * logits).flatten(1).sum(1)


def gaussian(mean: Tensor, x: Tensor, sigma: float) -> Tensor:
    """-log N(x; mean, sigma^2) of each sample, in nats: [N]."""
    return (
        (0.5 * ((x - mean) / sigma).square() + math.log(sigma) + 0.5 * math.log(2 * math.pi))
        .flatten(1)
        .sum(1)
    )


class Vae(Algorithm):
    """Maximises the evidence lower bound E log p(x | z) - beta KL(q(z | x) || N(0, 1)) over decoder
    and encoder at once."""

    series: tuple[Series, ...] = (
        Series("reconstruction", "Reconstruction, nats per sample", "loss", "g"),
        Series("kl", "KL to the prior, nats per sample", "loss", "d"),
        Series("elbo", "ELBO, nats per sample", "other", ""),
        Series("in_use", "Share of latent numbers in use", "score", ""),
    )
    owner_of_statistic: ClassVar[dict[str, str]] = {
        "reconstruction": "generator",
        "kl": "encoder",
        "elbo": "generator",
        "in_use": "encoder",
    }
    scheduled = ("kl_weight",)
    followed_by_captures = Algorithm.followed_by_captures | {"beta"}

    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device):
        super().__init__(config, spec, device)
        self.generator = to_device(build_generator(config, spec), device)
        self.encoder = to_device(build_encoder(config, spec), device)
        self.networks = {"generator": self.generator, "encoder": self.encoder}
        both = nn.ModuleList(self.networks.values())
        self.optimizers = {"generator": make_optimizer(config, both, config.g_lr, device)}
        self.ema = self.average_of(self.generator)
        self.encoder_ema = self.average_of(self.encoder)
        self._params: list[Tensor] = [p for p in both.parameters() if p.requires_grad]
        self._before_tanh: Tensor | None = None
        if config.likelihood == "bernoulli":
            body = cast(nn.Sequential, self.generator.body)
            body[-1].register_forward_pre_hook(self._keep_input)

    @property
    def averages(self) -> list[Ema]:
        return [self.ema, self.encoder_ema]

    def step(self, next_batch: NextBatch) -> None:
        batch = next_batch()
        y = batch.y if self.conditional else None
        with self._autocast():
            mean, log_variance = self.encoder(batch.x, y)
            z = mean + (0.5 * log_variance).exp() * self.latents(len(mean))
            drawn = self.generator(z, y)
        self._step_optimizer(self.loss(batch, drawn, mean, log_variance))
        self.steps_done += 1

    def loss(self, batch: Batch, drawn: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """-log p(x | z) + beta KL, averaged over the batch. The ELBO that is streamed is the bound
        itself, with beta 1."""
        each = kl_to_prior(mean.float(), log_variance.float())
        reconstruction, kl = self.mismatch(drawn, batch.x).mean(), each.sum(1).mean()
        self.stats.add("reconstruction", reconstruction)
        self.stats.add("kl", kl)
        self.stats.add("elbo", -(reconstruction + kl))
        self.stats.add("in_use", (each.mean(0) > IN_USE).float().mean())
        return reconstruction + self.number("kl_weight") * kl

    def mismatch(self, drawn: Tensor, x: Tensor) -> Tensor:
        """-log p(x | z) of each sample in nats, for the decoder's newest output ``drawn``."""
        if self.config.likelihood == "bernoulli":
            # kept longer, it would keep the whole step's graph
            before_tanh, self._before_tanh = self._before_tanh, None
            return bernoulli(cast(Tensor, before_tanh).float(), x)
        return gaussian(drawn.float(), x, self.config.likelihood_sigma)

    @property
    def kl_weight(self) -> float:
        """beta, faded in over ``kl_warmup`` steps: without it, a decoder may learn to ignore z
        before z says anything."""
        warmth = min(1.0, self.steps_done / self.config.kl_warmup) if self.config.kl_warmup else 1.0
        return self.config.beta * warmth

    @torch.no_grad()
    def reconstruct(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """``x`` [N, ...] encoded and drawn again by the averaged networks, from the mean of q(z |
        x)."""
        y = y if self.conditional else None
        return self.ema.network(self.encode(x, y)[0], y)

    @torch.no_grad()
    def encode(self, x: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z | x) by the averaged encoder, each [N, latent_dim]."""
        return self.encoder_ema.network(x, y if self.conditional else None)

    # -- pieces ----------------------------------------------------------------------------
    def _step_optimizer(self, loss: Tensor) -> None:
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        with self._backward_precision():
            loss.backward()
        self.average_gradients(self._params)
        if self.config.grad_clip:
            nn.utils.clip_grad_norm_(self._params, self.config.grad_clip, foreach=True)
        optimizer.step()
        self.ema.update()
        self.encoder_ema.update()

    def _keep_input(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._before_tanh = inputs[0]

    # -- live settings and saving ------------------------------------------------------------
    def apply(self, name: str, value: Any) -> None:
        super().apply(name, value)
        if name == "ema_decay":
            self.encoder_ema.decay = value

    def weights(self) -> dict[str, Tensor]:
        return super().weights() | prefixed_state_dict(encoder_ema=self.encoder_ema.network)

    def load(self, weights: dict[str, Tensor], state: dict[str, Any] | None) -> None:
        super().load(weights, state)
        self.encoder_ema.load(without_prefix(weights, "encoder_ema"))
        self.encoder_ema.updates = self.ema.updates
