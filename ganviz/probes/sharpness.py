"""How sharp the generated pictures are, beside the data's: what a VAE gives away and a GAN does
not."""

from __future__ import annotations

from itertools import repeat

import torch
import torch.nn.functional as F
from torch import Tensor

from ganviz.data.source import to_float
from ganviz.engine.event_kinds import Figure, event_kind
from ganviz.engine.snapshot import draw
from ganviz.probes.probe import HeldBatch, Probe, short
from ganviz.registry import PROBES

FAKES = 128
REALS = 1000
CHUNK = 64

SHARPNESS = event_kind(
    "sharpness",
    browser="newest",
    order=40,
    figures=(
        Figure(
            "ratio",
            "Sharpness",
            "Variance of the Laplacian, against the data's: 1 is as sharp, less is blurred, more "
            "is noisy.",
            samples=("n", "n_real"),
            line=1.0,
            compared=True,
        ),
    ),
)


@PROBES.register("sharpness")
class Sharpness(Probe):
    """Logs "sharpness": the variance of the Laplacian of generated pictures (EMA generator, fixed
    latents) and of real ones."""

    name = "sharpness figures"
    interval = 5.0

    def applies(self) -> bool:
        return self.source.spec.kind == "images"

    def prepare(self) -> None:
        self._held = HeldBatch(self.trainer, self.source, FAKES, salt=16)
        self._count = count = min(REALS, len(self.source.samples))
        random = torch.Generator().manual_seed(self.trainer.config.seed + 17)
        index = torch.randint(len(self.source.samples), (count,), generator=random)
        # Not all at once: as floats, thousands of large pictures would take gigabytes.
        reals = [sharpness(to_float(self.source.at(part)[0])) for part in index.split(CHUNK)]
        self._real = float(torch.cat(reals).mean())

    def measure(self) -> None:
        generator, held = self.trainer.algorithm.ema.network, self._held
        fakes = [
            sharpness(draw(generator, z, y).float().clamp_(-1, 1))
            for z, y in zip(
                held.z.split(CHUNK),
                repeat(None) if held.y is None else held.y.split(CHUNK),
                strict=False,
            )
        ]
        fake = float(torch.cat(fakes).mean())
        self.run.log(
            "sharpness",
            n=FAKES,
            n_real=self._count,
            fake=short([fake])[0],
            real=short([self._real])[0],
            ratio=round(fake / self._real, 4) if self._real else None,
        )


def sharpness(x: Tensor) -> Tensor:
    """Variance of the 3x3 Laplacian over the pixels of each picture [N, C, H, W] in [-1, 1], of its
    mean channel: [N].

    Pech-Pacheco et al. 2000, "Diatom autofocusing": the second derivative is strong at edges, and
    blur weakens it.
    """
    kernel = x.new_tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    edges = F.conv2d(x.float().mean(1, keepdim=True), kernel[None, None].float())
    return torch.var(edges.flatten(1), 1, correction=0)
