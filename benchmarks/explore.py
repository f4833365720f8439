"""``python -m benchmarks.explore``: the tab Explore against its figures, in a real Chromium.

A run of `digits-quick` trains for half a minute; drags are measured while it trains and when it is
paused, then the map, the film of a path, and the search for held-out digits.
"""

from __future__ import annotations

import argparse
import base64
import json
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import torch

from benchmarks.app import App, app, chromium
from benchmarks.dashboard import report, spread

PRESET = "digits-quick"
DRAG = """async (count) => {
  const canvas = document.querySelector('#gv-explore-canvas'), pen = canvas.getContext('2d');
  const range = document.querySelector('#gv-explore-psi'), times = [];
  const sum = () => pen.getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((a, b, i) => (a * 31 + b) | 0, 7);
  for (let i = 0; i < count; i += 1) {
    const before = sum(); range.value = 0.4 + (i % 13) / 10;
    const began = performance.now(); range.dispatchEvent(new Event('input', { bubbles: true }));
    while (sum() === before && performance.now() - began < 2000)
      await new Promise((go) => setTimeout(go, 1));
    times.push(performance.now() - began); await new Promise((go) => setTimeout(go, 60)); }
  return times; }"""
MAP = """async () => {
  const began = performance.now(); let first = 0;
  document.querySelector('[data-panel=map]').click();
  const seen = () => {
    const sheet = document.querySelector('.gv-map-sheet');
    return sheet?.width > 300 && sheet.getContext('2d').getImageData(0, 0, 28, 28).data
      .some((value, index) => index % 4 < 3 && value > 60);
  };
  while (!document.querySelector('.gv-map-pad[data-drawn]')) {
    if (performance.now() - began > 120000) throw new Error('the map is not drawn after 120 s');
    if (!first && seen()) first = performance.now() - began;
    await new Promise((go) => setTimeout(go, 4));
  }
  return [first, performance.now() - began]; }"""


def post(url: str, name: str, **body: Any) -> bytes:
    request = urllib.request.Request(
        f"{url}/gv/explore/{name}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def page_figures(one: App) -> None:
    """Drags, the map and a film, as a person meets them."""
    page = one.page
    page.evaluate("window.ganviz.tab('explore')")
    page.wait_for_selector("#gv-explore-canvas[data-shown]")
    page.wait_for_timeout(3000)
    report("drag to picture, training", spread(page.evaluate(DRAG, 80)), "p50 <= 50, p95 <= 120 ms")
    one.pause()
    page.wait_for_timeout(1000)
    report("drag to picture, idle", spread(page.evaluate(DRAG, 80)), "p50 <= 25, p95 <= 60 ms")
    first, whole = page.evaluate(MAP)
    report(
        "map of 20 x 20: first picture / whole", f"{first:.0f} / {whole:.0f} ms", "300 / 2000 ms"
    )
    from ganviz.latent import base_z, to_text

    keys = to_text(torch.stack([base_z(seed, 64) for seed in range(4)]))
    began = time.perf_counter()
    film = post(one.url, "film", keys=keys, y=[1, 2, 3, 4], frames=64, format="gif")
    seconds = time.perf_counter() - began
    report("GIF of 64 frames", f"{seconds:.2f} s, {len(film) // 1024} KB", "<= 2 s")


def searches(one: App, data_root: Path, count: int) -> None:
    """``count`` digits that the run has not been trained on, searched for over the server."""
    from ganviz.config import RunConfig
    from ganviz.data import load_data
    from ganviz.data.source import to_float
    from ganviz.latent import from_text
    from ganviz.probes.features import Classifier, feature_model
    from ganviz.runs.trained import load_generator

    torch.set_num_threads(1)
    one.stop()
    folder = next((one.folder / "runs").iterdir())
    generator = load_generator(folder)
    source = load_data(RunConfig.from_preset(PRESET), torch.device("cpu"), data_root)
    judge, held_out = feature_model(source, data_root), source.held_out
    assert isinstance(judge, Classifier) and held_out is not None and held_out.labels is not None
    random = torch.Generator().manual_seed(5)
    chosen = torch.randperm(len(held_out.samples), generator=random)[:count]
    samples, labels = held_out.samples[chosen], held_out.labels[chosen]
    best_random = _best_of_random(generator, to_float(samples))
    agree, times, ratios = 0, [], []
    for x, label, best in zip(samples, labels.tolist(), best_random.tolist(), strict=True):
        pixels = base64.b64encode(x.permute(1, 2, 0).numpy().tobytes()).decode()
        began = time.perf_counter()
        lines = post(one.url, "find", run=folder.name, pixels=pixels).decode().splitlines()
        times.append(time.perf_counter() - began)
        found = json.loads(lines[-1])
        if "z" not in found:
            raise SystemExit(f"A search came to nothing: {found.get('error', found)}")
        drawn = generator.at(z=found["z"], y=found["y"])
        probabilities = judge(drawn[None])[1]
        assert probabilities is not None
        agree += int(probabilities.argmax()) == label
        ratios.append(found["error"] / best)
        assert from_text(found["z"], generator.latent_dim).shape[0] == 1
    ratios.sort()
    report("searches that the classifier agrees with", f"{agree} of {count}", ">= 42 of 50")
    report(
        "seconds a search", f"median {sorted(times)[count // 2]:.2f}, most {max(times):.2f}", "5"
    )
    report("error / best of 1,000 random, median", f"{ratios[count // 2]:.3f}", "<= 0.6")


@torch.no_grad()
def _best_of_random(generator: Any, x: torch.Tensor) -> torch.Tensor:
    """For each of ``x``, the mean squared error of a pixel of the nearest of 1,000 samples."""
    drawn = generator.sample(1000, seed=3).flatten(1)
    return (torch.cdist(x.flatten(1), drawn).min(1).values ** 2) / drawn.shape[1] / 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="of training before")
    parser.add_argument("--searches", type=int, default=50)
    parser.add_argument(
        "--data-root", type=Path, default=Path(tempfile.gettempdir()) / "ganviz-bench-data"
    )
    options = parser.parse_args()
    with chromium() as browser, app(browser, PRESET, options.data_root) as one:
        one.train()
        one.page.wait_for_timeout(1000 * options.seconds)
        page_figures(one)
        searches(one, options.data_root, options.searches)


if __name__ == "__main__":
    main()
