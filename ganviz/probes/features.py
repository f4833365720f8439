"""A small classifier, trained on the run's own labelled pictures within seconds, whose features
fidelity is measured in.

It is kept as safetensors under ``data_root``. All its random numbers are its own: it may train
beside a run without changing it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils import skip_init

from ganviz.accel.optimizers import adam
from ganviz.data.cache import one_maker
from ganviz.data.fit import resized
from ganviz.data.source import DataSource, to_float
from ganviz.disk import atomic_replace

SCHEMA = 1
FEATURES = 64
LEAST = 200  # labelled samples, below which a classifier would know too little
MOST = 20_000
MOST_SIDE = 64
"""Larger pictures are looked at in this size, in pixels a side: what tells them apart is seen
there, and one of 256 px would cost sixteen times as much."""
MOST_SHRUNK = 8_000  # shrunk pictures that are held at once, 100 MB in colour
HELD_OUT = 0.15
BATCH = 128
STEPS = 450
LR = 2e-3
CHUNK = 256

Cancelled = Callable[[], bool]
Part = TypeVar("Part")


class MeasurementCancelled(Exception):
    """Nobody has a use for what was being measured."""


def unless_cancelled(parts: Iterable[Part], cancelled: Cancelled) -> Iterator[Part]:
    """``parts``, one by one. Raises `MeasurementCancelled` as soon as it is."""
    for part in parts:
        if cancelled():
            raise MeasurementCancelled
        yield part


class FeatureNet(nn.Module):
    """Strided convolutions, then ``FEATURES`` numbers, then class logits. For pictures of any size
    from 8 px; those above `MOST_SIDE` are shrunk first."""

    def __init__(self, channels: int, size: int, classes: int):
        super().__init__()
        self.side = size = min(size, MOST_SIDE)
        widths, side, layers = [channels, 16, 32, 64, 64, 64], size, []
        strides = [1, 2] if size <= 8 else [2] * max(2, math.ceil(math.log2(size / 4)) - 1)
        for stage, stride in enumerate(strides):
            layers += [
                skip_init(nn.Conv2d, widths[stage], widths[stage + 1], 3, stride, 1),
                nn.ReLU(),
            ]
            side = math.ceil(side / stride)
        flat = widths[len(strides)] * side * side
        self.trunk = nn.Sequential(
            *layers, nn.Flatten(), skip_init(nn.Linear, flat, FEATURES), nn.ReLU()
        )
        self.head = skip_init(nn.Linear, FEATURES, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features [N, FEATURES] and class logits [N, K] of pictures in [-1, 1]."""
        if x.shape[-1] > self.side:
            x = F.interpolate(
                x, (self.side, self.side), mode="bicubic", antialias=True, align_corners=False
            )
        features = self.trunk(x)
        return features, self.head(features)

    def initialise(self, random: torch.Generator) -> FeatureNet:
        """Kaiming weights from ``random``, biases at 0."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=random)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        return self


class Classifier:
    """A trained feature net. ``name`` says what the features are; ``accuracy``: on pictures it was
    not trained on."""

    dim = FEATURES

    def __init__(self, network: FeatureNet, name: str, accuracy: float):
        self.network = network.eval().requires_grad_(False)
        self.name = name
        self.accuracy = accuracy

    @torch.no_grad()
    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features [N, D] and class probabilities [N, K] of pictures in [-1, 1], chunk by chunk, on
        the CPU."""
        parts = [self.network(part.float()) for part in x.split(CHUNK)]
        return torch.cat([p[0] for p in parts]).cpu(), torch.cat([p[1] for p in parts]).softmax(
            1
        ).cpu()


