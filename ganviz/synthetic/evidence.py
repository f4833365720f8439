"""What a report is measured on: synthetic, training and held-out pictures, and the parts of them
that stand in for one another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ganviz.data.source import DataSource, to_float
from ganviz.text import counted

NONE_HELD = (
    "This run held no pictures out, so what it learned cannot be told from what it might know "
    "anyway."
)


def too_few_held_out(least: int, there: int) -> str:
    """Why a figure that takes ``least`` held-out pictures was not measured."""
    return counted(
        there,
        "It takes {least} held-out pictures; there is one.",
        "It takes {least} held-out pictures; there are {n}.",
        least=least,
    )


@dataclass(frozen=True)
class Pictures:
    """``x`` uint8 [N, C, H, W] with their classes ``y`` int64 [N], or None."""

    x: Tensor
    y: Tensor | None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: Tensor | slice) -> Pictures:
        return Pictures(self.x[index], None if self.y is None else self.y[index])

    def __add__(self, other: Pictures) -> Pictures:
        known = self.y is not None and other.y is not None
        y = torch.cat([self.y, other.y]) if known else None  # type: ignore[list-item]
        return Pictures(torch.cat([self.x, other.x]), y)

    @property
    def floats(self) -> Tensor:
        """As networks take them: float32 in [-1, 1]."""
        return to_float(self.x)

    @property
    def rows(self) -> Tensor:
        """As distances are taken between them: float32 [N, C * H * W], 0 to 255."""
        return self.x.flatten(1).float()


@dataclass(frozen=True)
class EvaluationData:
    """T ``train``, H ``held`` (None: the run had none, or they are no longer known) and S
    ``synthetic``; ``requested``: whether S has the classes that the generator was asked for.

    Real pictures stand in random order here, so that any part of them is a random sample.
    """

    train: Pictures
    held: Pictures | None
    synthetic: Pictures
    classes: tuple[str, ...]
    requested: bool
    why_none_held: str = NONE_HELD

    @classmethod
    def of(
        cls, source: DataSource, synthetic: Pictures, requested: bool, why_not: str = ""
    ) -> EvaluationData:
        """From the data of a run. ``why_not``: a sentence, where its held-out pictures are not to
        be trusted."""
        held = None if why_not or source.held_out is None else _shuffled(source.held_out, 2)
        classes = source.spec.classes
        return cls(_shuffled(source, 1), held, synthetic, classes, requested, why_not or NONE_HELD)

    # -- real pictures in place of S: what a generator that neither copies nor errs would be
    @cached_property
    def in_place(self) -> Pictures | None:
        """The half of H that takes the place of S in a control."""
        return None if self.held is None else self.held[: len(self.held) // 2]

    @cached_property
    def never_seen(self) -> Pictures | None:
        """The other half of H, that is compared with."""
        return None if self.held is None else self.held[len(self.held) // 2 :]

    # -- training pictures: some teach the feature net, others are compared with
    @cached_property
    def lesson(self) -> Pictures:
        """Half of T: the feature net learns from these alone, for it knows its own too well."""
        return self.train[: len(self.train) // 2]

    def reference(self, n: int) -> Pictures:
        """``n`` of T that no feature net has seen."""
        return self.train[len(self.lesson) :][:n]

    def other_train(self, n: int) -> Pictures:
        """``n`` more of these."""
        return self.train[len(self.lesson) :][n : 2 * n]

    @property
    def free(self) -> int:
        """How many of T the feature net has not seen."""
        return len(self.train) - len(self.lesson)


def _shuffled(source: DataSource, seed: int) -> Pictures:
    order = torch.randperm(len(source.samples), generator=torch.Generator().manual_seed(seed))
    labels = None if source.labels is None else source.labels.cpu()[order]
    return Pictures(source.samples.cpu()[order], labels)
