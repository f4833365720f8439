"""One of several processes of a run, run by test_distributed.py with ``CALL``: its rank, the port
that both know, what to do, with what (JSON), and a folder for what each process found.
"""

import os
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import torch

from ganviz.accel.choices import Choices
from ganviz.cli import main
from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine import distributed
from ganviz.engine.run import Run


def gradients(configs, out):
    """For each config, record every averaged gradient of three steps, and the samples that this
    process used."""
    group, configs = member(configs)
    torch.save(
        [shared_steps(group, config, out) for config in configs], out / f"rank{group.rank}.pt"
    )
    group.wait_for_all()
    group.end()


def shared_steps(group, config, out):
    seen, used = [], []
    trainer = distributed.DistributedTrainer(
        group, config, load_data(config, group.device, out), group.device
    )

    def average(parameters):
        group.average(parameters)
        seen.append([p.grad.clone() for p in parameters])

    trainer.algorithm.average_gradients = average
    draw = trainer.sampler
    trainer.sampler = lambda: used.append(draw()) or used[-1]
    for _ in range(3):
        trainer.step()
    return {"gradients": seen, "used": [batch.x for batch in used], "stats": trainer.read_stats()}


def run(configs, out):
    """A whole run under the leader's commands; every process keeps its last weights."""
    group, configs = member(configs)
    if not group.leads:
        weights, ways = [], []
        step = distributed.DistributedTrainer.step
        distributed.DistributedTrainer.step = lambda self: (
            step(self),
            weights.append(self.weights()),
            ways.append(self.algorithm.choices.as_table()),
        )[0]
        distributed.follow(group, out)
        torch.save(
            {"weights": weights[-1], "steps": len(weights), "ways": ways[-1]},
            out / f"rank{group.rank}.pt",
        )
        return
    kept = {"ways": Choices(joint_passes=False, fused_adam=False).as_table()}
    it = Run(configs[0], None, group.device, out, kept_choices=kept)
    group.lead(it)
    it.pause()
    it.start()
    it.step(5)
    it.set(g_lr=5e-3)
    it.step(5)
    it.resume()
    it.join(60)
    torch.save(
        {
            "weights": it.trainer.weights(),
            "ways": it.trainer.algorithm.choices.as_table(),
            "state": it.state,
            "rows": len(it.events.rows()["step"]),
            "notes": [event.data["sentence"] for event in it.events.since(0, ("note",))],
        },
        out / "rank0.pt",
    )
    group.end()


def command(arguments, out):
    """The command line; what it said and its exit status."""
    said = StringIO()

    def keep(status):
        torch.save(
            {"status": status, "said": said.getvalue()}, out / f"rank{os.environ['RANK']}.pt"
        )

    leave = distributed.leave
    distributed.leave = lambda: (keep(0), leave())
    with redirect_stderr(said):
        status = main([*arguments, "--data-root", str(out)])
    keep(status)


def member(configs):
    """This process's place in the group, and the configs."""
    return distributed.from_environment("cpu"), [RunConfig.parse(values) for values in configs]


if __name__ == "__main__":
    rank, port, task, argument, out = globals()["CALL"]
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "MASTER_PORT": str(port)}
    os.environ |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    torch.set_num_threads(1)
    {"gradients": gradients, "run": run, "command": command}[task](argument, Path(out))
