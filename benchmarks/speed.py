"""The rows that compare rates: our engine against a bare loop, the usual scripts, and itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import sides
from benchmarks.measure import Bench, Measured, compare, summarise, worker
from benchmarks.recipes import (
    LABELS,
    OWN,
    RECIPES,
    RELATIVISTIC,
    SNGAN_WIDTH_CPU,
    SNGAN_WIDTH_GPU,
    with_data,
)
from benchmarks.sides import Worker
from ganviz import device as devices


def limit(
    name: str, key: str, bar: float | None, precision: str = "fp32"
) -> Callable[[Bench], Measured]:
    def run(bench: Bench) -> Measured:
        settings, root = with_data({**OWN[key], "precision": precision}, bench)
        ours, bare = (
            worker(side, bench, settings=settings, data_root=root)
            for side in (sides.engine, sides.bare)
        )
        return compare(name, f"{LABELS[key]}: ours recording / bare loop", ours, bare, bench, bar)

    return run


def script(
    name: str,
    key: str,
    bar: float | None,
    precision: str = "fp32",
    batch: int = 64,
    gpu_bar: float | None = None,
) -> Callable[[Bench], Measured]:
    """``bar``: of a CPU; ``gpu_bar``: of an H100."""

    def run(bench: Bench) -> Measured:
        settings, root = with_data(
            {**RECIPES[key], "precision": precision, "batch_size": batch}, bench
        )
        options: dict[str, Any] = {
            "batch": batch,
            "tf32": "penalty" not in settings,
        }  # our digits: `RunConfig.short_products`
        on_gpu = bench.device.startswith("cuda")
        if key == "sngan32":
            width = SNGAN_WIDTH_GPU if on_gpu else SNGAN_WIDTH_CPU
            settings, options["width"] = {**settings, "g_width": width, "d_width": width}, width
        source = (
            {"data_root": root}
            if settings["data"] == "mnist"
            else {"folder": Path(settings["data_path"])}
        )
        ours = worker(sides.engine, bench, settings=settings, data_root=root)
        script = worker(sides.peer, bench, module=key, **source, **options)
        title = (
            f"{LABELS[key]}, batch {batch}: ours "
            f"recording{', bf16' if precision == 'bf16' else ''} / the usual script"
        )
        return compare(name, title, ours, script, bench, gpu_bar if on_gpu else bar)

    return run


def one_pass(bench: Bench) -> Measured:
    """The simultaneous update with one pass through D, against turns that each make their own fakes
    and passes."""
    settings, root = with_data(RELATIVISTIC, bench)
    ours = worker(
        sides.engine, bench, settings={**settings, "update": "simultaneous"}, data_root=root
    )
    bare = worker(sides.bare, bench, settings=settings, data_root=root)
    return compare(
        "one-pass",
        "DCGAN 28, relativistic + R1 + R2: ours, one D pass for both / bare loop in turns",
        ours,
        bare,
        bench,
        1.4,
    )


def update(bench: Bench) -> Measured:
    """The engine against itself: its alternating update shares fakes and passes as well, so it is
    nearer."""
    settings, root = with_data(RELATIVISTIC, bench)
    simultaneous, alternating = (
        worker(sides.engine, bench, settings={**settings, "update": update}, data_root=root)
        for update in ("simultaneous", "alternating")
    )
    return compare(
        "update",
        "DCGAN 28, relativistic + R1 + R2: ours simultaneous / ours alternating",
        simultaneous,
        alternating,
        bench,
        None,
    )


def threads(name: str, key: str) -> Callable[[Bench], Measured]:
    """Whether the core that is left to the server would train faster than it serves."""

    def run(bench: Bench) -> Measured:
        settings, root = with_data(OWN[key], bench)
        all_cores, ours = (
            partial(
                Worker,
                sides.engine,
                settings=settings,
                data_root=root,
                device="cpu",
                threads=threads,
            )
            for threads in (devices.cores(), None)
        )
        return compare(
            name,
            f"{LABELS[key]}: {devices.cores()} training threads / {devices.cpu_threads()}, nobody "
            f"watching",
            all_cores,
            ours,
            bench,
            None,
        )

    return run


SEEDS = 10


def batched_seeds(bench: Bench) -> Measured:
    """Steps of all seeds by the second, against those of a single training; both without recording,
    on one thread."""
    import torch

    from ganviz.config import RunConfig
    from ganviz.data import load_data
    from ganviz.engine.trainer import Trainer
    from ganviz.experiments.batched_seeds import BatchedSeedsTrainer

    device, config = torch.device("cpu"), RunConfig.from_preset("ring8-best")
    configs = [config.but(seed=seed) for seed in range(SEEDS + 1)]
    *members, single = (
        Trainer(one, load_data(one, device, bench.folder), device) for one in configs
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        both = [
            sides.Loop(_steps(trainer), device)
            for trainer in (BatchedSeedsTrainer(members), single)
        ]
        rates: list[list[float]] = [[], []]
        for turn in range(bench.rounds + 1):
            for loop, found in zip(both, rates, strict=True):
                work = loop.work(bench.seconds)
                if turn:  # the first one warms up
                    found.append(work.pictures / work.seconds)
    finally:
        torch.set_num_threads(threads)
    batched, one_by_one = rates
    return summarise(
        "seeds",
        f"Ring of 8: {SEEDS} seeds at once / one after the other",
        [SEEDS * a / b for a, b in zip(batched, one_by_one, strict=True)],
        detail=f"{SEEDS * sum(batched) / len(batched):,.0f} / "
        f"{sum(one_by_one) / len(one_by_one):,.0f} steps a second",
    )


def _steps(trainer: Any) -> Iterator[int]:
    """Steps without end, of one "picture" each; statistics are read now and then, or they would
    pile up."""
    while True:
        for _ in range(200):
            trainer.step()
            yield 1
        trainer.read_stats()
