"""Statistics of training steps, kept on the device and read once per tick."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


class NonFinite(ArithmeticError):
    """A statistic or a network became NaN or infinite.

    ``name``: which statistic or network; ``when``: the share of the steps since the last read that
    had passed, 0..1;
    ``step``: the training step, once known.
    """

    def __init__(self, name: str, when: float = 1.0):
        super().__init__(name)
        self.name = name
        self.when = when
        self.step: int | None = None

    @property
    def before_any_update(self) -> bool:
        """Whether no weight had moved yet, so that no learning rate can be to blame: G's loss and
        the weights come after D's first update."""
        return self.step == 1 and self.name not in ("loss_g", "generator", "discriminator")


class Stats:
    """Collects scalars without reading them, so that a step never waits for the device."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}
        self._of: dict[str, Callable[[Tensor], Tensor]] = {}
        # Where several processes share a run: their mean.
        self.gather: Callable[[Tensor], Tensor] = lambda column: column

    def add(self, name: str, value: Tensor, of: Callable[[Tensor], Tensor] | None = None) -> None:
        """Remember a ``value`` of this step (its graph is dropped); where it has dimensions, its
        mean counts.

        ``of``: an element-wise function of it that is meant. It is taken of all steps together when
        they are read.
        """
        self._values.setdefault(name, []).append(value.detach())
        if of:
            self._of[name] = of

    def drain(self) -> list[tuple[str, Tensor, Callable[[Tensor], Tensor] | None]]:
        """What `add` was given since the last read, and forget it."""
        values, self._values = self._values, {}
        return [
            (name, value, self._of.get(name)) for name, steps in values.items() for value in steps
        ]

    def read(self) -> dict[str, float]:
        """Means since the last read, and forget them. One transfer; raises `NonFinite` at the first
        bad step."""
        if not self._values:
            return {}
        names, columns = list(self._values), [self._column(name) for name in self._values]
        self._values = {}
        flat = self.gather(torch.cat(columns).cpu())
        columns = flat.split([len(column) for column in columns])
        self._refuse_non_finite(names, columns)
        return {name: column.mean().item() for name, column in zip(names, columns, strict=True)}

    def _column(self, name: str) -> Tensor:
        """One number for each step."""
        steps = torch.stack(self._values[name]).float()
        if name in self._of:
            steps = self._of[name](steps)
        return steps if steps.dim() == 1 else steps.flatten(1).mean(1)

    @staticmethod
    def _refuse_non_finite(names: list[str], columns: tuple[Tensor, ...]) -> None:
        bad = []
        for name, column in zip(names, columns, strict=True):
            where = torch.nonzero(~torch.isfinite(column)).flatten()
            if len(where):
                bad.append(NonFinite(name, int(where[0]) / len(column)))
        if bad:
            raise min(bad, key=lambda error: error.when)