class Inception:
    """Features of an Inception v3 that torchvision trained on ImageNet. Not the network of the
    published FID figures."""

    name = "inception v3 (torchvision, ImageNet), 2048 features"
    dim = 2048
    accuracy = None

    def __init__(self, weights: Path, device: torch.device):
        from torchvision.models import inception_v3

        with torch.device(
            "meta"
        ):  # no random initial weights: they would come from the process-wide generator
            network = inception_v3(weights=None, init_weights=False, aux_logits=True)
        network.load_state_dict(
            torch.load(weights, map_location="cpu", weights_only=True), assign=True
        )
        network.fc = nn.Identity()
        self.network = network.eval().requires_grad_(False).to(device)

    @torch.no_grad()
    def __call__(self, x: Tensor) -> tuple[Tensor, None]:
        """Features [N, 2048], on the CPU. Pictures are brought to 299 px and, if grey, to three
        equal channels."""
        parts = []
        for part in x.split(CHUNK // 8):
            part = F.interpolate(
                part.float(), (299, 299), mode="bilinear", antialias=True, align_corners=False
            )
            parts.append(self.network(part.expand(-1, 3, -1, -1)).cpu())
        return torch.cat(parts), None


def local_inception() -> Path | None:
    """The file with torchvision's Inception weights, where it has been downloaded before. Nothing
    is downloaded here."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    return (
        next(iter(sorted(folder.glob("inception_v3_google-*.pth"))), None)
        if folder.is_dir()
        else None
    )


def feature_model(
    source: DataSource, data_root: Path | str | None = None, cancelled: Cancelled = lambda: False
) -> Classifier | Inception | None:
    """What to measure ``source`` with: its classifier; for pictures without labels Inception, on a
    GPU that has its weights."""
    model = classifier_for(source, data_root, cancelled)
    if model is None and source.labels is None and source.device.type == "cuda":
        weights = local_inception()
        return Inception(weights, source.device) if weights else None
    return model


def classifier_for(
    source: DataSource,
    data_root: Path | str | None = None,
    cancelled: Cancelled = lambda: False,
    steps: int | None = None,
    shift: int = 0,
) -> Classifier | None:
    """The classifier of ``source``, from the cache or trained now (on the source's device), for
    ``steps`` (None: `STEPS`), on pictures moved by up to ``shift`` pixels.

    None for data without labels, with fewer than `LEAST` samples or one class, or when
    ``cancelled()``.
    """
    spec = source.spec
    if (
        spec.kind != "images"
        or source.labels is None
        or spec.n_classes < 2
        or len(source.samples) < LEAST
    ):
        return None
    labels = source.labels
    steps = STEPS if steps is None else steps
    key = _fingerprint(source, labels, () if (steps, shift) == (STEPS, 0) else (steps, shift))
    path = (
        None
        if data_root is None
        else Path(data_root).expanduser() / "features" / f"{key}.safetensors"
    )
    network = FeatureNet(spec.shape[0], spec.shape[-1], spec.n_classes)
    name = f"classifier of {spec.name}, {network.side} px, {FEATURES} features"

    def train() -> float | None:
        network.initialise(torch.Generator().manual_seed(0)).to(source.device)
        accuracy = _train(network, source, cancelled, steps, shift)
        if accuracy is not None:
            _write(path, network, accuracy)
        return accuracy

    accuracy = _read_or_train(path, network, train, cancelled)
    return None if accuracy is None else Classifier(network.to(source.device), name, accuracy)


def _read_or_train(
    path: Path | None, network: FeatureNet, train: Callable[[], float | None], cancelled: Cancelled
) -> float | None:
    """The accuracy of ``network``, which has the weights of ``path`` or of ``train()``: a run's
    probe and somebody who explores may want the same ones at once, and one of them trains."""
    if path is None:
        return train()

    def stop_waiting() -> None:
        if cancelled():
            raise MeasurementCancelled

    accuracy = _read(path, network)
    if accuracy is None:
        with contextlib.suppress(MeasurementCancelled), one_maker(path, stop_waiting):
            accuracy = _read(path, network)
            if accuracy is None:
                accuracy = train()
    return accuracy


def _train(
    network: FeatureNet, source: DataSource, cancelled: Cancelled, steps: int, shift: int
) -> float | None:
    """``steps`` steps of Adam with a decaying rate, on all but a held-out part; its accuracy there,
    None when cancelled."""
    device, random = source.device, torch.Generator().manual_seed(1)
    order = torch.randperm(len(source.samples), generator=random)[:MOST]
    if source.spec.shape[-1] > MOST_SIDE:
        try:
            source = shrunk_source(source, order[:MOST_SHRUNK], cancelled)
        except MeasurementCancelled:
            return None
        order = torch.arange(len(source.samples))
    held, train = order.split([int(HELD_OUT * len(order)), len(order) - int(HELD_OUT * len(order))])
    optimizer = adam(network, LR, fused=device.type in ("cpu", "cuda"))

    def batch() -> tuple[Tensor, Tensor]:
        x, y = source.at(train[torch.randint(len(train), (BATCH,), generator=random)])
        assert y is not None, "only data with labels are learned"
        return _moved(to_float(x), shift, random), y

    if not fit(network, optimizer, batch, steps, cancelled):
        return None
    with torch.no_grad():
        right = [
            (network(to_float(x))[1].argmax(1) == y).float()
            for x, y in map(source.at, held[:2000].split(CHUNK))
        ]
    return round(float(torch.cat(right).mean()), 4)


def shrunk_source(
    source: DataSource, index: Tensor, cancelled: Cancelled = lambda: False
) -> DataSource:
    """The samples ``index`` (int64 [N]) of ``source``, at most `MOST_SIDE` px a side, on its
    device: a few at a time are read and shrunk. Raises `MeasurementCancelled`."""
    some = unless_cancelled(index.split(CHUNK), cancelled)
    parts = [(shrunk(x), y) for x, y in map(source.at, some)]
    samples = torch.cat([x for x, _ in parts])
    labels = None if source.labels is None else torch.cat([y for _, y in parts if y is not None])
    return replace(source, samples=samples, labels=labels, mapped=False, batch_device=None)


def shrunk(pictures: Tensor) -> Tensor:
    """uint8 [N, C, H, W] at most `MOST_SIDE` px a side."""
    return resized(pictures, MOST_SIDE) if pictures.shape[-1] > MOST_SIDE else pictures


def fit(
    network: FeatureNet,
    optimizer: torch.optim.Optimizer,
    batch: Callable[[], tuple[Tensor, Tensor]],
    steps: int,
    cancelled: Cancelled,
) -> bool:
    """``steps`` steps of ``optimizer`` with a rate that decays from `LR` to 0, each on the pictures
    in [-1, 1] and the classes that ``batch`` gives; False where they were cancelled."""
    for step in range(steps):
        if cancelled():
            return False
        for group in optimizer.param_groups:
            group["lr"] = LR * (1 - step / steps)
        x, y = batch()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(x)[1], y).backward()
        optimizer.step()
    return True


def _moved(x: Tensor, shift: int, random: torch.Generator) -> Tensor:
    """``x`` moved by up to ``shift`` pixels in each direction, all alike; black comes in."""
    if not shift:
        return x
    down, right = torch.randint(2 * shift + 1, (2,), generator=random).tolist()
    rows, columns = x.shape[2:]
    padded = F.pad(x, (shift,) * 4, value=-1.0)
    return padded[..., down : down + rows, right : right + columns]


# -- the cache -------------------------------------------------------------------------------------
def _fingerprint(source: DataSource, labels: Tensor, training: tuple[int, ...] = ()) -> str:
    """The same for the same pictures, labels and ``training``, whatever they are called."""
    step = max(1, len(source.samples) // 1000)
    side = [MOST_SIDE] if source.spec.shape[-1] > MOST_SIDE else []
    digest = hashlib.sha256(
        json.dumps(
            [SCHEMA, source.spec.shape, source.spec.classes, len(source.samples), *training, *side]
        ).encode()
    )
    for tensor in (source.samples[::step], labels[::step]):
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]


def _read(path: Path | None, network: FeatureNet) -> float | None:
    """Load the weights; the accuracy that goes with them, or None where there is no sound file."""
    if path is None:
        return None
    try:
        tensors = load_file(path)
        accuracy = float(tensors.pop("accuracy"))
        if not all(torch.isfinite(value).all() for value in tensors.values()):
            return None
        network.load_state_dict(tensors)
    except (
        OSError,
        SafetensorError,
        KeyError,
        ValueError,
        RuntimeError,
    ):  # absent, torn, or another program's
        return None
    return accuracy


def _write(path: Path | None, network: FeatureNet, accuracy: float) -> None:
    """A disk that refuses just means no cache."""
    if path is None:
        return
    tensors = {
        name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()
    }
    with contextlib.suppress(OSError, SafetensorError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_replace(path) as beside:
            save_file({**tensors, "accuracy": torch.tensor(accuracy, dtype=torch.float64)}, beside)
