"""Gradients you can see: the norm of every layer's gradient and weights, and how far one step moves
the weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganviz.accel import private_apis as private
from ganviz.engine.event_kinds import Card, event_kind
from ganviz.probes.layers import LayerInfo, layers_of
from ganviz.probes.probe import Probe, short
from ganviz.registry import PROBES

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from ganviz.engine.events import Event
    from ganviz.engine.trainer import Trainer

FLOOR = -30.0  # log10 of what counts as no gradient at all
COLUMNS = 240  # of a heat map


@PROBES.register("gradients")
class Gradients(Probe):
    """Logs "gradients": per layer of each network the gradient norm, the weight norm and the
    update-to-weight ratio.

    Everything is of one optimiser step (the one after a look), measured around it: the gradient as
    the optimiser gets it (after clipping, its penalty included) and the true move, whatever the
    optimiser makes of the gradient. The device is read once, at the tick that follows.
    """

    name = "gradients"
    interval = 1.0

    def prepare(self) -> None:
        algorithm = self.trainer.algorithm
        self.history: dict[str, GradientHistory] = {}
        self._meters = []
        for name, network in algorithm.networks.items():
            layers = layers_of(network, example_pass(self.trainer, name))
            optimizer = _owner(layers, algorithm.optimizers.values())
            if optimizer:
                self._meters.append(StepMeter(name, layers, optimizer, self._worked))
                self.history[name] = GradientHistory([layer.label for layer in layers])

    def measure(self) -> None:
        """Measure the next step."""
        for meter in self._meters:
            meter.arm(self.trainer)

    def tick(self) -> None:
        if not self._ended:
            self._guarded(self._log_measured)
        super().tick()

    def finish(self) -> None:
        for meter in getattr(self, "_meters", ()):
            meter.disarm()

    def _log_measured(self) -> None:
        ready = [meter for meter in self._meters if meter.ready]
        if not ready:
            return
        began = self._worked()
        norms = (
            torch.stack([value for meter in ready for value in meter.norms]).float().cpu().tolist()
        )
        networks: dict[str, Any] = {}
        for meter in ready:
            count = len(meter.norms)
            networks[meter.network] = meter.figures(norms[:count])
            norms = norms[count:]
            self.history[meter.network].add(meter.step, networks[meter.network]["gradient"])
        at = min(meter.step for meter in ready)
        seconds = sum(meter.seconds for meter in ready) + self._worked() - began
        for meter in ready:
            meter.disarm()
        self.run.log("gradients", at=at, networks=networks)
        self._due = max(self._due, time.perf_counter() + seconds / self.share)


def _owner(layers: list[LayerInfo], optimizers: Iterable[Optimizer]) -> Optimizer | None:
    """The optimiser that moves ``layers``; a VAE's moves two networks."""
    for optimizer in optimizers:
        if layers and any(
            layers[0].parameters[0] is p
            for group in optimizer.param_groups
            for p in group["params"]
        ):
            return optimizer
    return None


def example_pass(trainer: Trainer, name: str) -> Callable[[nn.Module], Tensor] | None:
    """A forward pass of the network called ``name`` on zeros: it shows the order of its layers.
    None where unknown."""
    config, shape, device = trainer.config, trainer.source.spec.shape, trainer.device
    y = torch.zeros(2, dtype=torch.int64, device=device) if trainer.algorithm.conditional else None
    if name == "generator":
        return lambda network: network(torch.zeros(2, config.latent_dim, device=device), y)
    if name in ("discriminator", "encoder"):
        count = 2 * config.pac if name == "discriminator" else 2
        return lambda network: network(torch.zeros(count, *shape, device=device), y)
    return None


class StepMeter:
    """Measures one optimiser step from the inside, with hooks that are there for that step only.

    ``worked``: the clock of ``seconds``, which are what measuring took.
    """

    def __init__(
        self,
        network: str,
        layers: list[LayerInfo],
        optimizer: Optimizer,
        worked: Callable[[], float],
    ):
        self.network = network
        self.layers = layers
        self._optimizer = optimizer
        self._worked = worked
        self._parameters = [p for layer in layers for p in layer.parameters]
        self._handles: list[Any] = []
        self.disarm()

    @property
    def ready(self) -> bool:
        """Whether a step has been measured."""
        return bool(self.norms)

    def arm(self, trainer: Trainer) -> None:
        """Measure the next step of this optimiser."""
        if not self._handles:
            self._trainer = trainer
            self._handles = [
                self._optimizer.register_step_pre_hook(self._before),
                self._optimizer.register_step_post_hook(self._after),
            ]

    def disarm(self) -> None:
        """Remove the hooks and forget what was measured. Not from inside a hook: the optimiser is
        walking over them."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._old: list[Tensor] = []
        self.norms: list[Tensor] = []
        self.seconds = 0.0
        self.step = 0

    @torch.no_grad()
    def _before(self, *_: Any) -> None:
        if self.ready:
            return
        began = self._worked()
        self._old = [p.detach().clone() for p in self._parameters]
        self._gradients = [p.new_zeros(()) for p in self._parameters]
        known = {i: p.grad for i, p in enumerate(self._parameters) if p.grad is not None}
        norms = private.norm_each(list(known.values())) if known else []
        for i, norm in zip(known, norms, strict=True):
            self._gradients[i] = norm
        self.seconds = self._worked() - began

    @torch.no_grad()
    def _after(self, *_: Any) -> None:
        if self.ready:
            return
        began = self._worked()
        weights = private.norm_each(self._old)
        private.subtract_each_(self._old, [p.detach() for p in self._parameters])
        self.norms = [*self._gradients, *weights, *private.norm_each(self._old)]
        self.step = self._trainer.step_count + 1
        self._old = []
        self.seconds += self._worked() - began

    def figures(self, norms: list[float]) -> dict[str, list]:
        """The numbers of each layer, from the norms of each parameter (gradients, weights,
        moves)."""
        count = len(self._parameters)
        gradient, weight, move = (
            self._by_layer(norms[i * count : (i + 1) * count]) for i in range(3)
        )
        ratio = [m / w if w else 0.0 for m, w in zip(move, weight, strict=True)]
        return {
            "layers": [layer.label for layer in self.layers],
            "kinds": [layer.kind for layer in self.layers],
            "count": [sum(p.numel() for p in layer.parameters) for layer in self.layers],
            "gradient": short(gradient),
            "weight": short(weight),
            "update": short(ratio),
        }

    def _by_layer(self, norms: list[float]) -> list[float]:
        """sqrt of the sum of squares over each layer's parameters."""
        values, index = [], 0
        for layer in self.layers:
            end = index + len(layer.parameters)
            values.append(math.hypot(*norms[index:end]))
            index = end
        return values


