"""Which settings go together: one small function a rule, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganviz import registry
from ganviz.errors import ConfigError

if TYPE_CHECKING:
    from ganviz.config import RunConfig

Rule = Callable[["RunConfig"], "tuple[str, str] | None"]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Add a rule: it returns ``(field, sentence)`` for settings that do not go together, else
    None."""
    RULES.append(function)
    return function


def check(config: RunConfig) -> None:
    """Raise `ConfigError` with the first broken rule's sentence and field."""
    for broken in (rule(config) for rule in RULES):
        if broken:
            raise ConfigError(broken[1], broken[0])


@rule
def networks_fit_the_data(config):
    """An entry of the network registries carries ``kinds`` and, for pictures, ``sizes``."""
    kind = registry.DATASETS.get(config.data).kind
    for field, table in (
        ("generator", registry.GENERATORS),
        ("discriminator", registry.DISCRIMINATORS),
    ):
        network = table.get(getattr(config, field), field)
        if kind not in network.kinds:
            return field, (
                f"The {table.noun} {getattr(config, field)!r} makes {' or '.join(network.kinds)}, "
                f"but the data set {config.data!r} holds {kind}. Choose 'mlp'."
            )
        if kind == "images" and network.sizes and config.image_size not in network.sizes:
            sizes = ", ".join(map(str, network.sizes))
            return (
                field,
                f"The {table.noun} {getattr(config, field)!r} works at {sizes} px, not "
                f"{config.image_size} px.",
            )
    return None


@rule
def conditioning_needs_labels(config):
    if config.conditioning != "none" and registry.DATASETS.get(config.data).classes == ():
        return (
            "conditioning",
            f"The data set {config.data!r} has no labels; set conditioning to 'none'.",
        )
    return None


@rule
def folder_needs_a_path(config):
    if config.data == "folder" and not config.data_path:
        return "data_path", "Name the folder that holds your pictures."
    return None


@rule
def flip_is_for_pictures(config):
    if config.flip and registry.DATASETS.get(config.data).kind != "images":
        return "flip", "Horizontal flip is for pictures; this data set holds points."
    return None


@rule
def norm_free_where_the_gradient_is_penalised(config):
    """Batch statistics tie samples together, and a penalty on each sample's gradient then means
    something else."""
    if config.algorithm != "gan" or config.d_norm != "batch":
        return None
    if config.penalty != "none":
        return "d_norm", (
            f"The penalty {config.penalty!r} needs a discriminator without batch norm: "
            "set discriminator norm to 'none', 'layer' or 'spectral'."
        )
    if config.objective.startswith("relativistic"):
        return (
            "d_norm",
            "Relativistic objectives need a discriminator without batch norm: set discriminator "
            "norm to 'none'.",
        )
    return None


@rule
def simultaneous_needs_independent_samples(config):
    """One D pass serves both players only where D treats samples independently."""
    if config.algorithm != "gan" or config.update != "simultaneous":
        return None
    if config.d_norm == "batch" or config.minibatch_std or config.pac > 1:
        return "update", (
            "Simultaneous update needs a discriminator that judges each sample on its own: "
            "no batch norm, no minibatch std, pac size 1."
        )
    if config.d_steps != 1 or config.g_steps != 1:
        return (
            "update",
            "Simultaneous update moves both networks once at a time: set D steps and G steps to 1.",
        )
    if config.conditioning == "auxiliary":
        return (
            "update",
            "Simultaneous update does not go with the auxiliary classifier; choose alternating.",
        )
    return None


@rule
def compiled_passes_are_differentiated_once(config):
    if (
        config.compiled
        and config.algorithm == "gan"
        and (config.penalty != "none" or config.update == "simultaneous")
    ):
        return "compiled", (
            "torch.compile cannot differentiate twice, which gradient penalties and the "
            "simultaneous update "
            "need; switch it off, or choose no penalty and alternating updates."
        )
    return None


@rule
def pac_divides_the_batch(config):
    if config.pac > 1 and config.batch_size % config.pac:
        return "pac", f"Batch size {config.batch_size} is not a multiple of pac size {config.pac}."
    return None


@rule
def pac_and_conditioning(config):
    if config.pac > 1 and config.conditioning != "none":
        return (
            "pac",
            "PacGAN joins samples of any class; set conditioning to 'none' or pac size to 1.",
        )
    return None


