"""One step of the game, recorded from inside: what each player saw, said and changed.

The training is not touched: while a step is recorded, the algorithm's methods note what passes
through them and do what they always do, and afterwards nothing of that is there. Weights are bit
for bit those of a run that nobody records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from ganviz.accel import private_apis as private
from ganviz.algorithms.adversarial import Adversarial
from ganviz.device import work_clock
from ganviz.probes.gradients import example_pass
from ganviz.probes.layers import LayerInfo, layers_of

if TYPE_CHECKING:
    from ganviz.engine.trainer import Trainer

# samples of a batch that are kept, by the kind of the data
KEPT = {"points": 512, "images": 16}
PRIVATE = (
    "This run trains privately: D's gradients are taken for each sample by itself, and no step of "
    "it is recorded."
)
NO_GAME = (
    "This run trains no generator against a discriminator, so there is no game to record: its "
    "networks share one loss and move at once."
)


@dataclass
class Move:
    """One player's update.

    ``z``, ``fake``, ``real``: the first samples of the batch, as D saw them (before augmentation);
    ``y``: their classes, where the networks are told. ``real_logits``, ``fake_logits``: of the
    whole batch. ``loss``: what the player minimised; ``penalty``: what its gradient penalty added.
    ``fake_gradient``: dL_G/dx at the kept fakes, of G's move alone. ``layers``: norms of gradient
    (as the optimiser got it), weights and update, of each parameter of each layer. ``rate``: the
    optimiser's learning rate.
    """

    z: Tensor | None = None
    fake: Tensor | None = None
    real: Tensor | None = None
    y: Tensor | None = None
    real_logits: Tensor | None = None
    fake_logits: Tensor | None = None
    loss: Tensor | float | None = None
    penalty: Tensor | float = 0.0
    fake_gradient: Tensor | None = None
    layers: list[Tensor] = field(default_factory=list)
    rate: Tensor | float = 0.0


@dataclass
class Recording:
    """A recorded step. ``step``: its number, from 1; ``moves``: by player, "discriminator" and
    "generator"; ``counts``: how many updates of each player the step had. D's move is the last one
    before G's first, which learns from the same fakes."""

    step: int
    moves: dict[str, Move] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: {"discriminator": 0, "generator": 0})


