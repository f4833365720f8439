"""The rows of what recording costs: memory, and the time of saving."""

from __future__ import annotations

from benchmarks import sides
from benchmarks.measure import Bench, Measured, summarise
from benchmarks.recipes import OWN, with_data
from benchmarks.sides import Worker


def memory_growth(bench: Bench) -> Measured:
    settings, root = with_data(OWN["mlp28"], bench)
    ours = Worker(sides.engine, settings=settings, data_root=root, device=bench.device)
    warm, steps = (
        (200, 1_000) if bench.quick else (4_000, 10_000)
    )  # by then a checkpoint has been saved, too
    try:
        ours.take(warm)
        before = ours.memory()[0]
        bench.notify(f"{steps:,} steps")
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


def memory_peak(bench: Bench) -> Measured:
    settings, root = with_data(OWN["dcgan28"], bench)
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


def checkpoint_share(bench: Bench) -> Measured:
    """Time of `checkpoint.save`, the disk's sync included, over the seconds between two."""
    import time
    from dataclasses import asdict

    import torch

    from ganviz.config import RunConfig
    from ganviz.data import load_data
    from ganviz.engine import checkpoint
    from ganviz.engine.trainer import Trainer

    settings, root = with_data(OWN["mlp28"], bench)
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
