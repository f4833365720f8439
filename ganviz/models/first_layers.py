"""FreezeD (Mo et al. 2020): the first layers of a discriminator that was trained before stay as
they are, and what few pictures there are teach the rest."""

from __future__ import annotations

from torch import nn

from ganviz.errors import ConfigError
from ganviz.models.parts import Packed
from ganviz.text import counted


def first_layers(discriminator: nn.Module) -> list[list[nn.Module]]:
    """The layers of D from the picture on, without its verdict: each a part of its trunk that has
    weights, with the norms and activations that follow it. A residual block is one layer."""
    inner = discriminator.discriminator if isinstance(discriminator, Packed) else discriminator
    trunk = getattr(inner, "trunk", inner)
    layers: list[list[nn.Module]] = []
    for part in trunk.children():
        if any(weight.dim() > 1 for weight in part.parameters()):
            layers.append([part])
        elif layers:
            layers[-1].append(part)
    return layers


def freeze_first_layers(discriminator: nn.Module, count: int) -> None:
    """Have the first ``count`` layers of D learn nothing: neither their weights move, nor the
    averages of their norms or the vectors of spectral norm, which they use as they are.

    Raises `ConfigError` where D has no more layers than that, so that nothing of it would learn
    but the verdict.
    """
    if not count:
        return
    layers = first_layers(discriminator)
    if count >= len(layers):
        raise ConfigError(
            counted(
                len(layers),
                "This discriminator has one layer before its verdict, which must learn: freeze "
                "none.",
                "This discriminator has {n} layers before its verdict, of which at least one must "
                "learn: freeze at most {most}.",
                most=max(0, len(layers) - 1),
            ),
            "freeze_d",
        )
    for layer in layers[:count]:
        for part in layer:
            part.eval().requires_grad_(False)
