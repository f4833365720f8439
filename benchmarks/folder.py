"""``python -m benchmarks.folder``: a folder of pictures, from the first start to what is learned.

``start``: makes a folder and starts a run on it twice, each in a new process: seconds until its
first step, and the memory that its pictures take. ``memory``: of `colour-128` at width 16, told
before training and measured. ``learn``: what `colour-128-small`, the same with larger steps and
adaptive augmentation, learns from 500 pictures.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ganviz.engine.observer import Observer

SHAPES = ("discs", "squares", "triangles")
SMALL = {"preset": "colour-128", "g_width": 16, "d_width": 16, "batch_size": 16}
LEARNING = {"preset": "colour-128-small"}
MEASURED_SECONDS = 60.0


# -- pictures --------------------------------------------------------------------------------------
def draw_shape(shape: int, size: int, random: np.random.Generator) -> Image.Image:
    """A shape of any colour, place and size on a soft ground."""
    ground = Image.fromarray(random.integers(60, 256, (3, 3, 3), np.uint8))
    picture = ground.resize((size, size), Image.Resampling.BICUBIC)
    colour = tuple(random.integers(0, 200, 3).tolist())
    x, y = random.uniform(0.3, 0.7, 2) * size
    r = random.uniform(0.15, 0.3) * size
    draw = ImageDraw.Draw(picture)
    if shape == 0:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif shape == 1:
        draw.rectangle((x - r, y - r, x + r, y + r), fill=colour)
    else:
        draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=colour)
    return picture


def make_pictures(folder: Path, count: int, size: int) -> None:
    """``count`` JPEG files in sub-folders by their shape."""
    for name in SHAPES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        shape = number % len(SHAPES)
        picture = draw_shape(shape, size, np.random.default_rng(number))
        picture.save(folder / SHAPES[shape] / f"{number:06d}.jpg", quality=90)


# -- one process -----------------------------------------------------------------------------------
def memory_of(*names: str) -> int:
    """Bytes: the sum of these lines of /proc/self/status."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return sum(1024 * int(status[name].split()[0]) for name in names)


class FirstStep(Observer):
    """Ends a run before its first step, and knows when that was."""

    at = processor = 0.0

    def begin(self, run: Any, trainer: Any, source: Any) -> None:
        """Everything is there; the first grid is drawn, and the loop begins."""

        def first_step() -> None:
            self.at, self.processor = time.perf_counter(), time.process_time()
            run.stop()

        trainer.step = first_step


def start_once(settings: dict[str, Any], data_root: Path) -> dict[str, float]:
    """Seconds until a run's first step, and bytes of anonymous memory that its pictures take."""
    from ganviz import api
    from ganviz.data import load_data

    config = api.as_config(settings)
    before, began = memory_of("RssAnon"), time.perf_counter()
    source = load_data(config, "cpu", data_root)
    loaded, grown = time.perf_counter() - began, memory_of("RssAnon") - before
    facts = {"pictures": len(source.samples), "load_s": loaded, "pictures_mb": grown / 1e6}
    del source
    first = FirstStep()
    run = api.make_run(config, None, "cpu", data_root)
    run.observers.append(first)
    began, worked = time.perf_counter(), time.process_time()
    api.follow(run)
    return {**facts, "first_step_s": first.at - began, "first_step_cpu_s": first.processor - worked}


def measure_memory(settings: dict[str, Any], data_root: Path, seconds: float) -> dict[str, float]:
    """What is told of a run's memory beforehand, and what the process grows by at most while it
    trains, draws and saves."""
    import torch

    from ganviz import api
    from ganviz.data import expected_spec
    from ganviz.engine.memory_need import training_memory

    config = api.as_config({**settings, "steps": 0, "checkpoint_seconds": seconds / 4})
    estimated = training_memory(config, expected_spec(config), torch.device("cpu"))
    run = api.make_run(config, data_root / "run", "cpu", data_root)
    before = most = memory_of("RssAnon")
    run.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not run.join(0.05):
        most = max(most, memory_of("RssAnon"))
    run.stop()
    run.join()
    if run.state == "failed":
        raise SystemExit(run.sentence)
    return {
        "estimated_mb": estimated / 1e6,
        "grown_mb": (most - before) / 1e6,
        "steps": run.step_count,
    }


# -- commands --------------------------------------------------------------------------------------
@contextmanager
def pictures(count: int, size: int, keep: Path | None) -> Iterator[Path]:
    """A folder with ``pictures/`` in it, deleted at the end unless it is to be kept."""
    with tempfile.TemporaryDirectory(dir=keep) as place:
        print(f"making {count:,} pictures of {size} px", flush=True)
        make_pictures(Path(place) / "pictures", count, size)
        yield Path(place)


