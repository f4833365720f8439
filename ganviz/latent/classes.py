"""Between two classes, where a generator knows classes as numbers beside z."""

from __future__ import annotations

from torch import Tensor, nn

from ganviz.errors import GanvizError
from ganviz.models.parts import Generator

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
    return generator.of_mixture(z, weights.to(z))
