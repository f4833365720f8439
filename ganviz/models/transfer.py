"""What a network takes over from one that was trained before: pure functions of tables of weights.

A weight is found by its name, and taken as it is where its shape is the same. Where the classes or
the colours have changed, what belongs to one of them is taken class by class and colour by colour,
so that the network begins as the function that its parent is:

- A class of the same name keeps its weights; another one begins as the mean of all classes. Where
  the parent knew no classes they begin at 0: each one as what the parent draws, or judges (but for
  R3GAN's projection, which judges by classes alone and begins anew). Where classes are given up, a
  generator with a bias begins as the mean of them.
- D sees a grey picture in colour as it saw it in grey: the weights of grey are shared out among
  the colours, those of the colours are added up. G draws every colour as it drew grey, or grey as
  bright as its colours look.
- Of another size, the stages next to the picture fit: G's are counted from its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganviz.config import RunConfig
from ganviz.data.fit import LUMA
from ganviz.data.source import DataSpec

_NUMBERED = re.compile(r"(.*?\.)(\d+)(?=\.)")
FIRST, EMBEDDING = "first.weight", "embedding.weight"


@dataclass(frozen=True)
class Side:
    """A run's settings and data, which its networks were made for."""

    config: RunConfig
    spec: DataSpec

    @property
    def classes(self) -> tuple[str, ...]:
        """What the networks are told of."""
        return self.spec.classes if self.config.conditional else ()

    @property
    def colours(self) -> int:
        return self.spec.shape[0] if self.spec.kind == "images" else 1


@dataclass
class Transfer:
    """``weights``: all of a network, those that it takes over and its own ones. ``taken`` of
    ``total`` numbers are the parent's; ``fresh``: names of the weights that begin anew."""

    weights: dict[str, Tensor]
    taken: int = 0
    total: int = 0
    fresh: list[str] = field(default_factory=list)


def transfer(own: dict[str, Tensor], saved: dict[str, Tensor], old: Side, new: Side) -> Transfer:
    """The weights of a network whose fresh ones are ``own``, with what fits of those that were
    ``saved`` of the same family of networks, as `Side` ``old`` has them. Batch statistics and the
    like come along uncounted."""
    saved = renumbered(saved, own) if _draws(own) else saved
    adapter = _Adapter(own, saved, old, new)
    found = Transfer({})
    for name, tensor in own.items():
        value = adapter.adapted(name)
        found.weights[name] = adapter.beginning(name) if value is None else value.to(tensor.device)
        if not tensor.is_floating_point() or name in adapter.statistics:
            continue
        found.total += tensor.numel()
        if value is None:
            found.fresh.append(name)
        else:
            found.taken += min(tensor.numel(), saved[name].numel())
    return found


def renumbered(saved: dict[str, Tensor], own: dict[str, Tensor]) -> dict[str, Tensor]:
    """``saved`` under the names that its layers have where ``own`` has more or fewer of them in a
    row: the last one of each row keeps its place, as that nearest to the picture."""
    mine, theirs = _last_numbers(own), _last_numbers(saved)
    shifts = {row: mine[row] - theirs[row] for row in theirs if row in mine}
    return {
        _NUMBERED.sub(lambda m: f"{m[1]}{int(m[2]) + shifts.get(m[1], 0)}", name, count=1): value
        for name, value in saved.items()
    }


def _last_numbers(weights: dict[str, Tensor]) -> dict[str, int]:
    """The largest number in each row of layers: ``{"body.": 9}``."""
    last: dict[str, int] = {}
    for match in filter(None, map(_NUMBERED.match, weights)):
        last[match[1]] = max(last.get(match[1], 0), int(match[2]))
    return last


def _draws(own: dict[str, Tensor]) -> bool:
    """Whether the weights are a generator's."""
    return FIRST in own or not any(".trunk." in f".{name}" for name in own)


def _sees_pictures(own: dict[str, Tensor], names: list[str]) -> set[str]:
    """Those of D's ``names`` that the picture itself goes through: of the weights of its first
    layer, which may have a way around it, those with as many inputs as the first."""
    if not names:
        return set()
    row = _NUMBERED.match(names[0])
    start = row[0] + "." if row else names[0]
    inputs = own[names[0]].shape[1]
    return {name for name in names if name.startswith(start) and own[name].shape[1] == inputs}


