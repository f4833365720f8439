"""What an autoencoder makes of real pictures: each input beside its reconstruction."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from ganviz.algorithms.vae import Vae
from ganviz.engine.event_kinds import Figure, event_kind
from ganviz.engine.frames import Frame, Layout, encode, fitted, grid_of
from ganviz.engine.snapshot import to_pictures
from ganviz.probes.probe import HeldBatch, Probe
from ganviz.registry import PROBES

PAIRS = Layout(8, 4, (), None)
FILE = "reconstruction"
RECONSTRUCTION = event_kind(
    "reconstruction",
    browser="newest",
    order=45,
    figures=(
        Figure(
            "error",
            "Reconstruction error",
            "Mean squared error of a pixel, between each real picture and what is drawn of its "
            "code; 1 is the whole way from black to white.",
            better="lower",
            format="small",
            samples=("n",),
        ),
    ),
)


@PROBES.register("reconstruction")
class Reconstruction(Probe):
    """Logs "reconstruction" and keeps ``frame``: pairs of a real picture and what the averaged
    networks draw of its code.

    ``error``: mean squared error of a pixel, in units of the whole range from black to white.
    """

    name = "reconstructions"
    interval = 2.0

    frame: Frame | None = None

    def applies(self) -> bool:
        return self.source.spec.kind == "images" and hasattr(self.trainer.algorithm, "reconstruct")

    def prepare(self) -> None:
        self._held = HeldBatch(self.trainer, self.source, PAIRS.count, salt=18)

    def measure(self) -> None:
        held = self._held
        algorithm = cast(Vae, self.trainer.algorithm)
        drawn = algorithm.reconstruct(held.x, held.y).float().clamp_(-1, 1)
        self.frame = frame = pairs(held.x, drawn, self.trainer.step_count)
        if self.run.store:
            self.run.store.write_picture(FILE, frame)
        self.run.log(
            "reconstruction",
            n=PAIRS.count,
            rows=frame.rows,
            cols=frame.cols,
            width=frame.width,
            height=frame.height,
            format=frame.extension,
            error=round(float(((drawn - held.x) / 2).square().mean()), 5),
        )

    def finish(self) -> None:
        if not self._ended:
            self._guarded(self.measure)


def pairs(x: Tensor, drawn: Tensor, step: int) -> Frame:
    """One picture of ``x`` [N, C, H, W] and ``drawn``, each pair side by side in one tile."""
    tiles = fitted(to_pictures(torch.cat([x, drawn], 3)), PAIRS.cols)
    sheet = grid_of(tiles, PAIRS)
    data, mime = encode(sheet, tiles.shape[1])
    return Frame(
        step, data, mime, sheet.shape[1], sheet.shape[0], PAIRS.rows, PAIRS.cols, kept=False
    )
