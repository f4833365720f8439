"""The state of a training: algorithm, data position, step. It knows nothing of threads, files or
viewers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ganviz import algorithms
from ganviz.accel import private_apis as private
from ganviz.algorithms.dp_sgd import secret_seed
from ganviz.algorithms.statistics import NonFinite
from ganviz.config import RunConfig
from ganviz.data.poisson import PoissonSampler
from ganviz.data.source import DataSource, Sampler
from ganviz.errors import ConfigError


class Trainer:
    """Trains ``config`` on ``source``, one step at a time.

    Everything random comes from seeded generators that are part of `training_state`: a restored
    trainer goes on exactly as the saved one would have.
    """

    # Whether no other process takes part in its steps.
    is_single_process = True

    def __init__(self, config: RunConfig, source: DataSource, device: torch.device):
        if config.conditional and source.labels is None:
            raise ConfigError(
                f"The data set {source.spec.name!r} has no labels; set conditioning to 'none'.",
                "conditioning",
            )
        self.config = config
        self.source = source
        self.device = device
        self.algorithm = algorithms.build(config, source.spec, device)
        self.sampler = make_sampler(config, source)
        self.step_count = 0
        self.step_before_trial: int | None = None
        # Takes the algorithm's steps where they are captured.
        self.captured_step: Callable[[], None] | None = None
        self._read_at = 0

    def step(self) -> None:
        """One generator update."""
        self.algorithm.schedule(self.step_count)
        if self.captured_step:
            self.captured_step()
        else:
            self.algorithm.step(self.sampler)
        self.step_count += 1

    def turn(self, player: str) -> None:
        """A step in which only ``player`` moves, "discriminator" or "generator"; see
        `check_player`."""
        self.check_player(player)
        self.algorithm.schedule(self.step_count)
        self.algorithm.turn(player, self.sampler)
        self.step_count += 1

    def check_player(self, player: str) -> None:
        """Raise `ConfigError` where ``player`` cannot move alone."""
        if player not in self.algorithm.players:
            raise ConfigError(
                "The networks of this run share one loss and move at once: none moves alone.",
                "player",
            )
        if not self.is_single_process:
            raise ConfigError(
                "Several processes train this run together and take whole steps only.", "player"
            )

    def read_stats(self) -> dict[str, float]:
        """Mean statistics since the last call: the only place that waits for the device.

        Raises `NonFinite`, with the step at which it began.
        """
        before, self._read_at = self._read_at, self.step_count
        try:
            return self.algorithm.stats.read()
        except NonFinite as error:
            error.step = before + 1 + int(error.when * (self.step_count - before))
            raise

    def apply(self, name: str, value: Any) -> None:
        """Change a live setting between two steps."""
        if name not in self.algorithm.followed_by_captures:
            # It goes by the old value.
            self.captured_step = None
        self.algorithm.apply(name, value)
        self.config = self.algorithm.config

    def release(self) -> None:
        """Let go of networks and optimisers; the trainer cannot step any more."""
        self.captured_step = None
        del self.algorithm, self.sampler

    @property
    def steps_to_show(self) -> int:
        """Steps taken, without those of a trial, which are taken back. From any thread."""
        before = self.step_before_trial
        return self.step_count if before is None else before

    @property
    def images_per_step(self) -> int:
        """Real samples used per step."""
        return self.config.batch_size * max(
            1, self.config.d_steps if self.config.adversarial else 1
        )

    def check_finite(self) -> None:
        """Raise `NonFinite` if any weight of any network is NaN or infinite."""
        for name, network in self.algorithm.networks.items():
            norms = private.norm_each(list(network.parameters()))
            if not torch.isfinite(torch.stack(norms)).all():
                error = NonFinite(name)
                error.step = self.step_count
                raise error

    def weights(self) -> dict[str, Tensor]:
        """All weights, flat."""
        return self.algorithm.weights()

    def training_state(self) -> dict[str, Any]:
        """Everything beside the weights that continuing needs."""
        return {
            "algorithm": self.algorithm.training_state(),
            "sampler": self.sampler.state_dict(),
            "step": self.step_count,
        }

    def load(self, weights: dict[str, Tensor], state: dict[str, Any] | None) -> None:
        """Continue from saved weights and state."""
        # A capture knows the optimisers' old tensors.
        self.captured_step = None
        self.algorithm.load(weights, state and state["algorithm"])
        if state:
            self.sampler.load_state_dict(state["sampler"])
            self.step_count = self._read_at = state["step"]

    def rewind(self, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Go back to weights and a state that this trainer had since it last read its statistics.
        The optimisers, which ``state`` leaves out (None), and what replays are left to the
        caller."""
        self.algorithm.load(weights, state["algorithm"])
        self.sampler.load_state_dict(state["sampler"])
        self.step_count = state["step"]


def make_sampler(config: RunConfig, source: DataSource) -> Sampler:
    """What batches come from: epochs in the order of the run's seed; for private training, batches
    by chance that nobody can foretell."""
    if config.private:
        return PoissonSampler(source, config.batch_size, secret_seed(), config.flip)
    return Sampler(source, config.batch_size, config.seed + 2, flip=config.flip)
