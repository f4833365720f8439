"""What is trained in the rows: the scripts' own networks and recipes, and ours as the presets use
them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.measure import Bench

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
        # gan.py moves G by D as it is, and then D by the fakes of G as it was.
        "update": "simultaneous",
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
"""The published recipes as settings of ours; the same networks, batch and optimiser as in
`benchmarks.peers`."""

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

# the recipe's 256 (G) and 128 (D) take minutes a step on a small CPU
SNGAN_WIDTH_CPU, SNGAN_WIDTH_GPU = 32, 256


RELATIVISTIC = {
    **OWN["dcgan28"],
    "upsample": "nearest",
    "d_norm": "none",
    "objective": "relativistic",
    "penalty": "r1+r2",
}
"""The game that needs the most of D."""


PENALISED: dict[str, Any] = {
    "data": "folder",
    "image_size": 64,
    "latent_dim": 128,
    "g_width": 64,
    "d_width": 64,
    "d_norm": "none",
    "objective": "relativistic",
    "penalty": "r1+r2",
    "update": "simultaneous",
    "batch_size": 64,
    "g_lr": 2e-4,
    "d_lr": 2e-4,
    "beta1": 0.0,
    "beta2": 0.99,
    "ema_decay": 0.999,
}
GAMES: dict[str, dict[str, Any]] = {
    "colour-64": {**PENALISED, "generator": "dcgan", "discriminator": "dcgan", "g_norm": "batch"},
    "resnet-free-64": {
        **PENALISED,
        "generator": "resnet-free",
        "discriminator": "resnet-free",
        "g_norm": "none",
    },
    # the paper's size for CIFAR-10, in turns as its trainer plays; 128 pictures fit into 80 GB
    "r3gan-32": {
        **PENALISED,
        "image_size": 32,
        "generator": "r3gan",
        "discriminator": "r3gan",
        "g_norm": "none",
        "latent_dim": 64,
        "g_width": 768,
        "d_width": 768,
        "update": "alternating",
        "penalty_weight": 0.05,
        "batch_size": 128,
    },
}
"""The relativistic game with R1 + R2: what a GPU is for."""

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


def with_data(settings: dict[str, Any], bench: Bench) -> tuple[dict[str, Any], Path]:
    """``settings`` pointed at drawn pictures on disk, and the data root."""
    if settings["data"] == "mnist":
        return settings, data.mnist_files(bench.folder)
    return {
        **settings,
        "data_path": str(data.image_folder(bench.folder, settings["image_size"])),
    }, bench.folder
