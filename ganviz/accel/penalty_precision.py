"""Short numbers in passes that a gradient penalty differentiates twice, where a trial allows them.

R3GAN's own code trains R1 + R2 in bf16 with the lowest resolution in fp32 (Huang et al. 2024), and
StyleGAN2 and 3 train R1 with stages in fp16. Whether a game of ours bears it is tried, not assumed:
its gradients are compared with those of a step in full fp32.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ganviz.accel import trial
from ganviz.accel.choices import BF16, BF16_BUT_LOWEST, FP32, TF32
from ganviz.accel.memory import is_out_of_memory
from ganviz.accel.precision import allow_tf32
from ganviz.accel.trainer_protocol import TrainerLike
from ganviz.config import RunConfig

# Measured on a CPU: bf16 moves the gradients of `digits-quick`, `colour-32`, `wgan-gp` and `r3gan`
# by 0.5 to 5 %, as much as it does without a penalty. On an H100, TF32 moves those of `colour-64`
# by 3.2 %, where two plain steps of a DCGAN at 64 px without a penalty are 2.4 % apart by the order
# of their sums.
ALLOWED = {TF32: 0.05, BF16: 0.08, BF16_BUT_LOWEST: 0.08}
WORDS = {
    FP32: "full fp32",
    TF32: "TF32",
    BF16: "bf16",
    BF16_BUT_LOWEST: "bf16 but for the lowest resolution",
}


def candidates(trainer: TrainerLike[Any, Any]) -> list[str]:
    """The numbers that the settings ask for and the device has, the shortest first; empty where no
    pass of this game is penalised."""
    found = _candidates(trainer.config, trainer.device)
    if BF16 in found:
        discriminator = trainer.algorithm.networks["discriminator"]
        if any(isinstance(module, nn.Conv2d) for module in discriminator.modules()):
            found.insert(1, BF16_BUT_LOWEST)
    return found


def shortest(config: RunConfig, device: torch.device) -> str:
    """The shortest numbers that `shorten_penalised_passes` may find good enough."""
    return next(iter(_candidates(config, device)), FP32)


def _candidates(config: RunConfig, device: torch.device) -> list[str]:
    if not (config.adversarial and config.penalised):
        return []
    found = [BF16] if config.precision == "bf16" else []
    return [*found, TF32] if config.tf32 and device.type == "cuda" else found


def take_numbers(trainer: TrainerLike[Any, Any], numbers: str) -> None:
    """Have penalised passes of ``trainer`` take ``numbers`` of `PENALTY_NUMBERS` from now on."""
    algorithm = trainer.algorithm
    algorithm.choices = replace(algorithm.choices, penalty_numbers=numbers)
    allow_products(trainer.config, trainer.device, numbers)


def allow_products(config: RunConfig, device: torch.device, numbers: str) -> None:
    """Allow this process the fp32 products of a penalised game on ``device`` whose penalised passes
    take ``numbers``: on CUDA the setting is of all products alike."""
    if device.type == "cuda" and config.penalised:
        allow_tf32(config.tf32 and numbers != FP32)


def shorten_penalised_passes(trainer: TrainerLike[Any, Any]) -> list[str]:
    """Have penalised passes of ``trainer`` take the shortest numbers whose gradients are near
    enough, or no further off than two plain steps are from each other. Returns the verdicts, as
    sentences; the trainer is where it was."""
    sentences: list[str] = []
    chosen = FP32
    wanted = candidates(trainer)
    if not wanted:
        return sentences
    with trial.StartingPoint(trainer) as start:
        take_numbers(trainer, FP32)
        expected, noise = trial.plain_steps(trainer, start)
        for numbers in wanted:
            take_numbers(trainer, numbers)
            problem, excuse = _try(trainer, numbers, expected, noise)
            start.restore()
            if problem is None:
                chosen = numbers
                why = f": {excuse}" if excuse else ""
                sentences.append(f"Penalised passes are taken in {WORDS[numbers]}{why}.")
                break
            sentences.append(f"Penalised passes are not taken in {WORDS[numbers]}: {problem}.")
        take_numbers(trainer, chosen)
    return sentences


def _try(
    trainer: TrainerLike[Any, Any], numbers: str, expected: trial.Gradients, noise: trial.Distances
) -> tuple[str | None, str | None]:
    try:
        found = trial.distances(expected, trial.gradients_of_a_step(trainer))
    except Exception as error:
        if is_out_of_memory(error):
            return "there is no room to try it", None
        return f"it cannot be ({trial.first_line(error)})", None
    return trial.verdict(found, noise, ALLOWED[numbers])
