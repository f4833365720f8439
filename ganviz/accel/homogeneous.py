"""One double backward for D's loss and its gradient penalty, where D is homogeneous.

R1 and R2 take two things of D: its logits and its input gradient dD/dx. The obvious way
differentiates the loss through D's own forward pass, and the penalty through the pass that gave
dD/dx. Where D is made of linear layers, convolutions and piecewise linear activations (ReLU, leaky
or not), the second of these is enough. Such a D is homogeneous of degree one in its input and its
biases together, so by Euler's theorem

    D(x) = <dD/dx, x> + sum over layers l of <dD/da_l, b_l>,    a_l = W_l h_l + b_l,

and the gradient at the weights of any sum of t_i D(x_i) is that of the right side with t_i x_i and
t_i b_l held constant. Its way leads through the input gradients alone, which the penalty travels as
well, at the price of one: per layer, four products of the size of a forward pass instead of six.
Biases get t_i dD/da_l, added up; a penalty on the input gradient does not see them.

A layer of one's own takes part by declaring ``homogeneous = True`` in its class (a property where
it depends): f(c x) = c f(x) for c > 0, apart from biases of torch's own layers inside it. A
subclass declares it anew, since it may do what it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, type_before_parametrizations

from ganviz.accel import is_enabled
from ganviz.accel import private_apis as private
from ganviz.accel.second_order import input_grad_only, no_weight_gradients

# These may have a bias.
WITH_BIAS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
# torch's layers that are homogeneous, of exactly this class.
HOMOGENEOUS = {
    *WITH_BIAS,
    nn.ReLU,
    nn.LeakyReLU,
    nn.Identity,
    nn.Flatten,
    nn.Sequential,
    nn.AvgPool2d,
    nn.Embedding,
}
# Where torch keeps what makes a weight, as spectral norm does.
PARAMETRIZATIONS = "parametrizations"


def is_homogeneous(network: nn.Module) -> bool:
    """Whether a `HomogeneousDoubleBackward` of ``network`` is exact: all that it is made of is
    known or declares to be homogeneous."""
    return is_enabled() and all(
        PARAMETRIZATIONS in name or _declares_homogeneous(module)
        for name, module in network.named_modules()
    )


def _declares_homogeneous(module: nn.Module) -> bool:
    kind = type_before_parametrizations(module) if is_parametrized(module) else type(module)
    return kind in HOMOGENEOUS or ("homogeneous" in vars(kind) and bool(module.homogeneous))


class HomogeneousDoubleBackward:
    """D's ``logits`` [N] at ``points`` [N, ...], which it sees through ``augment``, of the classes
    ``y`` [N], and its ``input_gradient`` dD/dx [N, ...]. ``precision``: entered for the forward
    pass.

    Both are leaves: whatever is computed from them, `backward` brings it to D's weights.
    """

    def __init__(
        self,
        discriminator: nn.Module,
        points: Tensor,
        y: Tensor | None,
        augment: Callable[[Tensor], Tensor],
        precision: AbstractContextManager[None] | None = None,
    ):
        points.requires_grad_()
        with input_grad_only(), _outputs_of_biased_layers(discriminator) as layers:
            x = augment(points)
            with precision or nullcontext():
                logits = discriminator(x, y)
        self._biases = [bias for bias, _ in layers]
        augmented = [] if x is points else [x]
        with no_weight_gradients():
            input_gradient, *more = torch.autograd.grad(
                logits.sum(), [points, *augmented, *(out for _, out in layers)], create_graph=True
            )
        self._input_gradient = input_gradient
        self._augmented_gradient = more[0] if augmented else input_gradient
        self._output_gradients = more[len(augmented) :]
        self._x = x.detach()
        self.logits = logits.detach().requires_grad_()
        self.input_gradient = input_gradient.detach().requires_grad_()

    def backward(self, loss: Tensor, weights: list[Tensor]) -> None:
        """Add the gradient of ``loss``, a scalar of ``logits`` and perhaps of ``input_gradient``,
        at D's ``weights``. Once only."""
        to_logits, to_input_gradient = torch.autograd.grad(
            loss, (self.logits, self.input_gradient), allow_unused=True
        )
        # Pairs of a tensor in the graph of the input gradient and the constant it is multiplied by.
        terms = [(self._augmented_gradient, _per_sample(to_logits, self._x) * self._x)]
        if to_input_gradient is not None:
            terms.append((self._input_gradient, to_input_gradient))
        for bias, gradient in zip(self._biases, self._output_gradients, strict=True):
            constant = _per_sample(to_logits, gradient) * _per_channel(bias.detach(), gradient)
            terms.append((gradient, constant.to(gradient.dtype).expand_as(gradient)))
            if bias.requires_grad:
                _add_bias_gradient(bias, gradient.detach(), to_logits)
        # The gradient at the logit itself is 1 and has no graph.
        terms = [(tensor, constant) for tensor, constant in terms if tensor.requires_grad]
        private.backward_from(
            [tensor for tensor, _ in terms],
            [constant for _, constant in terms],
            [w for w in weights if not any(w is bias for bias in self._biases)],
        )


def _add_bias_gradient(bias: Tensor, output_gradient: Tensor, to_logits: Tensor) -> None:
    pixels_summed = output_gradient
    if output_gradient.dim() > 2:
        pixels_summed = output_gradient.flatten(2).sum(2, dtype=to_logits.dtype)
    gradient = to_logits @ pixels_summed.to(to_logits.dtype)
    bias.grad = gradient if bias.grad is None else bias.grad + gradient


@contextmanager
def _outputs_of_biased_layers(network: nn.Module) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Within: each bias that this thread uses and the output of its layer, in the order of use."""
    seen: list[tuple[Tensor, Tensor]] = []
    here = threading.get_ident()

    def note(layer: Any, _: object, output: Tensor) -> None:
        # Other threads may use D meanwhile.
        if threading.get_ident() == here:
            seen.append((layer.bias, output))

    handles = [
        module.register_forward_hook(note)
        for module in network.modules()
        if isinstance(module, WITH_BIAS) and module.bias is not None
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _per_sample(values: Tensor, like: Tensor) -> Tensor:
    """One number for each sample: [N] -> [N, 1, ...]."""
    return values.view(-1, *[1] * (like.dim() - 1))


def _per_channel(bias: Tensor, like: Tensor) -> Tensor:
    """One number for each channel: [C] -> [1, C, 1, ...]."""
    return bias.view(1, -1, *[1] * (like.dim() - 2))
