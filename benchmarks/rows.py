"""What can be measured. Each row is data (or one small function) in the table `ROWS`; ``--list``
prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import data, sides, start
from benchmarks.measure import Bench, Measured, compare, summarise
from benchmarks.sides import Worker
from ganviz import device as devices


@dataclass(frozen=True)
class Row:
    """``group``: limit, script, update, engine, start or page. ``quick``: part of ``--quick``.
    ``bf16``: only where the processor computes in it. ``asked``: only when it is named."""

    name: str
    group: str
    title: str
    run: Callable[[Bench], Measured]
    quick: bool = False
    bf16: bool = False
    asked: bool = False


ADAM = {
    "g_lr": 2e-4,
    "d_lr": 2e-4,
    "beta1": 0.5,
    "beta2": 0.999,
    "batch_size": 64,
    "latent_dim": 100,
}
SCRIPT = {**ADAM, "ema_decay": 0.0}  # the scripts keep no average of G's weights
RECIPES: dict[str, dict[str, Any]] = {
    "gan": {
        **SCRIPT,
        "data": "mnist",
        "image_size": 28,
        "generator": "bench-gan",
        "discriminator": "bench-gan",
        "objective": "non-saturating",
    },
    "wgan_gp": {
        **SCRIPT,
        "data": "mnist",
        "image_size": 28,
        "generator": "bench-gan",
        "discriminator": "bench-gan",
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "d_steps": 5,
    },
    "dcgan32": {
        **SCRIPT,
        "data": "mnist",
        "image_size": 32,
        "generator": "bench-dcgan32",
        "discriminator": "bench-dcgan32",
        "objective": "non-saturating",
        "d_norm": "batch",
    },
    "dcgan64": {
        **SCRIPT,
        "data": "folder",
        "image_size": 64,
        "generator": "bench-dcgan64",
        "discriminator": "bench-dcgan64",
        "objective": "non-saturating",
        "d_norm": "batch",
    },
    "sngan32": {
        **SCRIPT,
        "data": "folder",
        "image_size": 32,
        "generator": "bench-sngan32",
        "discriminator": "bench-sngan32",
        "objective": "hinge",
        "latent_dim": 128,
        "beta1": 0.0,
        "beta2": 0.9,
        "d_steps": 5,
    },
}
"""The published recipes as settings of ours; the same networks, batch and optimiser as in `benchmarks.peers`."""

OWN: dict[str, dict[str, Any]] = {
    "mlp28": {
        **ADAM,
        "data": "mnist",
        "image_size": 28,
        "generator": "mlp",
        "discriminator": "mlp",
        "g_hidden": (256, 512),
        "d_hidden": (512, 256),
        "activation": "leaky_relu",
        "g_norm": "none",
        "objective": "non-saturating",
    },
    "dcgan28": {
        **ADAM,
        "data": "mnist",
        "image_size": 28,
        "generator": "dcgan",
        "discriminator": "dcgan",
        "g_width": 32,
        "d_width": 32,
        "upsample": "transposed",
        "init": "dcgan",
        "d_norm": "batch",
        "objective": "non-saturating",
    },
    "dcgan64": {
        **ADAM,
        "data": "folder",
        "image_size": 64,
        "generator": "dcgan",
        "discriminator": "dcgan",
        "g_width": 32,
        "d_width": 32,
        "upsample": "transposed",
        "init": "dcgan",
        "d_norm": "batch",
        "objective": "non-saturating",
    },
    "wgan-gp28": {
        **ADAM,
        "data": "mnist",
        "image_size": 28,
        "generator": "mlp",
        "discriminator": "mlp",
        "g_hidden": (256, 512),
        "d_hidden": (512, 256),
        "activation": "leaky_relu",
        "g_norm": "none",
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "d_steps": 5,
    },
}
"""Our own networks, as the presets use them."""

SNGAN_WIDTH_CPU, SNGAN_WIDTH_GPU = (
    32,
    256,
)  # the recipe's 256 (G) and 128 (D) take minutes a step on a small CPU


def _with_data(settings: dict[str, Any], bench: Bench) -> tuple[dict[str, Any], Path]:
    """``settings`` pointed at drawn pictures on disk, and the data root."""
    if settings["data"] == "mnist":
        return settings, data.mnist_files(bench.folder)
    return {
        **settings,
        "data_path": str(data.image_folder(bench.folder, settings["image_size"])),
    }, bench.folder


def _limit(
    name: str, key: str, bar: float | None, precision: str = "fp32"
) -> Callable[[Bench], Measured]:
    def run(bench: Bench) -> Measured:
        settings, root = _with_data({**OWN[key], "precision": precision}, bench)
        ours, bare = (
            partial(
                Worker,
                side,
                settings=settings,
                data_root=root,
                device=bench.device,
                by_cpu=bench.by_cpu,
            )
            for side in (sides.engine, sides.bare)
        )
        return compare(name, f"{LABELS[key]}: ours recording / bare loop", ours, bare, bench, bar)

    return run


def _script(
    name: str, key: str, bar: float | None, precision: str = "fp32", batch: int = 64
) -> Callable[[Bench], Measured]:
    def run(bench: Bench) -> Measured:
        settings, root = _with_data(
            {**RECIPES[key], "precision": precision, "batch_size": batch}, bench
        )
        options: dict[str, Any] = {
            "batch": batch,
            "tf32": "penalty" not in settings,
        }  # our digits: `RunConfig.short_products`
        on_gpu = bench.device.startswith("cuda")
        settings = {**settings, "cuda_graphs": on_gpu}  # as a person with such a GPU would run it
        if key == "sngan32":
            width = SNGAN_WIDTH_GPU if on_gpu else SNGAN_WIDTH_CPU
            settings, options["width"] = {**settings, "g_width": width, "d_width": width}, width
        source = (
            {"data_root": root}
            if settings["data"] == "mnist"
            else {"folder": Path(settings["data_path"])}
        )
        ours = partial(
            Worker,
            sides.engine,
            settings=settings,
            data_root=root,
            device=bench.device,
            by_cpu=bench.by_cpu,
        )
        script = partial(
            Worker,
            sides.peer,
            module=key,
            device=bench.device,
            by_cpu=bench.by_cpu,
            **source,
            **options,
        )
        title = f"{LABELS[key]}, batch {batch}: ours recording{', bf16' if precision == 'bf16' else ''} / the usual script"
        return compare(name, title, ours, script, bench, bar)

    return run


RELATIVISTIC = {
    **OWN["dcgan28"],
    "upsample": "nearest",
    "d_norm": "none",
    "objective": "relativistic",
    "penalty": "r1+r2",
}
"""The game that needs the most of D."""


def _one_pass(bench: Bench) -> Measured:
    """The simultaneous update with one pass through D, against turns that each make their own fakes
    and passes."""
    settings, root = _with_data(RELATIVISTIC, bench)
    ours = partial(
        Worker,
        sides.engine,
        settings={**settings, "update": "simultaneous"},
        data_root=root,
        device=bench.device,
        by_cpu=bench.by_cpu,
    )
    bare = partial(
        Worker,
        sides.bare,
        settings=settings,
        data_root=root,
        device=bench.device,
        by_cpu=bench.by_cpu,
    )
    return compare(
        "one-pass",
        "DCGAN 28, relativistic + R1 + R2: ours, one D pass for both / bare loop in turns",
        ours,
        bare,
        bench,
        1.4,
    )


def _update(bench: Bench) -> Measured:
    """The engine against itself: its alternating update shares fakes and passes as well, so it is
    nearer."""
    settings, root = _with_data(RELATIVISTIC, bench)
    pair = [
        partial(
            Worker,
            sides.engine,
            settings={**settings, "update": update},
            data_root=root,
            device=bench.device,
            by_cpu=bench.by_cpu,
        )
        for update in ("simultaneous", "alternating")
    ]
    return compare(
        "update",
        "DCGAN 28, relativistic + R1 + R2: ours simultaneous / ours alternating",
        *pair,
        bench,
        None,
    )


def _threads(name: str, key: str) -> Callable[[Bench], Measured]:
    """Whether the core that is left to the server would train faster than it serves."""

    def run(bench: Bench) -> Measured:
        settings, root = _with_data(OWN[key], bench)
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


def _together(bench: Bench) -> Measured:
    """Steps of all seeds by the second, against those of a lone training; both without recording,
    on one thread."""
    import torch

    from ganviz.config import RunConfig
    from ganviz.data import load_data
    from ganviz.engine.trainer import Trainer
    from ganviz.experiments.batched_seeds import TogetherTrainer

    device, config = torch.device("cpu"), RunConfig.from_preset("ring8-best")
    configs = [config.but(seed=seed) for seed in range(SEEDS + 1)]
    *members, alone = (
        Trainer(one, load_data(one, device, bench.folder), device) for one in configs
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        both = [
            sides.Loop(_steps(trainer), device) for trainer in (TogetherTrainer(members), alone)
        ]
        rates: list[list[float]] = [[], []]
        for turn in range(bench.rounds + 1):
            for loop, found in zip(both, rates, strict=True):
                work = loop.work(bench.seconds)
                if turn:  # the first one warms up
                    found.append(work.pictures / work.seconds)
    finally:
        torch.set_num_threads(threads)
    together, lone = rates
    return summarise(
        "together",
        f"Ring of 8: {SEEDS} seeds at once / one after the other",
        [SEEDS * a / b for a, b in zip(together, lone, strict=True)],
        detail=f"{SEEDS * sum(together) / len(together):,.0f} / {sum(lone) / len(lone):,.0f} "
        f"steps a second",
    )


def _steps(trainer: Any) -> Iterator[int]:
    """Steps without end, of one "picture" each; statistics are read now and then, or they would
    pile up."""
    while True:
        for _ in range(200):
            trainer.step()
            yield 1
        trainer.read_stats()


def _growth(bench: Bench) -> Measured:
    settings, root = _with_data(OWN["mlp28"], bench)
    ours = Worker(sides.engine, settings=settings, data_root=root, device=bench.device)
    warm, steps = (
        (200, 1_000) if bench.quick else (4_000, 10_000)
    )  # by then a checkpoint has been saved, too
    try:
        ours.take(warm)
        before = ours.memory()[0]
        bench.tell(f"{steps:,} steps")
        ours.take(steps)
        after = ours.memory()[0]
    finally:
        ours.close()
    return summarise(
        "memory-growth",
        f"MLP 28: resident memory after {steps:,} more steps / before",
        [after / before],
        bar=1.02,
        better="lower",
        detail=f"{before / 2**20:,.0f} MB, then {after / 2**20:,.0f} MB",
    )


def _peak(bench: Bench) -> Measured:
    settings, root = _with_data(OWN["dcgan28"], bench)
    peaks = []
    for make in (sides.engine, sides.bare):
        side = Worker(make, settings=settings, data_root=root, device=bench.device)
        try:
            for _ in range(bench.rounds):
                side.work(bench.seconds)
            peaks.append(side.memory()[1])
        finally:
            side.close()
    return summarise(
        "memory-peak",
        "DCGAN 28: peak memory of ours recording / bare loop",
        [peaks[0] / peaks[1]],
        bar=1.2,
        better="lower",
        detail=f"{peaks[0] / 2**20:,.0f} / {peaks[1] / 2**20:,.0f} MB, libraries included",
    )


def _checkpoint(bench: Bench) -> Measured:
    """Time of `checkpoint.save`, the disk's sync included, over the seconds between two."""
    import time
    from dataclasses import asdict

    import torch

    from ganviz.config import RunConfig
    from ganviz.data import load_data
    from ganviz.engine import checkpoint
    from ganviz.engine.trainer import Trainer

    settings, root = _with_data(OWN["mlp28"], bench)
    config = RunConfig.parse(settings)
    source = load_data(config, torch.device(bench.device), root)
    trainer = Trainer(config, source, torch.device(bench.device))
    shares = []
    for _ in range(bench.rounds):
        trainer.step()
        began = time.perf_counter()
        state = checkpoint.TrainingState(
            trainer.weights(),
            trainer.training_state(),
            {"step": trainer.step_count, "spec": asdict(source.spec)},
        )
        checkpoint.save(bench.folder / "checkpoints", config, state)
        shares.append((time.perf_counter() - began) / config.checkpoint_seconds)
    return summarise(
        "checkpoint",
        "MLP 28: share of the time that saving takes",
        shares,
        bar=0.01,
        better="lower",
        detail=f"every {config.checkpoint_seconds:.0f} s",
    )


