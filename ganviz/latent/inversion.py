"""Find the latent whose picture is nearest to a given one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganviz.latent.adam import Adam

Draw = Callable[[Tensor, "Tensor | None"], Tensor]
"""``draw(z [N, dim], y [N] or None)``: samples [N, ...] in [-1, 1], with gradients to z."""

Features = Callable[[Tensor], Tensor]
"""``features(x [N, ...])``: numbers [N, F] in which similar samples are near, with gradients."""

STEPS = 120
RESTARTS = 16
RATE = 0.1
# of N(0, 1) and of each class so many are drawn to begin with
CANDIDATES = 512
# what an extra unit of |z|^2 / dim costs beside the squared error of a pixel
PRIOR = 2e-3
FEATURE_WEIGHT = 0.3


@dataclass(frozen=True)
class Inversion:
    """How far an inversion has come: the best ``z`` [dim] so far with its class ``y`` (None without
    classes), its picture ``x``, and ``error``, the mean squared error of a pixel in units of the
    way from black to white. ``step`` of ``steps``."""

    z: Tensor
    y: int | None
    x: Tensor
    error: float
    step: int
    steps: int


def invert(
    draw: Draw,
    target: Tensor,
    dim: int,
    n_classes: int = 0,
    *,
    y: int | None = None,
    start: Tensor | None = None,
    start_y: Tensor | None = None,
    features: Features | None = None,
    steps: int = STEPS,
    restarts: int = RESTARTS,
    seed: int = 0,
    on_step: Callable[[Inversion], None] = lambda _: None,
    ended: Callable[[], bool] = lambda: False,
) -> Inversion:
    """Descend from many beginnings at once (Zhu et al. 2016; Creswell and Bharath 2018) and return
    the best.

    Minimises the squared error of ``target`` [...] in [-1, 1], plus that of ``features`` scaled by
    their own size, plus a little of |z|^2, which keeps z where samples are. The beginnings are the
    ``restarts`` best of `CANDIDATES` random latents, of every class unless ``y`` is given, and
    those of ``start`` [N, dim] (an encoder's guesses), each with its class of ``start_y`` [N] or,
    where that is None, with every class in question. ``on_step`` is called after every tenth
    step and the last one; ``ended()`` is asked before each and ends it early. All random numbers
    come from ``seed``.
    """
    device = target.device
    random = torch.Generator().manual_seed(seed)
    z = torch.randn(CANDIDATES, dim, generator=random)
    labels = _labels(CANDIDATES, n_classes, y)
    if start is not None:
        if labels is not None:
            if start_y is None:
                classes = torch.arange(n_classes) if y is None else torch.tensor([y])
                start, start_y = _each_with_each(start, classes)
            labels = torch.cat([start_y.cpu(), labels])
        z = torch.cat([start.cpu(), z])
    z, labels = z.to(device), None if labels is None else labels.to(device)
    loss = _Loss(target, features)
    with torch.no_grad():
        first = torch.cat(
            [
                loss.each(draw(part, None if labels is None else labels[at : at + 128]), part)
                for at, part in zip(range(0, len(z), 128), z.split(128), strict=True)
            ]
        )
    best = first.topk(min(restarts, len(z)), largest=False).indices
    z = z[best].clone().requires_grad_()
    labels = None if labels is None else labels[best]
    optimizer = Adam(z)
    found = _best(draw, z, labels, loss, 0, steps)
    for step in range(1, steps + 1):
        if ended():
            break
        x = draw(z, labels)
        (gradient,) = torch.autograd.grad(loss.each(x, z).sum(), z)
        optimizer.step(gradient, RATE * (1 - 0.9 * step / steps))
        if step % 10 == 0 or step == steps:
            now = _best(draw, z, labels, loss, step, steps)
            found = now if now.error <= found.error else _later(found, step)
            on_step(found)
    return found


def _later(found: Inversion, step: int) -> Inversion:
    return Inversion(found.z, found.y, found.x, found.error, step, found.steps)


def _labels(count: int, n_classes: int, y: int | None) -> Tensor | None:
    if not n_classes:
        return None
    return torch.full((count,), y) if y is not None else torch.arange(count) % n_classes


def _each_with_each(start: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Each start once with every one of ``classes``."""
    return start.repeat_interleave(len(classes), 0), classes.repeat(len(start))


class _Loss:
    def __init__(self, target: Tensor, features: Features | None):
        self.target = target[None]
        self._features = features
        if features is not None:
            with torch.no_grad():
                self._wanted = features(self.target)
            self._scale = self._wanted.square().mean().clamp(min=1e-6)

    def pixels(self, x: Tensor) -> Tensor:
        return (x - self.target).flatten(1).square().mean(1) / 4

    def each(self, x: Tensor, z: Tensor) -> Tensor:
        loss = self.pixels(x) + PRIOR * z.square().mean(1)
        if self._features is not None:
            apart = (self._features(x) - self._wanted).square().mean(1)
            loss = loss + FEATURE_WEIGHT * 0.1 * apart / self._scale
        return loss


@torch.no_grad()
def _best(
    draw: Draw, z: Tensor, labels: Tensor | None, loss: _Loss, step: int, steps: int
) -> Inversion:
    x = draw(z, labels)
    errors = loss.pixels(x)
    index = int(errors.argmin())
    label = None if labels is None else int(labels[index])
    return Inversion(
        z[index].detach().clone(), label, x[index].detach(), float(errors[index]), step, steps
    )


def train_encoder(
    draw: Draw,
    dim: int,
    n_classes: int,
    shape: tuple[int, ...],
    *,
    steps: int = 200,
    batch: int = 64,
    hidden: int = 256,
    seed: int = 0,
    ended: Callable[[], bool] = lambda: False,
) -> nn.Module | None:
    """A network [N, *shape] -> [N, dim] that guesses the z of G's own samples, of which there are
    as many as one likes; None when ``ended()``.

    Its mistakes on real pictures are where `invert` begins. One core trains it in a second or two.
    """
    random = torch.Generator().manual_seed(seed)
    pixels = int(torch.tensor(shape).prod())
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        network = nn.Sequential(
            nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )
    device = draw(torch.zeros(1, dim), None if not n_classes else torch.zeros(1).long()).device
    network.to(device)
    weights = list(network.parameters())
    optimizers = [Adam(weight) for weight in weights]
    for step in range(steps):
        if ended():
            return None
        z = torch.randn(batch, dim, generator=random)
        labels = torch.randint(n_classes, (batch,), generator=random) if n_classes else None
        with torch.no_grad():
            x = draw(z, labels)
        loss = (network(x) - z.to(device)).square().mean()
        for optimizer, gradient in zip(optimizers, torch.autograd.grad(loss, weights), strict=True):
            optimizer.step(gradient, 2e-3 * (1 - step / steps))
    return network.eval().requires_grad_(False)