class StepRecorder:
    """Records steps of an adversarial game, each on request. To be used between steps, from the
    training thread. Raises nothing that a training would see."""

    def __init__(self, trainer: Trainer):
        self.trainer = trainer
        self.worked = work_clock(trainer.device)
        self.seconds = 0.0
        self.newest: Recording | None = None
        self._recording: Recording | None = None
        self._kept = KEPT[trainer.source.spec.kind]
        self._z: Tensor | None = None
        self._learning = False
        self._handles: list[Any] = []
        self._layers: dict[str, list[LayerInfo]] = {}
        self._replaced: dict[str, Any] = {}

    @property
    def why_not(self) -> str | None:
        """Why nothing can be recorded of this run, in a sentence; None where it can."""
        if self.trainer.algorithm.privacy is not None:
            return PRIVATE
        return None if isinstance(self.trainer.algorithm, Adversarial) else NO_GAME

    @property
    def layers(self) -> dict[str, list[LayerInfo]]:
        """The layers of both networks, in the order of `Move.layers`."""
        if not self._layers:
            self._layers = {
                name: layers_of(network, example_pass(self.trainer, name))
                for name, network in self.trainer.algorithm.networks.items()
            }
        return self._layers

    def begin(self) -> None:
        """Record the next step."""
        if self.why_not or self._recording is not None:
            return
        self.layers  # noqa: B018 - found out now, not within the step
        self._recording = Recording(self.trainer.step_count + 1)
        self.seconds = 0.0
        algorithm = cast(Adversarial, self.trainer.algorithm)
        # several processes have put a method of their own there
        self._replaced = {name: vars(algorithm).get(name) for name in self._notes()}
        for name, note in self._notes().items():
            setattr(algorithm, name, note(getattr(algorithm, name)))
        # a captured step becomes a plain one where an optimiser has a new hook
        self._handles = [
            optimizer.register_step_pre_hook(lambda *_: None)
            for optimizer in algorithm.optimizers.values()
        ]

    def collect(self) -> Recording | None:
        """What was recorded since `begin`; None while no step was taken."""
        if self._recording is None or not self._recording.moves:
            return None
        self.newest = self._recording
        self.cancel()
        return self.newest

    def cancel(self) -> None:
        """Record nothing."""
        if self._recording is None:
            return
        self._recording = self._z = None
        for name, before in self._replaced.items():
            if before is None:
                delattr(self.trainer.algorithm, name)
            else:
                setattr(self.trainer.algorithm, name, before)
        for handle in self._handles:
            handle.remove()
        self._handles = []

    # -- what is noted -------------------------------------------------------------------------
    def _notes(self) -> dict[str, Callable[[Callable], Callable]]:
        """By the name of a method, what makes one that notes what passes through it."""
        return {
            "latents": self._note_latents,
            "judge_both": self._note_judge_both,
            "judge": self._note_judge,
            "gradient_penalty": self._note_penalty,
            "discriminator_loss": self._note_loss("discriminator"),
            "generator_loss": self._note_loss("generator"),
            "generator_step": self._note_generator_step,
            "update_discriminator": self._note_update("discriminator"),
            "update_generator": self._note_update("generator"),
        }

    def _move(self, player: str) -> Move:
        assert self._recording is not None
        return self._recording.moves.setdefault(player, Move())

    @property
    def _keeps(self) -> bool:
        """Whether this update is kept: D's last one before G's first, and that."""
        return self._recording is not None and not self._recording.counts["generator"]

    def _first(self, samples: Tensor | None) -> Tensor | None:
        return None if samples is None else samples[: self._kept].detach().clone()

    def _note_latents(self, latents: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def noted(count: int) -> Tensor:
            z = latents(count)
            self._z = z[: self._kept]
            return z

        return noted

    def _note_judge_both(self, judge_both: Callable) -> Callable:
        def noted(real: Tensor, fake: Tensor, y: Tensor | None, *more: Any, **named: Any) -> Any:
            if self._recording and self._keeps:
                self._recording.moves["discriminator"] = Move(
                    self._z, self._first(fake), self._first(real), self._first(y)
                )
            return judge_both(real, fake, y, *more, **named)

        return noted

    def _note_generator_step(self, generator_step: Callable) -> Callable:
        def noted(batch: Any, fake: Tensor | None = None) -> None:
            self._learning = self._keeps
            try:
                generator_step(batch, fake)
            finally:
                self._learning = False

        return noted

    def _note_judge(self, judge: Callable) -> Callable:
        def noted(x: Tensor, y: Tensor | None, *more: Any, **named: Any) -> Any:
            if self._learning and x.requires_grad:
                move = self._move("generator")
                move.z, move.fake, move.y = self._z, self._first(x), self._first(y)
                x.register_hook(self._note_gradient)
            return judge(x, y, *more, **named)

        return noted

    def _note_gradient(self, gradient: Tensor) -> None:
        self._move("generator").fake_gradient = self._first(gradient)

    def _note_penalty(self, gradient_penalty: Callable) -> Callable:
        def noted(*arguments: Any) -> Any:
            value = gradient_penalty(*arguments)
            if self._keeps:
                plain = value.detach().clone() if isinstance(value, Tensor) else value
                self._move("discriminator").penalty = plain
            return value

        return noted

    def _note_loss(self, player: str) -> Callable[[Callable], Callable]:
        def note(loss_of: Callable[..., Tensor]) -> Callable[..., Tensor]:
            def noted(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
                loss = loss_of(real_logits, fake_logits)
                if self._keeps:
                    move = self._move(player)
                    move.real_logits = real_logits.detach().clone()
                    move.fake_logits = fake_logits.detach().clone()
                    move.loss = loss.detach().clone()
                return loss

            return noted

        return note

    def _note_update(self, player: str) -> Callable[[Callable], Callable]:
        def note(update: Callable) -> Callable:
            def noted(*arguments: Any) -> Any:
                assert self._recording is not None
                kept = self._keeps
                parameters = [p for layer in self.layers[player] for p in layer.parameters]
                began = self.worked()
                before = [p.detach().clone() for p in parameters] if kept else []
                self.seconds += self.worked() - began
                result = update(*arguments)
                began = self.worked()
                if kept:
                    self._recording.step = self.trainer.step_count + 1
                    self._note_norms(player, parameters, before)
                    self._note_simultaneous(player, *arguments)
                self._recording.counts[player] += 1
                self.seconds += self.worked() - began
                return result

            return noted

        return note

    def _note_norms(
        self, player: str, parameters: list[nn.Parameter], before: list[Tensor]
    ) -> None:
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        moved = private.subtract_each([p.detach() for p in parameters], before)
        rate = self.trainer.algorithm.optimizers[player].param_groups[0]["lr"]
        move = self._move(player)
        move.rate = rate.detach().clone() if isinstance(rate, Tensor) else rate
        move.layers = [
            torch.stack(private.norm_each(list(values))) for values in (gradients, before, moved)
        ]

    def _note_simultaneous(self, player: str, output: Any, *more: Any) -> None:
        """Where both move at once, G is handed the gradient at the fakes that D has judged."""
        if player == "generator" and more and more[0] is not None:
            move, other = self._move("generator"), self._move("discriminator")
            move.z, move.fake, move.y = other.z, other.fake, other.y
            move.fake_gradient = self._first(more[0])
