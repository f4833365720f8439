"""The optimisers, each in the quickest form that the device has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganviz.accel import private_apis as private
from ganviz.accel.choices import current
from ganviz.config import RunConfig


def make_optimizer(
    config: RunConfig, network: nn.Module, lr: float, device: torch.device
) -> torch.optim.Optimizer:
    """The optimiser of ``config`` over ``network``, with the fused or foreach form where the device
    has it."""
    private.spare_dynamo()
    plain = private.without_dynamo
    parameters = [p for p in network.parameters() if p.requires_grad]
    if config.optimizer == "adam":
        betas = (config.beta1, config.beta2)
        if device.type in ("cpu", "cuda") and current().fused_adam:
            return CachedAdam(parameters, lr, betas, fused=True)
        capturable = device.type == "cuda"
        return plain(torch.optim.Adam)(parameters, lr, betas, foreach=True, capturable=capturable)
    if config.optimizer == "rmsprop":
        # Capturable: for CUDA graphs.
        capturable = device.type == "cuda"
        return plain(torch.optim.RMSprop)(parameters, lr, foreach=True, capturable=capturable)
    momentum = 0.9 if config.optimizer == "momentum" else 0.0
    if device.type == "cuda":
        # The foreach form reads a learning rate that is a tensor, which a graph cannot.
        return plain(torch.optim.SGD)(parameters, lr, momentum=momentum, fused=True)
    return plain(torch.optim.SGD)(parameters, lr, momentum=momentum, foreach=True)


def adam(network: nn.Module, lr: float, fused: bool | None = None) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2015) as torch has it, for what is trained beside a run."""
    private.spare_dynamo()
    return private.without_dynamo(torch.optim.Adam)(network.parameters(), lr, fused=fused)


@dataclass
class _Tensors:
    """The tensors of a step, in the order that the kernel takes them.

    ``count``: the step counters of all weights as one tensor, of which ``steps`` are views.
    ``state``: the optimiser's state that they were taken from. ``idle``: the other weights, which
    no loss has reached so far.
    """

    count: Tensor
    state: Any
    weights: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]
    idle: list[Tensor]


class CachedAdam(torch.optim.Adam):
    """Fused `torch.optim.Adam`, the same kernel on the same state, without the bookkeeping before
    each call. Where a step is captured, beta 2 may be a tensor, which the graph then reads.

    Looking up every weight's state and sorting weights by device and type at each step takes longer
    than the step itself where networks are small. What was looked up once is kept until the state
    is another one (`load_state_dict`).
    """

    _cache: _Tensors | None = None

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        if not set_to_none:
            return super().zero_grad(set_to_none=False)
        for group in self.param_groups:
            for weight in group["params"]:
                weight.grad = None

    def step(self, closure: Any = None) -> Any:
        """One step, as `torch.optim.Adam.step`, with the hooks registered on this optimiser."""
        cache = self._cache if closure is None and self._is_current() else None
        gradients = _gradients(cache.weights) if cache else []
        for hook in tuple(private.step_pre_hooks(self).values()):
            hook(self, (), {})
        loss = None
        if cache and len(gradients) == len(cache.weights) and not _gradients(cache.idle):
            self._cached_step(cache, gradients)
        else:
            loss = self._plain_step(closure)
        for hook in tuple(private.step_post_hooks(self).values()):
            hook(self, (), {})
        return loss

    # Optimizer would wrap it for torch's profiler.
    step.hooked = True  # type: ignore[attr-defined]

    def counts_agree(self) -> bool:
        """Whether all weights have taken the same number of steps, which a beta 2 that is a tensor
        takes for granted. Waits for the device."""
        counts = [state["step"] for state in self.state.values()]
        return not counts or bool((torch.stack(counts) == counts[0]).all())

    def _is_current(self) -> bool:
        return self._cache is not None and self._cache.state is self.state

    def _plain_step(self, closure: Any) -> Any:
        """A step of torch's own, after which every weight with a gradient has its state."""
        loss = private.adam_step(self, closure)
        self._cache = self._tensors_of_a_step()
        return loss

    def _cached_step(self, cache: _Tensors, gradients: list[Tensor]) -> None:
        group = self.param_groups[0]
        beta1, beta2 = group["betas"]
        moved = (cache.weights, gradients, cache.means, cache.squares)
        with torch.no_grad():
            cache.count.add_(1)
            if isinstance(beta2, Tensor):
                step = cache.count[0]
                private.adam_with_held_beta2_(*moved, step, group["lr"], beta1, beta2, group["eps"])
            else:
                steps = cache.steps
                private.fused_adam_(*moved, steps, group["lr"], beta1, beta2, group["eps"])

    def _tensors_of_a_step(self) -> _Tensors | None:
        """What the kernel takes; None where it could not take everything in one call."""
        parameters: list[Tensor] = self.param_groups[0]["params"]
        weights = [weight for weight in parameters if self.state.get(weight)]
        one_kind = len({(weight.device, weight.dtype) for weight in weights}) == 1
        if len(self.param_groups) != 1 or not one_kind:
            return None
        states: list[dict[str, Any]] = [self.state[weight] for weight in weights]
        count = torch.stack([state["step"] for state in states])
        for state, step in zip(states, count.unbind(), strict=True):
            # Views of one tensor: one call counts them all, and each is still its weight's own.
            state["step"] = step
        return _Tensors(
            count,
            self.state,
            weights,
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [state["step"] for state in states],
            [weight for weight in parameters if not self.state.get(weight)],
        )


def _gradients(weights: list[Tensor]) -> list[Tensor]:
    return [weight.grad for weight in weights if weight.grad is not None]
