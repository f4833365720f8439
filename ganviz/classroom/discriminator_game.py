"""You are D: pairs of a real and a generated picture of one step of a run, judged by people and by
the discriminator itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganviz.data.source import to_float
from ganviz.engine.frames import png_of
from ganviz.engine.snapshot import draw, to_pictures
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError
from ganviz.probes.probe import undisturbed

PAIRS = 10
# D judges batches of this size, as it does in training: batch norm needs company
BATCH = 64
MAX_TILE = 256
"""px: larger pictures are sent smaller."""


@dataclass(frozen=True)
class Pairs:
    """What one game is played with, made between two steps.

    ``real_first``: for each pair whether the real picture is the left one. ``margins``: D's logit
    of the real one minus that of the fake, or None for a D that judges several samples at once.
    ``d_rate``: how often D is right on `BATCH` such pairs. ``sheet``: a PNG, one row a pair,
    the left and the right picture; ``width``, ``height``: of one picture in it.
    """

    step: int
    real_first: tuple[bool, ...]
    margins: tuple[float, ...] | None
    d_rate: float | None
    sheet: bytes
    width: int
    height: int

    @property
    def d_right(self) -> list[bool] | None:
        """Whether D is right about each pair; a tie is no answer."""
        return None if self.margins is None else [margin > 0 for margin in self.margins]


@torch.no_grad()
def make_pairs(trainer: Trainer, seed: int | None = None) -> Pairs:
    """Pairs of the newest generator (its moving average, which the grid shows) and real pictures
    (held-out ones, where there are any), drawn by a generator of their own: the training draws no
    random number for them. ``seed``: for
    tests; else nobody can foresee the sides.

    Raises `GanvizError` where there is nothing to judge.
    """
    networks, source = trainer.algorithm.networks, trainer.source
    if source.spec.kind != "images":
        raise GanvizError(
            "The game needs pictures: one point of the plane is neither real nor fake to the eye. "
            "Train on pictures, then play."
        )
    if "discriminator" not in networks:
        raise GanvizError("This run has no discriminator, so there is nobody to play against.")
    random = torch.Generator().manual_seed(secrets.randbits(63) if seed is None else seed)
    # what D has not learnt from, where there is any
    reals = source.held_out or source
    index = torch.randint(len(reals.samples), (BATCH,), generator=random)
    x, labels = reals.at(index)
    real = to_float(x).to(trainer.device)
    y = labels.to(trainer.device) if labels is not None and trainer.algorithm.conditional else None
    z = torch.randn(BATCH, trainer.config.latent_dim, generator=random).to(trainer.device)
    fake = draw(trainer.algorithm.ema.network, z, y)
    margins = _margins(trainer, real, fake, y)
    real_first = tuple((torch.rand(PAIRS, generator=random) < 0.5).tolist())
    left, right = (to_pictures(x[:PAIRS].float()) for x in (real, fake))
    sheet, width, height = _sheet(left, right, real_first)
    return Pairs(
        trainer.step_count,
        real_first,
        None if margins is None else tuple(round(one, 4) for one in margins[:PAIRS].tolist()),
        None if margins is None else round(float((margins > 0).float().mean()), 4),
        sheet,
        width,
        height,
    )


def _margins(trainer: Trainer, real: Tensor, fake: Tensor, y: Tensor | None) -> Tensor | None:
    if trainer.config.pac > 1:
        return None
    with undisturbed(trainer.algorithm.networks["discriminator"]) as discriminator:
        return (discriminator(real, y) - discriminator(fake, y)).float().flatten().cpu()


def _sheet(
    real: np.ndarray, fake: np.ndarray, real_first: tuple[bool, ...]
) -> tuple[bytes, int, int]:
    """uint8 [N, H, W, C] each -> PNG of N rows, and the size of a picture in it."""
    rows = [
        np.concatenate([x, y] if first else [y, x], axis=1)
        for x, y, first in zip(real, fake, real_first, strict=True)
    ]
    shrink = max(1, -(-real.shape[2] // MAX_TILE))
    png, width, height = png_of(np.concatenate(rows, axis=0), shrink)
    return png, width // 2, height // len(real)


@dataclass
class DiscriminatorGame:
    """One round of the game: everybody judges the same pairs, each pair once.

    ``answers``: by player, for each pair in turn whether the left picture was called real. They
    are counted as they come: every page asks for the counts at every change.
    """

    id: str
    run: str
    pairs: Pairs
    answers: dict[str, list[bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # by pair: judged rightly, of how many
        self._counts = [(0, 0)] * len(self.pairs.real_first)
        for player in self.answers:
            for pair, right in enumerate(self.right(player)):
                self._count(pair, right)

    def _count(self, pair: int, right: bool) -> None:
        rightly, judged = self._counts[pair]
        self._counts[pair] = (rightly + right, judged + 1)

    def play(self, player: str, pair: int, left: bool) -> bool:
        """The player calls the left picture of ``pair`` real, or the right one; whether that is
        right. Pairs come in their order, and a judgement stands. Raises `GanvizError`."""
        answers = self.answers.setdefault(player, [])
        if pair != len(answers):
            done = "You have judged this pair already." if pair < len(answers) else ""
            raise GanvizError(done or "Judge the pairs in their order.", "pair")
        if len(answers) >= len(self.pairs.real_first):
            raise GanvizError("You have judged all pairs of this game.", "pair")
        answers.append(left)
        right = left == self.pairs.real_first[pair]
        self._count(pair, right)
        return right

    def right(self, player: str) -> list[bool]:
        """For each pair that the player has judged, whether rightly."""
        sides = self.pairs.real_first
        return [
            left == side for left, side in zip(self.answers.get(player, ()), sides, strict=False)
        ]

    def finished(self, player: str) -> bool:
        """Whether the player has judged all pairs."""
        return len(self.answers.get(player, ())) == len(self.pairs.real_first)

    @property
    def class_right(self) -> list[tuple[int, int]]:
        """For each pair how many judged it rightly, of how many."""
        return list(self._counts)

    @property
    def players(self) -> int:
        """How many have judged a pair: everybody begins with the first."""
        return self._counts[0][1]

    @property
    def finishers(self) -> int:
        """How many have judged all pairs: everybody ends with the last."""
        return self._counts[-1][1]

    def view(self, player: str) -> dict[str, Any]:
        """What the player's page needs; of pairs that it has not judged it gets to know nothing."""
        right = self.right(player)
        pairs = self.pairs
        margins = pairs.margins
        return {
            "id": self.id,
            "run": self.run,
            "step": pairs.step,
            "pairs": len(pairs.real_first),
            "width": pairs.width,
            "height": pairs.height,
            "right": right,
            "d_right": None if pairs.d_right is None else pairs.d_right[: len(right)],
            "margins": None if margins is None else list(margins[: len(right)]),
            "class_right": self.class_right if self.finished(player) else None,
        }

    def to_row(self) -> dict[str, Any]:
        """The game's result without its players: what is kept with the run and charted over the
        steps."""
        counts = self.class_right
        answers = sum(all_ for _, all_ in counts)
        d_right = self.pairs.d_right
        return {
            "step": self.pairs.step,
            "players": self.players,
            "rate": sum(right for right, _ in counts) / answers if answers else None,
            "d_rate": self.pairs.d_rate,
            "d_right": None if d_right is None else sum(d_right),
            "pairs": [list(one) for one in counts],
        }


def sound_rows(tables: Any) -> list[dict[str, Any]]:
    """The rows of the tables that `DiscriminatorGame.to_row` gave, as far as they are sound."""
    rows = tables if isinstance(tables, list) else []
    return [row for row in rows if isinstance(row, dict) and _is_sound(row)]


def _is_sound(row: dict[str, Any]) -> bool:
    figures = [row.get(name) for name in ("players", "rate", "d_rate", "d_right")]
    pairs = row.get("pairs")
    return (
        type(row.get("step")) is int
        and all(one is None or type(one) in (int, float) for one in figures)
        and isinstance(pairs, list)
        and all(isinstance(one, list) and [type(n) for n in one] == [int, int] for one in pairs)
    )


def league(games: list[DiscriminatorGame], handles: dict[str, str]) -> list[dict[str, Any]]:
    """Players of all ``games``, best first: ``handle``, ``right`` of ``judged``. Who is not in
    ``handles`` has left."""
    rows = []
    for player, handle in handles.items():
        right = [one for game in games for one in game.right(player)]
        if right:
            rows.append({"handle": handle, "right": sum(right), "judged": len(right)})
    return sorted(rows, key=lambda row: (-row["right"], row["judged"], row["handle"]))
