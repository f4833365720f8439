"""The ways to compute that a run takes where there are several: same mathematics, other speed and
other last digits. Once chosen they belong to the run, like its seed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

# Numbers that a penalised pass of D is taken in, the shortest first. TF32 is for NVIDIA's GPUs.
BF16, BF16_BUT_LOWEST, TF32, FP32 = "bf16", "bf16 but lowest", "tf32", "fp32"
PENALTY_NUMBERS = (BF16, BF16_BUT_LOWEST, TF32, FP32)


@dataclass(frozen=True)
class Choices:
    """The ways of one run.

    ``optimized_linear``: linear layers on CPUs go through oneDNN; None where the processor's make
    decides. ``optimized_convolutions``: convolutions on CPUs take the classes of
    `ganviz.accel.kernels`. ``channels_last``: pictures lie pixel by pixel. ``joint_passes``: D
    takes reals and fakes in one batch where that is exact. ``fused_adam``: Adam is one kernel.
    ``bf16_products``: on a CPU and without convolutions, bf16 stays inside the products (else
    autocast). ``cudnn_benchmark``: cuDNN tries its kernels first. ``penalty_numbers``: of
    `PENALTY_NUMBERS`, what a trial allowed in passes that are differentiated twice.
    """

    optimized_linear: bool | None = None
    optimized_convolutions: bool = True
    channels_last: bool = True
    joint_passes: bool = True
    fused_adam: bool = True
    bf16_products: bool = True
    cudnn_benchmark: bool = False
    penalty_numbers: str = FP32

    def as_table(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: object) -> Choices | None:
        """The inverse of `as_table`; None for what is none. Names that this version does not know
        are left out, those that it does not find stay as they are by default."""
        if not isinstance(table, Mapping):
            return None
        values: dict[str, Any] = {}
        for field in fields(cls):
            value = table.get(field.name, field.default)
            legal = (
                value in PENALTY_NUMBERS
                if field.name == "penalty_numbers"
                else isinstance(value, bool) or value is field.default
            )
            if not legal:
                return None
            values[field.name] = value
        return cls(**values)


class _InUse(threading.local):
    choices = Choices()


_in_use = _InUse()


def current() -> Choices:
    """What the algorithm that this thread makes should take."""
    return _in_use.choices


@contextlib.contextmanager
def in_use(choices: Choices) -> Iterator[None]:
    """Within: algorithms that this thread makes take ``choices``."""
    before = _in_use.choices
    _in_use.choices = choices
    try:
        yield
    finally:
        _in_use.choices = before
