"""A recorded step as a page gets it: numbers in base64, pictures as bytes, norms by layer; and what
both networks compute on the way."""

from __future__ import annotations

import base64
import math
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ganviz.algorithms.adversarial import Adversarial
from ganviz.engine import frames
from ganviz.engine.snapshot import to_levels
from ganviz.engine.trainer import Trainer
from ganviz.errors import GanvizError
from ganviz.latent.activations import activations
from ganviz.latent.scores import score_unit
from ganviz.objectives import Objective
from ganviz.probes.layers import LayerInfo
from ganviz.probes.probe import short, undisturbed
from ganviz.probes.step_recorder import Move, Recording, StepRecorder
from ganviz.server.explore_inside import layer_maps

# px of the pictures that are sent, and numbers of a latent
LARGEST_PICTURE = 64
LATENT_NUMBERS = 64
# judged together, as a D that looks at its batch needs it; the first one's maps are sent
SAMPLES = 16


def recording_facts(recorder: StepRecorder, recording: Recording) -> dict[str, Any]:
    """What a page needs to replay ``recording``.

    ``moves`` by player: ``z`` [n, latent_numbers], ``fake``, ``real`` [n, *shape] and ``push``
    (-dL_G/dx at the fakes, of their shape; one channel of pictures); ``real_scores`` and
    ``fake_scores`` of the unit that ``unit`` names; ``loss``, ``penalty``, ``rate``; ``gradient``,
    ``weight`` and ``update``: norms of the whole network, and of each of ``layers``. Arrays are
    base64: 32-bit floats; bytes for pictures (0 black, 255 white, channels last) and their push
    (128 is none; ``push_scale`` is what 127 more would be, for each picture).
    """
    algorithm = cast(Adversarial, recorder.trainer.algorithm)
    spec = recorder.trainer.source.spec
    facts: dict[str, Any] = {
        "step": recording.step,
        "kind": spec.kind,
        "shape": _sent_shape(spec.shape, spec.kind),
        "unit": score_unit(algorithm.objective),
        "objective": algorithm.config.objective,
        "pac": algorithm.config.pac,
        "update": algorithm.config.update,
        "batch": algorithm.config.batch_size,
        "latent_numbers": min(algorithm.config.latent_dim, LATENT_NUMBERS),
        "counts": recording.counts,
        "moves": {},
    }
    for player, move in recording.moves.items():
        facts["moves"][player] = {
            **_samples(move, spec.kind),
            **_scores(player, move, algorithm.objective),
            "loss": _number(move.loss),
            "penalty": _number(move.penalty),
            "rate": _number(move.rate),
            **_norms(move, recorder.layers[player]),
        }
    return facts


def _samples(move: Move, kind: str) -> dict[str, Any]:
    """The tensors of a move that are samples or latents, and how many there are."""
    if move.fake is None or move.z is None:
        return {"n": 0}
    count = min(len(move.fake), len(move.z))
    found: dict[str, Any] = {"n": count, "z": _floats(move.z[:count, :LATENT_NUMBERS])}
    found["y"] = None if move.y is None else move.y[:count].tolist()
    as_sent = _floats if kind == "points" else _pictures
    found["fake"] = as_sent(move.fake[:count])
    if move.real is not None:
        found["real"] = as_sent(move.real[:count])
    if move.fake_gradient is not None:
        push = -move.fake_gradient[:count].float()
        found |= {"push": _floats(push)} if kind == "points" else _pushes(push)
    return found


def _scores(player: str, move: Move, objective: Objective) -> dict[str, str]:
    """D's verdicts as the game compares them: on fakes, and on reals where the player sees any."""
    if move.real_logits is None or move.fake_logits is None:
        return {}
    compared = objective.compared(move.real_logits.float(), move.fake_logits.float())
    real, fake = (_floats(objective.score(logits).flatten()) for logits in compared)
    if player == "generator" and not objective.needs_real_in_g:
        return {"fake_scores": fake}
    return {"real_scores": real, "fake_scores": fake}


def _norms(move: Move, layers: list[LayerInfo]) -> dict[str, Any]:
    """Norms of gradient, weights and update, of the network and of each layer."""
    if not move.layers:
        return {}
    found: dict[str, Any] = {"layers": [layer.label for layer in layers]}
    found["layer_parameters"] = [sum(p.numel() for p in layer.parameters) for layer in layers]
    for name, each in zip(("gradient", "weight", "update"), move.layers, strict=True):
        values = iter(each.float().cpu().tolist())
        by_layer = [math.hypot(*(next(values) for _ in layer.parameters)) for layer in layers]
        found[name] = short([math.hypot(*by_layer)], 6)[0]
        found[f"layer_{name}"] = short(by_layer)
    return found


def _number(value: Tensor | float | None) -> float | None:
    return None if value is None else float(value)


def _sent_shape(shape: tuple[int, ...], kind: str) -> list[int]:
    """[2] of points; [height, width, channels] of pictures."""
    if kind == "points":
        return list(shape)
    channels, height, width = shape
    return [min(height, LARGEST_PICTURE), min(width, LARGEST_PICTURE), channels]


def _smaller(x: Tensor) -> Tensor:
    """Pictures [n, C, H, W] of at most `LARGEST_PICTURE` pixels."""
    height, width = (min(side, LARGEST_PICTURE) for side in x.shape[-2:])
    return x if x.shape[-2:] == (height, width) else adaptive_avg_pool2d(x, (height, width))


def _pictures(x: Tensor) -> str:
    return _base64(to_levels(_smaller(x.float())).permute(0, 2, 3, 1))


def _pushes(push: Tensor) -> dict[str, Any]:
    """Where each pixel is pushed, summed over its channels: brighter above 128, darker below."""
    flat = _smaller(push.sum(1, keepdim=True))
    scale = flat.abs().flatten(1).amax(1)
    levels = flat / scale.clamp(min=1e-30).view(-1, 1, 1, 1) * 127 + 128
    return {
        "push": _base64(levels.nan_to_num(128).round().clamp(0, 255).to(torch.uint8)),
        "push_scale": short(scale.cpu()),
    }


def _floats(values: Tensor) -> str:
    return _base64(values.float())


def _base64(values: Tensor) -> str:
    return base64.b64encode(values.contiguous().cpu().numpy().tobytes()).decode("ascii")


@torch.no_grad()
def network_maps(trainer: Trainer) -> dict[str, Any]:
    """The activations that the first of the run's fixed latents causes in G, and its fake in D.
    Raises `GanvizError` where there is no discriminator, or one that judges several samples at
    once."""
    networks = trainer.algorithm.networks
    if "discriminator" not in networks or trainer.config.pac > 1:
        raise GanvizError("This run has no discriminator that judges one sample by itself.")
    layout = frames.layout_for(trainer.source.spec, trainer.algorithm.conditional)
    z = frames.fixed_latents(trainer.config, layout.count)[:SAMPLES].to(trainer.device)
    y = None if layout.y is None else layout.y[:SAMPLES].to(trainer.device)
    found: dict[str, Any] = {}
    with undisturbed(networks["generator"]) as generator:
        x = generator(z, y)
        found["generator"] = activations(generator, z, y)
    with undisturbed(networks["discriminator"]) as discriminator:
        found["discriminator"] = activations(discriminator, x, y)
    return {
        network: [layer_maps(name, output[0]) for name, output in layers.items()]
        for network, layers in found.items()
    }
