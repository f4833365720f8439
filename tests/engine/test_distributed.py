"""Two processes train what one would."""

import json
import runpy
import socket
from pathlib import Path

import pytest
import torch
import torch.distributed.run

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine import distributed
from ganviz.engine.trainer import Trainer
from ganviz.errors import ConfigError
from tests import fresh

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("distributed_worker.py")


def two_processes(task, argument, out):
    """Run ``task`` of the worker in two fresh processes that talk over gloo; what each of them
    kept."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = fresh.server()
    children = [
        context.Process(
            target=runpy.run_path,
            args=(str(WORKER), {"CALL": (rank, port, task, argument, str(out))}, "__main__"),
        )
        for rank in range(2)
    ]
    try:
        for child in children:
            child.start()
        for child in children:
            child.join(180)
    finally:
        for child in children:
            child.kill()
    assert [child.exitcode for child in children] == [0, 0]
    return [torch.load(out / f"rank{rank}.pt", weights_only=True) for rank in range(2)]


def as_json(configs):
    return [config.model_dump(mode="json") for config in configs]


GAMES = (
    {"penalty": "r1+r2", "objective": "relativistic"},
    {"update": "simultaneous", "penalty": "r1"},
    {"d_steps": 2, "objective": "hinge", "grad_clip": 0.05},
)


def test_the_averaged_gradient_is_that_of_the_joined_batch(tiny, tmp_path):
    configs = [
        tiny(batch_size=12, optimizer="sgd", g_lr=0.05, d_lr=0.05, holdout=0.0, **changes)
        for changes in GAMES
    ]
    first, second = two_processes("gradients", as_json(configs), tmp_path)
    for config, a, b in zip(configs, first, second, strict=True):
        alone = Trainer(config, load_data(config, CPU, tmp_path), CPU)
        seen, used = record(alone)
        for _ in range(3):
            alone.step()
        for whole, x, y in zip(used, a["used"], b["used"], strict=True):
            assert torch.equal(whole.x, torch.stack([x, y], 1).flatten(0, 1))
        for wanted, got, twin in zip(seen, a["gradients"], b["gradients"], strict=True):
            largest = max(w.abs().max() for w in wanted)
            for w, g, t in zip(wanted, got, twin, strict=True):
                assert torch.equal(g, t)
                assert (g - w).abs().max() <= 1e-5 * largest
        assert a["stats"] == b["stats"] == pytest.approx(alone.read_stats(), rel=1e-4, abs=1e-6)


def record(trainer):
    """Two lists that fill while ``trainer`` steps: its gradients before they are used, and its
    batches."""
    seen, used, draw = [], [], trainer.sampler
    trainer.algorithm.average_gradients = lambda parameters: seen.append(
        [p.grad.clone() for p in parameters]
    )
    trainer.sampler = lambda: used.append(draw()) or used[-1]
    return seen, used


def test_a_run_is_led_and_followed(tiny, tmp_path):
    leader, follower = two_processes(
        "run", as_json([tiny(batch_size=8, steps=30, g_norm="batch", g_hidden=(8,))]), tmp_path
    )
    assert leader["state"] == "finished" and leader["rows"] > 0
    assert follower["steps"] == 30
    assert follower["ways"] == leader["ways"] and not leader["ways"]["fused_adam"]
    learned = [name for name in leader["weights"] if "running" not in name and "ema" not in name]
    assert all(torch.equal(leader["weights"][name], follower["weights"][name]) for name in learned)
    assert any("batch norm" in note for note in leader["notes"])


def test_what_cannot_be_shared_is_refused(tiny):
    with pytest.raises(ConfigError, match="multiple of 3"):
        distributed.check(tiny(batch_size=16), 3)
    with pytest.raises(ConfigError, match="larger batch"):
        distributed.check(tiny(batch_size=8, g_norm="batch"), 8)
    distributed.check(RunConfig(), 4)


def test_a_process_of_its_own_has_no_group(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert distributed.from_environment() is None


@pytest.mark.slow
def test_torchrun_trains_one_run_from_the_command_line(tmp_path):
    """One run folder, written by the leader, that trained all its steps."""
    launcher = "--standalone --nproc-per-node 2 -m ganviz train"
    settings = "--preset none --data ring8 --generator mlp --discriminator mlp --g-norm none"
    where = ["--device", "cpu", "--out", str(tmp_path / "run"), "--data-root", str(tmp_path)]
    child = fresh.Child(
        torch.distributed.run.main,
        [*f"{launcher} {settings} --batch-size 8 --steps 6".split(), *where],
        folder=tmp_path,
        PYTHONPATH=str(ROOT),
    )
    try:
        assert not child.wait(180), child.out.read_text() + child.err.read_text()
    finally:
        child.kill()
    events = [
        json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    ]
    assert [event["data"]["state"] for event in events if event["kind"] == "state"] == [
        "preparing",
        "running",
        "finished",
    ]
    assert events[-1]["step"] == 6
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["run"]


def test_the_command_line_says_when_a_batch_cannot_be_shared(tmp_path):
    flags = ["train", "--preset", "digits-mlp", "--batch-size", "7", "--device", "cpu"]
    leader, _ = two_processes("command", [*flags, "--out", str(tmp_path / "run")], tmp_path)
    assert leader["status"] == 2
    assert "cannot be shared by 2 processes" in " ".join(leader["said"].split())
