"""What every training algorithm offers to the engine, which knows nothing of GANs or VAEs."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from ganviz.accel import choices
from ganviz.accel.kernels import optimize_layers
from ganviz.accel.precision import bf16_products, penalised_in
from ganviz.algorithms.ema import Ema
from ganviz.algorithms.scheduled_values import beta2_at, ema_decay_at, rate_share
from ganviz.algorithms.statistics import Stats
from ganviz.algorithms.weights import prefixed_state_dict, without_prefix
from ganviz.config import RunConfig
from ganviz.data.source import Batch, DataSpec
from ganviz.device import random_generator, set_random
from ganviz.models.parts import stages

if TYPE_CHECKING:
    from torch.optim import Optimizer

NextBatch = Callable[[], Batch]


class Series(NamedTuple):
    """A statistic that a chart can draw. ``group``: loss, score or other. ``colour``: d, g, real,
    fake or "". ``why``: a sentence that explains it, where its name alone does not."""

    name: str
    label: str
    group: str
    colour: str
    why: str = ""


class Algorithm(ABC):
    """Owns networks and optimisers. Subclasses fill ``networks``, ``optimizers`` and ``ema``.

    ``step`` takes ``next_batch``, which gives the next real batch, and not one batch as such: a
    critic that is updated five times per generator update needs five.
    """

    series: tuple[Series, ...] = ()
    # Which network a statistic speaks of, for messages.
    owner_of_statistic: ClassVar[dict[str, str]] = {}
    # Properties of a subclass whose values change from step to step, or while a run trains. A step
    # takes them by `number`; where steps are captured, it then finds a tensor.
    scheduled: ClassVar[tuple[str, ...]] = ()
    # Live settings that a captured step follows, by `number`, by its optimisers' learning rates and
    # Adam's beta 2, by its averages or by its `structure`.
    followed_by_captures: ClassVar[frozenset[str]] = frozenset(
        {"g_lr", "d_lr", "ema_decay"}
        | {"burn_in_samples", "burn_in_lr", "burn_in_penalty", "burn_in_beta2"}
    )

    def __init__(self, config: RunConfig, spec: DataSpec, device: torch.device):
        self.config = config
        self.spec = spec
        self.device = device
        self.choices = choices.current()
        self.stats = Stats()
        self.networks: dict[str, nn.Module] = {}
        self.optimizers: dict[str, Optimizer] = {}
        self.ema: Ema
        self.random = random_generator(device, config.seed + 1)
        self.steps_done = 0
        # What `number` gives while a step is captured.
        self.tensors_of_numbers: dict[str, Tensor] = {}
        # Called before gradients are used; several processes put their mean here.
        self.average_gradients: Callable[[list[Tensor]], None] = keep_gradients

    @property
    def equilibrium(self) -> dict[str, float | None]:
        """Values of the losses at equilibrium, for the lines on the chart."""
        return {}

    def average_of(self, network: nn.Module) -> Ema:
        """The moving average of ``network`` that the config asks for."""
        return Ema(network, self.config.ema_decay, lambda update: ema_decay_at(self.config, update))

    @property
    def privacy(self) -> dict[str, Any] | None:
        """What private training has spent so far, as plain JSON; None where training is not
        private."""
        return None

    @property
    def averages(self) -> list[Ema]:
        """All moving averages that a step moves once."""
        return [self.ema]

    def why_not_capturable(self) -> str | None:
        """What keeps a step from being captured as a CUDA graph, in words; None where nothing
        does."""
        if self.beta2_moves and not self.choices.fused_adam:
            return "Adam's beta 2 changes from step to step until the burn-in ends"
        return None

    @property
    def beta2_moves(self) -> bool:
        """Whether Adam's beta 2 changes from this step to the next, as it does until a burn-in
        ends."""
        config = self.config
        is_over = self.steps_done * config.batch_size >= config.burn_in_samples
        moves = config.optimizer == "adam" and config.beta2 != config.burn_in_beta2
        return moves and config.burn_in != "none" and not is_over

    def structure(self) -> Hashable:
        """What makes a step another kind of work than the step before. Each kind is captured anew;
        steps of one kind differ by their weights, data, random numbers and `scheduled` values."""
        return None

    def number(self, name: str) -> float | Tensor:
        """The value of the `scheduled` property ``name``: a float, or the tensor that a captured
        step reads it from."""
        if self.tensors_of_numbers:
            return self.tensors_of_numbers[name]
        return getattr(self, name)

    def new_stats(self) -> Stats:
        """An empty collection of statistics."""
        return Stats()

    @contextlib.contextmanager
    def uncounted(self) -> Iterator[Stats]:
        """A step taken within is not counted, moves no average, and adds its statistics to the
        `Stats` that is given."""
        stats, done = self.stats, self.steps_done
        self.stats = collected = self.new_stats()
        for average in self.averages:
            average.frozen = True
        try:
            yield collected
        finally:
            self.stats, self.steps_done = stats, done
            for average in self.averages:
                average.frozen = False

    @property
    def conditional(self) -> bool:
        """Whether the generator is told the class."""
        return self.config.conditional

    @abstractmethod
    def step(self, next_batch: NextBatch) -> None:
        """One generator update and whatever goes with it. Statistics stay on the device."""

    @property
    def players(self) -> tuple[str, ...]:
        """The networks that can move alone, by `turn`; none where all learn from one loss."""
        return ()

    def turn(self, player: str, next_batch: NextBatch) -> None:
        """A step in which ``player``, one of `players`, moves and nobody else."""
        raise NotImplementedError

    def schedule(self, step: int) -> None:
        """Set what decay and burn-in give to step number ``step`` (from 0): the learning rates, and
        Adam's beta 2."""
        share = rate_share(self.config, step)
        if share is None:
            return
        for name, optimizer in self.optimizers.items():
            rate = self.config.d_lr if name == "discriminator" else self.config.g_lr
            for group in optimizer.param_groups:
                group["lr"] = share * rate
                if "betas" in group:
                    group["betas"] = (self.config.beta1, beta2_at(self.config, step))

    def apply(self, name: str, value: Any) -> None:
        """Change a live setting between two steps."""
        self.config = self.config.but(**{name: value})
        if name in ("g_lr", "d_lr"):
            network = {"g_lr": "generator", "d_lr": "discriminator"}[name]
            for group in (
                self.optimizers[network].param_groups if network in self.optimizers else ()
            ):
                group["lr"] = value
        if name == "ema_decay":
            self.ema.decay = value

    def _autocast(self) -> contextlib.AbstractContextManager:
        """For a forward pass: in bf16, where the config asks for it."""
        if self.config.precision == "fp32":
            return contextlib.nullcontext()
        return (
            bf16_products()
            if self._bf16_in_products
            else torch.autocast(self.device.type, torch.bfloat16)
        )

    def _backward_precision(self) -> contextlib.AbstractContextManager:
        """For the backward pass of what was computed in `_autocast`, which otherwise remembers by
        itself."""
        return bf16_products() if self._bf16_in_products else contextlib.nullcontext()

    @cached_property
    def _bf16_in_products(self) -> bool:
        """Whether bf16 stays inside the products, and weights and activations stay in fp32: more
        exact than autocast, and where all products are of linear layers a seventh faster, since
        nothing is converted to and fro."""
        return (
            self.config.precision == "bf16"
            and self.device.type == "cpu"
            and self.choices.bf16_products
            and not self.config.compiled
            and not any(has_convolutions(network) for network in self.networks.values())
        )

    def penalty_precision(self) -> contextlib.AbstractContextManager:
        """For a forward pass of D whose input gradient is penalised: in the numbers that a trial
        allowed."""
        lowest = stages(self.spec.shape[-1])[0] if self.spec.kind == "images" else 0
        return penalised_in(self.choices.penalty_numbers, self.device.type, lowest)

    def latents(self, count: int) -> Tensor:
        """``count`` standard normal latents, [count, latent_dim], from the run's own random
        numbers."""
        return torch.randn(count, self.config.latent_dim, device=self.device, generator=self.random)

    # -- saving ----------------------------------------------------------------------------
    def weights(self) -> dict[str, Tensor]:
        """All weights and buffers, flat: "generator/…", "discriminator/…", "ema/…"."""
        return prefixed_state_dict(**self.networks, ema=self.ema.network)

    def training_state(self) -> dict[str, Any]:
        """What continuing needs beside the weights."""
        return {
            "optimizers": {
                name: optimizer.state_dict() for name, optimizer in self.optimizers.items()
            },
            "ema_updates": self.ema.updates,
            "random": self.random.get_state(),
            "steps_done": self.steps_done,
        }

    def load(self, weights: dict[str, Tensor], state: dict[str, Any] | None) -> None:
        """Take over saved weights and, unless None, the training state."""
        for part, module in self.networks.items():
            module.load_state_dict(without_prefix(weights, part))
        self.ema.load(without_prefix(weights, "ema"))
        if state is None:
            return
        # None: they are restored elsewhere.
        if state["optimizers"] is not None:
            for name, optimizer in self.optimizers.items():
                optimizer.load_state_dict(state["optimizers"][name])
        self.ema.updates = state["ema_updates"]
        set_random(self.random, state["random"])
        self.steps_done = state["steps_done"]


def keep_gradients(parameters: list[Tensor]) -> None:
    """The gradients of a single process need no averaging."""


def to_device(network: nn.Module, device: torch.device) -> nn.Module:
    """``network`` on the device, in the memory layout and with the layers that the thread's choices
    name. The meta device, which computes nothing, stands in for the CPU."""
    network = network.to(device)
    if has_convolutions(network) and choices.current().channels_last:
        network = network.to(memory_format=torch.channels_last)
    return optimize_layers(network, on_cpu=device.type in ("cpu", "meta"))


def has_convolutions(network: nn.Module) -> bool:
    """Whether any layer of ``network`` convolves."""
    return any(isinstance(m, nn.Conv2d | nn.ConvTranspose2d) for m in network.modules())
