"""What D says of a batch, cut off from D where losses and penalties look at it.

R1 and R2 look at two things: D's logits and its slope dD/dx. The obvious way differentiates the
loss through D's own pass, and the penalty through the pass that gave the slope. Where D is made of
linear layers, convolutions and kinks (ReLU, leaky or not), the second of these is enough. Such a D
is homogeneous of degree one in its input and its biases together, so by Euler's theorem

    D(x) = <dD/dx, x> + sum over layers l of <dD/da_l, b_l>,    a_l = W_l h_l + b_l,

and the gradient at the weights of any sum of t_i D(x_i) is that of the right side with t_i x_i and
t_i b_l held constant. Its way leads through the slopes alone, which the penalty travels as well, at
the price of one: per layer, four products of the size of a forward pass instead of six. Biases get
t_i dD/da_l, added up; a penalty on the slope does not see them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganviz.accel.kernels import is_on, only_inputs, only_slopes
from ganviz.models import mlp, parts, resnet

SHIFTING = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)  # these may have a bias
SCALING = (
    nn.ReLU,
    nn.LeakyReLU,
    nn.Identity,
    nn.Flatten,
    nn.Sequential,
    nn.AvgPool2d,
    nn.Embedding,
    parts.Discriminator,
    parts.ToFeatures,
    mlp.Layer,
    resnet.Block,
    resnet.SumPixels,
)
WEIGHTS = "parametrizations"  # where torch keeps what makes a weight, as spectral norm does


def can_be_cut(discriminator: nn.Module) -> bool:
    """Whether a `Verdict` of ``discriminator`` is exact: all that it is made of is known to allow
    it.

    A class that is joined to the input, or told by a second head, is neither input nor bias.
    """
    known = all(
        _is_known(module) or WEIGHTS in name for name, module in discriminator.named_modules()
    )
    return (
        is_on() and known and getattr(discriminator, "conditioning", "") in ("none", "projection")
    )


def _is_known(module: nn.Module) -> bool:
    """Somebody else's subclass may do what it likes."""
    return isinstance(module, SHIFTING + SCALING) and type(module).__module__.startswith(
        ("torch.nn.", "ganviz.models.", "ganviz.accel.")
    )


class Verdict:
    """What ``discriminator`` says of ``points`` [N, ...] as it is ``shown`` them, of the classes
    ``y`` [N].

    ``logits`` [N] and ``slope`` dD/dx [N, ...] are leaves: whatever is computed from them,
    `backward` brings it to D's weights.
    """

    def __init__(
        self,
        discriminator: nn.Module,
        points: Tensor,
        y: Tensor | None,
        shown: Callable[[Tensor], Tensor],
    ):
        points.requires_grad_()
        with only_slopes(), _shifted(discriminator) as layers:
            x = shown(points)
            logits = discriminator(x, y)
        self._biases = [bias for bias, _ in layers]
        changed = [] if x is points else [x]
        with only_inputs():
            slope, *at = torch.autograd.grad(
                logits.sum(), [points, *changed, *(out for _, out in layers)], create_graph=True
            )
        self._slope, self._at_shown, self._at_layers = (
            slope,
            at[0] if changed else slope,
            at[len(changed) :],
        )
        self._shown = x.detach()
        self.logits = logits.detach().requires_grad_()
        self.slope = slope.detach().requires_grad_()

    def backward(self, loss: Tensor, weights: list[Tensor]) -> None:
        """Add the gradient of ``loss``, a scalar of ``logits`` and perhaps of ``slope``, at D's
        ``weights``. Once only."""
        towards, push = torch.autograd.grad(loss, (self.logits, self.slope), allow_unused=True)
        ends = [(self._at_shown, _each(towards, self._shown) * self._shown)]
        if push is not None:
            ends.append((self._slope, push))
        for bias, at in zip(self._biases, self._at_layers, strict=True):
            ends.append((at, (_each(towards, at) * _over(bias.detach(), at)).expand_as(at)))
            gradient = (
                towards @ at.detach().flatten(2).sum(2) if at.dim() > 2 else towards @ at.detach()
            )
            if bias.requires_grad:
                bias.grad = gradient if bias.grad is None else bias.grad + gradient
        ends = [
            (root, seed) for root, seed in ends if root.requires_grad
        ]  # the slope at the logit itself is 1
        torch.autograd.backward(
            *map(list, zip(*ends, strict=True)),
            inputs=[w for w in weights if not _in(w, self._biases)],
        )


@contextmanager
def _shifted(network: nn.Module) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """Within: each bias that this thread uses and what came out of its layer, in the order of
    use."""
    seen: list[tuple[Tensor, Tensor]] = []
    here = threading.get_ident()

    def note(layer: nn.Module, _: object, out: Tensor) -> None:
        if threading.get_ident() == here:  # others may ask D something meanwhile
            seen.append((layer.bias, out))

    handles = [
        module.register_forward_hook(note)
        for module in network.modules()
        if isinstance(module, SHIFTING) and module.bias is not None
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _each(values: Tensor, like: Tensor) -> Tensor:
    """One number for each sample: [N] -> [N, 1, ...]."""
    return values.view(-1, *[1] * (like.dim() - 1))


def _over(bias: Tensor, like: Tensor) -> Tensor:
    """One number for each channel: [C] -> [1, C, 1, ...]."""
    return bias.view(1, -1, *[1] * (like.dim() - 2))


def _in(tensor: Tensor, others: list[Tensor]) -> bool:
    return any(tensor is other for other in others)
