"""CIFAR-10 against the clock, on one GPU: what docs/records.md keeps the figures of."""

from ganviz.presets.preset import PAPERS, preset
from ganviz.presets.recipes import R1_R2, Recipe

# All 50,000 pictures, of which figures are taken; nothing is measured or drawn on the way that the
# clock would pay for. Batches and rates are what a card is kept busy by, not what was tuned.
SPEEDRUN: Recipe = {
    **R1_R2,
    "data": "cifar10",
    "image_size": 32,
    "holdout": 0.0,
    "flip": True,
    "generator": "resnet-free",
    "discriminator": "resnet-free",
    "g_width": 64,
    "d_width": 64,
    "g_norm": "none",
    "d_norm": "none",
    "latent_dim": 64,
    "objective": "relativistic",
    "penalty_weight": 0.1,
    "batch_size": 256,
    "g_lr": 5e-4,
    "d_lr": 5e-4,
    "ema_decay": 0.998,
    "precision": "bf16",
    "steps": 0,
    "minutes": 3.0,
    "tick_seconds": 2.0,
    "sample_seconds": 20.0,
    "checkpoint_seconds": 3600.0,
}

preset(
    "cifar10-speedrun",
    "CIFAR-10, speed-run",
    "As low an FID as one GPU reaches in three minutes (or ten), with no network that was trained "
    "before: ganviz speedrun.",
    PAPERS,
    "cifar10-speedrun-classes",
    **SPEEDRUN,
)
preset(
    "cifar10-speedrun-classes",
    "CIFAR-10, speed-run with classes",
    "The same with both networks told the class.",
    PAPERS,
    "cifar10-speedrun",
    **{**SPEEDRUN, "conditioning": "projection"},
)
