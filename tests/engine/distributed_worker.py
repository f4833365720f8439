"""One of several processes of a run; started by test_distributed.py with torchrun's variables in
its environment.

Arguments: what to do, the configs as JSON, a folder for what each process found.
"""

import json
import sys
from pathlib import Path

import torch

from ganviz.config import RunConfig
from ganviz.data import load_data
from ganviz.engine import distributed
from ganviz.engine.run import Run


def gradients(group, configs, out):
    """For each config, record every averaged gradient of three steps, and the samples that this
    process used."""
    torch.save(
        [shared_steps(group, config, out) for config in configs], out / f"rank{group.rank}.pt"
    )
    group.wait_for_all()
    group.end()


def shared_steps(group, config, out):
    seen, used = [], []
    trainer = distributed.Member(group, config, load_data(config, group.device, out), group.device)

    def average(parameters):
        group.average(parameters)
        seen.append([p.grad.clone() for p in parameters])

    trainer.algorithm.average_gradients = average
    draw = trainer.sampler
    trainer.sampler = lambda: used.append(draw()) or used[-1]
    for _ in range(3):
        trainer.step()
    return {"gradients": seen, "used": [batch.x for batch in used], "stats": trainer.read_stats()}


def run(group, configs, out):
    """A whole run under the leader's commands; every process keeps its last weights."""
    if not group.leads:
        weights = []
        step = distributed.Member.step
        distributed.Member.step = lambda self: (step(self), weights.append(self.weights()))[0]
        distributed.follow(group, out)
        torch.save({"weights": weights[-1], "steps": len(weights)}, out / f"rank{group.rank}.pt")
        return
    it = Run(configs[0], None, group.device, out)
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
            "state": it.state,
            "rows": len(it.events.rows()["step"]),
            "notes": [event.data["sentence"] for event in it.events.since(0, ("note",))],
        },
        out / "rank0.pt",
    )
    group.end()


if __name__ == "__main__":
    torch.set_num_threads(1)
    task = {"gradients": gradients, "run": run}[sys.argv[1]]
    configs = [RunConfig.parse(values) for values in json.loads(sys.argv[2])]
    task(distributed.from_environment("cpu"), configs, Path(sys.argv[3]))
