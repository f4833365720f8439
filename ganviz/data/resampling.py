"""Scaling and rotation of pictures, as ADA makes them (Karras et al. 2020, arXiv 2006.06676,
appendix B): where each pixel comes from is worked out for all changes together, and the pictures
are resampled once.

Resampling is linear in the pictures. Its gradient is the transposed operation, whose own gradient
is resampling again: a gradient penalty differentiates through it twice with neither products nor
convolutions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ganviz.accel.private_apis import grid_sample_input_gradient

SCALE_STD = 0.2
"""Of the binary logarithm of a scale."""
GEOMETRIC = ("scaling", "rotation", "anisotropic-scaling")


def resampled(
    x: Tensor, changes: Sequence[str], generator: Generator | None, p: Tensor | None
) -> Tensor:
    """Square pictures ``x`` (float [N, C, H, H]) with those of the `GEOMETRIC` ``changes``, each
    with the chance ``p`` (None: always); a picture that gets none stays bit for bit as it is.

    In the paper's order: scaling by 2^n with n ~ N(0, 0.2^2); a rotation by any angle; widths by
    2^m and heights by 2^-m, m ~ N(0, 0.2^2); another rotation. The chance of either rotation is 1 -
    sqrt(1 - p), that of any is p. What comes in from outside is the picture's own mirror image.
    """
    matrix = origins(len(x), changes, generator, p, x.device)
    same = (matrix == torch.eye(2, device=x.device)).all(-1).all(-1)
    return torch.where(same[:, None, None, None], x, moved(x, matrix))


def moved(x: Tensor, matrix: Tensor) -> Tensor:
    """``x`` [N, C, H, H] whose pixels come from ``matrix`` [N, 2, 2] times their place (x to the
    right, y down) from the centre, bilinearly; mirrored beyond the outermost pixels."""
    exact = x if x.dtype == torch.float64 else x.float()
    line = torch.linspace(-1, 1, x.shape[-1], dtype=exact.dtype, device=x.device)
    places = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1)
    grid = _times(matrix.to(exact.dtype), places[..., None])[..., 0]
    out: Tensor = _Resample.apply(exact, grid)
    return out.to(x.dtype)


def origins(
    count: int,
    changes: Sequence[str],
    generator: Generator | None,
    p: Tensor | None,
    device: torch.device,
) -> Tensor:
    """[N, 2, 2]: the inverse of all changes, drawn for each of ``count`` pictures."""
    chance = torch.ones((), device=device) if p is None else p

    def drawn(values: Tensor, chance: Tensor) -> Tensor:
        happens = torch.rand(count, device=device, generator=generator) < chance
        return torch.where(happens, values, torch.zeros_like(values))

    def log_scale() -> Tensor:
        normal = torch.randn(count, device=device, generator=generator)
        return drawn(SCALE_STD * normal, chance)

    def rotation() -> Tensor:
        turns = torch.rand(count, device=device, generator=generator) - 0.5
        return turned_back(drawn(2 * math.pi * turns, 1 - (1 - chance).clamp(0, 1).sqrt()))

    matrix = torch.eye(2, device=device).expand(count, 2, 2)
    if "scaling" in changes:
        log = log_scale()
        matrix = _times(matrix, scaled_back(log, log))
    if "rotation" in changes:
        matrix = _times(matrix, rotation())
    if "anisotropic-scaling" in changes:
        log = log_scale()
        matrix = _times(matrix, scaled_back(log, -log))
    if "rotation" in changes:
        matrix = _times(matrix, rotation())
    return matrix


def _times(matrix: Tensor, others: Tensor) -> Tensor:
    """The product of ``matrix`` [N, 2, 2] with ``others``: [N, 2, 2], or [H, W, 2, 1] for all.
    Written out, since autocast would round a product of matrices to bf16."""
    if others.dim() > 3:
        matrix = matrix[:, None, None]
    return (matrix[..., None] * others[..., None, :, :]).sum(-2)


def scaled_back(across: Tensor, down: Tensor) -> Tensor:
    """[N, 2, 2]: where pixels come from that are enlarged by 2^``across`` and 2^``down``."""
    return torch.diag_embed(torch.stack([-across, -down], 1).exp2())


def turned_back(angle: Tensor) -> Tensor:
    """[N, 2, 2]: where pixels come from that are turned clockwise by ``angle``, in radians."""
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([cos, sin, -sin, cos], 1).view(-1, 2, 2)


class _Resample(torch.autograd.Function):
    """Pixels from where ``grid`` [N, H, W, 2] says."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        return F.grid_sample(x, grid, "bilinear", "reflection", align_corners=True)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        return _Transposed.apply(gradients[0], grid), None


class _Transposed(torch.autograd.Function):
    """Each pixel spread over those that ``grid`` [N, H, W, 2] made it of."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        return grid_sample_input_gradient(gradient, grid)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        return _Resample.apply(gradients[0], grid), None
