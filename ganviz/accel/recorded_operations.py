"""Whole training steps recorded once as a list of operations and replayed: what `cuda_graphs` does
on a GPU, for a CPU.

A step of a small network is hundreds of short operations. Modules, autograd, optimisers and
statistics find out at each step which these are, which takes longer than many of them. A recording
knows: it calls the same kernels on the same tensors in the same order, so it gives the same numbers
bit for bit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ganviz.accel import private_apis as private

Work = Callable[[], Tensor]


_MADE = re.compile(r"\bmade_\d+_\d+\b")


class CannotRecord(RuntimeError):
    """A step is not the same list of operations each time."""


def record_operations(work: Work, generators: list[torch.Generator]) -> Work:
    """``work`` as a list of operations, which draw from the same ``generators``. Raises
    `CannotRecord`."""
    with _Recording() as recording:
        result = work()
    return recording.replay(result)


@dataclass(frozen=True)
class _Line:
    """A line of the function: the operation, names of the tensors that it uses, and of those that
    it makes."""

    text: str
    function: Any
    used: tuple[str, ...]
    made: tuple[str, ...]

    def renamed(self, names: dict[str, str]) -> _Line:
        """The same with other names for some tensors."""
        text = _MADE.sub(lambda match: names.get(match[0], match[0]), self.text)
        return replace(self, text=text, used=tuple(names.get(name, name) for name in self.used))


class _Recording(private.DispatchMode):
    """Within: sees every operation below autograd, and writes the Python function that repeats
    them. What they made is kept until then, so that each tensor is known by where it lies."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[_Line] = []
        # What the function is given: operations, tensors that stay, and other values.
        self._given: dict[str, Any] = {}
        self._name_at: dict[Any, str] = {}
        self._place_of: dict[str, tuple[Any, ...]] = {}
        self._made_here: set[int] = set()
        self._kept: list[Any] = []
        self._operations: dict[Any, str] = {}

    def __torch_dispatch__(
        self,
        function: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        used: list[str] = []
        # Before the call, which may write to them.
        written = [self._argument(arg, used) for arg in args]
        written += [f"{key}={self._argument(arg, used)}" for key, arg in (kwargs or {}).items()]
        result = function(*args, **(kwargs or {}))
        self._kept.append((args, kwargs, result))
        if not private.is_of_profiler(function):
            self._record(function, ", ".join(written), used, result)
        return result

    # -- tensors -------------------------------------------------------------------------------
    def _argument(self, value: Any, used: list[str]) -> str:
        """``value`` as the function writes it; names of tensors are added to ``used``."""
        if isinstance(value, Tensor):
            used.append(self._name(value))
            return used[-1]
        if isinstance(value, list | tuple):
            return f"[{', '.join(self._argument(item, used) for item in value)}]"
        if value is None or type(value) in (bool, int, str):
            return repr(value)
        return self._give(value)

    def _name(self, tensor: Tensor) -> str:
        place = _place(tensor)
        if place not in self._name_at:
            if private.storage_key(tensor) in self._made_here:
                raise CannotRecord("a view was made unseen")
            # It was there before: a weight, a batch, an optimiser's state.
            self._name_at[place] = self._give(tensor)
        return self._name_at[place]

    def _give(self, value: Any) -> str:
        name = f"given_{len(self._given)}"
        self._given[name] = value
        return name

    # -- operations ----------------------------------------------------------------------------
    def _record(self, function: Any, written: str, used: list[str], result: Any) -> None:
        many = isinstance(result, list | tuple)
        results = list(result) if many else [result]
        if not all(one is None or isinstance(one, Tensor) for one in results):
            raise CannotRecord(f"{function} reads numbers back")
        if used and private.is_view_operation(function) and used[0] in self._given:
            # A view of what stays is always the same.
            for one in results:
                self._name_at[_place(one)] = self._give(one)
            return
        if all(one is None or _place(one) in self._name_at for one in results):
            # It wrote to what it was given, or only looked at it in another way.
            if not private.is_view_operation(function):
                call = f"{self._operation(function)}({written})"
                self._lines.append(_Line(call, function, (*used,), ()))
            return
        names = [self._new_name(one, number) for number, one in enumerate(results)]
        left = f"[{', '.join(names)}]" if many else names[0]
        made = tuple(name for name in names if name != UNUSED)
        call = f"{self._operation(function)}({written})"
        self._lines.append(_Line(f"{left} = {call}", function, (*used,), made))

    def _operation(self, function: Any) -> str:
        if function not in self._operations:
            self._operations[function] = self._give(private.operation(function))
        return self._operations[function]

    def _new_name(self, tensor: Tensor | None, number: int) -> str:
        if tensor is None or _place(tensor) in self._name_at:
            return UNUSED
        place = _place(tensor)
        name = self._name_at[place] = f"made_{len(self._lines)}_{number}"
        self._place_of[name] = place
        self._made_here.add(private.storage_key(tensor))
        return name

    # -- the function --------------------------------------------------------------------------
    def replay(self, result: Tensor) -> Work:
        """What repeats the operations, leaves the gradients that they left, and returns what
        ``result`` then is."""
        renamed = self._without_copies()
        returned = renamed.get(self._name(result), self._name(result))
        gradients = {
            name: renamed.get(self._name(value.grad), self._name(value.grad))
            for name, value in list(self._given.items())
            if isinstance(value, Tensor) and value.is_leaf and value.grad is not None
        }
        lines = [f"{name}.grad = None" for name in gradients]
        lines += self._with_deletions({returned, *gradients.values()})
        lines += [f"{name}.grad = {value}" for name, value in gradients.items()]
        # As defaults, they are as near as local variables.
        given = ", ".join(f"{name}={name}" for name in self._given)
        body = "\n    ".join([*lines, f"return {returned}"])
        scope = dict(self._given)
        exec(f"def replay({given}):\n    {body}", scope)
        self._kept.clear()
        return torch.no_grad()(scope["replay"])

    def _without_copies(self) -> dict[str, str]:
        """Leave out copies of tensors that nobody looks at again; returns what became of their
        names. Autograd copies each gradient at its weight, unless it alone has it: what is kept
        here keeps it from seeing that."""
        made_by = {name: number for number, line in enumerate(self._lines) for name in line.made}
        last_look = {
            self._place_of[name][0]: number
            for number, line in enumerate(self._lines)
            for name in line.used
            if name in self._place_of
        }
        renamed: dict[str, str] = {}
        dropped: set[int] = set()
        for number, line in enumerate(self._lines):
            if not private.is_copy_operation(line.function) or len(line.used) != 2:
                continue
            copy, original = line.used
            maker = made_by.get(copy)
            if (
                maker is not None
                and private.is_empty_operation(self._lines[maker].function)
                and original in self._place_of
                and self._place_of[copy][1:] == self._place_of[original][1:]
                and last_look[self._place_of[original][0]] == number
                and self._first_look_at(copy) == number
            ):
                dropped |= {maker, number}
                renamed[copy] = renamed.get(original, original)
        self._lines = [
            line.renamed(renamed)
            for number, line in enumerate(self._lines)
            if number not in dropped
        ]
        return renamed

    def _first_look_at(self, name: str) -> int:
        return next(number for number, line in enumerate(self._lines) if name in line.used)

    def _with_deletions(self, stay: set[str]) -> list[str]:
        """The lines, each followed by what lets go of the tensors that no later one uses, but for
        those that ``stay``."""
        last: dict[str, int] = {}
        for number, line in enumerate(self._lines):
            for name in (*line.used, *line.made):
                last[name] = number
        over: list[list[str]] = [[] for _ in self._lines]
        for name, number in last.items():
            if name not in self._given and name not in stay:
                over[number].append(name)
        lines = []
        for line, names in zip(self._lines, over, strict=True):
            lines.append(line.text)
            if names:
                lines.append(f"del {', '.join(names)}")
        return lines


UNUSED = "_"


def _place(tensor: Tensor) -> tuple[Any, ...]:
    """Where a tensor lies and how it is to be read."""
    return (
        private.storage_key(tensor),
        tensor.storage_offset(),
        tuple(tensor.shape),
        tensor.stride(),
        tensor.dtype,
    )
