"""Latents as text: what an address, a request and a line of Python carry."""

from __future__ import annotations

import base64
import binascii

import numpy as np
import torch
from torch import Tensor

from ganviz.errors import GanvizError
from ganviz.text import counted

# of one number of z: no sample of N(0, 1) comes near it
LARGEST = 1e3


def to_text(z: Tensor) -> str:
    """float32 numbers as base64 (RFC 4648, the alphabet for addresses, without padding), so that
    each comes back as it was to the last bit."""
    data = z.detach().cpu().contiguous().numpy().astype("<f4").tobytes()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str, dim: int) -> Tensor:
    """float32 [n, dim] of what `to_text` wrote.

    Raises `GanvizError` for what is no base64, does not hold whole latents of ``dim`` numbers, or
    holds a number that is not finite or beyond `LARGEST`.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise GanvizError(
            "z is written as base64 of 32-bit numbers, and this is not.", "z"
        ) from None
    if not data or len(data) % (4 * dim):
        raise GanvizError(
            counted(
                dim,
                "This generator's z is one number of 4 bytes, and what was sent has {bytes} bytes, "
                "which are not whole latents of it.",
                "This generator's z has {n} numbers, and what was sent has {bytes} bytes, which "
                "are not whole latents of it.",
                bytes=len(data),
            ),
            "z",
        )
    numbers = np.frombuffer(data, "<f4").astype(np.float32)
    if not (np.abs(numbers) <= LARGEST).all():
        raise GanvizError("z holds a number that is not finite or far too large.", "z")
    return torch.from_numpy(numbers).view(-1, dim)
