"""Which settings go together: one small function a rule, each with its sentence.

What a rule needs to know of a choice, the choice's own definition declares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ganviz import registry
from ganviz.augmentation import misused_augmentation
from ganviz.config import RunConfig
from ganviz.errors import ConfigError
from ganviz.private_rules import NOT_PRIVATE

Rule = Callable[[RunConfig], "ConfigError | None"]


def rule(function: Rule) -> Rule:
    """Register a rule: it returns what it has against a config, else None."""
    return registry.RULES.add(function.__name__, function)


def against(field: str, sentence: str, **slots: Any) -> ConfigError:
    """A rule's refusal: the field to mend, and a whole sentence with named slots."""
    return ConfigError(sentence, field, **slots)


def _pictures(config: RunConfig) -> bool:
    return registry.DATASETS.get(config.data).kind == "images"


class NetworkTraits(Protocol):
    """What a network's definition, which stands above, says of itself; see
    `ganviz.models.parts.Network`."""

    kinds: tuple[str, ...]
    sizes: tuple[int, ...] | None
    maps: bool
    norm_free: bool
    adversarial_only: bool
    bounded: bool


def _networks(config: RunConfig) -> list[tuple[str, str, NetworkTraits]]:
    """(field, the field of its norm, the entry) of both networks; a VAE encodes with the
    discriminator's trunk."""
    return [
        ("generator", "g_norm", registry.GENERATORS.get(config.generator)),
        ("discriminator", "d_norm", registry.DISCRIMINATORS.get(config.discriminator)),
    ]


# -- noise -----------------------------------------------------------------------------------
@rule
def a_sphere_has_dimensions(config: RunConfig) -> ConfigError | None:
    if config.noise == "sphere" and config.latent_dim == 1:
        return against(
            "latent_dim",
            "A sphere in one dimension is two points, of which G could make two samples: give z at "
            "least 2 numbers, or choose another noise.",
        )
    return None


# -- data ------------------------------------------------------------------------------------
@rule
def networks_fit_the_data(config: RunConfig) -> ConfigError | None:
    kind = registry.DATASETS.get(config.data).kind
    for field, _, network in _networks(config):
        slots = {"network": field, "name": getattr(config, field), "data": config.data}
        if kind not in network.kinds:
            table = registry.GENERATORS if field == "generator" else registry.DISCRIMINATORS
            return against(
                field,
                "The {network} {name!r} does not go with the data set {data!r}, which holds "
                "{kind}. These do: {others}.",
                kind=kind,
                others=", ".join(name for name, other in table if kind in other.kinds),
                **slots,
            )
        if kind == "images" and network.sizes and config.image_size not in network.sizes:
            return against(
                field,
                "The {network} {name!r} works at {sizes} px, not {size} px.",
                sizes=", ".join(map(str, network.sizes)),
                size=config.image_size,
                **slots,
            )
    return None


@rule
def a_folder_needs_a_path(config: RunConfig) -> ConfigError | None:
    if registry.DATASETS.get(config.data).reads_folder and not config.data_path:
        return against("data_path", "Name the folder that holds your pictures.")
    return None


@rule
def conditioning_needs_labels(config: RunConfig) -> ConfigError | None:
    if config.conditional and registry.DATASETS.get(config.data).classes == ():
        return against(
            "conditioning",
            "The data set {data!r} has no labels; set conditioning to 'none'.",
            data=config.data,
        )
    return None


@rule
def flip_is_for_pictures(config: RunConfig) -> ConfigError | None:
    if config.flip and not _pictures(config):
        return against("flip", "Horizontal flip is for pictures; this data set holds points.")
    return None


@rule
def augmentation_fits_the_game(config: RunConfig) -> ConfigError | None:
    strength, pictures = config.augment_strength, _pictures(config)
    found = misused_augmentation(config.augment, strength, pictures, config.adversarial)
    return against(*found) if found else None


