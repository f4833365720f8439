"""What an NVIDIA GPU is measured by: the games with gradient penalties by the second, and stacked
digits from one click. ``python -m benchmarks gpu`` measures all that is wanted of such a card."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import sides
from benchmarks.measure import Bench, Measured, compare, summarise, worker
from benchmarks.recipes import GAMES, with_data
from benchmarks.sides import Worker
from ganviz import device as devices

# Of stacked digits: the reverse KL that papers with all 1,000 combinations report, and how far from
# that of real triples the best is (R3GAN).
GOOD_KL, NEAREST = 0.06, 0.01
# Seconds after which the wait for either ends.
TIMEOUT = 600.0


def rate(
    name: str, key: str, bar: float | None, precision: str = "fp32"
) -> Callable[[Bench], Measured]:
    """Pictures a second of a game, recording as always."""

    def run(bench: Bench) -> Measured:
        settings, root = with_data({**GAMES[key], "precision": precision}, bench)
        rates = []
        with closing(
            Worker(sides.engine, settings=settings, data_root=root, device=bench.device)
        ) as ours:
            ours.work(bench.seconds)
            for number in range(bench.rounds):
                rates.append(ours.work(bench.seconds))
                bench.notify(f"round {number + 1} of {bench.rounds}: {rates[-1]:,.0f}")
        return summarise(
            name,
            f"{key}, {precision}: pictures a second, recording",
            rates,
            unit="pictures/s",
            bar=bar,
        )

    return run


def penalised_script(
    name: str, key: str, bar: float | None, precision: str = "fp32"
) -> Callable[[Bench], Measured]:
    """A game with R1 + R2 against the script that a person would write for it, in fp32."""

    def run(bench: Bench) -> Measured:
        settings, root = with_data({**GAMES[key], "precision": precision}, bench)
        ours = worker(sides.engine, bench, settings=settings, data_root=root)
        script = worker(
            sides.peer,
            bench,
            module="r1r2",
            tf32=True,
            folder=Path(settings["data_path"]),
            settings=settings,
            batch=settings["batch_size"],
        )
        return compare(name, f"{key}: ours recording / a plain script", ours, script, bench, bar)

    return run


def penalised_limit(name: str, key: str, bar: float | None) -> Callable[[Bench], Measured]:
    """The same against the bare loop of the same maths."""

    def run(bench: Bench) -> Measured:
        settings, root = with_data(GAMES[key], bench)
        ours, bare = (
            worker(side, bench, settings=settings, data_root=root)
            for side in (sides.engine, sides.bare)
        )
        return compare(name, f"{key}: ours recording / bare loop", ours, bare, bench, bar)

    return run


def stacked(bench: Bench) -> Measured:
    """Seconds of training until a generator of stacked digits draws all 1,000 combinations as
    evenly as the papers', and until it is as near to real triples as the best."""
    from ganviz.experiments.stacked_mnist import measure

    root = Path("data") if (Path("data") / "MNIST").exists() else bench.folder
    device = devices.pick_device(bench.device)
    good: float | None = None
    began = time.perf_counter()
    counted: dict[str, Any] = {}
    for counted in measure(device, root):
        bench.notify(f"{counted['captured']} combinations, KL {counted['reverse_kl']:.3f}")
        whole = counted["captured"] == counted["total"]
        if good is None and whole and counted["reverse_kl"] <= GOOD_KL:
            good = counted["seconds"]
        near = counted["reverse_kl"] <= counted["reverse_kl_real"] + NEAREST
        if (whole and near) or time.perf_counter() - began > TIMEOUT:
            break
    if not counted:
        raise RuntimeError("nothing was counted")
    return summarise(
        "stacked",
        f"Stacked digits: seconds to 1,000 combinations with KL <= {GOOD_KL}",
        [float("inf") if good is None else good],
        unit="s",
        bar=60.0,
        better="lower",
        detail=f"at {counted['seconds']:.0f} s {counted['captured']} combinations, KL "
        f"{counted['reverse_kl']:.4f}; real triples {counted['reverse_kl_real']:.4f}, N = "
        f"{counted['n']:,}, digits named rightly {counted['accuracy']:.1%}",
    )
