"""Which digits products of fp32 matrices are taken with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from ganviz.accel.choices import BF16, BF16_BUT_LOWEST
from ganviz.accel.second_order import full_numbers_up_to


def allow_tf32(allowed: bool) -> None:
    """On CUDA, take fp32 products of matrices and convolutions in TF32, or in full fp32. torch
    itself takes TF32 for convolutions unless told otherwise. The setting is the process's."""
    # Its annotations lack `conv` and `matmul`.
    backends: Any = torch.backends
    for products in (backends.cuda.matmul, backends.cudnn.conv):
        products.fp32_precision = "tf32" if allowed else "ieee"


def takes_tf32() -> bool:
    """Whether convolutions on CUDA are taken in TF32."""
    backends: Any = torch.backends
    return backends.cudnn.conv.fp32_precision == "tf32"


@contextlib.contextmanager
def cudnn_benchmark(wanted: bool) -> Iterator[None]:
    """Within: cuDNN times its kernels for shapes that are new to it. The setting is the
    process's."""
    before, torch.backends.cudnn.benchmark = torch.backends.cudnn.benchmark, wanted
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


@contextlib.contextmanager
def bf16_products() -> Iterator[None]:
    """Within: oneDNN takes fp32 products of matrices in bf16, on processors that have it, and gives
    fp32 back.

    The setting is the process's: what other threads draw and measure meanwhile may have less exact
    products, too.
    """
    backends: Any = torch.backends
    products = backends.mkldnn.matmul
    products.fp32_precision = "bf16"
    try:
        yield
    finally:
        products.fp32_precision = "ieee"


@contextlib.contextmanager
def penalised_in(numbers: str, device_type: str, lowest_side: int) -> Iterator[None]:
    """For a forward pass that is differentiated twice, in ``numbers`` of `PENALTY_NUMBERS`.
    ``lowest_side``: pixels of the smallest map, where `BF16_BUT_LOWEST` keeps fp32. Full numbers
    and TF32 leave everything as it is."""
    # The meta device knows no autocast.
    if numbers not in (BF16, BF16_BUT_LOWEST) or device_type == "meta":
        yield
        return
    full = full_numbers_up_to(lowest_side if numbers == BF16_BUT_LOWEST else 0)
    with torch.autocast(device_type, torch.bfloat16), full:
        yield
