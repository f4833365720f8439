"""Gradient penalties: one function, and the points it takes D's input gradient at.

Each penalty pushes the norm of dD/dx at some points to a centre: zero for R1
and R2, one for WGAN-GP and DRAGAN. Norms are per judged sample, never over the whole batch. Values
are unweighted: the caller multiplies by ``penalty_weight`` and adds the result to D's loss.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.linalg import vector_norm

from ganviz.accel.second_order import input_grad_only, no_weight_gradients
from ganviz.registry import PENALTIES

Judge = Callable[[Tensor], Tensor]


def input_gradient(logits: Tensor, x: Tensor) -> Tensor:
    """dD/dx at every sample, [N, ...], as part of the graph: its own gradient reaches D's weights.

    ``x`` must require grad before ``logits`` is computed from it. Summing the logits gives every
    sample its own gradient as long as D judges samples independently.
    """
    with no_weight_gradients():
        return torch.autograd.grad(logits.sum(), x, create_graph=True)[0]


def squared_norm(gradient: Tensor, count: int | None = None) -> Tensor:
    """||g||^2 of each of ``count`` judgements (default: one for each sample): [count].

    With PacGAN one judgement covers ``pac`` neighbouring samples, so pass the number of logits.
    """
    return gradient.reshape(count or len(gradient), -1).square().sum(1)


def gradient_penalty(discriminator: Judge, points: Tensor, centre: float) -> Tensor:
    """E (||dD/dx|| - centre)^2 at ``points``, per sample, in fp32 also under autocast."""
    with _no_autocast(points.device):
        x = (
            points.detach().float()
            if points.dtype in (torch.float16, torch.bfloat16)
            else points.detach()
        )
        x.requires_grad_(True)
        with input_grad_only():
            logits = discriminator(x)
        return off_centre(input_gradient(logits, x), len(logits), centre)


def _no_autocast(device: torch.device) -> AbstractContextManager[object]:
    # The meta device knows no autocast.
    return nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False)


def off_centre(gradient: Tensor, count: int, centre: float) -> Tensor:
    """E (||g|| - centre)^2 over ``count`` judged samples, from their input ``gradient``."""
    if centre == 0:
        # No root: smooth where the gradient is zero.
        return squared_norm(gradient, count).mean()
    return (vector_norm(gradient.reshape(count, -1), dim=1) - centre).square().mean()


@dataclass(frozen=True)
class Penalty:
    """A named penalty: ``factor * sum over the points of E (||dD/dx|| - centre)^2``.

    ``at``: real, fake, both, between (reals and fakes), around (reals), or None. Where it is one of
    the first three (``at_samples``), a caller that has D's input gradients there already reuses
    them: `of_gradients`.
    """

    name: str
    label: str
    why: str
    formula: str
    at: str | None = None
    centre: float = 0.0
    factor: float = 1.0

    @property
    def reads(self) -> tuple[str, ...]:
        """The `RunConfig` fields that mean something under this penalty."""
        return () if self.at is None else ("penalty_weight",)

    @property
    def at_samples(self) -> bool:
        """Whether D is penalised at the very samples that it takes for its loss."""
        return self.at in ("real", "fake", "both")

    @property
    def needs_fake(self) -> bool:
        return self.at in ("fake", "both", "between")

    def penalty(
        self, discriminator: Judge, real: Tensor, fake: Tensor | None, generator: torch.Generator
    ) -> Tensor:
        """The unweighted penalty, a scalar. ``discriminator(x) -> logits`` knows the labels by
        itself.

        Random draws come from ``generator`` (on the samples' device). ``fake`` may be None unless
        ``needs_fake``.
        """
        if self.at is None:
            return real.new_zeros(())
        if fake is None:
            if self.needs_fake:
                raise ValueError(f"The penalty {self.name!r} needs fakes.")
            # Not used.
            fake = real
        terms = [
            gradient_penalty(discriminator, points, self.centre)
            for points in POINTS[self.at](real, fake, generator)
        ]
        return self.factor * sum(terms[1:], terms[0])

    def of_gradients(self, at_real: Tensor | None, at_fake: Tensor | None, count: int) -> Tensor:
        """The unweighted penalty from D's input gradients at ``count`` judged reals and as many
        fakes; only where ``at_samples``. Those that it does not look at may be None."""
        at = {"real": (at_real,), "fake": (at_fake,), "both": (at_real, at_fake)}
        terms = [
            off_centre(gradient, count, self.centre)
            for gradient in at[str(self.at)]
            if gradient is not None
        ]
        return self.factor * sum(terms[1:], terms[0])


def _between(real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """A random point on the line between each real sample and the fake at its index in the
    batch."""
    share = torch.rand(
        len(real),
        *[1] * (real.dim() - 1),
        device=real.device,
        dtype=real.dtype,
        generator=generator,
    )
    return torch.lerp(real, fake.to(real.dtype), share)


def _around(real: Tensor, generator: torch.Generator) -> Tensor:
    """Reals with Gaussian noise of half their own standard deviation (over the whole batch)."""
    noise = torch.randn(real.shape, device=real.device, dtype=real.dtype, generator=generator)
    return real + 0.5 * real.std() * noise


POINTS: dict[str, Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, ...]]] = {
    "real": lambda real, fake, generator: (real,),
    "fake": lambda real, fake, generator: (fake,),
    "both": lambda real, fake, generator: (real, fake),
    "between": lambda real, fake, generator: (_between(real, fake, generator),),
    "around": lambda real, fake, generator: (_around(real, generator),),
}

for _entry in (
    Penalty(
        "none", "None", "Nothing holds D back: simple, and fine where D cannot win outright.", ""
    ),
    Penalty(
        "r1",
        "R1 (at reals)",
        "D must be flat at real samples, so it cannot keep pushing a G that has arrived. "
        "Mescheder et al. 2018.",
        r"\tfrac{1}{2}\,\mathbb{E}\,\lVert\nabla D(x)\rVert^2",
        "real",
        factor=0.5,
    ),
    Penalty(
        "r2",
        "R2 (at fakes)",
        "D must be flat at generated samples. Mescheder et al. 2018.",
        r"\tfrac{1}{2}\,\mathbb{E}\,\lVert\nabla D(G(z))\rVert^2",
        "fake",
        factor=0.5,
    ),
    Penalty(
        "r1+r2",
        "R1 + R2 (at both)",
        "D must be flat at reals and at fakes: what lets relativistic losses converge. "
        "Huang et al. 2024.",
        r"\tfrac{1}{2}\,\mathbb{E}\,\lVert\nabla D(x)\rVert^2"
        r" + \tfrac{1}{2}\,\mathbb{E}\,\lVert\nabla D(G(z))\rVert^2",
        "both",
        factor=0.5,
    ),
    Penalty(
        "wgan-gp",
        "WGAN-GP (in between)",
        "The critic's slope is held near 1 between reals and fakes, as the Wasserstein "
        "distance asks. Gulrajani et al. 2017.",
        r"\mathbb{E}\left(\lVert\nabla D(\hat{x})\rVert - 1\right)^2",
        "between",
        centre=1.0,
    ),
    Penalty(
        "dragan",
        "DRAGAN (around reals)",
        "D's slope is held near 1 in the neighbourhood of the data. Kodali et al. 2017.",
        r"\mathbb{E}\left(\lVert\nabla D(x + \delta)\rVert - 1\right)^2",
        "around",
        centre=1.0,
    ),
):
    PENALTIES.add(_entry.name, _entry)
