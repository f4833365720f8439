"""A trained generator, ready to draw from, rebuilt from a checkpoint without the data it was
trained on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from ganviz import arguments
from ganviz.config import RunConfig
from ganviz.data.fingerprint import Fingerprint
from ganviz.data.source import DataSpec
from ganviz.device import pick_device
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.restore import check_fit, fit
from ganviz.engine.snapshot import draw, to_pictures
from ganviz.errors import CheckpointError, ConfigError, GanvizError
from ganviz.latent.sampling import base_z
from ganviz.latent.vectors import from_text
from ganviz.models import build_generator
from ganviz.text import counted

MAX_SIDE = 4096
BATCH = 256


class TrainedGenerator(nn.Module):
    """The moving average of a run's generator, in eval mode.

    ``network`` maps (z [N, latent_dim], y int64 [N] or None) to images [N, C, H, W] in [-1, 1], or
    points [N, 2].
    ``classes``: the names a class may be asked by; () for a generator that knows none.
    """

    def __init__(
        self, network: nn.Module, config: RunConfig, spec: DataSpec, step: int, note: str = ""
    ):
        super().__init__()
        self.network = network.requires_grad_(False)
        self.config = config
        self.spec = spec
        self.step = step
        self.note = note
        self.latent_dim: int = config.latent_dim
        self.classes: tuple[str, ...] = spec.classes if config.conditional else ()
        self.eval()

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.network(z, y)

    def sample(
        self,
        n: int = 64,
        seed: int = 0,
        y: int | str | Tensor | list[int] | None = None,
        psi: float = 1.0,
    ) -> Tensor:
        """``n`` samples, the same for the same ``seed`` on every machine.

        ``y``: a class by name or index, or one index per sample; None goes through all classes in
        turn.
        ``psi``: below 1 gives less varied, more typical samples (z is scaled). Raises
        `ConfigError`.
        """
        return torch.cat([x for x, _ in self.batches(n, seed, y, psi)])

    def batches(
        self,
        n: int,
        seed: int = 0,
        y: int | str | Tensor | list[int] | None = None,
        psi: float = 1.0,
        start: int = 0,
    ) -> Iterator[tuple[Tensor, Tensor | None]]:
        """What `sample` returns, in parts of up to 256 with their classes, for numbers that do not
        fit into memory. ``start``: leave out the parts before it."""
        n, psi = arguments.whole(n, "n", 1), arguments.finite(psi, "psi")
        device = next(self.parameters()).device
        labels = self.labels(n, y)
        random = torch.Generator().manual_seed(arguments.seed(seed))
        for first in range(0, n, BATCH):
            count = min(BATCH, n - first)
            z = torch.randn(BATCH, self.latent_dim, generator=random, dtype=torch.float64)[
                :count
            ]  # so n changes no sample
            if first < start:
                continue
            part = None if labels is None else labels[first : first + count]
            yield (
                draw(
                    self.network,
                    (z * psi).float().to(device),
                    None if part is None else part.to(device),
                ),
                part,
            )

    def at(
        self, z: str | None = None, seed: int = 0, y: int | str | None = None, psi: float = 1.0
    ) -> Tensor:
        """The one sample of a latent: an image [C, H, W] in [-1, 1], or a point [2].

        ``z``: base64 of its numbers, as the tab Explore gives it; None takes what ``seed`` draws,
        times ``psi``. ``y``: a class by name or index; None lets the seed choose, as everywhere.
        It is drawn by itself and in one thread, so that it is the same to the last bit whoever
        draws it on such a machine. Raises `GanvizError`.
        """
        seed, psi = arguments.seed(seed), arguments.finite(psi, "psi")
        if z is not None and not isinstance(z, str):
            raise ConfigError(
                "z is text, as the tab Explore gives it; a latent of numbers is drawn by calling "
                "the generator.",
                "z",
            )
        drawn = base_z(seed, self.latent_dim) if z is None else from_text(z, self.latent_dim)[:1]
        drawn = drawn.reshape(1, -1) * psi
        if y is None and self.classes:
            y = seed % len(self.classes)
        labels, device = self.labels(1, y), next(self.parameters()).device
        with _one_thread():
            return draw(
                self.network, drawn.to(device), None if labels is None else labels.to(device)
            )[0].cpu()

    def picture(
        self, z: str | None = None, seed: int = 0, y: int | str | None = None, psi: float = 1.0
    ) -> Image.Image:
        """What `at` gives, as a picture that can be saved. Raises `GanvizError` for points."""
        if self.spec.kind != "images":
            raise GanvizError("This generator makes points, and they have no picture; use at().")
        pixels = to_pictures(self.at(z, seed, y, psi)[None])[0]
        return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)

    def labels(self, n: int, y: int | str | Tensor | list[int] | None = None) -> Tensor | None:
        """The classes of ``n`` samples, int64 [n]; None for a generator that knows none. Raises
        `ConfigError`."""
        if not self.classes:
            if y is not None:
                raise ConfigError(
                    "This generator was trained without classes, so it cannot be asked for one.",
                    "class",
                )
            return None
        count = len(self.classes)
        if y is None:
            return torch.arange(n) % count
        if isinstance(y, int | str):
            return torch.full((n,), self._index(y))
        labels = _as_labels(y)
        if labels is None or len(labels) != n or not bool(((labels >= 0) & (labels < count)).all()):
            raise ConfigError(one_class_each(n, count), "class")
        return labels

    def _index(self, y: int | str) -> int:
        if str(y) in self.classes:
            return self.classes.index(str(y))
        if str(y).isdecimal() and int(y) < len(self.classes):
            return int(y)
        raise ConfigError(
            f"There is no class {str(y)[:40]!r}. Choose one of: {', '.join(self.classes)}.", "class"
        )


def one_class_each(n: int, classes: int) -> str:
    """What to say to whoever does not give one of ``classes`` for each of ``n`` samples."""
    return counted(
        n,
        "Give one class from 0 to {last} for the one sample.",
        "Give one class from 0 to {last} for each of the {n} samples.",
        last=classes - 1,
    )


def _as_labels(y: object) -> Tensor | None:
    """Whole numbers as int64 [n], or None where ``y`` holds anything else."""
    try:
        labels = torch.as_tensor(y).flatten()
    except (TypeError, ValueError, RuntimeError):
        return None
    whole = not labels.is_floating_point() and not labels.is_complex()
    return labels.to("cpu", torch.int64) if whole and labels.dtype != torch.bool else None


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums are added up in another order where more threads share them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def load_generator(
    path: Path | str, device: torch.device | str = "cpu", step: int | None = None
) -> TrainedGenerator:
    """The generator of a run (its newest valid checkpoint, or that of ``step``) or of one
    checkpoint, on ``device``. Raises `CheckpointError` or `ConfigError`."""
    path = arguments.path(path, "path")
    device = pick_device(device) if isinstance(device, str) else device
    if step is not None:
        step = arguments.whole(step, "step", 0)
        path = checkpoint.path_of(path / checkpoint.CHECKPOINTS, step)
    config, state = checkpoint.load(path, training=False)
    return from_state(config, state, device)


def from_state(
    config: RunConfig, state: TrainingState, device: torch.device | str = "cpu"
) -> TrainedGenerator:
    """The generator whose weights ``state`` holds."""
    spec = read_spec(state)
    weights = state.part("ema") or state.part("generator")
    with torch.device(
        "meta"
    ):  # settings and weights that disagree are refused before memory is taken for them
        check_fit(_build(config, spec), weights, "generator")
    network = _build(config, spec)
    fit(network, weights, "generator")
    return TrainedGenerator(network.to(device), config, spec, state.step, state.note)


def _build(config: RunConfig, spec: DataSpec) -> nn.Module:
    try:
        return build_generator(config, spec)
    except GanvizError:
        raise
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"The checkpoint's settings do not make a generator: {str(error)[:120]}."
        ) from None


def read_spec(state: TrainingState) -> DataSpec:
    """The `DataSpec` in a checkpoint's ``info``, checked. Raises `CheckpointError`."""
    spec = parse_spec(state.info.get("spec"))
    if spec is None:
        raise CheckpointError(
            f"{state.path or 'The checkpoint'} does not say what data it was trained on, so its "
            f"generator "
            "cannot be rebuilt."
        )
    return spec


def parse_spec(table: object) -> DataSpec | None:
    """A `DataSpec` from plain JSON, or None where it is not one."""
    if not isinstance(table, dict):
        return None
    name, kind, shape, classes = (table.get(key) for key in ("name", "kind", "shape", "classes"))
    count = table.get("count", 0)
    if not isinstance(name, str) or kind not in ("images", "points") or type(count) is not int:
        return None
    if (
        not isinstance(shape, list | tuple)
        or len(shape) != (3 if kind == "images" else 1)
        or any(type(side) is not int or not 1 <= side <= MAX_SIDE for side in shape)
    ):
        return None
    classes = classes if isinstance(classes, list | tuple) else ()
    if len(classes) > 10_000 or any(not isinstance(c, str) for c in classes):
        return None
    held_out, split = table.get("held_out", 0), table.get("split", "")
    if type(held_out) is not int or held_out < 0 or not isinstance(split, str):
        return None
    return DataSpec(
        name,
        kind,
        tuple(shape),
        count,
        tuple(classes),
        held_out=held_out,
        split=split[:64],
        fingerprint=Fingerprint.parse(table.get("fingerprint")),
    )