LABELS = {
    "mlp28": "MLP 28",
    "dcgan28": "DCGAN 28",
    "dcgan64": "DCGAN 64",
    "wgan-gp28": "WGAN-GP 28",
    "gan": "MLP 28",
    "wgan_gp": "WGAN-GP 28",
    "dcgan32": "DCGAN 32",
    "sngan32": "SNGAN 32, n_dis 5",
}
LIMITS = ("mlp28", "dcgan28", "dcgan64", "wgan-gp28")
SCRIPTS = (
    ("mlp28", "gan", 1.9, 3.0),
    ("wgan-gp28", "wgan_gp", 2.0, 3.0),
    ("dcgan32", "dcgan32", 1.9, 3.3),
    ("dcgan64", "dcgan64", 1.25, 1.9),
    ("sngan32", "sngan32", None, None),
)

ROWS: dict[str, Row] = {}


def _add(row: Row) -> None:
    ROWS[row.name] = row


for _key in LIMITS:
    _add(
        Row(
            f"limit-{_key}",
            "limit",
            f"{LABELS[_key]}: ours, recording, against the bare loop of the same maths",
            _limit(f"limit-{_key}", _key, 0.97),
            quick=_key in ("mlp28", "dcgan28"),
        )
    )
for _end, _key, _bar, _ in SCRIPTS:
    _add(
        Row(
            f"script-{_end}",
            "script",
            f"{LABELS[_key]}: ours, recording, against the usual script, fp32",
            _script(f"script-{_end}", _key, _bar),
            quick=_key in ("gan", "wgan_gp"),
        )
    )