@rule
def batch_statistics_need_a_batch(config):
    if config.batch_size < 2 and (
        "batch" in (config.g_norm, config.d_norm) or config.minibatch_std
    ):
        return "batch_size", "Batch norm and minibatch std need a batch of at least 2."
    return None


@rule
def image_tools_need_images(config):
    if config.augment and registry.DATASETS.get(config.data).kind != "images":
        return "augment", "DiffAugment changes pictures; this data set holds points."
    return None


@rule
def vae_conditions_by_concatenation(config):
    if config.algorithm != "gan" and config.conditioning not in ("none", "concat"):
        return (
            "conditioning",
            "Without a discriminator, only conditioning by concatenation has a meaning.",
        )
    return None


@rule
def label_tricks_need_labels(config):
    """Smoothing and flipping change targets; Wasserstein and hinge losses have none."""
    if (
        config.algorithm == "gan"
        and (config.label_smoothing or config.label_flip)
        and not registry.OBJECTIVES.get(config.objective).has_targets
    ):
        field = "label_smoothing" if config.label_smoothing else "label_flip"
        return (
            field,
            f"The objective {config.objective!r} has no real and fake targets to change; set "
            f"{field} to 0.",
        )
    return None


@rule
def instance_norm_needs_pixels(config):
    """An MLP layer has one number a unit and sample: instance norm would turn each into zero."""
    fields = [("g_norm", config.generator)]
    if config.algorithm in ("gan", "vae"):  # a VAE encodes with the discriminator's trunk
        fields.append(("d_norm", config.discriminator))
    for field, network in fields:
        if network.startswith("mlp") and getattr(config, field) == "instance":
            return (
                field,
                "Instance norm needs pictures inside the network; for an MLP choose 'layer', "
                "'batch' or 'none'.",
            )
    return None


@rule
def norm_free_networks_take_no_norm(config):
    fields = [("generator", "g_norm")]
    if config.algorithm in ("gan", "vae"):  # a VAE encodes with the discriminator's trunk
        fields.append(("discriminator", "d_norm"))
    for field, norm in fields:
        if getattr(config, field) == "resnet-free" and getattr(config, norm) != "none":
            return (
                norm,
                f"The {field} 'resnet-free' is built to work without normalisation; set {norm} to "
                f"'none'.",
            )
    return None


@rule
def decay_needs_an_end(config):
    if config.lr_decay != "none" and not config.steps:
        return (
            "lr_decay",
            "Learning rates fall to zero over a known number of steps: give one, or set lr_decay "
            "to 'none'.",
        )
    return None


@rule
def coins_are_for_pictures(config):
    if (
        config.algorithm == "vae"
        and config.likelihood == "bernoulli"
        and registry.DATASETS.get(config.data).kind != "images"
    ):
        return (
            "likelihood",
            "The Bernoulli likelihood takes brightness for a chance; for points choose 'gaussian'.",
        )
    return None


@rule
def mistakes_fit_what_they_spoil(config):
    """A mistake must show its own consequence: what would hide it, or what it says nothing about,
    is refused."""
    if config.generator == "mlp-relu-mistake" and config.algorithm != "gan":
        return (
            "generator",
            "The generator 'mlp-relu-mistake' shows its mistake in a GAN only; choose 'mlp'.",
        )
    if config.mistake == "none":
        return None
    entry = registry.MISTAKES.get(config.mistake, "mistake")
    if config.algorithm != entry.algorithm:
        return (
            "mistake",
            f"The mistake {config.mistake!r} is one of the algorithm {entry.algorithm!r}; set "
            f"mistake to 'none'.",
        )
    if config.algorithm == "gan" and config.update != "alternating":
        return (
            "update",
            f"The mistake {config.mistake!r} changes one player's turn: set the update order to "
            f"'alternating'.",
        )
    if config.mistake in ("hidden-layer", "always-real") and config.objective not in (
        "non-saturating",
        "saturating",
    ):
        return "mistake", (
            f"The mistake {config.mistake!r} is one with cross-entropy: set the objective to "
            f"'saturating' or "
            "'non-saturating'."
        )
    if config.mistake == "hidden-layer" and (
        config.penalty != "none" or config.conditioning != "none" or config.pac > 1
    ):
        return (
            "mistake",
            "The mistake 'hidden-layer' leaves no logit: set penalty and conditioning to 'none', "
            "and pac to 1.",
        )
    if config.mistake == "turns-apart" and not config.steps:
        return (
            "steps",
            "The mistake 'turns-apart' gives each player half of the run: give a number of steps.",
        )
    return None
