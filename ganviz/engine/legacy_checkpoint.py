"""Checkpoints of ganviz 0.1 (schema 1), which kept optimisers and generators in a ``torch.save``
file: how they are still read. Nothing writes them any more.

``torch.load(weights_only=True)`` runs no code, but it still obeys a crafted file in other ways:
compressed archives that grow a thousandfold, tensors of a petabyte over one stored number, lists
that hold themselves. So a file is looked through before it is opened, and after.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from typing import Any

import torch
from torch import Tensor

from ganviz.engine.plain import MAX_DEPTH, FormatError

SCHEMA = 1
TRAINING = "training.pt"
MAX_NODES = 200_000
_REBUILD = {
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_tensor_v3",
    "collections OrderedDict",
}
_DTYPES = {f"torch {name}" for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
_STORAGES = {
    f"torch {kind}Storage"
    for kind in (
        "Float",
        "Double",
        "Half",
        "BFloat16",
        "Long",
        "Int",
        "Short",
        "Char",
        "Byte",
        "Bool",
        "Untyped",
        "ComplexFloat",
        "ComplexDouble",
    )
}
ALLOWED = _REBUILD | _DTYPES | _STORAGES
_CODE = {
    "STACK_GLOBAL",
    "INST",
    "OBJ",
    "NEWOBJ",
    "NEWOBJ_EX",
    "EXT1",
    "EXT2",
    "EXT4",
    "BUILD",
    "PERSID",
}


def read_training(data: bytes) -> dict[str, Any]:
    """The plain table in a ``training.pt``. Executes nothing; raises `FormatError`."""
    problem = check_archive(data)
    if problem:
        raise FormatError(problem)
    try:
        training = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        problem = check_loaded(training)
    # torch's reader raises nearly every kind on a crafted file: each one means "not ours"
    except Exception as error:
        raise FormatError(
            f"it is not a plain table of tensors and numbers ({type(error).__name__})"
        ) from None
    if problem:
        raise FormatError(problem)
    return training


def check_archive(data: bytes) -> str | None:
    """Why ``data`` is not a file that ``torch.save`` wrote of plain values, or None. Executes
    nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                return "it holds compressed parts, which ganviz never writes"
            if sum(entry.file_size for entry in entries) > len(data):
                return "its parts claim to be larger than the file"
            pickles = [entry for entry in entries if entry.filename.endswith(".pkl")]
            if len(pickles) != 1 or not pickles[0].filename.endswith("data.pkl"):
                return "it is not a file of plain tensors"
            return _check_pickle(archive.read(pickles[0]))
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        LookupError,
    ):
        return "it is not a file that ganviz wrote"


def _check_pickle(data: bytes) -> str | None:
    """Refuse a pickle that names anything beyond tensors. ``pickletools`` reads the opcodes and
    runs none."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name == "GLOBAL" and argument not in ALLOWED:
            return f"it asks to run {str(argument)[:80]!r}, and ganviz runs no code from a file"
        if opcode.name in _CODE:
            return "it asks to make objects, and ganviz runs no code from a file"
    return None


def check_loaded(tree: Any) -> str | None:
    """Why a loaded tree is not plain (foreign types, views larger than their data, endless
    nesting), or None."""
    stack, nodes = [(tree, 0)], 0
    if not isinstance(tree, dict):
        return "it is not a table"
    while stack:
        item, depth = stack.pop()
        nodes += 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            return "it is nested without end"
        if isinstance(item, Tensor):
            if (
                item.layout != torch.strided
                or item.device.type != "cpu"
                or item.numel() * item.element_size() > item.untyped_storage().nbytes()
            ):
                return "it holds a tensor that is larger than its data"
        elif type(item) is dict:
            if any(type(key) not in (str, int) for key in item):
                return "a table in it has keys that are not names or numbers"
            stack += [(value, depth + 1) for value in item.values()]
        elif type(item) in (list, tuple):
            stack += [(value, depth + 1) for value in item]
        elif item is not None and type(item) not in (bool, int, float, str):
            return f"it holds a {type(item).__name__}"
    return None
