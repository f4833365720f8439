"""What a generator computes on the way: the outputs of its layers, and what becomes of the picture
where one of their units is silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganviz.errors import GanvizError
from ganviz.text import counted

NON_LINEAR = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.GELU, nn.ELU, nn.Softplus)
UNITS_AT_ONCE = 64
NONE = "This generator has no activations between its layers, so there is nothing inside to see."


def activation_layers(generator: nn.Module) -> list[tuple[str, nn.Module]]:
    """The generator's non-linear layers but the last (its output), in the order of its modules."""
    found: list[tuple[str, nn.Module]] = [
        (name, module)
        for name, module in generator.named_modules()
        if isinstance(module, NON_LINEAR)
    ]
    if found and isinstance(found[-1][1], nn.Tanh | nn.Sigmoid):
        found.pop()
    return found


@torch.no_grad()
def activations(
    generator: nn.Module, z: Tensor, y: Tensor | None, most: int | None = None
) -> dict[str, Tensor]:
    """The output [N, ...] of each of `activation_layers`, the first ``most`` of them, in the order
    in which they are computed. Raises `GanvizError` for a generator that has none."""
    layers = activation_layers(generator)[:most]
    if not layers:
        raise GanvizError(NONE)
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            found[name] = output.detach()

        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in layers]
    try:
        generator(z, y)
    finally:
        for hook in hooks:
            hook.remove()
    return found


@contextmanager
def edited(generator: nn.Module, layer: str, factors: Tensor) -> Iterator[None]:
    """While it lasts, the outputs of ``layer`` are multiplied by ``factors``: [units], or
    [N, units] with one row a sample. Raises `GanvizError` for a layer that is not there."""
    module = dict(activation_layers(generator)).get(layer)
    if module is None:
        raise GanvizError("This generator has no layer called {layer!r}.", layer=layer[:40])

    def scale(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        units = output.shape[1]
        if factors.shape[-1] != units:
            raise GanvizError(
                counted(units, "This layer has one unit.", "This layer has {n} units.")
            )
        shape = (-1, units, *[1] * (output.dim() - 2))
        return output * factors.to(output).reshape(shape)

    hook = module.register_forward_hook(scale)
    try:
        yield
    finally:
        hook.remove()


@torch.no_grad()
def unit_effects(
    generator: nn.Module, z: Tensor, y: Tensor | None, layer: str, window: tuple[slice, slice]
) -> Tensor:
    """How much each unit of ``layer`` does for the pixels in ``window`` (rows, columns) of the
    picture of ``z`` [1, dim]: the mean change there when it is silent (after GAN Dissection, Bau et
    al. 2019), as a share of the way from black to white. [units]"""
    units = activations(generator, z, y)[layer].shape[1]
    rows, columns = window
    x = generator(z, y)[0][..., rows, columns]
    effects = []
    for start in range(0, units, UNITS_AT_ONCE):
        count = min(UNITS_AT_ONCE, units - start)
        factors = torch.ones(count, units, device=z.device)
        factors[torch.arange(count), torch.arange(start, start + count)] = 0
        labels = None if y is None else y.expand(count)
        with edited(generator, layer, factors):
            without = generator(z.expand(count, -1), labels)
        effects.append((without[..., rows, columns] - x).abs().flatten(1).mean(1) / 2)
    return torch.cat(effects)
