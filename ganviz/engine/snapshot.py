"""The newest generator, for viewers: they render from a copy and never touch the one that
trains."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from ganviz.accel import private_apis as private
from ganviz.models.parts import latent_weight

RENDER_CHUNK = 64
"""Samples of up to 64 px drawn at a time; of larger ones as many as have as many pixels."""


def to_pictures(x: Tensor) -> np.ndarray:
    """Images [N, C, H, W] in [-1, 1] to uint8 [N, H, W, C]; values outside are clipped."""
    return to_levels(x).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_levels(x: Tensor) -> Tensor:
    """Values in [-1, 1] to uint8, rounded; what lies outside is clipped."""
    return x.float().add(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)


class _Copy:
    """A generator to draw from, and the lock of whoever reads or writes it."""

    def __init__(self, generator: nn.Module):
        self.generator = copy.deepcopy(generator).eval().requires_grad_(False)
        self.lock = threading.Lock()
        self.step = 0
        self.version = 0

    @contextmanager
    def releasing(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.lock.release()


class SnapshotStore:
    """Two copies of the EMA generator: one is read while the other is written, then they change
    places.

    ``version`` counts what was published (0: nothing yet); ``step`` is the training step of the
    newest.
    """

    def __init__(self, latent_dim: int, classes: tuple[str, ...], conditional: bool, kind: str):
        self.latent_dim = latent_dim
        self.classes = classes
        self.conditional = conditional
        self.kind = kind
        self._front: _Copy | None = None
        self._back: _Copy | None = None

    @property
    def version(self) -> int:
        """How many snapshots there have been."""
        return self._front.version if self._front else 0

    @property
    def step(self) -> int:
        """The training step of the newest."""
        return self._front.step if self._front else 0

    def require(self) -> None:
        """Raises `LookupError` before the first: what the generator takes is not known until
        then."""
        if self._front is None:
            raise LookupError(
                "There is no picture yet: the generator appears with the first training steps."
            )

    def publish(self, generator: nn.Module, step: int, wait: bool = False) -> bool:
        """Copy ``generator`` as the newest. Unless ``wait``, give up (False) when a viewer still
        draws from the back copy."""
        copy_to = self._back or _Copy(generator)
        front = self._front or _Copy(generator)
        if not copy_to.lock.acquire(blocking=wait):
            return False
        with copy_to.releasing(), torch.no_grad():
            mine = [*copy_to.generator.parameters(), *copy_to.generator.buffers()]
            private.copy_each_(mine, [*generator.parameters(), *generator.buffers()])
            copy_to.step, copy_to.version = step, self.version + 1
        self._front, self._back = copy_to, front
        return True

    def render(self, z: Tensor, y: Tensor | None = None) -> tuple[np.ndarray, int, int]:
        """Pictures of latents ``z`` [N, latent_dim], as uint8 [N, H, W, C], with the snapshot's
        step and version.

        ``y``: classes [N], for conditional generators. Raises `LookupError` before the first
        snapshot.
        """
        with self._newest() as (generator, step, version):
            return to_pictures(self._forward(generator, z, y)), step, version

    def points(self, z: Tensor, y: Tensor | None = None) -> np.ndarray:
        """Samples of a 2-D generator, float32 [N, 2]."""
        with self._newest() as (generator, _, _):
            return self._forward(generator, z, y).float().cpu().numpy()

    def first_layer(self) -> Tensor:
        """The weight that z meets first, [out, latent_dim], on the CPU."""
        with self._newest() as (generator, _, _):
            return latent_weight(generator, self.latent_dim).detach().float().cpu().clone()

    @contextmanager
    def _newest(self) -> Iterator[tuple[nn.Module, int, int]]:
        self.require()
        copy_ = self._front
        assert copy_ is not None
        # A copy that was rewritten while we waited is only newer.
        with copy_.lock:
            yield copy_.generator, copy_.step, copy_.version

    def _forward(self, generator: nn.Module, z: Tensor, y: Tensor | None) -> Tensor:
        device = next(generator.parameters()).device
        z, y = z.to(device), None if y is None or not self.conditional else y.to(device)
        return draw(generator, z, y)


@torch.no_grad()
def draw(generator: nn.Module, z: Tensor, y: Tensor | None) -> Tensor:
    """Samples for ``z`` in chunks, so that a large request does not take memory from the
    training."""
    chunk = render_chunk(generator)
    parts = [
        generator(z[i : i + chunk], None if y is None else y[i : i + chunk])
        for i in range(0, len(z), chunk)
    ]
    return torch.cat(parts)


def render_chunk(generator: nn.Module) -> int:
    """How many of its samples are drawn at a time: 64 up to 64 px, 4 of 256 px."""
    shape: tuple[int, ...] = getattr(generator, "sample_shape", ())
    pixels = shape[-1] ** 2 if len(shape) == 3 else 0
    return max(1, min(RENDER_CHUNK, RENDER_CHUNK * 64**2 // max(pixels, 1)))
