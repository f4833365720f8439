"""The generator as an ONNX file, made in a process of its own: the exporter patches PyTorch while
it works, and takes seconds.

python -m ganviz.export.model RUN OUT.onnx
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from ganviz.errors import GanvizError
from ganviz.runs.trained import TrainedGenerator, load_generator

NEEDED = "onnxscript"
SECONDS = 300
LARGEST = 24_000_000  # bytes of ONNX that a page may carry


class NoModel(GanvizError):
    """The generator cannot be written as ONNX here."""


class _Drawn(nn.Module):
    """What the page runs: (z) or (z, y) to pictures; the class is an input only where the generator
    takes it."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        return self.network(z, y)


def available() -> bool:
    """Whether the packages that the exporter needs are installed."""
    return find_spec(NEEDED) is not None and find_spec("onnx") is not None


def to_onnx(folder: Path | str, out: Path) -> Path:
    """Write the run's newest generator to ``out`` and return it. Raises `NoModel` with one
    sentence."""
    if not available():
        raise NoModel(
            f"Live sliders need the package {NEEDED}; install it with: pip install {NEEDED}"
        )
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(Path(folder).resolve()), str(out.resolve())],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=Path(__file__).resolve().parents[2],
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoModel(
            f"The generator could not be written as ONNX: {type(error).__name__}."
        ) from None
    if done.returncode or not out.is_file():
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NoModel(f"The generator could not be written as ONNX: {said[:160].rstrip('.')}.")
    if out.stat().st_size > LARGEST:
        raise NoModel(
            "The generator is too large to carry in a page, so its sliders show the pictures "
            "drawn beforehand."
        )
    return out


def write(generator: TrainedGenerator, out: Path) -> None:
    """Write ``generator`` as ONNX for one picture: inputs z float32 [1, latent_dim] (and y int64
    [1]), output x."""
    example: tuple[Tensor, ...] = (torch.zeros(1, generator.latent_dim),)
    names = ["z"]
    if generator.classes:
        example, names = (*example, torch.zeros(1, dtype=torch.int64)), ["z", "y"]
    program = torch.onnx.export(
        _Drawn(generator.network).eval(),
        example,
        input_names=names,
        output_names=["x"],
        dynamo=True,
        verbose=False,
    )
    assert program is not None  # dynamo=True always gives a program
    program.save(str(out), external_data=False)


def main(arguments: list[str]) -> int:
    """The process of `to_onnx`."""
    import os

    if hasattr(os, "nice"):
        os.nice(5)  # a training may be going on beside
    torch.set_num_threads(1)
    folder, out = arguments
    try:
        write(load_generator(folder), Path(out))
    except GanvizError as error:
        print(error.sentence, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
