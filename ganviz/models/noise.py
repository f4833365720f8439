"""Kinds of noise that a generator starts from. All are made of standard normal numbers by the
generator itself, so that whoever draws, walks, inverts or exports latents does as with normal ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


def uniform(z: Tensor) -> Tensor:
    """Standard normal numbers to uniform ones in [-1, 1]: 2 Phi(z) - 1."""
    return torch.erf(z / math.sqrt(2))


def sphere(z: Tensor) -> Tensor:
    """Standard normal vectors [N, d] to their directions, at radius sqrt(d), near which normal
    vectors of many dimensions lie anyway."""
    length = z.square().sum(1, keepdim=True).sqrt()
    return z * (math.sqrt(z.shape[1]) / length.clamp(min=1e-12))


NOISES: dict[str, Callable[[Tensor], Tensor] | None] = {
    "gaussian": None,
    "uniform": uniform,
    "sphere": sphere,
}
