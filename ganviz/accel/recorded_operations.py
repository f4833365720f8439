"""Whole training steps recorded once as a list of operations and replayed: what `cuda_graphs` does
on a GPU, for a CPU.

A step of a small network is hundreds of short operations. Modules, autograd, optimisers and
statistics find out at each step which these are, which takes longer than many of them. A recording
knows: it calls the same kernels on the same tensors in the same order, so it gives the same numbers
bit for bit.

Every tensor and every other value of a step has a slot, which operations are told by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from ganviz.accel import private_apis as private

Work = Callable[[], Tensor]
# A slot, or those of a list.
Argument = int | list[int]


class CannotRecord(RuntimeError):
    """A step is not the same list of operations each time."""


def record_operations(work: Work, generators: list[torch.Generator]) -> Work:
    """``work`` as a list of operations, which draw from the same ``generators``. Raises
    `CannotRecord`."""
    with _Recording() as recording:
        result = work()
    return recording.replay(result)


@dataclass(frozen=True)
class _Call:
    """``function(*arguments, **named)``, whose results go to the slots ``made``: None where nobody
    wants one; all of one tensor, or ``many``."""

    function: Any
    arguments: tuple[Argument, ...]
    named: dict[str, Any]
    made: tuple[int | None, ...]
    many: bool

    @property
    def used(self) -> list[int]:
        """All slots that it reads."""
        return [
            slot for one in self.arguments for slot in (one if isinstance(one, list) else [one])
        ]

    def renamed(self, slots: dict[int, int]) -> _Call:
        """The same with other slots in place of some that it reads."""
        new = [
            [slots.get(slot, slot) for slot in one]
            if isinstance(one, list)
            else slots.get(one, one)
            for one in self.arguments
        ]
        return replace(self, arguments=tuple(new))


class _Recording(private.DispatchMode):
    """Within: sees every operation below autograd. What they made is kept until `replay`, so that
    each tensor is known by where it lies."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[_Call] = []
        # What a slot holds when a replay begins.
        self._slots: list[Any] = []
        self._slot_at: dict[Any, int] = {}
        # Of those that an operation makes.
        self._place_of: dict[int, tuple[Any, ...]] = {}
        self._made_here: set[int] = set()
        self._kept: list[Any] = []

    def __torch_dispatch__(
        self,
        function: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        # Before the call, which may write to them.
        arguments = tuple(self._argument(arg) for arg in args)
        for leaf in private.tree_leaves(named):
            if isinstance(leaf, Tensor) and self._slot(leaf) in self._place_of:
                raise CannotRecord(f"{function} is given a tensor by name")
        result = function(*args, **named)
        self._kept.append((args, named, result))
        if not private.is_of_profiler(function):
            self._record(_Call(function, arguments, named, (), False), result)
        return result

    # -- slots ---------------------------------------------------------------------------------
    def _argument(self, value: Any) -> Argument:
        if isinstance(value, Tensor):
            return self._slot(value)
        if isinstance(value, list | tuple) and any(isinstance(item, Tensor) for item in value):
            return [
                self._slot(one) if isinstance(one, Tensor) else self._give(one) for one in value
            ]
        return self._give(value)

    def _slot(self, tensor: Tensor) -> int:
        place = _place(tensor)
        if place not in self._slot_at:
            if private.storage_key(tensor) in self._made_here:
                raise CannotRecord("a view was made unseen")
            # It was there before: a weight, a batch, an optimiser's state.
            self._slot_at[place] = self._give(tensor)
        return self._slot_at[place]

    def _give(self, value: Any) -> int:
        self._slots.append(value)
        return len(self._slots) - 1

    def _make(self, tensor: Tensor | None) -> int | None:
        if tensor is None or _place(tensor) in self._slot_at:
            return None
        place, slot = _place(tensor), self._give(None)
        self._slot_at[place], self._place_of[slot] = slot, place
        self._made_here.add(private.storage_key(tensor))
        return slot

    # -- operations ----------------------------------------------------------------------------
    def _record(self, call: _Call, result: Any) -> None:
        many = isinstance(result, list | tuple)
        results = list(result) if many else [result]
        if not all(one is None or isinstance(one, Tensor) for one in results):
            raise CannotRecord(f"{call.function} reads numbers back")
        is_view = private.is_view_operation(call.function)
        if is_view and call.used[0] not in self._place_of:
            # A view of what stays is always the same.
            for one in results:
                self._slot_at[_place(one)] = self._give(one)
            return
        made = tuple(self._make(one) for one in results)
        if is_view and not any(slot is not None for slot in made):
            # It is looked at as before.
            return
        self._calls.append(replace(call, made=made, many=many))

    # -- the replay ----------------------------------------------------------------------------
    def replay(self, result: Tensor) -> Work:
        """What repeats the operations, leaves the gradients that they left, and returns what
        ``result`` then is."""
        moved = self._without_copies()
        last = moved.get(self._slot(result), self._slot(result))
        gradients = [
            (value, moved.get(self._slot(value.grad), self._slot(value.grad)))
            for value in list(self._slots)
            if isinstance(value, Tensor) and value.is_leaf and value.grad is not None
        ]
        steps = self._steps({last, *(slot for _, slot in gradients)})
        at_first = self._slots
        self._kept.clear()

        @torch.no_grad()
        def replay() -> Tensor:
            slots = at_first.copy()
            for weight, _ in gradients:
                weight.grad = None
            for operation, arguments, made, many, over in steps:
                result = operation(*arguments(slots))
                if many:
                    for slot, one in zip(made, result, strict=True):
                        if slot is not None:
                            slots[slot] = one
                elif made is not None:
                    slots[made] = result
                for slot in over:
                    slots[slot] = None
            for weight, slot in gradients:
                weight.grad = slots[slot]
            return slots[last]

        return replay

    def _without_copies(self) -> dict[int, int]:
        """Leave out copies of tensors that nobody looks at again; returns which slot took the place
        of which. Autograd copies each gradient at its weight, unless it alone has it: what is kept
        here keeps it from seeing that."""
        maker = {slot: number for number, one in enumerate(self._calls) for slot in one.made}
        first: dict[int, int] = {}
        last: dict[Any, int] = {}
        for number, call in enumerate(self._calls):
            for slot in call.used:
                first.setdefault(slot, number)
                if slot in self._place_of:
                    last[self._place_of[slot][0]] = number
        moved: dict[int, int] = {}
        dropped: set[int] = set()
        for number, call in enumerate(self._calls):
            if not private.is_copy_operation(call.function) or not self._are_alike(call.used):
                continue
            copy, original = call.used[:2]
            is_empty = private.is_empty_operation(self._calls[maker[copy]].function)
            if is_empty and first[copy] == last[self._place_of[original][0]] == number:
                dropped |= {maker[copy], number}
                moved[copy] = moved.get(original, original)
        self._calls = [
            call.renamed(moved) for number, call in enumerate(self._calls) if number not in dropped
        ]
        return moved

    def _are_alike(self, slots: list[int]) -> bool:
        """Whether the first two are made here, and laid out in the same way."""
        if not all(slot in self._place_of for slot in slots[:2]):
            return False
        one, other = (self._place_of[slot] for slot in slots[:2])
        return one[1:] == other[1:]

    def _steps(self, stay: set[int]) -> list[tuple[Any, ...]]:
        """What a replay does, call by call, and the slots that no later one reads, but for those
        that ``stay``."""
        last: dict[int, int] = {}
        for number, call in enumerate(self._calls):
            for slot in (*call.used, *call.made):
                if slot in self._place_of and slot not in stay:
                    last[slot] = number
        over: list[list[int]] = [[] for _ in self._calls]
        for slot, number in last.items():
            over[number].append(slot)
        return [
            (
                _operation(call),
                _reader(call.arguments),
                call.made if call.many else call.made[0],
                call.many,
                tuple(slots),
            )
            for call, slots in zip(self._calls, over, strict=True)
        ]


def _operation(call: _Call) -> Callable[..., Any]:
    operation = private.operation(call.function)
    return partial(operation, **call.named) if call.named else operation


def _reader(arguments: tuple[Argument, ...]) -> Callable[[list[Any]], Any]:
    """What reads ``arguments`` from the slots."""
    plain = [one for one in arguments if isinstance(one, int)]
    if len(plain) == len(arguments) > 1:
        return itemgetter(*plain)
    return lambda slots: [
        [slots[slot] for slot in one] if isinstance(one, list) else slots[one] for one in arguments
    ]


def _place(tensor: Tensor) -> tuple[Any, ...]:
    """Where a tensor lies and how it is to be read."""
    return (
        private.storage_key(tensor),
        tensor.storage_offset(),
        tuple(tensor.shape),
        tensor.stride(),
        tensor.dtype,
    )
