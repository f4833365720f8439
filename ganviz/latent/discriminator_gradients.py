"""What a discriminator looks at, and which way it would have a sample go."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganviz.probes.probe import undisturbed

Draw = Callable[[Tensor, "Tensor | None"], Tensor]


def input_gradient(
    discriminator: nn.Module, x: Tensor, y: Tensor | None, which: int = 0
) -> tuple[float, Tensor]:
    """D's logit of sample ``which`` of ``x`` [N, ...] and its gradient dD/dx there (of its shape).

    The others are judged with it, for a D that looks at a whole batch.
    """
    with undisturbed(discriminator) as judge, torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        logit = judge(x, y).flatten()[which]
        (gradient,) = torch.autograd.grad(logit, x)
    return float(logit.detach()), gradient[which]


def climb(
    draw: Draw,
    discriminator: nn.Module,
    z: Tensor,
    y: Tensor | None,
    steps: int = 8,
    rate: float = 0.1,
) -> tuple[Tensor, list[float]]:
    """From ``z`` [N, dim], whose first latent moves, up the gradient of D(G(z)).

    Each step goes ``rate`` times the length of z, and z keeps its length, so that it stays where
    samples are. The others are drawn once: they are what D judges the first beside. Returns the way
    [steps + 1, dim] and D's logits along it.
    """
    with torch.no_grad():
        others = [draw(z[1:], None if y is None else y[1:])] if len(z) > 1 else []
    own = None if y is None else y[:1]
    way, logits = [z[0].clone()], []
    length = z[0].norm()
    with undisturbed(discriminator) as judge, torch.enable_grad():
        for _ in range(steps):
            moving = way[-1].detach().clone().requires_grad_()
            logit = judge(torch.cat([draw(moving[None], own), *others]), y).flatten()[0]
            (gradient,) = torch.autograd.grad(logit, moving)
            logits.append(float(logit.detach()))
            ahead = moving.detach() + rate * length * nn.functional.normalize(gradient, dim=0)
            way.append(ahead * (length / ahead.norm().clamp(min=1e-9)))
        with torch.no_grad():
            last = judge(torch.cat([draw(way[-1][None], own), *others]), y).flatten()[0]
    return torch.stack([one.detach() for one in way]), [*logits, float(last)]


def fooling(
    discriminator: nn.Module, x: Tensor, y: Tensor | None, size: float = 0.1, steps: int = 10
) -> tuple[Tensor, list[float]]:
    """Projected gradient steps (Madry et al. 2018) that raise D's logit of the first of ``x``
    [N, C, H, W] while no pixel moves by more than ``size`` (1 is half the way from black to
    white). Returns that sample, and D's logit before and after."""
    moved = x.detach().clone()
    first, gradient = input_gradient(discriminator, moved, y)
    for _ in range(steps):
        ahead = moved[0] + 2.5 * size / steps * gradient.sign()
        moved[0] = torch.maximum(torch.minimum(ahead, x[0] + size), x[0] - size).clamp(-1, 1)
        last, gradient = input_gradient(discriminator, moved, y)
    return moved[0], [first, last]
