"""Which digits products of fp32 matrices are taken with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch


def allow_tf32(allowed: bool) -> None:
    """On CUDA, take fp32 products of matrices and convolutions in TF32, or in full fp32. torch
    itself takes TF32 for convolutions unless told otherwise. The setting is the process's."""
    # Its annotations lack `conv` and `matmul`.
    backends: Any = torch.backends
    for products in (backends.cuda.matmul, backends.cudnn.conv):
        products.fp32_precision = "tf32" if allowed else "ieee"


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