def gradient_norms(layers: list[LayerInfo]) -> list[float]:
    """The gradient norm of each layer after a backward pass; 0 where there is no gradient."""
    flat = [
        torch.zeros(()) if p.grad is None else p.grad.norm()
        for layer in layers
        for p in layer.parameters
    ]
    values = iter(torch.stack([value.float().cpu() for value in flat]).tolist())
    return [math.hypot(*(next(values) for _ in layer.parameters)) for layer in layers]


@dataclass
class GradientHistory:
    """log10 of each layer's gradient norm over the steps, for a heat map: fewer than ``limit``
    (even) columns, evenly thinned.

    When it is full, neighbouring columns are merged (their logs averaged), and later ones are
    gathered likewise.
    """

    layers: list[str]
    limit: int = COLUMNS
    steps: list[int] = field(default_factory=list)
    columns: list[list[float]] = field(default_factory=list)
    stride: int = 1
    _waiting: list[list[float]] = field(default_factory=list)

    def add(self, step: int, norms: Iterable[float]) -> None:
        """The gradient norms of one look."""
        self._waiting.append([_log10(norm) for norm in norms])
        if len(self._waiting) < self.stride:
            return
        self.steps.append(step)
        self.columns.append(_mean(self._waiting))
        self._waiting = []
        if len(self.columns) == self.limit:
            self.columns = [_mean(self.columns[i : i + 2]) for i in range(0, self.limit, 2)]
            self.steps = self.steps[1::2]
            self.stride *= 2

    def payload(self) -> dict[str, Any]:
        """{"layers": [L], "steps": [S], "log10": [L][S]}: rows of a heat map, first layer first."""
        rows = [short([column[i] for column in self.columns]) for i in range(len(self.layers))]
        return {"layers": self.layers, "steps": list(self.steps), "log10": rows}


def heat_maps(events: Iterable[Event], limit: int = COLUMNS) -> dict[str, dict[str, Any]]:
    """The heat map of each network from "gradients" events, for a viewer that comes late or a run
    from disk."""
    histories: dict[str, GradientHistory] = {}
    for event in events:
        if event.kind != "gradients":
            continue
        for name, figures in event.data["networks"].items():
            history = histories.setdefault(name, GradientHistory(figures["layers"], limit))
            if history.layers == figures["layers"]:
                history.add(
                    event.data["at"],
                    (math.nan if norm is None else norm for norm in figures["gradient"]),
                )
    return {name: history.payload() for name, history in histories.items()}


def _log10(norm: float) -> float:
    if math.isnan(norm):
        return math.nan
    return max(FLOOR, math.log10(norm)) if norm > 0 else FLOOR


def _mean(columns: list[list[float]]) -> list[float]:
    return [sum(values) / len(values) for values in zip(*columns, strict=True)]


def layer_figures(data: dict[str, Any]) -> dict[str, float]:
    """Each layer's gradient norm and update-to-weight ratio of a "gradients" event, by name."""
    return {
        f"{name}/{network}/{layer}": value
        for network, figures in data["networks"].items()
        for name in ("gradient", "update")
        for layer, value in zip(figures["layers"], figures[name], strict=True)
    }


GRADIENTS = event_kind(
    "gradients",
    browser="newest",
    order=10,
    history=heat_maps,
    tracked=layer_figures,
    cards=(
        Card(
            "Layer by layer",
            "What each layer of both networks gets, as bars on one logarithmic scale.",
            script="layers.js",
        ),
        Card(
            "Gradients over time",
            "Each row is a layer, the first one on top; time runs to the right. Bright is a strong "
            "gradient, dark a faint one.",
            script="heat.js",
        ),
    ),
)
