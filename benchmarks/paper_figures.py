"""``ganviz evaluate`` held to its bars: memory beyond what the process had before, and FID against
the library's own on the same features.

``python -m benchmarks.paper_figures [--n 5000] [--width 32] [--json FILE]``

Needs ``pip install ganviz[evaluate]``. The Inception network has random weights of its own shape,
so that nothing is downloaded: the figures mean nothing, cost and agreement are the real ones. On
two cores 5,000 and 5,000 pictures take about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import torch
from rich.console import Console
from torch import Tensor

from ganviz.api import train
from ganviz.synthetic.evaluation import EvaluationRequest, evaluate
from ganviz.synthetic.inception import InceptionFeatures, digest

CPU = torch.device("cpu")
MEMORY_BAR, FID_BAR = 1e9, 1e-6


class Recorded:
    """Features that are kept as well, in a file, for the library to measure again."""

    def __init__(self, features: InceptionFeatures, file: Path):
        self.name, self.weights, self.dim = features.name, features.weights, 0
        self._features, self._file = features, file

    def __call__(self, pictures: Tensor) -> Tensor:
        found = self._features(pictures)
        self.dim = found.shape[1]
        with self._file.open("ab") as file:
            file.write(found.numpy().tobytes())
        return found


class Peak:
    """The most memory that this process has held, sampled ten times a second."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        process = psutil.Process()
        while not self._ended.wait(0.1):
            self.bytes = max(self.bytes, process.memory_info().rss)

    def end(self) -> int:
        self._ended.set()
        self._thread.join()
        return self.bytes


def main(arguments: list[str] | None = None) -> int:
    options = _flags().parse_args(arguments)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="ganviz-evaluate-") as place:
        measured = _measure(Path(place), options, console)
    for name, value in measured.items():
        console.print(f"{name:20} {value}", highlight=False)
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1) + "\n")
    return 0 if measured["within the bars"] else 1


def _measure(place: Path, options: argparse.Namespace, console: Console) -> dict[str, object]:
    settings = {
        "data": "glyphs",
        "image_size": 32,
        "data_limit": options.n,
        "g_width": options.width,
        "d_width": 8,
        "steps": 2,
    }
    train(settings, out=place / "run", device="cpu", data_root=place)
    weights = place / "weights.pth"
    # In a process of its own: what it takes would count as there before.
    making = (
        f"from benchmarks.paper_figures import random_weights; random_weights({str(weights)!r})"
    )
    subprocess.run([sys.executable, "-c", making], check=True)
    before = psutil.Process().memory_info().rss
    peak, began = Peak(), time.perf_counter()
    cpu = time.process_time()
    features = Recorded(InceptionFeatures(weights, CPU, digest(weights)), place / "features")
    with console.status("evaluating") as status:
        found = evaluate(
            place / "run",
            EvaluationRequest(options.n),
            features,
            place,
            CPU,
            lambda done, text: status.update(f"{done:.0%}  {text}"),
        ).data
    seconds, extra = time.perf_counter() - began, peak.end() - before
    theirs = _of_the_library(place / "features", features.dim, found["n_real"])
    apart = abs(found["fid_inception"] - theirs) / max(1.0, abs(theirs))
    return {
        "pictures": found["n"] + found["n_real"],
        "extra memory, MB": round(extra / 1e6),
        "peak memory, MB": round(
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6 * 1024
            if sys.platform != "darwin"
            else 0
        ),
        "seconds": round(seconds),
        "processor seconds": round(time.process_time() - cpu),
        "FID, ours": found["fid_inception"],
        "FID, library": theirs,
        "apart": apart,
        "within the bars": bool(extra <= MEMORY_BAR and apart <= FID_BAR),
    }


def random_weights(file: str) -> None:
    """A file of the network's shape: kept small by each layer's own scale, as trained ones are."""
    from torch_fidelity import feature_extractor_inceptionv3 as library

    random = torch.Generator().manual_seed(0)
    # The constructor insists on loading something; an empty class around it has the same layers.
    made = library.FeatureExtractorInceptionV3.__new__(library.FeatureExtractorInceptionV3)
    load = library.torch.load
    try:
        library.torch.load = lambda *_, **__: {}
        own = library.FeatureExtractorInceptionV3.load_state_dict
        library.FeatureExtractorInceptionV3.load_state_dict = lambda *_, **__: None
        made.__init__("random", ["2048"], feature_extractor_weights_path="none")
    finally:
        library.torch.load = load
        library.FeatureExtractorInceptionV3.load_state_dict = own
    state = made.state_dict()
    for name, value in state.items():
        if value.dim() == 4:
            scale = (2 / value[0].numel()) ** 0.5
            state[name] = scale * torch.randn(value.shape, generator=random)
    torch.save(state, file)


def _of_the_library(file: Path, dim: int, n_real: int) -> float:
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    # In double numbers: the library's mean of float32 adds them up in float32.
    features = torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.float32)
    real, fake = features.view(-1, dim).double().split([n_real, features.numel() // dim - n_real])
    statistics = [fid_features_to_statistics(x) for x in (fake, real)]
    return fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]


def _flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paper_figures", description=__doc__)
    parser.add_argument("--n", type=int, default=5000, help="how many pictures of each kind")
    parser.add_argument("--width", type=int, default=32, help="width of the generator")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
