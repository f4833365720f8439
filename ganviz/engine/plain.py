"""Plain data (tables, lists, numbers, texts, tensors) as JSON beside safetensors, bit for bit.

JSON holds the tree. Tables become ``{"dict": [[key, value], ...]}``, tuples ``{"tuple": [...]}``,
numbers that JSON lacks ``{"float": "nan"}``, and a tensor ``{"tensor": name}``, where ``name`` is
its path in the tree and its key in the safetensors file. Neither format can hold anything that
executes, and neither can describe more than it holds.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as from_safetensors
from safetensors.torch import save_file as to_safetensors
from torch import Tensor

MAX_DEPTH = 64


class FormatError(ValueError):
    """What was read is not what `pack` writes; the text says in which way."""


def pack(tree: dict[str, Any]) -> tuple[bytes, dict[str, Tensor]]:
    """``tree`` as the bytes of a JSON file, and the tensors that `write_tensors` puts beside it.
    `TypeError` for what is not plain."""
    tensors: dict[str, Tensor] = {}
    packed = _packed(tree, "", tensors)
    return (json.dumps(packed, allow_nan=False) + "\n").encode(), tensors


def unpack(tree: bytes, tensors: bytes) -> dict[str, Any]:
    """The tree that `pack` was given. Raises `FormatError`."""
    try:
        packed = json.loads(tree)
    except (ValueError, RecursionError):
        raise FormatError("it is not the JSON that ganviz wrote") from None
    unpacked = _unpacked(packed, unpack_tensors(tensors), MAX_DEPTH)
    if type(unpacked) is not dict:
        raise FormatError("it is not a table")
    return unpacked


def copied(tree: Any) -> Any:
    """``tree`` (nested dicts, lists and tuples) with tensors of its own, on the CPU, that lie as
    the originals do."""
    if isinstance(tree, Tensor):
        return tree.detach().to("cpu", copy=True)
    if isinstance(tree, dict):
        return {key: copied(item) for key, item in tree.items()}
    if isinstance(tree, list | tuple):
        items = [copied(item) for item in tree]
        return tuple(items) if isinstance(tree, tuple) else items
    return tree


def write_tensors(file: Path, tensors: dict[str, Tensor]) -> None:
    """Write ``tensors`` as a safetensors file. Those that share memory are stored once each. Raises
    `OSError`."""
    stored: dict[str, Tensor] = {}
    seen = set()
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        storage = tensor.untyped_storage()
        whole = storage.nbytes() == tensor.nbytes and storage.data_ptr() not in seen
        seen.add(storage.data_ptr())
        stored[name] = tensor if whole else tensor.clone()
    try:
        to_safetensors(stored, file)
    except SafetensorError as error:
        raise _refusal_of_disk(error) from error


def _refusal_of_disk(error: SafetensorError) -> OSError:
    """What the system said when ``error`` came; safetensors tells its number in words only."""
    number = re.search(r"os error (\d+)", str(error))
    code = int(number[1]) if number else 0
    return OSError(code, os.strerror(code) if code else str(error))


def unpack_tensors(data: bytes) -> dict[str, Tensor]:
    """The tensors in a safetensors file, on the CPU. Raises `FormatError`."""
    try:
        return from_safetensors(data)
    except (SafetensorError, KeyError, ValueError, OverflowError, RuntimeError) as error:
        raise FormatError(
            f"it is not a safetensors file that ganviz can read ({str(error)[:120]})"
        ) from None


# -- writing ---------------------------------------------------------------------------------------
def _packed(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        return _packed_tensor(value, path, tensors)
    if isinstance(value, dict):
        return {
            "dict": [
                [_key(key), _packed(item, _below(path, key), tensors)]
                for key, item in value.items()
            ]
        }
    if isinstance(value, list | tuple):
        items = [_packed(item, _below(path, i), tensors) for i, item in enumerate(value)]
        return {"tuple": items} if isinstance(value, tuple) else items
    return _packed_scalar(value)


def _packed_tensor(tensor: Tensor, name: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    if name in tensors:
        raise TypeError(f"two tensors of a checkpoint are called {name!r}")
    tensors[name] = tensor
    stride = tensor.stride()
    # channels-last and the like: an optimiser steps as it did only where its tensors lie as they
    # did
    kept = not tensor.is_contiguous() and _is_dense(tensor.shape, stride)
    return {"tensor": name, "stride": list(stride)} if kept else {"tensor": name}


def _is_dense(shape: Sequence[int], stride: Sequence[int]) -> bool:
    """Whether a tensor of this form has its elements side by side, in whatever order, and none
    twice."""
    expected = 1
    for step, size in sorted(zip(stride, shape, strict=True)):
        if size > 1 and step != expected:
            return False
        expected *= size
    return True


def _packed_scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    # a subclass (numpy's float64) becomes the plain number
    for kind in (int, float, str):
        if isinstance(value, kind):
            plain = kind(value)
            endless = isinstance(plain, float) and not math.isfinite(plain)
            return {"float": repr(plain)} if endless else plain
    raise TypeError(f"a checkpoint holds plain values and tensors, not {type(value).__name__}")


def _key(key: Any) -> str | int:
    if type(key) in (str, int):
        return key
    raise TypeError(
        f"a checkpoint's tables have names or numbers as keys, not {type(key).__name__}"
    )


def _below(path: str, key: Any) -> str:
    """The path of an item; separators in a key are written as in a JSON pointer (RFC 6901)."""
    key = str(key).replace("~", "~0").replace("/", "~1")
    return f"{path}/{key}" if path else key


# -- reading ---------------------------------------------------------------------------------------
def _unpacked(value: Any, tensors: dict[str, Tensor], depth: int) -> Any:
    if not depth:
        raise FormatError("it is nested without end")
    if isinstance(value, list):
        return [_unpacked(item, tensors, depth - 1) for item in value]
    if not isinstance(value, dict):
        return value
    for tag, read in _READERS.items():
        if tag in value:
            try:
                return read(value, tensors, depth - 1)
            except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
                if isinstance(error, FormatError):
                    raise
                raise FormatError(f"a {tag} in it is damaged") from None
    raise FormatError("it holds something that ganviz does not write")


def _dict(value: dict[str, Any], tensors: dict[str, Tensor], depth: int) -> dict[Any, Any]:
    return {_key(key): _unpacked(item, tensors, depth) for key, item in value["dict"]}


def _tuple(value: dict[str, Any], tensors: dict[str, Tensor], depth: int) -> tuple[Any, ...]:
    return tuple(_unpacked(item, tensors, depth) for item in value["tuple"])


def _float(value: dict[str, Any], tensors: dict[str, Tensor], depth: int) -> float:
    return float(value["float"])


def _tensor(value: dict[str, Any], tensors: dict[str, Tensor], depth: int) -> Tensor:
    tensor = tensors[value["tensor"]]
    stride = value.get("stride")
    if stride is None:
        return tensor
    # anything else would claim more memory than it has elements, or write some of them twice
    if any(type(step) is not int or step < 0 for step in stride) or not _is_dense(
        tensor.shape, stride
    ):
        raise ValueError
    return torch.empty_strided(tensor.shape, stride, dtype=tensor.dtype).copy_(tensor)


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Tensor], int], Any]] = {
    "dict": _dict,
    "tuple": _tuple,
    "float": _float,
    "tensor": _tensor,
}
