"""What goes on between z and the loss in a plane of points: how G bends a grid of latents, and
where a loss of G pushes its fakes. Both go with the frames."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine.frames import fixed_latents
from ganviz.engine.point_frames import packed_points
from ganviz.objectives import Objective
from ganviz.probes.frame_probe import FrameProbe
from ganviz.probes.probe import HeldBatch, undisturbed
from ganviz.registry import OBJECTIVES, PROBES

# Cells of the manifold's grid in each direction; each holds the same share of the latents.
CELLS = 20
# Points of the curve that a single number of z makes.
CURVE = 161
# Of the outermost lines: nearer to 0 the quantile of a normal number runs away.
EDGE = 0.02
# Of the frame's fakes, and as many reals beside them.
ARROWS = 160
# What else is drawn for comparison with the run's own loss.
COMPARED = ("saturating", "non-saturating", "wasserstein")


def manifold_latents(latent_dim: int) -> Tensor:
    """Latents on an even grid of probabilities, row by row: [(CELLS + 1)^2, latent_dim], or
    [CURVE, 1] for one number. Of more numbers than two, the others are 0."""
    if latent_dim == 1:
        return torch.special.ndtri(torch.linspace(EDGE, 1 - EDGE, CURVE))[:, None]
    line = torch.special.ndtri(torch.linspace(EDGE, 1 - EDGE, CELLS + 1))
    second, first = torch.meshgrid(line, line, indexing="ij")
    z = torch.zeros(len(line) ** 2, latent_dim)
    z[:, 0], z[:, 1] = first.flatten(), second.flatten()
    return z


def pushes(
    discriminator: nn.Module, objectives: dict[str, Objective], real: Tensor, fake: Tensor
) -> dict[str, Tensor]:
    """For each objective -dL_G/dx at the ``fake`` points [N, 2], times N so that the batch size
    does not matter: where a step down that loss would move each of them.

    ``real`` [N, 2] are judged beside them, for objectives that compare. The discriminator's weights
    get no gradient.
    """
    moved: dict[str, Tensor] = {}
    with undisturbed(discriminator) as judge, torch.enable_grad():
        x = fake.detach().clone().requires_grad_()
        real_logits, fake_logits = judge(real, None).detach(), judge(x, None)
        for name, objective in objectives.items():
            loss = objective.g(real_logits, fake_logits)
            (gradient,) = torch.autograd.grad(loss, x, retain_graph=True)
            moved[name] = -len(x) * gradient
    return moved


@PROBES.register("plane-fields")
class PlaneFields(FrameProbe):
    """``manifold``: the images of an even grid of latents under the EMA generator. ``arrows``: for
    the run's objective (``own``) and some others, where G's loss pushes the first of the frame's
    fakes, which were ``at`` those places."""

    name = "manifold and arrows"

    def prepare(self) -> None:
        super().prepare()
        trainer = self.trainer
        self._grid = manifold_latents(trainer.config.latent_dim).to(trainer.device)
        self._z = fixed_latents(trainer.config, ARROWS).to(trainer.device)
        self._real = HeldBatch(trainer, self.source, ARROWS, salt=16).x
        self._objectives = self._compared()

    def _compared(self) -> dict[str, Objective]:
        """The run's objective first; none where D judges no single points."""
        algorithm = self.trainer.algorithm
        if "discriminator" not in algorithm.networks or self.trainer.config.pac > 1:
            return {}
        own = cast(Adversarial, algorithm).objective
        others = {name: OBJECTIVES.get(name, "objective") for name in COMPARED}
        return {own.name: own, **{name: one for name, one in others.items() if name != own.name}}

    def for_frame(self) -> dict[str, Any]:
        algorithm = self.trainer.algorithm
        generator = algorithm.ema.network
        with torch.no_grad():
            images = generator(self._grid, None).float().cpu()
            fake = generator(self._z, None).float() if self._objectives else None
        data: dict[str, Any] = {"manifold": packed_points(images.numpy())}
        if fake is not None:
            moved = pushes(algorithm.networks["discriminator"], self._objectives, self._real, fake)
            data["arrows"] = {
                "own": next(iter(self._objectives)),
                # another step's, where a probe had no time since
                "at": packed_points(fake.cpu().numpy()),
                "pushes": {name: packed_points(each.cpu().numpy()) for name, each in moved.items()},
            }
        return data
