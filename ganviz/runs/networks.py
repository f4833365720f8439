"""All networks of a run at one step, as copies that nothing trains."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from ganviz import objectives, registry
from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.engine import checkpoint
from ganviz.engine.checkpoint import TrainingState
from ganviz.engine.restore import fit
from ganviz.engine.trainer import Trainer
from ganviz.models import build_discriminator
from ganviz.models.encoder import build_encoder
from ganviz.objectives import Objective
from ganviz.runs.trained import TrainedGenerator, from_state


@dataclass(frozen=True)
class TrainedNetworks:
    """In eval mode, without gradients of their own.

    ``generator``: the moving average, with config, spec and step. ``discriminator`` and its
    ``objective``: None where the run has none that judges one sample by itself; ``no_scores`` then
    says why. ``encoder``: a VAE's, its moving average; else None.
    """

    generator: TrainedGenerator
    discriminator: nn.Module | None = None
    objective: Objective | None = None
    no_scores: str = ""
    encoder: nn.Module | None = None

    @property
    def config(self) -> RunConfig:
        """The run's settings."""
        return self.generator.config

    @property
    def spec(self) -> DataSpec:
        """What its data is."""
        return self.generator.spec

    @property
    def step(self) -> int:
        """Steps trained."""
        return self.generator.step

    @property
    def device(self) -> torch.device:
        """Where they lie."""
        return next(self.generator.parameters()).device


def load_networks(path: Path, device: torch.device | str = "cpu") -> TrainedNetworks:
    """The networks of a run (its newest valid checkpoint) or of one checkpoint. Raises
    `CheckpointError`."""
    return networks_of(*checkpoint.load(path, training=False), device)


def copied_state(trainer: Trainer) -> tuple[RunConfig, TrainingState]:
    """What `networks_of` needs, copied from a ``trainer`` between two steps."""
    weights = {name: value.detach().clone() for name, value in trainer.weights().items()}
    info = {"step": trainer.step_count, "spec": asdict(trainer.source.spec)}
    return trainer.config, TrainingState(weights, {}, info)


def networks_of(
    config: RunConfig, state: TrainingState, device: torch.device | str
) -> TrainedNetworks:
    """The networks whose weights ``state`` holds. Raises `CheckpointError`."""
    generator = from_state(config, state, device)
    encoder = None
    if weights := state.part("encoder_ema"):
        encoder = _fitted(build_encoder(config, generator.spec), weights, "encoder", device)
    weights, problem = state.part("discriminator"), _no_scores(config)
    if not weights:
        problem = "This run has no discriminator, so nothing judges its samples."
    if problem:
        return TrainedNetworks(generator, no_scores=problem, encoder=encoder)
    discriminator = build_discriminator(config, generator.spec)
    discriminator = _fitted(discriminator, weights, "discriminator", device)
    return TrainedNetworks(generator, discriminator, objectives.build(config), "", encoder)


def _no_scores(config: RunConfig) -> str:
    if config.pac > 1:
        return "This discriminator judges several samples at once, and none by itself."
    if registry.MISTAKES.get(config.mistake, "mistake").no_logit:
        return "This discriminator hands out a hidden layer instead of a verdict."
    return ""


def _fitted(
    module: nn.Module, weights: dict[str, torch.Tensor], what: str, device: torch.device | str
) -> nn.Module:
    fit(module, weights, what)
    return module.eval().requires_grad_(False).to(device)