class _Adapter:
    """Finds the value of each weight of a network in the weights of its parent."""

    def __init__(
        self, own: dict[str, Tensor], saved: dict[str, Tensor], old: Side, new: Side
    ) -> None:
        self._own, self._saved, self._old, self._new = own, saved, old, new
        names = [name for name, tensor in own.items() if tensor.dim() > 1 and "labels." not in name]
        draws = _draws(own)
        self._last = names[-1] if draws and names else ""
        self._inputs = _sees_pictures(own, names) if not draws else set()
        self.statistics = {name for name in own if name.endswith(("._u", "._v", "running_mean"))}
        self.statistics |= {name for name in own if name.endswith("running_var")}
        places = {name: index for index, name in enumerate(old.classes)}
        self._places = [places.get(name) for name in new.classes]

    def adapted(self, name: str) -> Tensor | None:
        """The value of ``own[name]``, or None where the parent has nothing that fits."""
        own, saved = self._own[name], self._saved.get(name)
        if saved is None or saved.dtype != own.dtype or saved.dim() != own.dim():
            return None
        value = self._rule(name)(saved, own)
        return value if value is not None and value.shape == own.shape else None

    def beginning(self, name: str) -> Tensor:
        """The value of a weight that begins anew: a class adds nothing to the verdict of a D that
        knew none."""
        own = self._own[name]
        silent = (
            name.endswith("classes.weight")
            and self._new.config.conditioning == "projection"
            and not self._old.classes
            and any(one.endswith("real.weight") for one in self._own)
        )
        return torch.zeros_like(own) if silent else own

    def _rule(self, name: str) -> Callable[[Tensor, Tensor], Tensor | None]:
        stem = name.rpartition(".")[0]
        if name in self.statistics:
            return _as_it_is
        if name == EMBEDDING:
            return lambda saved, own: self._class_columns(saved)
        if name == FIRST:
            return self._latent_weight
        if name == "first.bias":
            return self._latent_bias
        if name in self._inputs:
            return self._input_weight
        if self._last and stem == self._last.rpartition(".")[0]:
            return self._output_weight
        if ".classes." in f".{name}":
            return self._class_rows if self._same_conditioning else _nothing
        if "labels." in name:
            return self._class_rows
        return _as_it_is

    @property
    def _same_conditioning(self) -> bool:
        return self._old.config.conditioning == self._new.config.conditioning

    # -- classes -------------------------------------------------------------------------------
    def _class_rows(self, saved: Tensor, own: Tensor) -> Tensor | None:
        """One row a class [K, ...]."""
        if not len(saved) or len(saved) != len(self._old.classes):
            return None
        mean = saved.mean(0)
        rows = [mean if place is None else saved[place] for place in self._places]
        return torch.stack(rows) if rows else None

    def _class_columns(self, saved: Tensor) -> Tensor:
        """One column a class: [out, K] of the parent's [out, K']; 0 where it had none."""
        if not saved.shape[1]:
            return saved.new_zeros(len(saved), len(self._places))
        rows = self._class_rows(saved.T, saved.T)
        return saved[:, :0] if rows is None else rows.T

    def _latent_weight(self, saved: Tensor, own: Tensor) -> Tensor | None:
        size = self._old.config.latent_dim
        if size != self._new.config.latent_dim:
            return None
        if EMBEDDING not in self._own:
            classes = self._class_columns(saved[:, size:])
        elif EMBEDDING in self._saved:
            classes = saved[:, size:]
        else:
            classes = saved.new_zeros(len(saved), own.shape[1] - size)
        return torch.cat([saved[:, :size], classes], 1)

    def _latent_bias(self, saved: Tensor, own: Tensor) -> Tensor | None:
        weight, size = self._saved.get(FIRST), self._old.config.latent_dim
        if weight is None or size != self._new.config.latent_dim or saved.shape != own.shape:
            return None
        if self._old.classes and not self._new.classes:
            return saved + weight[:, size:].mean(1)
        return saved

    # -- colours -------------------------------------------------------------------------------
    def _input_weight(self, saved: Tensor, own: Tensor) -> Tensor | None:
        """D's first weight, [out, pac * colours * pixels + joined classes, ...]."""
        pac = self._old.config.pac
        if pac != self._new.config.pac:
            return None
        joined = [self._joined(side, saved.dim() > 2) for side in (self._old, self._new)]
        picture = saved.shape[1] - joined[0]
        pixels, rest = divmod(picture, pac * self._old.colours)
        if rest or own.shape[1] != pac * self._new.colours * pixels + joined[1]:
            return None
        seen = saved[:, :picture].unflatten(1, (pac, self._old.colours, pixels))
        if self._old.colours != self._new.colours:
            count = self._new.colours
            seen = seen.sum(2, keepdim=True).expand(-1, -1, count, *[-1] * (seen.dim() - 3)) / count
        return torch.cat(
            [seen.flatten(1, 3), self._joined_weight(saved[:, picture:], joined[1])], 1
        )

    @staticmethod
    def _joined(side: Side, convolves: bool) -> int:
        """How many inputs of D beside the picture tell it the class."""
        if side.config.conditioning != "concat":
            return 0
        return 1 if convolves else len(side.classes)

    def _joined_weight(self, saved: Tensor, count: int) -> Tensor:
        if saved.dim() == 2:
            return self._class_columns(saved)[:, :count]
        if not saved.shape[1] or not count:
            return saved.new_zeros(len(saved), count, *saved.shape[2:])
        return saved

    def _output_weight(self, saved: Tensor, own: Tensor) -> Tensor | None:
        """G's last weight or bias: colours times pixels along the axis that differs."""
        differing = [axis for axis in range(own.dim()) if own.shape[axis] != saved.shape[axis]]
        if not differing:
            return saved
        axis = differing[0]
        pixels, rest = divmod(saved.shape[axis], self._old.colours)
        if len(differing) > 1 or rest or own.shape[axis] != pixels * self._new.colours:
            return None
        drawn = saved.movedim(axis, 0).unflatten(0, (self._old.colours, pixels))
        if self._old.colours == len(LUMA):
            shares = torch.tensor(LUMA, dtype=saved.dtype).view(-1, *[1] * (drawn.dim() - 1))
            drawn = (drawn * shares).sum(0, keepdim=True)
        drawn = drawn.expand(self._new.colours, *[-1] * (drawn.dim() - 1))
        return drawn.flatten(0, 1).movedim(0, axis)


def _as_it_is(saved: Tensor, own: Tensor) -> Tensor | None:
    return saved


def _nothing(saved: Tensor, own: Tensor) -> Tensor | None:
    return None
