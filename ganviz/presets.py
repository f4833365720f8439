"""Named recipes, as data: each starts a run that is worth watching."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ganviz.registry import PRESETS

START, SYSTEMS, MISTAKES, PAPERS, PLANE = (
    "Start here",
    "Five systems",
    "Mistakes",
    "From the papers",
    "In the plane",
)
GROUPS = (START, SYSTEMS, MISTAKES, PAPERS, PLANE)


@dataclass(frozen=True)
class Preset:
    """A name, words for people, and the `RunConfig` fields that differ from their defaults.

    ``group``: one of `GROUPS`. ``partner``: the preset to see it beside, with the same seed and
    data; "" for none.
    """

    name: str
    label: str
    why: str
    settings: dict[str, Any] = field(default_factory=dict)
    group: str = START
    partner: str = ""


def preset(
    name: str, label: str, why: str, group: str = START, partner: str = "", **settings: Any
) -> Preset:
    """Define and register a preset."""
    return PRESETS.add(name, Preset(name, label, why, settings, group, partner))


preset(
    "digits-quick",
    "Digits, quick",
    "Digits from noise within seconds on a laptop: both networks know the class, and gradient "
    "penalties keep the game calm.",
    data="glyphs",
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=64,
    g_width=16,
    d_width=16,
    conditioning="projection",
    g_norm="batch",
    d_norm="none",
    objective="relativistic",
    penalty="r1+r2",
    penalty_weight=1.0,
    update="simultaneous",
    batch_size=32,
    g_lr=2e-3,
    d_lr=2e-3,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.995,
    steps=3000,
)

preset(
    "digits-dcgan",
    "Digits, DCGAN",
    "The classic convolutional recipe (Radford et al., 2015): transposed convolutions, batch "
    "norm, Adam with beta 1 of 0.5.",
    data="glyphs",
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=100,
    g_width=32,
    d_width=32,
    upsample="transposed",
    init="dcgan",
    g_norm="batch",
    d_norm="batch",
    objective="non-saturating",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=6000,
)

preset(
    "digits-mlp",
    "Digits, MLP",
    "The textbook GAN (Goodfellow et al., 2014): plain layers, no convolutions. Fast to run, "
    "speckled to look at.",
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=100,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    activation="leaky_relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=20_000,
)

preset(
    "colour-32",
    "Colour, 32 px",
    "Colour pictures at 32 px: CIFAR-10, SVHN, or a folder of your own. Best with a GPU.",
    data="cifar10",
    image_size=32,
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=128,
    g_width=64,
    d_width=64,
    g_norm="batch",
    d_norm="none",
    objective="relativistic",
    penalty="r1+r2",
    penalty_weight=0.5,
    update="simultaneous",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.999,
    flip=True,
    steps=100_000,
)

preset(
    "colour-64",
    "Colour, 64 px",
    "Colour pictures at 64 px, best from a folder of your own with a thousand pictures or more. "
    "Wants a GPU.",
    data="folder",
    image_size=64,
    generator="dcgan",
    discriminator="dcgan",
    latent_dim=128,
    g_width=64,
    d_width=64,
    g_norm="batch",
    d_norm="none",
    objective="relativistic",
    penalty="r1+r2",
    penalty_weight=1.0,
    update="simultaneous",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.999,
    flip=True,
    steps=100_000,
)

# -- five teaching systems, and what goes wrong in them ------------------------------------------------
# Pictures are 28 px grey; every pair differs in nothing but what its lesson is about.
MLP_GAN = dict(
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=100,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    activation="relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=20_000,
)
MINIMAX = dict(
    data="glyphs",
    generator="mlp",
    discriminator="conv",
    latent_dim=100,
    g_hidden=(128, 128),
    d_width=64,
    activation="relu",
    g_norm="none",
    d_norm="none",
    batch_size=128,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=6000,
)
VIRTUAL = dict(
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=100,
    g_hidden=(128, 128),
    d_hidden=(128, 128),
    activation="leaky_relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=128,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=20_000,
)
PAIR = dict(
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=32,
    g_hidden=(256, 512),
    d_hidden=(512, 256),
    activation="leaky_relu",
    g_norm="none",
    d_norm="none",
    batch_size=64,
    beta2=0.999,
)
WGAN = {**PAIR, "objective": "wasserstein", "d_steps": 5, "g_lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5}
PAIRED_VAE = {
    **PAIR,
    "algorithm": "vae",
    "likelihood": "bernoulli",
    "g_lr": 1e-3,
    "beta1": 0.9,
    "steps": 10_000,
}
FLOW = dict(
    data="glyphs",
    generator="mlp",
    discriminator="mlp",
    latent_dim=100,
    g_hidden=(128, 256),
    d_hidden=(256, 128),
    activation="relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=64,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.5,
    beta2=0.999,
    steps=20_000,
)

preset(
    "mlp-gan",
    "MLP GAN",
    "The first GAN of many courses: two plain networks, binary cross-entropy, Adam.",
    SYSTEMS,
    "mlp-gan-mistake",
    **MLP_GAN,
)
preset(
    "mlp-gan-mistake",
    "MLP GAN, mistake: no adversary",
    "G copies unrelated real pictures pixel by pixel, and ends at one grey average whatever z is.",
    MISTAKES,
    "mlp-gan",
    **{**MLP_GAN, "mistake": "mean-squared", "steps": 3000},
)

preset(
    "minimax-gan",
    "Minimax GAN",
    "The value of the 2014 paper itself, which D raises and G lowers; G's gradient starves while "
    "D is winning.",
    SYSTEMS,
    "minimax-gan-cured",
    objective="saturating",
    **MINIMAX,
)
preset(
    "minimax-gan-cured",
    "Minimax GAN, non-saturating",
    "The same networks with the loss that the paper's authors used in practice: strong gradient "
    "where D wins.",
    SYSTEMS,
    "minimax-gan",
    objective="non-saturating",
    **MINIMAX,
)
preset(
    "minimax-gan-sgd",
    "Minimax GAN, plain gradient descent",
    "Each weight moves by its gradient times a fixed step, nothing else: see what Adam is good "
    "for.",
    SYSTEMS,
    "minimax-gan",
    **{**MINIMAX, "objective": "saturating", "optimizer": "sgd", "g_lr": 0.05, "d_lr": 0.05},
)
preset(
    "minimax-gan-mistake",
    "Minimax GAN, mistake: no probability",
    "D hands out a hidden layer in place of its verdict, and its logarithm is not a number: the "
    "run fails at once.",
    MISTAKES,
    "minimax-gan",
    objective="saturating",
    mistake="hidden-layer",
    **MINIMAX,
)

preset(
    "virtual-data",
    "Virtual data",
    "A generator to stand in for a data set: export its samples and read how faithful, useful and "
    "private they are.",
    SYSTEMS,
    "virtual-data-mistake",
    **VIRTUAL,
)
preset(
    "virtual-data-mistake",
    "Virtual data, mistake: fakes labelled real",
    "D's loss never sees a fake label: it learns to say 'real' to everything, and G learns "
    "nothing.",
    MISTAKES,
    "virtual-data",
    **{**VIRTUAL, "mistake": "always-real", "steps": 3000},
)

preset(
    "wgan-vs-vae",
    "WGAN beside VAE: the WGAN",
    "Train this and its partner on the same data: the GAN draws sharply, the VAE softly.",
    SYSTEMS,
    "wgan-vs-vae-vae",
    penalty="wgan-gp",
    penalty_weight=10.0,
    steps=6000,
    **WGAN,
)
preset(
    "wgan-vs-vae-vae",
    "WGAN beside VAE: the VAE",
    "Decoder and encoder have the very shapes of the WGAN's generator and critic.",
    SYSTEMS,
    "wgan-vs-vae",
    **PAIRED_VAE,
)
preset(
    "wgan-vs-vae-mistake",
    "WGAN, mistake: noise as data, no Lipschitz bound",
    "The critic is fed noise as real data and nothing bounds its slope: G learns noise, and the "
    "losses run away.",
    MISTAKES,
    "wgan-vs-vae",
    mistake="noise-as-data",
    steps=2000,
    **WGAN,
)
preset(
    "wgan-no-lipschitz-mistake",
    "WGAN, mistake: no Lipschitz bound",
    "Real data, but neither clipping nor a penalty: the critic can always do better by growing "
    "its weights.",
    MISTAKES,
    "wgan-vs-vae",
    steps=2000,
    **WGAN,
)
preset(
    "wgan-vs-vae-vae-mistake",
    "VAE, mistake: the GAN's loss",
    "A discriminator judges the VAE's pictures: what comes out is no longer what went in.",
    MISTAKES,
    "wgan-vs-vae-vae",
    mistake="gan-loss",
    objective="non-saturating",
    d_lr=1e-3,
    **PAIRED_VAE,
)

preset(
    "gradient-flow",
    "Gradient flow",
    "A small GAN to watch the gradient of every layer; then change depth, activation, "
    "initialisation and norm.",
    SYSTEMS,
    "gradient-flow-mistake",
    **FLOW,
)
preset(
    "gradient-flow-mistake",
    "Gradient flow, mistake: turns apart",
    "All of D's steps come before all of G's: G learns to fool a D that no longer answers, with "
    "pictures of nothing.",
    MISTAKES,
    "gradient-flow",
    **{**FLOW, "mistake": "turns-apart", "steps": 4000},
)
preset(
    "gradient-flow-relu-mistake",
    "Gradient flow, mistake: ReLU at the end",
    "Pictures live in -1 to 1, but G ends in ReLU: it can draw no black, and D sees it at a "
    "glance.",
    MISTAKES,
    "gradient-flow",
    **{**FLOW, "generator": "mlp-relu-mistake", "steps": 6000},
)

# -- further systems, as their papers have them, at a size for a CPU --------------------------------------------------------
CONVOLUTIONS = dict(
    data="glyphs",
    generator="dcgan",
    discriminator="dcgan",
    g_width=16,
    d_width=16,
    g_norm="batch",
    d_norm="none",
    batch_size=64,
)
VAE = {
    **CONVOLUTIONS,
    "algorithm": "vae",
    "latent_dim": 32,
    "likelihood": "bernoulli",
    "g_lr": 1e-3,
    "beta1": 0.9,
    "beta2": 0.999,
    "steps": 4000,
}
DCGAN = {
    **CONVOLUTIONS,
    "latent_dim": 100,
    "g_width": 32,
    "d_width": 32,
    "upsample": "transposed",
    "init": "dcgan",
    "g_lr": 2e-4,
    "d_lr": 2e-4,
    "beta1": 0.5,
    "beta2": 0.999,
    "steps": 6000,
}

preset(
    "dcgan",
    "DCGAN",
    "Convolutions, batch norm in both networks, weights from N(0, 0.02), Adam with beta 1 of 0.5 "
    "(Radford et al., 2016).",
    PAPERS,
    **{**DCGAN, "d_norm": "batch", "batch_size": 128},
)
preset(
    "lsgan",
    "LSGAN",
    "Least squares: D brings fakes to 0 and reals to 1, and G wants 1 (Mao et al., 2017).",
    PAPERS,
    **{**DCGAN, "d_norm": "batch", "objective": "least-squares", "ls_targets": (0.0, 1.0, 1.0)},
)
preset(
    "wgan-clip",
    "WGAN, weight clipping",
    "The first WGAN: five critic steps, RMSprop, weights clipped to 0.01 (Arjovsky et al., 2017).",
    PAPERS,
    "wgan-gp",
    **{
        **DCGAN,
        "init": "default",
        "objective": "wasserstein",
        "weight_clip": 0.01,
        "d_steps": 5,
        "optimizer": "rmsprop",
        "g_lr": 5e-5,
        "d_lr": 5e-5,
        "d_norm": "batch",
    },
)
preset(
    "wgan-gp",
    "WGAN-GP",
    "The critic's slope is held near 1 by a penalty, with layer norm and five critic steps "
    "(Gulrajani et al., 2017).",
    PAPERS,
    "wgan-clip",
    **{
        **DCGAN,
        "init": "default",
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 10.0,
        "d_steps": 5,
        "d_norm": "layer",
        "g_lr": 1e-4,
        "d_lr": 1e-4,
        "beta1": 0.0,
        "beta2": 0.9,
    },
)
preset(
    "sngan",
    "SNGAN",
    "Spectral norm bounds D layer by layer; residual networks and the hinge loss (Miyato et al., "
    "2018).",
    PAPERS,
    data="glyphs",
    generator="resnet",
    discriminator="resnet",
    latent_dim=128,
    g_width=16,
    d_width=16,
    g_norm="batch",
    d_norm="spectral",
    objective="hinge",
    batch_size=64,
    d_steps=2,
    g_lr=2e-4,
    d_lr=2e-4,
    beta1=0.0,
    beta2=0.9,
    steps=4000,
)
preset(
    "improved-techniques",
    "Improved techniques",
    "DCGAN with minibatch statistics for D and one-sided label smoothing (Salimans et al., 2016).",
    PAPERS,
    **{**DCGAN, "d_norm": "batch", "minibatch_std": True, "label_smoothing": 0.1},
)
preset(
    "cgan",
    "Conditional GAN",
    "Both networks are told the class, so you can ask for a 7 (Mirza and Osindero, 2014).",
    PAPERS,
    **{**MLP_GAN, "conditioning": "concat"},
)
preset(
    "acgan",
    "AC-GAN",
    "D also names the class of what it sees, and G must draw what it was asked for (Odena et al., "
    "2017).",
    PAPERS,
    **{**DCGAN, "d_norm": "batch", "conditioning": "auxiliary"},
)
preset(
    "r3gan",
    "R3GAN, small",
    "Relativistic loss with R1 and R2 on residual networks without norm: a GAN with a proof "
    "(Huang et al., 2024).",
    PAPERS,
    data="glyphs",
    generator="resnet-free",
    discriminator="resnet-free",
    latent_dim=64,
    g_width=16,
    d_width=16,
    g_norm="none",
    d_norm="none",
    objective="relativistic",
    penalty="r1+r2",
    penalty_weight=1.0,
    update="simultaneous",
    batch_size=32,
    g_lr=5e-4,
    d_lr=5e-4,
    beta1=0.0,
    beta2=0.99,
    ema_decay=0.998,
    steps=4000,
)
preset(
    "vae",
    "VAE",
    "An encoder guesses z from the picture, a decoder draws it again (Kingma and Welling, 2014).",
    PAPERS,
    "beta-vae",
    **VAE,
)
preset(
    "beta-vae",
    "Beta-VAE",
    "The KL term counts four times: fewer latents stay in use, each with a meaning of its own "
    "(Higgins et al., 2017).",
    PAPERS,
    "vae",
    **{**VAE, "beta": 4.0, "kl_warmup": 500},
)
preset(
    "memorisation",
    "Memorisation",
    "Only 32 pictures to learn from: D comes to know them by heart, and G copies.",
    PAPERS,
    **{**MLP_GAN, "data_limit": 32, "g_lr": 5e-4, "d_lr": 5e-4, "ema_decay": 0.99, "steps": 6000},
)

# -- points in the plane: every success and failure at a glance ---------------------------------------------------------------
POINTS = dict(
    data="ring8-wide",
    generator="mlp",
    discriminator="mlp",
    latent_dim=2,
    g_hidden=(128, 128),
    d_hidden=(128, 128),
    activation="relu",
    g_norm="none",
    d_norm="none",
    objective="non-saturating",
    batch_size=256,
    g_lr=1e-3,
    d_lr=1e-3,
    beta1=0.5,
    beta2=0.999,
    ema_decay=0.9,
    steps=10_000,
)
RING_BEST = {
    **POINTS,
    "data": "ring8",
    "objective": "relativistic",
    "penalty": "r1+r2",
    "penalty_weight": 0.05,
    "update": "simultaneous",
    "g_lr": 2e-3,
    "d_lr": 2e-3,
    "beta1": 0.0,
    "beta2": 0.99,
    "lr_decay": "linear",
    "ema_decay": 0.999,
    "steps": 18_000,
}
GRID_BEST = {**RING_BEST, "data": "grid25", "steps": 25_000}
DEEP = {**POINTS, "g_hidden": (64,) * 8, "penalty": "r1", "penalty_weight": 0.1}

preset(
    "ring8",
    "Ring of 8",
    "The base recipe of the 2-D lessons: how many of the eight modes it finds depends on the seed.",
    PLANE,
    **POINTS,
)
preset(
    "ring8-collapse",
    "Ring of 8, mode collapse",
    "Five G steps for each D step: G sits on one mode at a time, and hops when D catches up.",
    PLANE,
    "ring8-r1",
    **{**POINTS, "g_steps": 5},
)
preset(
    "ring8-r1",
    "Ring of 8, R1",
    "The same ring with R1: D is kept flat at the data, and all eight modes are found within "
    "seconds.",
    PLANE,
    "ring8",
    **{**POINTS, "penalty": "r1", "penalty_weight": 0.1},
)
preset(
    "ring8-pac",
    "Ring of 8, PacGAN",
    "D judges two samples together, so two samples from one mode give G away (Lin et al., 2018).",
    PLANE,
    "ring8",
    **{**POINTS, "pac": 2},
)
preset(
    "ring8-wgan-gp",
    "Ring of 8, WGAN-GP",
    "A critic whose slope is held near 1: its surface leads G to all modes.",
    PLANE,
    "ring8",
    **{
        **POINTS,
        "objective": "wasserstein",
        "penalty": "wgan-gp",
        "penalty_weight": 0.1,
        "d_steps": 5,
        "beta2": 0.9,
    },
)
preset(
    "ring8-spectral",
    "Ring of 8, spectral norm",
    "A good bound on pictures, a bad one here: D is too smooth to tell neighbouring modes apart.",
    PLANE,
    "ring8-r1",
    **{**POINTS, "objective": "hinge", "d_norm": "spectral", "activation": "leaky_relu"},
)
preset(
    "ring8-best",
    "Ring of 8, sharp: best recipe",
    "Eight modes of width 0.01, all found and nearly every sample on one.",
    PLANE,
    "ring8-collapse",
    **RING_BEST,
)
preset(
    "grid25-best",
    "Grid of 25: best recipe",
    "Twenty-five modes, all found and nearly every sample on one.",
    PLANE,
    **GRID_BEST,
)
preset(
    "ring8-vae",
    "Ring of 8, VAE",
    "A VAE covers all modes at once, and paves the ways between them.",
    PLANE,
    "ring8-r1",
    **{
        **POINTS,
        "algorithm": "vae",
        "likelihood": "gaussian",
        "likelihood_sigma": 0.05,
        "beta1": 0.9,
        "activation": "relu",
    },
)
preset(
    "deep-sigmoid",
    "Eight sigmoid layers",
    "Eight sigmoid layers in G: the first ones hardly get a gradient, and nothing is learned.",
    PLANE,
    "deep-sigmoid-batch-norm",
    **{**DEEP, "activation": "sigmoid"},
)
preset(
    "deep-sigmoid-batch-norm",
    "Eight sigmoid layers, batch norm",
    "The same with batch norm in G: the gradient arrives.",
    PLANE,
    "deep-sigmoid",
    **{**DEEP, "activation": "sigmoid", "g_norm": "batch"},
)
preset(
    "deep-tiny-weights",
    "Eight ReLU layers, tiny weights",
    "Weights from N(0, 0.02) in a deep narrow net: every layer's gradient dies.",
    PLANE,
    "deep-tiny-weights-batch-norm",
    **{**DEEP, "init": "dcgan"},
)
preset(
    "deep-tiny-weights-batch-norm",
    "Eight ReLU layers, tiny weights, batch norm",
    "The same with batch norm in G, which brings each layer's signal back to size one: all modes.",
    PLANE,
    "deep-tiny-weights",
    **{**DEEP, "init": "dcgan", "g_norm": "batch"},
)