for _end, _key, _, _bar in SCRIPTS:
    _add(
        Row(
            f"script-{_end}-bf16",
            "script",
            f"{LABELS[_key]}: ours in bf16 against the usual script as it is (fp32)",
            _script(f"script-{_end}-bf16", _key, _bar, "bf16"),
            bf16=True,
        )
    )
_add(
    Row(
        "script-mlp28-b256",
        "script",
        "MLP 28 at batch 256 against the usual script, fp32",
        _script("script-mlp28-b256", "gan", None, batch=256),
    )
)
_add(
    Row(
        "one-pass",
        "update",
        "DCGAN 28, relativistic + R1 + R2: simultaneous with one D pass against a bare loop in "
        "turns",
        _one_pass,
    )
)
_add(
    Row(
        "update",
        "update",
        "The same against our own alternating update, which shares fakes and passes too",
        _update,
    )
)
for _key in ("mlp28", "dcgan28"):
    _add(
        Row(
            f"threads-{_key}",
            "engine",
            f"{LABELS[_key]}: a training thread on every core, against our choice of one fewer",
            _threads(f"threads-{_key}", _key),
        )
    )
_add(
    Row(
        "together",
        "engine",
        f"{SEEDS} seeds of a small 2-D game trained as one, against one after the other",
        _together,
    )
)
_add(
    Row(
        "memory-growth", "engine", "Resident memory over 10,000 steps of MLP 28, recording", _growth
    )
)
_add(
    Row(
        "memory-peak",
        "engine",
        "Peak memory of DCGAN 28: ours, recording, against the bare loop",
        _peak,
    )
)
_add(
    Row(
        "checkpoint",
        "engine",
        "What saving takes of the training time: MLP 28, at the default interval",
        _checkpoint,
    )
)
_add(
    Row(
        "start",
        "start",
        "python app.py to a page that answers, files in the page cache",
        start.page,
    )
)
_add(
    Row(
        "start-cold",
        "start",
        "The same with the page cache emptied first; needs root, and slows all else here down",
        start.page_cold,
        asked=True,
    )
)
_add(
    Row(
        "start-import",
        "start",
        "import ganviz.engine.run against import torch alone",
        start.imports,
    )
)
