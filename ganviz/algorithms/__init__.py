"""What one training step does. An algorithm is a class in a file here, named in `ALGORITHMS`."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ganviz.algorithms import mistakes
from ganviz.algorithms.adversarial import Adversarial
from ganviz.algorithms.base import Algorithm
from ganviz.algorithms.private import PrivateAdversarial
from ganviz.algorithms.vae import Vae
from ganviz.config import RunConfig
from ganviz.data.source import DataSpec
from ganviz.models import seeded
from ganviz.registry import ALGORITHMS, MISTAKES


@dataclass(frozen=True)
class NamedAlgorithm:
    """A named algorithm, with its words for people.

    ``reads``: the `RunConfig` fields that mean something under this algorithm alone.
    ``adversarial``: D and G play against each other. ``private``: what takes its place in private
    training; None where there is none.
    """

    label: str
    why: str
    build: type[Algorithm]
    reads: tuple[str, ...] = ()
    adversarial: bool = False
    private: type[Algorithm] | None = None


@dataclass(frozen=True)
class Mistake:
    """A named mistake: which algorithm it spoils, and the class that takes that algorithm's place.
    None makes no mistake.

    ``reads``: the `RunConfig` fields that the mistake brings into play. ``cross_entropy``: it is
    one with a cross-entropy objective. ``no_logit``: D hands out no logit, so nothing that needs
    one goes with it. ``halves``: it needs to know the run's number of steps.
    """

    label: str
    why: str
    algorithm: str = ""
    build: type[Algorithm] | None = None
    reads: tuple[str, ...] = ()
    cross_entropy: bool = False
    no_logit: bool = False
    halves: bool = False


GAME = (
    "objective",
    "penalty",
    "weight_clip",
    "instance_noise",
    "instance_noise_steps",
    "augment",
    "augment_strength",
    "minibatch_std",
    "noise",
    "pac",
    "freeze_d",
    "d_lr",
    "d_steps",
    "g_steps",
    "update",
    "private",
)
"""The settings of a game between D and G."""

ALGORITHMS.add(
    "gan",
    NamedAlgorithm(
        "GAN",
        "Two networks play against each other: one invents, one judges.",
        Adversarial,
        GAME,
        adversarial=True,
        private=PrivateAdversarial,
    ),
)
ALGORITHMS.add(
    "vae",
    NamedAlgorithm(
        "VAE",
        "One network squeezes a sample into a few numbers, the other draws it again.",
        Vae,
        ("likelihood", "beta", "kl_warmup"),
    ),
)

MISTAKES.add("none", Mistake("None", "No mistake."))
MISTAKES.add(
    "mean-squared",
    Mistake(
        "G copies unrelated pictures",
        "G's loss is the squared difference to a real picture that has nothing to do with its z; D "
        "is never asked. The best answer is the mean picture.",
        "gan",
        mistakes.MeanSquared,
    ),
)
MISTAKES.add(
    "hidden-layer",
    Mistake(
        "D returns a hidden layer",
        "D's last hidden layer is taken for a probability. Its logarithm is not a number.",
        "gan",
        mistakes.HiddenLayer,
        cross_entropy=True,
        no_logit=True,
    ),
)
MISTAKES.add(
    "always-real",
    Mistake(
        "Fakes labelled real",
        "D is told 'real' for the fakes as well, so it learns to say 'real' to everything.",
        "gan",
        mistakes.AlwaysReal,
        cross_entropy=True,
    ),
)
MISTAKES.add(
    "noise-as-data",
    Mistake(
        "Noise in place of data",
        "D is shown random noise as the real samples, so G learns noise.",
        "gan",
        mistakes.NoiseAsData,
    ),
)
MISTAKES.add(
    "turns-apart",
    Mistake(
        "All D steps before all G steps",
        "D trains for the first half of the run, G for the second half, against a D that "
        "no longer answers.",
        "gan",
        mistakes.TurnsApart,
        halves=True,
    ),
)
MISTAKES.add(
    "gan-loss",
    Mistake(
        "VAE with the GAN's loss",
        "A discriminator judges the VAE's pictures, and nothing compares them with what went in or "
        "holds the latents to the prior.",
        "vae",
        mistakes.AdversarialVae,
        ("objective", "d_lr"),
    ),
)


def build(config: RunConfig, spec: DataSpec, device: torch.device) -> Algorithm:
    """The algorithm of ``config``, with seeded initial weights that do not depend on what ran
    before in this process."""
    mistake = MISTAKES.get(config.mistake, "mistake").build
    named = ALGORITHMS.get(config.algorithm, "algorithm")
    kind = mistake or (named.private if config.private and named.private else named.build)
    with seeded(config.seed):
        return kind(config, spec, device)
