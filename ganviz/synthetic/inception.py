"""Features of the Inception network that published FID figures are measured on (Heusel et al.
2017).

The network is that of torch-fidelity, whose weights are those of the paper's own graph and whose
resizing is that of TensorFlow, so that figures agree with the reference. The package is optional:
its weights (95 MB) are fetched once, or given as a file.
"""

from __future__ import annotations

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from ganviz.accel.precision import allow_tf32
from ganviz.data.download import download
from ganviz.data.entry import Progress
from ganviz.errors import GanvizError

PACKAGE, EXTRA = "torch_fidelity", "evaluate"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
FILE = "weights-inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"
LAYER, DIM = "2048", 2048
# pictures at a time: at 299 px each takes some 10 MB on the way
BATCH_CPU, BATCH_GPU = 8, 128


class Features(Protocol):
    """What samples are measured in. ``name`` and ``weights`` (a digest) tell it from others."""

    name: str
    weights: str

    def __call__(self, pictures: Tensor) -> Tensor:
        """Features float32 [N, D], on the CPU, of uint8 pictures [N, 1 or 3, H, W]."""


def missing() -> str:
    """A sentence where the package is not installed, else ""."""
    if find_spec(PACKAGE) is not None:
        return ""
    return (
        f"The Inception network is that of torch-fidelity, which is not installed: pip install "
        f"ganviz[{EXTRA}] (or pip install torch-fidelity)."
    )


def find_weights(given: Path | None, data_root: Path, progress: Progress) -> Path:
    """The file of weights, its checksum verified: ``given``, or one fetched before, or fetched now.

    Raises `GanvizError` with the way to get it without internet.
    """
    if given is not None:
        check_weights(given)
        return given
    kept = data_root / "features" / FILE
    for known in (kept, Path(torch.hub.get_dir()) / "checkpoints" / FILE):
        if known.is_file() and digest(known) == SHA256:
            return known
    problems = download([URL], kept, lambda file: digest(file) == SHA256, FILE, progress)
    if problems:
        raise GanvizError(
            "The weights of the Inception network could not be downloaded ({problems}). Without "
            "internet: get {url} elsewhere, and give the file with --weights FILE or put it into "
            "{folder}.",
            "weights",
            problems="; ".join(problems),
            url=URL,
            folder=kept.parent,
        )
    return kept


def check_weights(file: Path, sha256: str = SHA256) -> None:
    """Raise `GanvizError` for a file that cannot be read, or is not the one that is expected."""
    try:
        found = digest(file)
    except OSError as error:
        raise GanvizError(
            f"The weights {file} cannot be read: {error.strerror or error}.", "weights"
        ) from None
    if found != sha256:
        raise GanvizError(
            "{file} is not the file of weights that published figures are measured with: its "
            "SHA-256 begins with {found}, not with {expected}. It is {name} of {url}.",
            "weights",
            file=file,
            found=found[:12],
            expected=sha256[:12],
            name=FILE,
            url=URL.rpartition("/")[0],
        )


def digest(file: Path) -> str:
    """The SHA-256 of a file, read in parts."""
    found = hashlib.sha256()
    with open(file, "rb") as stream:
        while part := stream.read(1 << 20):
            found.update(part)
    return found.hexdigest()


class InceptionFeatures:
    """The 2048 features before the last layer, at full precision.

    ``weights``: a file whose SHA-256 is ``sha256``; nothing in it is executed. Raises
    `GanvizError`.
    """

    name = "Inception v3 (2015-12-05)"

    def __init__(self, weights: Path, device: torch.device, sha256: str = SHA256):
        if missing():
            raise GanvizError(missing())
        check_weights(weights, sha256)
        self.weights = sha256
        self._device = device
        self._network = _network(weights).to(device)
        self._batch = BATCH_GPU if device.type == "cuda" else BATCH_CPU

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Tensor:
        """As `Features` says; grey pictures become three equal channels."""
        parts = []
        if self._device.type == "cuda":
            allow_tf32(False)
        for part in pictures.split(self._batch):
            colour = part.to(self._device).expand(-1, 3, -1, -1)
            parts.append(self._network(colour)[0].float().cpu())
        return torch.cat(parts)


def _network(weights: Path) -> Any:
    refusal = f"{weights} does not hold the weights of the Inception network"
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
    except Exception as error:
        raise GanvizError(f"{refusal} ({type(error).__name__}).", "weights") from None
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    # The package reads what it is given as a pickle: it gets what was read without one here.
    packed = io.BytesIO()
    torch.save(state, packed)
    del state
    packed.seek(0)
    try:
        return FeatureExtractorInceptionV3(
            "inception-v3-compat", [LAYER], feature_extractor_weights_path=packed
        )
    except (RuntimeError, TypeError, AttributeError) as error:
        raise GanvizError(f"{refusal} ({type(error).__name__}).", "weights") from None
