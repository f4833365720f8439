"""A checkpoint is a folder: everything a run needs to go on, and nothing that could execute.

``step-000001234/`` holds ``config.json``, ``weights.safetensors``, ``training.json`` with
``training.safetensors`` (optimisers, random generators, positions; see `ganviz.engine.plain`) and
``state.json``, which names the schema and the SHA-256 of each of the others. It is written beside,
synced, and moved into place. Checkpoints of schema 1 are read by `ganviz.engine.legacy_checkpoint`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganviz.algorithms.weights import without_prefix
from ganviz.config import RunConfig
from ganviz.disk import (
    atomic_replace,
    disk_sentence,
    finite_json,
    megabytes,
    read_bounded,
    remove_folder,
)
from ganviz.engine import legacy_checkpoint
from ganviz.engine.plain import FormatError, copied, pack, unpack, unpack_tensors, write_tensors
from ganviz.errors import CheckpointError, ConfigError, UnknownName

SCHEMA = 2
CONFIG, STATE, WEIGHTS = "config.json", "state.json", "weights.safetensors"
TRAINING, TRAINING_TENSORS = "training.json", "training.safetensors"
CHECKPOINTS = "checkpoints"
# the largest that each file may be
LIMITS = {
    CONFIG: 2**20,
    STATE: 16 * 2**20,
    WEIGHTS: 16 * 2**30,
    TRAINING: 64 * 2**20,
    TRAINING_TENSORS: 32 * 2**30,
    legacy_checkpoint.TRAINING: 32 * 2**30,
}
PIECE = 2**20
RESERVE = 64 * 2**20  # bytes left free on the disk, so that the log can still say what happened
_NAME = re.compile(r"step-(\d{9,12})(\.old)?")


@dataclass
class TrainingState:
    """What a checkpoint holds beside the config.

    ``weights``: flat tensors by name (``generator/...``, ``discriminator/...``, ``ema/...``), all
    finite.
    ``training``: nested dicts and lists of tensors, numbers, strings and None.
    ``info``: plain JSON with at least ``step``; ``spec`` (the `DataSpec` as a dict) lets the
    generator be rebuilt without the data. ``note``: set by `load` where it had to fall back to an
    older checkpoint.
    """

    weights: dict[str, Tensor]
    training: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    path: Path | None = None

    @property
    def step(self) -> int:
        return int(self.info.get("step", 0))

    def copy(self) -> TrainingState:
        """The same, on the CPU and held by nobody else: it stays while the training goes on."""
        return replace(self, weights=copied(self.weights), training=copied(self.training))

    @property
    def nbytes(self) -> int:
        """What a `copy` holds, in bytes."""
        return _size(self.weights) + _size(self.training)

    def part(self, name: str) -> dict[str, Tensor]:
        """The weights under ``name/``, as a state dict."""
        return without_prefix(self.weights, name)


# -- writing ---------------------------------------------------------------------------------------
def save(folder: Path, config: RunConfig, state: TrainingState) -> Path:
    """Write ``folder/step-...`` atomically and return it; a checkpoint of the same step is
    replaced.

    Raises `CheckpointError` (disk full or not writable, weights not finite); what was there before
    stays.
    """
    broken = not_finite(state.weights)
    if broken:
        raise CheckpointError(
            f"The checkpoint was not saved: the weights {broken!r} hold values that are not finite."
        )
    target = path_of(folder, state.step)
    try:
        folder.mkdir(exist_ok=True)
        ensure_space(folder, state.nbytes + 2**20)
        with atomic_replace(target, durable=True) as beside:
            beside.mkdir()
            _write_all(beside, config, state)
    except OSError as error:
        raise CheckpointError(
            disk_sentence(error, folder, "The checkpoint was not saved")
        ) from error
    return target


def _write_all(beside: Path, config: RunConfig, state: TrainingState) -> None:
    tree, tensors = pack(state.training)
    (beside / CONFIG).write_text(config.to_json(), encoding="utf-8", newline="\n")
    (beside / TRAINING).write_bytes(tree)
    for name, stored in ((WEIGHTS, state.weights), (TRAINING_TENSORS, tensors)):
        write_tensors(beside / name, stored)
        # Others may read it who may read the rest.
        shutil.copymode(beside / CONFIG, beside / name)
    manifest = {
        "format": "ganviz-checkpoint",
        "schema": SCHEMA,
        "step": state.step,
        "torch": torch.__version__,
        "info": finite_json(state.info),
        "files": {
            name: _entry(beside / name) for name in (CONFIG, WEIGHTS, TRAINING, TRAINING_TENSORS)
        },
    }
    manifest["sha256"] = _digest(manifest)
    (beside / STATE).write_text(
        json.dumps(manifest, indent=1) + "\n", encoding="utf-8", newline="\n"
    )


def _entry(file: Path) -> dict[str, Any]:
    """What ``state.json`` says of ``file``. A large file is read in pieces: no second copy of a
    network lies in memory."""
    digest, size = hashlib.sha256(), 0
    with open(file, "rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def ensure_space(folder: Path, needed: int) -> None:
    """Raise `CheckpointError` where writing ``needed`` bytes would leave the disk (almost) full."""
    free = shutil.disk_usage(folder).free
    if free < needed + RESERVE:
        raise CheckpointError(
            f"The checkpoint was not saved: it needs {megabytes(needed)} (and "
            f"{megabytes(RESERVE)} are kept "
            f"free), but the disk of {folder} has {megabytes(free)} left. Free some space."
        )


def _size(tree: Any) -> int:
    if isinstance(tree, Tensor):
        return tree.numel() * tree.element_size()
    if isinstance(tree, dict):
        return sum(_size(item) for item in tree.values())
    return sum(_size(item) for item in tree) if isinstance(tree, list | tuple) else 16


def _digest(manifest: dict[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


# -- the folder ------------------------------------------------------------------------------------
def list_checkpoints(folder: Path) -> list[Path]:
    """All checkpoints in ``folder`` (a run's ``checkpoints``), oldest first; damaged ones are not
    told apart."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = [
        (int(match[1]), match[2] is None, name)
        for name in names
        if (match := _NAME.fullmatch(name))
    ]
    return [folder / name for _, _, name in sorted(found) if (folder / name).is_dir()]


