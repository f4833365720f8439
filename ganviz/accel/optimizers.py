"""The optimisers, each in the quickest form that the device has."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ganviz.config import RunConfig


def make_optimizer(
    config: RunConfig, network: nn.Module, lr: float, device: torch.device
) -> torch.optim.Optimizer:
    """The optimiser of ``config`` over ``network``, with the fused or foreach form where the device
    has it."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    if config.optimizer == "adam":
        betas = (config.beta1, config.beta2)
        if device.type in ("cpu", "cuda"):
            return QuickAdam(parameters, lr, betas, fused=True)
        return torch.optim.Adam(parameters, lr, betas, foreach=True)
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(
            parameters, lr, foreach=True, capturable=device.type == "cuda"
        )  # for CUDA graphs
    return torch.optim.SGD(
        parameters, lr, momentum=0.9 if config.optimizer == "momentum" else 0.0, foreach=True
    )


class QuickAdam(torch.optim.Adam):
    """Fused `torch.optim.Adam`, the same kernel on the same state, without the bookkeeping before
    each call.

    Looking up every weight's state and sorting weights by device and type at each step takes longer
    than the step itself where networks are small. What was looked up once is kept until the state
    is another one (`load_state_dict`).
    """

    _known: dict[str, Any] | None = None

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        if not set_to_none:
            return super().zero_grad(set_to_none=False)
        for group in self.param_groups:
            for weight in group["params"]:
                weight.grad = None

    def step(self, closure: Any = None) -> Any:
        """One step, as `torch.optim.Adam.step`, with the hooks that are registered."""
        known = self._known
        gradients = (
            [weight.grad for weight in known["weights"]]
            if known and known["state"] is self.state
            else [None]
        )
        quick = closure is None and all(gradient is not None for gradient in gradients)
        slow = torch.optim.Adam.step
        if not quick and getattr(
            slow, "hooked", False
        ):  # by torch, which then sees to the hooks itself
            return self._learn(slow, closure)
        for hook in tuple(self._optimizer_step_pre_hooks.values()):
            hook(self, (), {})
        loss = self._move(known, gradients) if quick else self._learn(slow, closure)
        for hook in tuple(self._optimizer_step_post_hooks.values()):
            hook(self, (), {})
        return loss

    step.hooked = True  # Optimizer would wrap it for torch's profiler

    def _learn(self, slow: Any, closure: Any) -> Any:
        """A step of torch's own, after which everything is there to be looked up."""
        loss = slow(self, closure)
        self._known = self._look_up()
        return loss

    def _move(self, known: dict[str, Any], gradients: list[Tensor]) -> None:
        group = self.param_groups[0]
        beta1, beta2 = group["betas"]
        with torch.no_grad():
            known["count"].add_(1)
            torch._fused_adam_(
                known["weights"],
                gradients,
                known["means"],
                known["squares"],
                [],
                known["steps"],
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=0.0,
                eps=group["eps"],
                amsgrad=False,
                maximize=False,
            )

    def _look_up(self) -> dict[str, Any] | None:
        """The tensors of a step, in the order that the kernel takes them; None where it could not
        take them in one call."""
        weights: list[Tensor] = self.param_groups[0]["params"]
        states = [self.state.get(weight) for weight in weights]
        plain = (
            len(self.param_groups) == 1
            and len({(weight.device, weight.dtype) for weight in weights}) == 1
        )
        if not plain or not all(states):
            return None
        count = torch.stack([state["step"] for state in states])
        for state, step in zip(states, count.unbind(), strict=True):
            state["step"] = (
                # parts of one tensor: one call counts them all, and each is still its weight's own
                step
            )
        return {
            "count": count,
            "state": self.state,
            "weights": weights,
            "means": [state["exp_avg"] for state in states],
            "squares": [state["exp_avg_sq"] for state in states],
            "steps": [state["step"] for state in states],
        }