# -- discriminator, penalties and updates ------------------------------------------------------
@rule
def norm_free_where_the_gradient_is_penalised(config: RunConfig) -> ConfigError | None:
    """Batch statistics tie samples together, and a penalty on each sample's gradient then means
    something else; so does a comparison within pairs."""
    if not config.adversarial or config.d_norm != "batch":
        return None
    if config.penalised:
        return against(
            "d_norm",
            "The penalty {penalty!r} needs a discriminator without batch norm: set discriminator "
            "norm to 'none', 'layer' or 'spectral'.",
            penalty=config.penalty,
        )
    if registry.OBJECTIVES.get(config.objective).pairs:
        return against(
            "d_norm",
            "Relativistic objectives need a discriminator without batch norm: set discriminator "
            "norm to 'none'.",
        )
    return None


@rule
def simultaneous_needs_independent_samples(config: RunConfig) -> ConfigError | None:
    """One D pass serves both players only where D treats samples independently: per-sample
    gradients are then those of two separate passes."""
    if not config.adversarial or config.update != "simultaneous":
        return None
    if config.d_norm == "batch" or config.minibatch_std or config.pac > 1:
        return against(
            "update",
            "Simultaneous update needs a discriminator that judges each sample on its own: "
            "no batch norm, no minibatch std, pac size 1.",
        )
    if config.d_steps != 1 or config.g_steps != 1:
        return against(
            "update",
            "Simultaneous update moves both networks once at a time: set D steps and G steps to 1.",
        )
    if config.conditioning == "auxiliary":
        return against(
            "update",
            "Simultaneous update does not go with the auxiliary classifier; choose alternating.",
        )
    return None


@rule
def compiled_passes_are_differentiated_once(config: RunConfig) -> ConfigError | None:
    if (
        config.compiled
        and config.adversarial
        and (config.penalised or config.update == "simultaneous")
    ):
        return against(
            "compiled",
            "torch.compile cannot differentiate twice, which gradient penalties and the "
            "simultaneous update need; switch it off, or choose no penalty and alternating "
            "updates.",
        )
    return None


@rule
def pac_divides_the_batch(config: RunConfig) -> ConfigError | None:
    if config.pac > 1 and config.batch_size % config.pac:
        return against(
            "pac",
            "Batch size {batch} is not a multiple of pac size {pac}.",
            batch=config.batch_size,
            pac=config.pac,
        )
    return None


@rule
def pac_and_conditioning(config: RunConfig) -> ConfigError | None:
    if config.pac > 1 and config.conditional:
        return against(
            "pac", "PacGAN joins samples of any class; set conditioning to 'none' or pac size to 1."
        )
    return None


@rule
def batch_statistics_need_a_batch(config: RunConfig) -> ConfigError | None:
    if config.batch_size < 2 and (
        "batch" in (config.g_norm, config.d_norm) or config.minibatch_std
    ):
        return against("batch_size", "Batch norm and minibatch std need a batch of at least 2.")
    return None


@rule
def label_tricks_need_labels(config: RunConfig) -> ConfigError | None:
    """Smoothing and flipping change targets; Wasserstein and hinge losses have none."""
    if not config.adversarial or registry.OBJECTIVES.get(config.objective).has_targets:
        return None
    for field in ("label_smoothing", "label_flip"):
        if getattr(config, field):
            return against(
                field,
                "The objective {objective!r} has no real and fake targets to change; set {setting} "
                "to 0.",
                objective=config.objective,
                setting=field,
            )
    return None


# -- norms -------------------------------------------------------------------------------------
@rule
def instance_norm_needs_pixels(config: RunConfig) -> ConfigError | None:
    """An MLP layer has one number a unit and sample: instance norm would turn each into zero."""
    for _, norm, network in _networks(config):
        if not network.maps and getattr(config, norm) == "instance":
            return against(
                norm,
                "Instance norm needs pictures inside the network; for an MLP choose 'layer', "
                "'batch' or 'none'.",
            )
    return None


@rule
def norm_free_networks_take_no_norm(config: RunConfig) -> ConfigError | None:
    for field, norm, network in _networks(config):
        if network.norm_free and getattr(config, norm) != "none":
            return against(
                norm,
                "The {network} {name!r} is built to work without normalisation; set {setting} to "
                "'none'.",
                network=field,
                name=getattr(config, field),
                setting=norm,
            )
    return None