def path_of(folder: Path, step: int) -> Path:
    """Where in ``folder`` the checkpoint of ``step`` is kept."""
    return folder / f"step-{step:09d}"


def step_of(path: Path) -> int:
    """The step in the name of one that `list_checkpoints` gave."""
    return int(path.name.removeprefix("step-").removesuffix(".old"))


def newest_info(folder: Path) -> dict[str, Any]:
    """What the newest readable checkpoint says of its run; an empty table where there is none."""
    path = newest(folder)
    try:
        return _read_manifest(path)["info"] if path else {}
    except CheckpointError:
        return {}


def newest(folder: Path) -> Path | None:
    """The checkpoint with the highest step that has a readable ``state.json``, or None."""
    for path in reversed(list_checkpoints(folder)):
        try:
            _read_manifest(path)
        except CheckpointError:
            continue
        return path
    return None


def prune(folder: Path, keep_last: int, protect: Set[str] = frozenset()) -> None:
    """Remove all but the last ``keep_last`` checkpoints and those named in ``protect``, and what a
    crash left half written.

    Never removes the last readable one. A run folder has one writer: call it from that one only.
    """
    everything = list_checkpoints(folder)
    keep = {path.name for path in everything[-max(keep_last, 1) :]} | {
        Path(name).name for name in protect
    }
    good = newest(folder)
    keep.add(good.name if good else "")
    for path in everything:
        replaced = path.name.endswith(".old") and path.with_suffix("").is_dir()
        if path.name not in keep or replaced:
            remove_folder(path)
    for left in folder.glob(".step-*.tmp"):
        if f".{os.getpid()}-" not in left.name:
            shutil.rmtree(left, ignore_errors=True)


# -- reading ---------------------------------------------------------------------------------------
def load(path: Path | str, training: bool = True) -> tuple[RunConfig, TrainingState]:
    """Read a checkpoint, or a run's newest valid one (``state.note`` tells when that is not the
    newest).

    ``training=False`` leaves out optimisers and random states, for drawing samples. Nothing in the
    files is executed. Raises `CheckpointError` with one sentence that names the file and what is
    wrong with it.
    """
    path = Path(path)
    if (path / STATE).exists() or _NAME.fullmatch(path.name):
        return _load_one(path, training)
    folder = path if path.name == CHECKPOINTS else path / CHECKPOINTS
    found = list_checkpoints(folder)
    if not found:
        problem = "holds no checkpoint yet" if path.is_dir() else "does not exist"
        raise CheckpointError(f"{path} {problem}: name a run's folder or one of its checkpoints.")
    problems: list[str] = []
    for candidate in reversed(found):
        try:
            config, state = _load_one(candidate, training)
        except CheckpointError as error:
            problems.append(error.sentence)
            continue
        if problems:
            state.note = f"{problems[0]} Going back to the checkpoint of step {state.step}."
        return config, state
    raise CheckpointError(
        problems[0]
        if len(found) == 1
        else f"None of the {len(found)} checkpoints in {folder} can be read. The newest: "
        f"{problems[0]}"
    )