def in_a_new_process(
    task: str, place: Path, settings: dict[str, Any], *more: str
) -> dict[str, Any]:
    """The figures that ``task`` prints."""
    settings = {"data": "folder", "data_path": str(place / "pictures"), **settings}
    command = [sys.executable, "-m", "benchmarks.folder", "--child", task]
    began = time.perf_counter()
    child = subprocess.run(
        [*command, "--place", str(place), "--settings", json.dumps(settings), *more],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {**json.loads(child.stdout.splitlines()[-1]), "process_s": time.perf_counter() - began}


def start(options: argparse.Namespace, changes: dict[str, Any]) -> None:
    """Two starts on one folder."""
    size = options.size
    settings = {"preset": f"colour-{size}", "image_size": size, "steps": 1, **changes}
    with pictures(options.pictures, size, options.folder) as place:
        for name in ("first", "second"):
            facts = in_a_new_process("start", place, settings)
            print(
                f"{name} start: {facts['load_s']:.1f} s until the pictures are there, "
                f"{facts['first_step_s']:.1f} s more from a start to the first step "
                f"({facts['first_step_cpu_s']:.1f} s of processor time), "
                f"{facts['process_s']:.1f} s for the process; memory of the pictures beyond the "
                f"file {facts['pictures_mb']:.0f} MB",
                flush=True,
            )
    print("bars: second start to the first step 3 s; memory 300 MB")


def memory(options: argparse.Namespace, changes: dict[str, Any]) -> None:
    """Told and measured."""
    with pictures(64, 128, options.folder) as place:
        facts = in_a_new_process(
            "memory", place, SMALL | changes, "--seconds", str(options.seconds)
        )
        ratio = facts["estimated_mb"] / facts["grown_mb"]
        print(
            f"estimated {facts['estimated_mb']:.0f} MB, grown by {facts['grown_mb']:.0f} MB in "
            f"{facts['steps']} steps: {ratio:.2f} (bar: 0.85 to 1.15)"
        )


def learn(options: argparse.Namespace, changes: dict[str, Any]) -> None:
    """FID on our features before and after, and copies."""
    with pictures(500, 128, options.folder) as place:
        facts = in_a_new_process(
            "learn", place, LEARNING | changes, "--minutes", str(options.minutes)
        )
        before, after = facts["before"], facts["after"]
        print(
            f"{facts['steps']:,} steps in {options.minutes:g} minutes: FID {before['fid']:.3g} -> "
            f"{after['fid']:.3g} (1/{before['fid'] / after['fid']:.1f}, bar 1/5; of reals "
            f"{after['fid_real']}), copies {after['copies']:.1%} (bar 1 %, of reals "
            f"{after['copies_real']:.1%})"
        )


def what_is_learned(settings: dict[str, Any], data_root: Path, minutes: float) -> dict[str, Any]:
    """The figures of the fidelity probe for the generator before and after training."""
    import torch

    from ganviz import api
    from ganviz.data import load_data
    from ganviz.engine.snapshot import draw, to_levels
    from ganviz.engine.trainer import Trainer
    from ganviz.probes.fidelity import FAKES, ReferenceStatistics

    cpu = torch.device("cpu")
    config = api.as_config({**settings, "steps": 0})
    source = load_data(config, cpu, data_root)
    reference = ReferenceStatistics.of(source, data_root, lambda: False)
    assert reference is not None, "nobody calls it off"
    z = torch.randn(FAKES, config.latent_dim, generator=torch.Generator().manual_seed(1))

    def figures(generator: torch.nn.Module) -> dict[str, Any]:
        fakes = [to_levels(draw(generator, part, None)) for part in z.split(16)]
        return reference.measure(torch.cat(fakes), None)

    before = figures(Trainer(config, source, cpu).algorithm.ema.network)
    run = api.make_run(config, data_root / "run", "cpu", data_root)
    run.start()
    run.join(60 * minutes)
    run.stop()
    result = api.result_of(run) if run.join() else None
    if result is None or result.generator is None:
        raise SystemExit(run.sentence)
    return {"steps": run.step_count, "before": before, "after": figures(result.generator.network)}


def _child(options: argparse.Namespace) -> dict[str, Any]:
    settings, root = json.loads(options.settings), options.place / "data"
    if options.child == "start":
        return start_once(settings, root)
    if options.child == "memory":
        return measure_memory(settings, root, options.seconds)
    return what_is_learned(settings, root, options.minutes)


def main() -> None:
    flags = argparse.ArgumentParser(prog="python -m benchmarks.folder", description=__doc__)
    flags.add_argument("what", nargs="?", choices=("start", "memory", "learn"), default="start")
    flags.add_argument("--pictures", type=int, default=20_000)
    flags.add_argument("--size", type=int, default=256)
    flags.add_argument("--seconds", type=float, default=MEASURED_SECONDS)
    flags.add_argument("--minutes", type=float, default=30)
    flags.add_argument("--folder", type=Path, help="where the pictures are made; else in /tmp")
    flags.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    for hidden in ("--child", "--settings"):
        flags.add_argument(hidden, help=argparse.SUPPRESS)
    flags.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    options = flags.parse_args()
    if options.child:
        print(json.dumps(_child(options)))
        return
    changes = dict(one.split("=", 1) for one in options.set)
    {"start": start, "memory": memory, "learn": learn}[options.what](
        options, {name: _value(text) for name, text in changes.items()}
    )


def _value(text: str) -> Any:
    """A number or a list where it reads as JSON, else the text."""
    return json.loads(text) if re.match(r"[-\d\[{\"]|true$|false$", text) else text


if __name__ == "__main__":
    main()
