"""The strength of augmentation, led by D (ADA; Karras et al., Training Generative Adversarial
Networks with Limited Data, 2020, arXiv 2006.06676)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

INTERVAL = 4
"""Updates of D between two moves of p."""
DIGITS = 1e5


def signs_of_reals(real: Tensor, fake: Tensor, threshold: float | None) -> Tensor:
    """+1 where D is right about a real sample, -1 where it is wrong, [N].

    ADA's heuristic r_t is their mean, for a D whose logit says "real" above ``threshold`` (0 in the
    paper). A D without such a level (None: it judges pairs, or is a critic) is right where a real
    stands above the fake beside it.
    """
    return (real - (fake if threshold is None else threshold)).detach().sign()


class AdaptiveStrength:
    """p, the chance of each change: after every `INTERVAL` updates of D a step up where the mean
    sign on reals was above the target, a step down where it was below. Everything stays on the
    device; nothing waits for it."""

    def __init__(self, device: torch.device):
        exact = torch.float32 if device.type == "mps" else torch.float64
        # p, and of the updates since it moved: the sum of signs, the samples, how many they are
        self.state = torch.zeros(4, dtype=exact, device=device)
        # Several processes that share a run add theirs up.
        self.add_up: Callable[[Tensor], None] = lambda sums: None

    @property
    def p(self) -> Tensor:
        """The chance of each change, 0 to 1."""
        return self.state[0]

    @torch.no_grad()
    def observe(self, signs: Tensor, target: float | Tensor, samples: float | Tensor) -> None:
        """One update of D had ``signs`` [N] on reals. p goes from 0 to 1 in ``samples`` samples at
        the soonest."""
        # Filled there, since a captured step can bring nothing to the device.
        here = torch.full_like(self.state[0], len(signs))
        seen = torch.stack([signs.sum().to(self.state.dtype), here])
        self.add_up(seen)
        p, total, count, updates = self.state.unbind()
        total, count, updates = total + seen[0], count + seen[1], updates + 1
        # A captured step has the target in fp32: what is nearer than its digits is there.
        off = ((total / count - target) * DIGITS).round().sign()
        moved = (p + off * count / samples).clamp(0, 1)
        due = updates >= INTERVAL
        zero = torch.zeros_like(p)
        held = torch.stack([p, total, count, updates])
        self.state.copy_(torch.where(due, torch.stack([moved, zero, zero, zero]), held))
