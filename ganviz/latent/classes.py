"""Between two classes, where a generator knows classes as numbers beside z."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganviz.errors import GanvizError
from ganviz.models.parts import Generator, full

NO_BLEND = "This generator's classes cannot be blended: it has nowhere to take half of one."


def draw_blend(generator: nn.Module, z: Tensor, weights: Tensor) -> Tensor:
    """Samples of ``z`` [N, dim] with ``weights`` [N, K] in the place of one-hot classes: what the
    first layer makes of the mixture. Raises `GanvizError` for a generator without such a layer."""
    if not isinstance(generator, Generator) or not generator.n_classes:
        raise GanvizError(NO_BLEND)
    if weights.shape != (len(z), generator.n_classes):
        raise GanvizError(
            "Give a weight for each of the {count} classes.", "y", count=generator.n_classes
        )
    return full(
        generator.body(generator.first(torch.cat([generator.as_noise(z), weights.to(z)], 1)))
    )
