"""The layers of a network in the order in which a sample meets them, with words for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from torch import nn

from ganviz.accel.private_apis import NormBase
from ganviz.probes.probe import undisturbed

_NORMS = (NormBase, nn.LayerNorm, nn.GroupNorm)


@dataclass(frozen=True)
class LayerInfo:
    """A module with weights of its own.

    ``name``: its path in the network. ``label``: its place and what it is, for an axis ("3 linear
    128 → 64").
    ``kind``: linear, conv, norm, class or other; only linear and conv layers lie one behind
    another.
    """

    name: str
    label: str
    kind: str
    parameters: tuple[nn.Parameter, ...] = field(repr=False)


def layers_of(
    network: nn.Module, forward: Callable[[nn.Module], object] | None = None
) -> list[LayerInfo]:
    """All layers that are trained, in forward order.

    ``forward`` runs the network once on anything; without it, or where it fails, the order is that
    of definition.
    """
    owned: dict[str, list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            owned.setdefault(_owner(name), []).append(parameter)
    order = {path: index for index, path in enumerate(_called(network, list(owned), forward))}
    paths = sorted(owned, key=lambda path: order.get(path, len(order)))
    layers = []
    for index, path in enumerate(paths, start=1):
        kind, text = _describe(network.get_submodule(path))
        layers.append(LayerInfo(path, f"{index} {text}", kind, tuple(owned[path])))
    return layers


def _owner(parameter: str) -> str:
    """The module that a parameter belongs to; a reparametrised weight belongs to the layer that
    uses it."""
    return (
        parameter.split(".parametrizations.")[0].removeprefix("parametrizations.")
        if "parametrizations." in parameter
        else parameter.rpartition(".")[0]
    )


def _called(
    network: nn.Module, paths: list[str], forward: Callable[[nn.Module], object] | None
) -> list[str]:
    """``paths`` in the order in which a forward pass meets them."""
    seen: list[str] = []
    if forward is None:
        return seen
    handles = [
        network.get_submodule(path).register_forward_hook(lambda *_, path=path: seen.append(path))
        for path in paths
    ]
    try:
        with undisturbed(network):
            forward(network)
    except (
        RuntimeError,
        ValueError,
        TypeError,
    ):  # a network that wants something else: the order of definition will do
        return []
    finally:
        for handle in handles:
            handle.remove()
    return list(dict.fromkeys(seen))


def _describe(module: nn.Module) -> tuple[str, str]:
    if isinstance(module, nn.Linear):
        return "linear", f"linear {module.in_features} → {module.out_features}"
    if isinstance(module, nn.ConvTranspose2d | nn.Conv2d):
        what = "up-conv" if isinstance(module, nn.ConvTranspose2d) else "conv"
        return (
            "conv",
            f"{what} {module.in_channels} → {module.out_channels}, "
            f"{'x'.join(map(str, module.kernel_size))}",
        )
    if isinstance(module, _NORMS):
        size = (
            getattr(module, "num_features", None)
            or getattr(module, "num_channels", None)
            or cast(nn.LayerNorm, module).normalized_shape[-1]
        )
        norm = {
            "BatchNorm1d": "batch norm",
            "BatchNorm2d": "batch norm",
            "InstanceNorm2d": "instance norm",
        }.get(type(module).__name__.removeprefix("Parametrized"), "layer norm")
        return "norm", f"{norm} {size}"
    if isinstance(module, nn.Embedding):
        return "class", f"classes {module.num_embeddings} → {module.embedding_dim}"
    return "other", type(module).__name__.lower()