# -- the course of the run, and variational autoencoders ---------------------------------------
@rule
def decay_needs_an_end(config: RunConfig) -> ConfigError | None:
    if config.lr_decay != "none" and not config.steps:
        return against(
            "lr_decay",
            "Learning rates fall to zero over a known number of steps: give one, or set lr_decay "
            "to 'none'.",
        )
    return None


@rule
def without_a_discriminator_only_concatenation(config: RunConfig) -> ConfigError | None:
    if not config.adversarial and config.conditioning not in ("none", "concat"):
        return against(
            "conditioning",
            "Without a discriminator, only conditioning by concatenation has a meaning.",
        )
    return None


@rule
def bernoulli_likelihood_needs_pictures(config: RunConfig) -> ConfigError | None:
    """It takes what the decoder's last tanh is given for the logit of a coin."""
    reads_it = "likelihood" in registry.ALGORITHMS.get(config.algorithm).reads
    if not reads_it or config.likelihood != "bernoulli":
        return None
    if not _pictures(config):
        return against(
            "likelihood",
            "The Bernoulli likelihood takes brightness for a chance; for points choose 'gaussian'.",
        )
    if not registry.GENERATORS.get(config.generator).bounded:
        return against(
            "likelihood",
            "The generator {name!r} ends without tanh, so its numbers are no chances: choose the "
            "likelihood 'gaussian'.",
            name=config.generator,
        )
    return None


# -- mistakes: each must show its own consequence, so what would hide it is refused ---------------
@rule
def networks_with_a_mistake_need_an_adversary(config: RunConfig) -> ConfigError | None:
    for field, _, network in _networks(config):
        if network.adversarial_only and not config.adversarial:
            return against(
                field,
                "The {network} {name!r} shows its mistake in a GAN only; choose another one.",
                network=field,
                name=getattr(config, field),
            )
    return None


@rule
def a_mistake_belongs_to_an_algorithm(config: RunConfig) -> ConfigError | None:
    mistake = registry.MISTAKES.get(config.mistake)
    if config.mistaken and config.algorithm != mistake.algorithm:
        return against(
            "mistake",
            "The mistake {mistake!r} is one of the algorithm {algorithm!r}; set mistake to 'none'.",
            mistake=config.mistake,
            algorithm=mistake.algorithm,
        )
    return None


@rule
def a_mistake_changes_one_turn(config: RunConfig) -> ConfigError | None:
    if config.mistaken and config.adversarial and config.update != "alternating":
        return against(
            "update",
            "The mistake {mistake!r} changes one player's turn: set the update order to "
            "'alternating'.",
            mistake=config.mistake,
        )
    return None


@rule
def a_mistake_with_cross_entropy_needs_it(config: RunConfig) -> ConfigError | None:
    needed = registry.MISTAKES.get(config.mistake).cross_entropy
    if needed and not registry.OBJECTIVES.get(config.objective).cross_entropy:
        return against(
            "mistake",
            "The mistake {mistake!r} is one with cross-entropy: set the objective to one of "
            "{objectives}.",
            mistake=config.mistake,
            objectives=", ".join(
                repr(name) for name, entry in registry.OBJECTIVES if entry.cross_entropy
            ),
        )
    return None


@rule
def where_there_is_no_logit(config: RunConfig) -> ConfigError | None:
    if registry.MISTAKES.get(config.mistake).no_logit and (
        config.penalised or config.conditional or config.pac > 1
    ):
        return against(
            "mistake",
            "The mistake {mistake!r} leaves no logit: set penalty and conditioning to 'none', and "
            "pac to 1.",
            mistake=config.mistake,
        )
    return None


@rule
def halves_of_a_known_length(config: RunConfig) -> ConfigError | None:
    if registry.MISTAKES.get(config.mistake).halves and not config.steps:
        return against(
            "steps",
            "The mistake {mistake!r} gives each player half of the run: give a number of steps.",
            mistake=config.mistake,
        )
    return None


@rule
def private_training_takes_each_picture_on_its_own(config: RunConfig) -> ConfigError | None:
    """What ties samples together, or lets reals reach G, would make the promise false."""
    if not config.private:
        return None
    for holds, field, sentence in NOT_PRIVATE:
        if holds(config):
            return against(field, sentence)
    return None
