"""Runs of a few steps on drawn digits, and what two of them are compared by."""

import torch

from ganviz.runs.manager import RunManager

CPU = torch.device("cpu")
BASE = {
    "data": "digits",
    "image_size": 8,
    "batch_size": 8,
    "latent_dim": 4,
    "tick_seconds": 0.02,
    "sample_seconds": 0.05,
}
MLP = {
    "generator": "mlp",
    "discriminator": "mlp",
    "g_hidden": (12,),
    "d_hidden": (12,),
    "g_norm": "none",
}
DCGAN = {"generator": "dcgan", "discriminator": "dcgan", "g_width": 2, "d_width": 2}


def manager_in(tmp_path, name="runs"):
    return RunManager(tmp_path / name, tmp_path / "data", CPU)


def finish(run):
    assert run.join(120), "the run did not end"
    assert run.state == "finished", run.error
    return run


def weights_of(run):
    """A copy: a run that another one replaces lets go of its own."""
    return {name: value.clone() for name, value in run.trainer.weights().items()}


def equal(one, two):
    a, b = (run if isinstance(run, dict) else weights_of(run) for run in (one, two))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def notes(run):
    return [event.data["sentence"] for event in run.events.since(0, ("note",))]