def _load_one(path: Path, training: bool) -> tuple[RunConfig, TrainingState]:
    manifest = _read_manifest(path)
    old = manifest["schema"] == legacy_checkpoint.SCHEMA
    parts = [legacy_checkpoint.TRAINING] if old else [TRAINING, TRAINING_TENSORS]
    names = [CONFIG, WEIGHTS, *(parts if training else [])]
    data = {name: _read_verified(path / name, manifest) for name in names}
    try:
        config = RunConfig.from_json(data[CONFIG].decode())
    except UnknownName as error:
        raise CheckpointError(
            f"{path} was trained with a definition that is not here: {error} If it is one of your "
            f"own, import its module first: in Python before ganviz.load or ganviz.train, in a "
            f"shell by python -c 'import MODULE; from ganviz.cli import main; main()' in place of "
            f"ganviz."
        ) from None
    except (ConfigError, UnicodeDecodeError) as error:
        raise CheckpointError(
            f"{path / CONFIG} does not fit this version of ganviz: {error}"
        ) from None
    state = TrainingState(_weights(data[WEIGHTS], path / WEIGHTS), {}, manifest["info"], path=path)
    if training:
        read = legacy_checkpoint.read_training if old else unpack
        try:
            state.training = read(*(data[name] for name in parts))
        except FormatError as error:
            raise CheckpointError(f"{path / parts[0]} is refused: {error}.") from None
    return config, state


def _read_manifest(path: Path) -> dict[str, Any]:
    """``state.json``, checked: its own digest, schema, and an entry for every file."""
    file = path / STATE
    try:
        manifest = json.loads(_read(file))
        digest = _digest(manifest)
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise CheckpointError(f"{file} is damaged: it is not the JSON that ganviz wrote.") from None
    if manifest.get("format") != "ganviz-checkpoint":
        raise CheckpointError(f"{file} is not a ganviz checkpoint.")
    if manifest.get("schema") not in (SCHEMA, legacy_checkpoint.SCHEMA):
        raise CheckpointError(
            f"{file} has schema {str(manifest.get('schema'))[:20]!r}; this ganviz reads schema "
            f"{SCHEMA} and older ones. Use the version that wrote it."
        )
    if manifest.get("sha256") != digest:
        raise CheckpointError(f"{file} is damaged: its content does not match its SHA-256.")
    step, info = manifest.get("step"), manifest.get("info")
    whole = isinstance(info, dict) and isinstance(manifest.get("files"), dict)
    if (
        not whole
        or not isinstance(step, int)
        or not 0 <= step < 10**12
        or info.get("step", step) != step
    ):
        raise CheckpointError(f"{file} is damaged: it lacks its step, info or files.")
    manifest["info"] = {**info, "step": step}
    return manifest


def _read_verified(file: Path, manifest: dict[str, Any]) -> bytes:
    data = _read(file)
    entry = manifest["files"].get(file.name)
    if not isinstance(entry, dict):
        raise CheckpointError(f"{file} is not listed in its {STATE}.")
    if len(data) != entry.get("bytes"):
        raise CheckpointError(
            f"{file} is damaged: {len(data):,} bytes instead of {str(entry.get('bytes'))[:20]}; "
            "it was cut off or changed."
        )
    if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
        raise CheckpointError(f"{file} is damaged: its content does not match its SHA-256.")
    return data


def _read(file: Path) -> bytes:
    try:
        return read_bounded(file, LIMITS[file.name])
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {error.strerror or error}.") from None


def _weights(data: bytes, file: Path) -> dict[str, Tensor]:
    try:
        weights = unpack_tensors(data)
    except FormatError as error:
        raise CheckpointError(f"{file} is refused: {error}.") from None
    broken = not_finite(weights)
    if broken:
        raise CheckpointError(
            f"{file} is refused: the weights {broken!r} hold NaN or infinite values."
        )
    return weights


def not_finite(weights: dict[str, Tensor]) -> str | None:
    """The name of the first tensor with NaN or infinity, or None."""
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            return name
    return None
