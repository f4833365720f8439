"""A VAE's encoder: the trunk of any discriminator, with two numbers for each latent at its end
instead of a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from ganviz.models import seeded
from ganviz.models.parts import Discriminator, add_spectral_norm, full
from ganviz.registry import DISCRIMINATORS

if TYPE_CHECKING:
    from ganviz.config import RunConfig
    from ganviz.data.source import DataSpec

# Of a log variance: its exponential stays finite whatever the weights are.
WIDEST = 20.0


class Encoder(nn.Module):
    """q(z | x, y): the mean and the log variance of every latent, each [N, latent_dim]."""

    def __init__(self, judge: Discriminator, latent_dim: int):
        super().__init__()
        self.labels = judge.labels
        self.trunk = judge.trunk
        self.ends = nn.Linear(judge.real.in_features, 2 * latent_dim)
        # The variances start at 1, as the prior's.
        nn.init.zeros_(self.ends.weight[latent_dim:])
        nn.init.zeros_(self.ends.bias)

    def forward(self, x: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if self.labels is not None:
            if y is None:
                raise ValueError("this encoder is conditional: give it the classes y")
            x = self.labels(x, y)
        mean, log_variance = full(self.ends(self.trunk(x))).chunk(2, 1)
        return mean, log_variance.clamp(-WIDEST, WIDEST)


def build_encoder(config: RunConfig, spec: DataSpec) -> nn.Module:
    """The config's discriminator made into an encoder, on the CPU, its weights drawn from
    ``config.seed`` alone.

    What only a judge of many samples can have (minibatch std, pac) is left out.
    """
    alone = config.model_copy(update={"minibatch_std": False, "pac": 1})
    with seeded(2 * config.seed + 1):
        judge = DISCRIMINATORS.get(config.discriminator, "discriminator").build(alone, spec)
        encoder = Encoder(judge, config.latent_dim)
        return add_spectral_norm(encoder) if config.d_norm == "spectral" else encoder
