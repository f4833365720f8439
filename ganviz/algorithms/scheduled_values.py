"""What rates, penalty weight, beta 2 and average are at a step: pure functions of the settings, so
that a resumed run has those of the uninterrupted one."""

from __future__ import annotations

import math

from ganviz.config import RunConfig


def along_burn_in(config: RunConfig, step: float, start: float, end: float) -> float:
    """A value at ``step`` (from 0) that goes from ``start`` to ``end``, where it stays: start +
    (end - start) (1 - cos(pi t)) / 2, t the share of the burn-in's samples. ``start`` without a
    burn-in."""
    if config.burn_in == "none":
        return start
    passed = min(1.0, step * config.batch_size / config.burn_in_samples)
    return start + (end - start) * (1 - math.cos(math.pi * passed)) / 2


def rate_share(config: RunConfig, step: int) -> float | None:
    """The share of the learning rates at ``step``; None where it never changes."""
    if config.lr_decay == "none" and config.burn_in == "none":
        return None
    return decay_factor(config, step) * along_burn_in(config, step, 1.0, config.burn_in_lr)


def decay_factor(config: RunConfig, step: int) -> float:
    """The share of the learning rates that ``lr_decay`` leaves at ``step``: from 1 down to 0 over
    the run."""
    if config.lr_decay == "none":
        return 1.0
    done = min(1.0, step / config.steps)
    return 1 - done if config.lr_decay == "linear" else (1 + math.cos(math.pi * done)) / 2


def penalty_weight_at(config: RunConfig, step: int) -> float:
    """gamma at ``step``."""
    weight = config.penalty_weight
    return along_burn_in(config, step, weight, config.burn_in_penalty * weight)


def beta2_at(config: RunConfig, step: int) -> float:
    """Adam's beta 2 at ``step``."""
    return along_burn_in(config, step, config.beta2, config.burn_in_beta2)


def ema_decay_at(config: RunConfig, update: int) -> float | None:
    """The decay of the average at its update number ``update`` (from 0), of which each step makes
    ``g_steps``: 1/2 to the power of an update's samples over the half-life. None where
    ``ema_decay`` holds."""
    if config.burn_in == "none" or not config.burn_in_half_life:
        return None
    half_life = along_burn_in(config, update / config.g_steps, 0.0, config.burn_in_half_life)
    return 0.5 ** (config.batch_size / config.g_steps / max(half_life, 1e-8))
