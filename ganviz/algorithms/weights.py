"""State dicts of several modules in one flat table, each name with its module's name before it."""

from __future__ import annotations

from torch import Tensor, nn


def prefixed_state_dict(**modules: nn.Module) -> dict[str, Tensor]:
    """``{"generator/main.0.weight": tensor, ...}``: the state dicts of ``modules`` under their
    names."""
    return {
        f"{name}/{key}": value
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }


def without_prefix(weights: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The ``weights`` under ``name/`` as a state dict of their own; empty where there are none."""
    return {
        key.removeprefix(f"{name}/"): value
        for key, value in weights.items()
        if key.startswith(f"{name}/")
    }
