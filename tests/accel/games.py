"""Small games of every kind, where and how their steps are captured, and when two trainings of one
are the same."""

import pytest
import torch

from ganviz.accel.cuda_graphs import cuda_graph

PLACES = [pytest.param("cpu", id="cpu"), pytest.param("cuda", id="cuda", marks=pytest.mark.gpu)]


def again(work, generators):
    return work


RECORD = {"cpu": again, "cuda": None}


def counting(captures, place):
    """What captures at ``place``, and adds to the list ``captures`` each time."""

    def capture(work, generators):
        captures.append(1)
        return (RECORD[place] or cuda_graph)(work, generators)

    return capture


GAMES = {
    "gan": {},
    "hinge": {"objective": "hinge", "d_steps": 3},
    "batch norm": {"g_norm": "batch", "d_norm": "batch"},
    "wgan-gp": {
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "d_steps": 2,
    },
    "one pass": {
        "objective": "relativistic",
        "penalty": "r1+r2",
        "update": "simultaneous",
        "d_norm": "none",
    },
    "classes": {"conditioning": "projection", "d_norm": "none", "grad_clip": 1.0},
    "clipped": {"objective": "wasserstein", "weight_clip": 0.01, "optimizer": "sgd"},
    "decay": {"lr_decay": "linear", "optimizer": "rmsprop"},
    "noise that fades": {"instance_noise": 0.3, "instance_noise_steps": 4, "lr_decay": "cosine"},
    "a strength that follows d": {
        "augment": ("translation", "contrast"),
        "augment_strength": "adaptive",
        "ada_target": -0.9,
        "ada_samples": 300,
    },
    "burn-in": {
        "burn_in": "cosine",
        "burn_in_samples": 100,
        "burn_in_beta2": 0.999,
        "burn_in_half_life": 50,
        "penalty": "r1",
    },
    "several g steps": {"g_steps": 3, "ema_decay": 0.9},
    "turns apart": {"mistake": "turns-apart", "steps": 6},
    "kl warm-up": {"algorithm": "vae", "likelihood": "gaussian", "kl_warmup": 5, "steps": 8},
    "vae": {"algorithm": "vae", "likelihood": "gaussian"},
    "vae, bernoulli": {"algorithm": "vae", "likelihood": "bernoulli"},
}


def assert_same(ours, plain):
    theirs = plain.weights()
    for name, value in ours.weights().items():
        if ours.device.type == "cpu":
            assert torch.equal(value, theirs[name]), name
        # cuDNN and cuBLAS may choose another kernel while a graph is recorded; Adam turns noise
        # around 0 into a step
        else:
            assert (value - theirs[name]).float().norm() <= 1e-2 * theirs[
                name
            ].float().norm() + 1e-3, name


def assert_same_after(ours, plain, steps):
    """``ours`` replays so many steps, and leaves what ``plain`` does."""
    for _ in range(steps):
        plain.step()
        ours.step()
    assert ours.captured_step
    assert_same(ours, plain)
