"""What can be measured. Each row is data (or one small function) in the table `ROWS`; ``--list``
prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import costs, gpu, speed, start
from benchmarks.measure import Bench, Measured
from benchmarks.recipes import LABELS


@dataclass(frozen=True)
class Row:
    """``group``: limit, script, update, engine, start, penalised, stacked or page. ``quick``: part
    of ``--quick``. ``bf16``: only where the processor computes in it. ``only_by_name``: only when
    it is named. ``gpu``: part of ``python -m benchmarks gpu``."""

    name: str
    group: str
    title: str
    run: Callable[[Bench], Measured]
    quick: bool = False
    bf16: bool = False
    only_by_name: bool = False
    gpu: bool = False


LIMITS = ("mlp28", "dcgan28", "dcgan64", "wgan-gp28")
SCRIPTS = (
    ("mlp28", "gan", 1.9, 3.0),
    ("wgan-gp28", "wgan_gp", 2.0, 3.0),
    ("dcgan32", "dcgan32", 1.9, 3.3),
    ("dcgan64", "dcgan64", 1.25, 1.9),
    ("sngan32", "sngan32", None, None),
)

# Of an H100.
GPU_BARS = {"mlp28": 25.0, "wgan-gp28": 25.0, "dcgan32": 4.0, "dcgan64": 4.0}

ROWS: dict[str, Row] = {}


def _add(row: Row) -> None:
    ROWS[row.name] = row


for _key in LIMITS:
    _add(
        Row(
            f"limit-{_key}",
            "limit",
            f"{LABELS[_key]}: ours, recording, against the bare loop of the same maths",
            speed.limit(f"limit-{_key}", _key, 0.97),
            quick=_key in ("mlp28", "dcgan28"),
            gpu=_key in ("mlp28", "dcgan64"),
        )
    )
for _end, _key, _bar, _ in SCRIPTS:
    _add(
        Row(
            f"script-{_end}",
            "script",
            f"{LABELS[_key]}: ours, recording, against the usual script, fp32",
            speed.script(f"script-{_end}", _key, _bar, gpu_bar=GPU_BARS.get(_end)),
            quick=_key in ("gan", "wgan_gp"),
            gpu=_key != "sngan32",
        )
    )
for _end, _key, _, _bar in SCRIPTS:
    _add(
        Row(
            f"script-{_end}-bf16",
            "script",
            f"{LABELS[_key]}: ours in bf16 against the usual script as it is (fp32)",
            speed.script(f"script-{_end}-bf16", _key, _bar, "bf16"),
            bf16=True,
        )
    )
_add(
    Row(
        "script-mlp28-b256",
        "script",
        "MLP 28 at batch 256 against the usual script, fp32",
        speed.script("script-mlp28-b256", "gan", None, batch=256),
    )
)
_add(
    Row(
        "script-dcgan64-bf16-b256",
        "script",
        "DCGAN 64 in bf16 at batch 256 against the usual script as it is (fp32)",
        speed.script("script-dcgan64-bf16-b256", "dcgan64", None, "bf16", 256, gpu_bar=8.0),
        bf16=True,
        only_by_name=True,
        gpu=True,
    )
)
for _key, _bar in (("colour-64", 15_000.0), ("resnet-free-64", 3_000.0), ("r3gan-32", None)):
    for _precision in ("fp32", "bf16"):
        _name = f"rate-{_key}" + ("-bf16" if _precision == "bf16" else "")
        _add(
            Row(
                _name,
                "penalised",
                f"{_key}'s game, R1 + R2, {_precision}: pictures a second; bar of an H100",
                gpu.rate(_name, _key, _bar, _precision),
                bf16=_precision == "bf16",
                only_by_name=True,
                gpu=True,
            )
        )
_add(
    Row(
        "script-colour-64",
        "penalised",
        "colour-64's game, R1 + R2: ours, recording, against a plain script of the same networks",
        gpu.penalised_script("script-colour-64", "colour-64", None),
        only_by_name=True,
        gpu=True,
    )
)
for _precision in ("fp32", "bf16"):
    _name = "script-r3gan-32" + ("-bf16" if _precision == "bf16" else "")
    _add(
        Row(
            _name,
            "penalised",
            f"R3GAN at the paper's CIFAR-10 size, ours in {_precision}, against the same maths "
            "written plainly, fp32",
            gpu.penalised_script(_name, "r3gan-32", 1.5, _precision),
            bf16=_precision == "bf16",
            only_by_name=True,
            gpu=True,
        )
    )
_add(
    Row(
        "limit-colour-64",
        "penalised",
        "The same against the bare loop of the same maths, which plays in turns",
        gpu.penalised_limit("limit-colour-64", "colour-64", None),
        only_by_name=True,
        gpu=True,
    )
)
_add(
    Row(
        "stacked",
        "stacked",
        "Stacked digits from one click: seconds to 1,000 combinations as evenly as the papers'",
        gpu.stacked,
        only_by_name=True,
        gpu=True,
    )
)
_add(
    Row(
        "one-pass",
        "update",
        "DCGAN 28, relativistic + R1 + R2: simultaneous with one D pass against a bare loop in "
        "turns",
        speed.one_pass,
    )
)
_add(
    Row(
        "update",
        "update",
        "The same against our own alternating update, which shares fakes and passes too",
        speed.update,
    )
)
for _key in ("mlp28", "dcgan28"):
    _add(
        Row(
            f"threads-{_key}",
            "engine",
            f"{LABELS[_key]}: a training thread on every core, against our choice of one fewer",
            speed.threads(f"threads-{_key}", _key),
        )
    )
_add(
    Row(
        "seeds",
        "engine",
        f"{speed.SEEDS} seeds of a small 2-D game trained as one, against one after the other",
        speed.batched_seeds,
    )
)
_add(
    Row(
        "memory-growth",
        "engine",
        "Resident memory over 10,000 steps of MLP 28, recording",
        costs.memory_growth,
    )
)
_add(
    Row(
        "memory-peak",
        "engine",
        "Peak memory of DCGAN 28: ours, recording, against the bare loop",
        costs.memory_peak,
    )
)
_add(
    Row(
        "checkpoint",
        "engine",
        "What saving takes of the training time: MLP 28, at the default interval",
        costs.checkpoint_share,
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
        only_by_name=True,
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
